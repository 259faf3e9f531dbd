#!/usr/bin/perl
# Lines to the gateway that no shell can speak.
#   line.pl deflate HOST PORT PIECES [openssl s_client ...]  lines of stdin behind COMPRESS,
#       sent PIECES at a time (0: at once), flushed after each; prints what comes. With a
#       command the bytes go through it.
#   line.pl bomb HOST PORT MIB      MIB of blanks in one line behind COMPRESS, then DATE
#   line.pl inject HOST PORT WORDS  listens, prints its port, and passes one connection on;
#       WORDS follow STARTTLS in the same packet
use strict;
use warnings;
use Compress::Raw::Zlib;
use IO::Select;
use IO::Socket::INET;
use IPC::Open2;

my ($mode, $host, $port, @rest) = @ARGV;

sub dial {
    my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10)
        or die "cannot connect: $!";
    $s->autoflush(1);
    return ($s, $s);
}

sub through {
    open2(my $in, my $out, @_);
    return ($in, $out);
}

# one line, byte by byte: what follows it may be compressed
sub line {
    my ($in) = @_;
    my $l = '';
    while (sysread($in, my $c, 1)) {
        $l .= $c;
        return $l if $c eq "\n";
    }
    die "the line is cut after '$l'";
}

sub compressed {
    my ($in, $out) = @_;
    line($in);
    syswrite($out, "COMPRESS DEFLATE\r\n");
    my $said = line($in);
    $said =~ /^206 / or die "no compression: $said";
    my ($d) = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15);
    my ($i) = Compress::Raw::Zlib::Inflate->new(-WindowBits => -15, -ConsumeInput => 1);
    return ($d, $i);
}

sub pack_up {
    my ($d, $text) = @_;
    my ($a, $b) = ('', '');
    $d->deflate($text, $a);
    $d->flush($b, Z_SYNC_FLUSH);
    return $a . $b;
}

sub send_all {
    my ($out, $bytes) = @_;
    my $at = 0;
    while ($at < length $bytes) {
        my $n = syswrite($out, $bytes, length($bytes) - $at, $at);
        return unless defined $n;
        $at += $n;
    }
}

sub show_rest {
    my ($in, $i) = @_;
    while (sysread($in, my $piece, 65536)) {
        my $plain = '';
        my $rc = $i->inflate($piece, $plain);
        die "not DEFLATE: $rc" unless $rc == Z_OK || $rc == Z_BUF_ERROR;
        $plain =~ tr/\r//d;
        print $plain;
    }
}

sub deflate_lines {
    my ($pieces, @command) = @_;
    my ($in, $out) = @command ? through(@command) : dial();
    my ($d, $i) = compressed($in, $out);
    my @lines = map { s/\n/\r\n/r } <STDIN>;
    $pieces ||= @lines;
    send_all($out, pack_up($d, join '', splice @lines, 0, $pieces)) while @lines;
    show_rest($in, $i);
}

sub bomb {
    my ($mib) = @_;
    my ($in, $out) = dial();
    my ($d, $i) = compressed($in, $out);
    my ($bytes, $piece) = ('', '');
    for (1 .. $mib) {
        $d->deflate(' ' x 1048576, $piece);
        $bytes .= $piece;
    }
    send_all($out, $bytes . pack_up($d, "\r\nDATE\r\nQUIT\r\n"));
    print STDERR "bytes=", length $bytes, "\n";
    show_rest($in, $i);
}

sub inject {
    my ($words) = @_;
    my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die;
    $| = 1;
    print $l->sockport, "\n";
    my $client = $l->accept or die;
    my ($server) = dial();
    my $both = IO::Select->new($client, $server);
    while (my @ready = $both->can_read(20)) {
        for my $s (@ready) {
            sysread($s, my $bytes, 65536) or exit 0;
            $bytes =~ s/^(STARTTLS\r\n)$/$1$words\r\n/ if $s == $client;
            send_all($s == $client ? $server : $client, $bytes);
        }
    }
}

$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "nothing came for too long\n" };
alarm 60;
if    ($mode eq 'deflate') { deflate_lines(@rest) }
elsif ($mode eq 'bomb')    { bomb(@rest) }
elsif ($mode eq 'inject')  { inject("@rest") }
else                       { die "no such mode: $mode" }
