#!/usr/bin/perl
# sniff.pl FOLDER: every packet of this network namespace, until it is killed: FOLDER/packets has
# them whole, FOLDER/FROM-TO what TCP carried between two ports in one direction, FOLDER/hosts
# each IPv4 address that was a sender, a receiver or asked for. Prints "ready" when it listens.
use strict;
use warnings;
use IO::Handle;
use Socket;

my ($folder) = @ARGV;
my ($all_protocols, $big) = (unpack('n', pack 'S', 3), 16 << 20);
socket(my $s, 17, SOCK_RAW, $all_protocols) or die "packet socket: $!";
setsockopt($s, SOL_SOCKET, 33, $big); # SO_RCVBUFFORCE: nothing is dropped
open my $packets, '>:raw', "$folder/packets" or die "$folder: $!";
open my $hosts, '>', "$folder/hosts" or die "$folder: $!";
$_->autoflush(1) for $packets, $hosts, \*STDOUT;
my (%file, %known);
print "ready\n";

sub host {
	my $a = inet_ntoa(shift);
	print $hosts "$a\n" unless $known{$a}++;
	return $a;
}

while (defined recv $s, my $p, 1 << 18, 0) {
	print $packets $p;
	my $type = unpack 'x12n', $p;
	if ($type == 0x806) { # ARP
		host(substr $p, 28, 4);
		host(substr $p, 38, 4);
	}
	next if $type != 0x800;
	my ($head, $len, $proto) = unpack 'x14Cxnx5C', $p;
	my ($from, $to) = (host(substr $p, 26, 4), host(substr $p, 30, 4));
	next if $proto != 6;
	my $tcp = substr $p, 14 + 4 * ($head & 15), $len - 4 * ($head & 15);
	my ($a, $b, $offset) = unpack 'nnx8C', $tcp;
	my $data = substr $tcp, 4 * ($offset >> 4);
	next if $data eq '';
	my $name = "$folder/$from:$a-$to:$b";
	if (!$file{$name}) {
		open $file{$name}, '>>:raw', $name or die "$name: $!";
		$file{$name}->autoflush(1);
	}
	print { $file{$name} } $data;
}
