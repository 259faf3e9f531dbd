# feed.pl PORT COUNT FOLDER: sends up to COUNT articles (LF files below FOLDER) by TAKETHIS,
# every tenth behind a CHECK, without waiting for answers; then reads all that was taken
# and compares the bodies. Prints `accepted N refused N wrong N`; what is wrong it says.
use strict;
use warnings;
use File::Find;
use IO::Select;
use IO::Socket::INET;

my ($port, $count, $folder) = @ARGV;
my (%body, @files, @expect, $accepted, $refused, $wrong);
my $text = '';
$accepted = $refused = $wrong = 0;

find({ no_chdir => 1, wanted => sub { push @files, $_ if -f } }, $folder);
for my $file (sort @files) {
	last if keys %body == $count;
	open my $f, '<:raw', $file or die "$file: $!\n";
	my $article = do { local $/; <$f> };
	my ($head, $rest) = split /\n\n/, $article, 2;
	next unless defined $rest && $head =~ /^Message-ID:\s*(<[!-;=?-~]{1,247}>)\s*$/mi;
	my $id = $1;
	next if $body{$id} || $article =~ /[\r\0]/ || length $article > 1_000_000;
	$article .= "\n" unless $article =~ /\n\z/;
	$body{$id} = (split /\n\n/, $article, 2)[1];
	if (keys(%body) % 10 == 0) {
		$text .= "CHECK $id\r\n";
		push @expect, [238, $id];
	}
	$article =~ s/^\./../mg;
	$article =~ s/\n/\r\n/g;
	$text .= "TAKETHIS $id\r\n$article.\r\n";
	push @expect, [239, $id];
}

my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
my $in = '';

sub line {
	my $at;
	while (($at = index $in, "\r\n") < 0) {
		sysread($s, $in, 65536, length $in) or die "the connection ended\n";
	}
	my $line = substr $in, 0, $at;
	substr($in, 0, $at + 2) = '';
	return $line;
}

sub complain { print "# @_\n" if $wrong++ < 5 }

# Writes all of it, reading what comes meanwhile: a feed that does not read is no feed.
sub send_all {
	my ($bytes, $reads) = @_;
	my $at = 0;
	$s->blocking(0);
	while ($at < length $bytes) {
		my ($r, $w) = IO::Select->select(IO::Select->new($s), IO::Select->new($s), undef, 60);
		die "nothing moves\n" unless $r;
		if (@$r) {
			sysread($s, $in, 65536, length $in) or die "the connection ended\n";
			$reads->();
		}
		$at += syswrite($s, $bytes, 65536, $at) || 0 if @$w;
	}
	$s->blocking(1);
}

my %taken;

sub answer {
	my ($line) = @_;
	my ($want, $id) = @{ shift @expect };
	my ($code, $named) = split ' ', $line;
	if (!defined $named || $named ne $id) { complain("for $id: $line") }
	elsif ($code == 238 && $want == 238) { }
	elsif ($code == 239 && $want == 239) { $accepted++; $taken{$id} = 1 }
	elsif ($code == 439 && $want == 239 && $line =~ /^439 \S+ \S/) { $refused++ }
	else { complain("for $id: $line") }
}

line();
send_all("MODE STREAM\r\n", sub { });
line() =~ /^203 / or die "no streaming\n";
send_all($text, sub { answer(line()) while index($in, "\r\n") >= 0 });
answer(line()) while @expect;

for my $id (sort keys %taken) {
	print $s "BODY $id\r\n";
	line() =~ /^222 / or complain("no BODY $id"), next;
	my $got = '';
	while ((my $l = line()) ne '.') { $got .= ($l =~ s/^\.//r) . "\n" }
	complain("another body of $id") if $got ne $body{$id};
}
print "accepted $accepted refused $refused wrong $wrong\n";
