#!/usr/bin/perl
# socks.pl: a SOCKS5 proxy (RFC 1928, CONNECT without authentication) on a port of its own of
# 127.0.0.1, which it prints. news.invalid is 127.0.0.1 to it; each request is a line on stderr.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

$SIG{CHLD} = 'IGNORE';
$| = 1;
my $listen = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1') or die "listen: $!";
print $listen->sockport, "\n";

sub take {
	my ($s, $n) = @_;
	my $text = '';
	while (length $text < $n) {
		sysread $s, $text, $n - length $text, length $text or exit;
	}
	return $text;
}

while (my $c = $listen->accept) {
	next if fork;
	my ($version, $methods) = unpack 'CC', take($c, 2);
	take($c, $methods);
	syswrite $c, "\5\0";
	my (undef, $command, undef, $type) = unpack 'C4', take($c, 4);
	my $host = $type == 1 ? join '.', unpack 'C4', take($c, 4)
	    : $type == 3 ? take($c, ord take($c, 1)) : exit;
	my $port = unpack 'n', take($c, 2);
	print STDERR "connect $host:$port\n";
	my $to = $host eq 'news.invalid' ? '127.0.0.1' : $host;
	my $o = IO::Socket::INET->new(PeerAddr => "$to:$port");
	syswrite $c, pack 'C4C4n', 5, $o ? 0 : 5, 0, 1, 0, 0, 0, 0, 0;
	exit unless $o;
	my $sel = IO::Select->new($c, $o);
	while (my @ready = $sel->can_read) {
		for my $s (@ready) {
			sysread $s, my $data, 65536 or exit;
			print { $s == $c ? $o : $c } $data;
			($s == $c ? $o : $c)->flush;
		}
	}
	exit;
}
