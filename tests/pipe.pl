#!/usr/bin/perl
# pipe.pl CALLER... -- ANSWERER...: runs both with one socket between them, as newsd would.
# Exit code: the caller's, or the answerer's when that is 0.
use strict;
use warnings;
use Socket;

my (@a, @b);
my $to = \@a;
for (@ARGV) { if ($_ eq '--' && $to == \@a) { $to = \@b } else { push @$to, $_ } }
socketpair(my $x, my $y, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";

sub start {
	my ($sock, $other, @cmd) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	open(STDIN, '<&', $sock) and open(STDOUT, '>&', $sock) or die "dup: $!";
	close $other;
	close $sock;
	exec @cmd or die "$cmd[0]: $!";
}
my $p = start($x, $y, @a);
my $q = start($y, $x, @b);
close $x;
close $y;
waitpid($p, 0);
my $c = $? & 127 ? 128 + ($? & 127) : $? >> 8;
waitpid($q, 0);
my $d = $? & 127 ? 128 + ($? & 127) : $? >> 8;
exit($c || $d);
