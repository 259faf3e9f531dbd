#!/usr/bin/perl
# latency.pl FROM TO GROUP N: posts N articles at the gateway FROM (ADDR:PORT), one after the
# other, and prints for each the milliseconds until GROUP at TO shows it. Fails after 20 s
# without one.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

my ($from, $to, $group, $n) = @ARGV;

sub enter {
	my $s = IO::Socket::INET->new(PeerAddr => shift, Proto => 'tcp') or die "connect: $!\n";
	$s->autoflush(1);
	<$s>;
	return $s;
}

sub ask {
	my ($s, $line) = @_;
	print $s "$line\r\n";
	return scalar(<$s>) // die "the gateway hung up\n";
}

sub last_of { return ask(shift, "GROUP $group") =~ /^211 \d+ \d+ (\d+)/ ? $1 : 0 }

my ($a, $b) = (enter($from), enter($to));
for my $i (1 .. $n) {
	my $was = last_of($b);
	ask($a, 'POST') =~ /^340/ or die "POST is refused\n";
	my $begin = time;
	my $said = ask($a, "From: x\@y.example\r\nNewsgroups: $group\r\nSubject: clock $i\r\n\r\nWhat time is it?\r\n.");
	$said =~ /^240/ or die "not posted: $said";
	while (last_of($b) == $was) {
		time - $begin < 20 or die "number $i did not come\n";
		sleep 0.002;
	}
	printf "%.1f\n", 1000 * (time - $begin);
}
