#!/usr/bin/perl
# pipe.pl [OPTION...] CALLER... -- ANSWERER...: runs both with a line between them, as newsd
# would. --cut N: the line goes dead after N bytes (both ways together); --flip N: a bit of byte
# N (both ways together) is another; --patience N: it goes dead after N s without a byte;
# --count: says on stderr how many went each way; --record FILE: what the caller said goes
# there; --kill a|b N: caller or answerer gets SIGKILL after N bytes; --stop a|b N: SIGSTOP, said
# on stderr; SIGTERM then ends all. Exit code: the caller's, or the answerer's when that is 0.
use strict;
use warnings;
use Socket;
use IO::Select;

my ($cut, $flip, $patience, $count, $record, $kill, $kill_at, @a, @b);
my $signal = 'KILL';
while (@ARGV && $ARGV[0] =~ /^--(cut|flip|patience|count|record|kill|stop)$/) {
	shift;
	if ($1 eq 'cut') { $cut = shift }
	elsif ($1 eq 'flip') { $flip = shift }
	elsif ($1 eq 'patience') { $patience = shift }
	elsif ($1 eq 'kill') { $kill = shift; $kill_at = shift }
	elsif ($1 eq 'stop') { $kill = shift; $kill_at = shift; $signal = 'STOP' }
	elsif ($1 eq 'record') { open($record, '>:raw', shift) or die "record: $!" }
	else { $count = 1 }
}
my $to = \@a;
for (@ARGV) { if ($_ eq '--' && $to == \@a) { $to = \@b } else { push @$to, $_ } }

sub pair {
	socketpair(my $x, my $y, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
	return ($x, $y);
}

sub start {
	my ($sock, $others, @cmd) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	open(STDIN, '<&', $sock) and open(STDOUT, '>&', $sock) or die "dup: $!";
	close $_ for @$others, $sock;
	exec @cmd or die "$cmd[0]: $!";
}

my ($p, $q);

sub relay { # bytes between two descriptors, until one ends or the line is cut
	my ($x, $y) = @_;
	my ($left, $all, %n) = ($cut, 0, $x => 0, $y => 0);
	my $s = IO::Select->new($x, $y);
	while (my @ready = $s->can_read($patience)) {
		for my $from (@ready) {
			my $want = defined $left && $left < 65536 ? $left : 65536;
			my $got = sysread($from, my $bytes, $want);
			return %n if !$got;
			substr($bytes, $flip - $all, 1) ^= "\1"
				if defined $flip && $flip >= $all && $flip < $all + $got;
			print $record $bytes if $record && $from == $x;
			$n{$from} += $got;
			$all += $got;
			if (defined $kill && $all >= $kill_at) {
				kill $signal => $kill eq 'a' ? $p : $q;
				print STDERR "stopped\n" if $signal eq 'STOP';
				$kill = undef;
			}
			my $to = $from == $x ? $y : $x;
			for (my $at = 0; $at < $got;) {
				my $w = syswrite($to, $bytes, $got - $at, $at);
				return %n if !defined $w;
				$at += $w;
			}
			$left -= $got if defined $left;
			return %n if defined $left && $left <= 0;
		}
	}
	return %n;
}

$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { kill KILL => grep { $_ } $p, $q; exit 1 };
if (defined $cut || defined $flip || defined $patience || defined $kill || $record || $count) {
	my ($x, $xr) = pair();
	my ($y, $yr) = pair();
	$p = start($x, [$xr, $y, $yr], @a);
	$q = start($y, [$x, $xr, $yr], @b);
	close $x;
	close $y;
	my %n = relay($xr, $yr);
	print STDERR "bytes caller=$n{$xr} answerer=$n{$yr}\n" if $count;
	close $xr;
	close $yr;
	close $record if $record;
} else {
	my ($x, $y) = pair();
	$p = start($x, [$y], @a);
	$q = start($y, [$x], @b);
	close $x;
	close $y;
}
waitpid($p, 0);
my $c = $? & 127 ? 128 + ($? & 127) : $? >> 8;
waitpid($q, 0);
my $d = $? & 127 ? 128 + ($? & 127) : $? >> 8;
exit($c || $d);
