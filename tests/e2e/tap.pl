#!/usr/bin/perl
# tap.pl PORT FOLDER: carries connections from a port of its own, which it prints, to PORT of
# 127.0.0.1, and writes down every byte: FOLDER/N.there and FOLDER/N.back for the Nth.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($to, $folder) = @ARGV;
my $listen = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1') or die "listen: $!";
my $sel = IO::Select->new($listen);
my (%other, %file, $n);
$SIG{PIPE} = 'IGNORE';
$| = 1;
print $listen->sockport, "\n";
while (1) {
	for my $s ($sel->can_read) {
		if ($s == $listen) {
			my $a = $listen->accept or next;
			my $b = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$to") or (close $a), next;
			$n++;
			($other{$a}, $other{$b}) = ($b, $a);
			open $file{$a}, '>', "$folder/$n.there" or die "$folder: $!";
			open $file{$b}, '>', "$folder/$n.back" or die "$folder: $!";
			$_->autoflush(1) for $a, $b, $file{$a}, $file{$b};
			$sel->add($a, $b);
		} elsif (defined $other{$s}) {
			my $o = $other{$s};
			if (sysread $s, my $data, 65536) {
				print { $file{$s} } $data;
				print $o $data;
			} else {
				$sel->remove($s, $o);
				delete $other{$_}, delete $file{$_}, close $_ for $s, $o;
			}
		}
	}
}
