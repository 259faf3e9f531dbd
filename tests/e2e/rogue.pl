#!/usr/bin/perl
# rogue.pl BIN DIR: the tests of rogue.t, on the nodes ana, bob and carol in DIR. Starts
# `batcher exchange` as newsd does and does to the bytes between them what newsd must not.
# After each thing that it does: no spool holds an article that nobody wrote, what a node
# counts as settled is at the friend's, and honest exchanges complete the rest.
use strict;
use warnings;
use IO::Select;
use Socket;
use Time::HiRes qw(time);

my ($bin, $dir) = @ARGV;
my @nodes = qw(ana bob carol);
my (%truth, $tests, $failed, @wrong, $posted);
($tests, $failed, $posted) = (0, 0, 0);
$SIG{PIPE} = 'IGNORE';
my $seed = $ENV{SEED} // int rand 1 << 31;
srand $seed;
print "# SEED=$seed\n";

sub ok {
	my ($good, $name) = @_;
	$tests++;
	$failed++ if !$good;
	printf "%sok %d - %s\n", $good ? '' : 'not ', $tests, $name;
	print map { "# $_\n" } @wrong if !$good;
	@wrong = ();
	return $good;
}

sub wrong { push @wrong, @_; return }

# ---- nodes ---------------------------------------------------------------------------

sub told { # NODE WORD...: what hearsay prints there
	my ($n, @words) = @_;
	open(my $f, '-|', 'sh', '-c', 'exec "$0" -C "$@" 2>/dev/null', "$bin/hearsay", "$dir/$n", @words)
	    or die "sh: $!";
	binmode $f;
	local $/;
	my $all = <$f> // '';
	close $f;
	return $all;
}

sub articles { # NODE: Message-ID => text; Path and Xref are each node's own
	my ($n) = @_;
	my ($all, %a) = (told($n, qw(export --format rnews), '*'));
	while ($all =~ /\G#! rnews (\d+)\n/gc) {
		my $text = substr $all, pos $all, $1;
		pos($all) += $1;
		$text =~ s/^(?:Path|Xref):.*\n//mg;
		my ($id) = $text =~ /^Message-ID: *(<.*>)/mi or return;
		wrong("$n holds $id twice") if exists $a{$id};
		$a{$id} = $text;
	}
	return \%a;
}

sub feeds { # NODE: friend => its line in status
	my ($n) = @_;
	my %f;
	for (split /\n/, told($n, qw(status -m))) {
		my %v = /(\S+?)=(\S+)/g;
		$f{$v{friend}} = \%v if $v{friend};
	}
	return \%f;
}

sub news { # some articles more at every node: foreign ones, and one of its own
	for my $n (@nodes) {
		open(my $f, '|-', 'sh', '-c', 'exec "$0" -C "$1" import --yes - >/dev/null 2>&1',
			"$bin/hearsay", "$dir/$n") or die "sh: $!";
		for (1 .. 3) {
			$posted++;
			my $body = join "\n", map { sprintf '%08x' x 8, map { rand 1 << 32 } 1 .. 8 } 1 .. 1 + rand 40;
			my $text = "From: p\@x.example\nNewsgroups: talk.x\nSubject: s$posted\n"
			    . "Date: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <$posted.$n\@x.example>\n\n$body\n";
			print $f '#! rnews ', length $text, "\n$text";
		}
		close $f;
		open($f, '|-', 'sh', '-c', 'exec "$0" -C "$1" post >/dev/null 2>&1',
			"$bin/hearsay", "$dir/$n") or die "sh: $!";
		print $f "Newsgroups: talk.x\nSubject: own $posted\n\nWords of $n.\n";
		close $f;
		feeds($n); # what was posted is signed, and then an article
		my $here = articles($n);
		$truth{$_} //= $here->{$_} for keys %$here;
	}
}

# Nobody's word is in a spool, and what is settled with a friend is at the friend's.
sub sound {
	my %has = map { $_ => articles($_) } @nodes;
	for my $n (@nodes) {
		my $here = $has{$n};
		for (keys %$here) {
			wrong("$n holds $_, which nobody wrote") if !defined $truth{$_};
			wrong("$n holds $_ altered") if defined $truth{$_} && $truth{$_} ne $here->{$_};
		}
		my $feeds = feeds($n);
		for my $f (grep { $_ ne $n } @nodes) {
			my $v = $feeds->{$f};
			my $open = $v->{pending} + $v->{'in-flight'} + $v->{deferred};
			my $lacks = grep { !exists $has{$f}{$_} } keys %$here;
			wrong("$n owes $f $lacks articles and knows of $open") if $lacks > $open;
			wrong("$n blames $f") if $v->{strikes} > 0;
		}
	}
	return !@wrong;
}

# ---- processes -----------------------------------------------------------------------

sub batcher { # NODE FRIEND ROLE: as newsd/jobs.c starts it
	my ($n, $friend, $role) = @_;
	socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open(STDIN, '<&', $theirs) and open(STDOUT, '>&', $theirs) or die "dup: $!";
		open(STDERR, '>>', "$dir/rogue.err") or die "rogue.err: $!";
		close $_ for $ours, $theirs;
		exec "$bin/batcher", 'exchange', '-C', "$dir/$n", $friend, "--$role" or die "batcher: $!";
	}
	close $theirs;
	return { node => $n, pid => $pid, sock => $ours, got => 0, line => '', name => "$n to $friend" };
}

sub give { # PROCESS BYTES: false when it takes no more
	my ($p, $bytes) = @_;
	return 0 if !$p->{sock};
	for (my $at = 0; $at < length $bytes;) {
		my $n = syswrite $p->{sock}, $bytes, length($bytes) - $at, $at;
		return 0 if !defined $n;
		$at += $n;
	}
	return 1;
}

sub hang_up {
	for (@_) {
		close $_->{sock} if $_->{sock};
		delete $_->{sock};
	}
}

# Gives what each process says to route(PROCESS, BYTES), until one of its line ends, route is
# false, or all wait for each other; then the line is closed and its processes must end by
# themselves. Their exit codes are left in them.
our $patience = 10;

sub run {
	my ($route, @p) = @_;
	my %of = map { fileno $_->{sock} => $_ } @p;
	while (my @open = grep { $_->{sock} } @p) {
		my @ready = IO::Select->new(map { $_->{sock} } @open)->can_read($patience);
		last if !@ready;
		for my $p (map { $of{ fileno $_ } } grep { defined fileno $_ } @ready) {
			next if !$p->{sock};
			my $n = sysread $p->{sock}, my $bytes, 65536;
			$p->{got} += $n // 0;
			next if $n && $route->($p, $bytes);
			hang_up(grep { $_->{line} eq $p->{line} } @p);
		}
	}
	reap(@p);
	return;
}

sub reap {
	my @p = @_;
	hang_up(@p);
	for (@p) {
		local $SIG{ALRM} = sub { kill KILL => $_->{pid}; wrong("$_->{name} did not end") };
		alarm 10;
		waitpid $_->{pid}, 0;
		alarm 0;
		$_->{code} = $? >> 8;
		wrong("$_->{name} crashed: $?") if $? & 127;
	}
}

sub pair { # CALLER ANSWERER: processes of two friends
	my ($x, $y) = @_;
	return (batcher($x, $y, 'caller'), batcher($y, $x, 'answerer'));
}

# Several honest lines at once, each between two that follow each other.
sub honest {
	my @p = @_;
	my %to;
	for (my $i = 0; $i < @p; $i += 2) {
		$to{ $p[$i] } = $p[ $i + 1 ];
		$to{ $p[ $i + 1 ] } = $p[$i];
	}
	my $s = IO::Select->new(map { $_->{sock} } @p);
	my %of = map { fileno $_->{sock} => $_ } @p;
	my $end = time + 20;
	while ($s->count && time < $end) {
		for my $h ($s->can_read(1)) {
			my $p = $of{ fileno $h };
			my $bytes;
			next if sysread($h, $bytes, 65536) && give($to{$p}, $bytes);
			$s->remove($h);
			shutdown $to{$p}{sock}, 1;
		}
	}
	reap(@p);
	return;
}

sub complete { # honest exchanges, until everybody has everything
	for (1 .. 4) {
		honest(pair(qw(bob ana)), pair(qw(carol ana)), pair(qw(carol bob)));
		my $all = 0;
		$all += keys %{ articles($_) } for @nodes;
		last if $all == @nodes * keys %truth;
	}
	sound();
	for my $n (@nodes) {
		my $here = articles($n);
		my $lacks = grep { !exists $here->{$_} } keys %truth;
		wrong("$n lacks $lacks articles") if $lacks;
	}
	return !@wrong;
}

sub completed { # NAME: what was done is told, judged, and repaired
	my ($name) = @_;
	my $good = sound();
	$good = complete() && $good;
	return ok($good, "$name: nothing forged, nothing lost");
}

sub other { # the process on the other end of a line of two
	my ($p, $x, $y) = @_;
	return $p == $x ? $y : $x;
}

# Between bob and ana, with hand(PROCESS, BYTES) answering what is passed on; undef cuts.
sub meddle { return meddles([$_[0], qw(bob ana)]) }

# The same on several lines at once, each HAND, CALLER, ANSWERER.
sub meddles {
	my (%hand, %to, @p);
	for my $line (@_) {
		my ($hand, $x, $y) = ($line->[0], pair(@$line[1, 2]));
		@hand{ $x, $y } = (sub { $hand->(0, @_) }, sub { $hand->(1, @_) });
		@to{ $x, $y } = ($y, $x);
		$_->{line} = "$x" for $x, $y;
		push @p, $x, $y;
	}
	run(sub {
		my ($p, $bytes) = @_;
		my @pass = $hand{$p}->($bytes);
		return !grep { !defined $_ || !give($to{$p}, $_) } @pass;
	}, @p);
	return @p;
}

# What make() makes, on the lines of all three.
sub everywhere {
	my ($make) = @_;
	local $patience = .8;
	return meddles([$make->(), qw(bob ana)], [$make->(), qw(carol ana)], [$make->(), qw(carol bob)]);
}

# ---- what a rogue does ---------------------------------------------------------------

news();
my ($size, @said) = (0);
meddle(sub { push @said, [@_]; $size += length $_[1]; return $_[1] });
completed("a session that is recorded (yesterday's)");
news();

my ($x, $y) = (batcher(qw(bob ana caller)), batcher(qw(ana carol answerer)));
run(sub { give(other($_[0], $x, $y), $_[1]) }, $x, $y);
ok($x->{code} && $y->{code} && !$y->{got}, "bob's bytes for carol's process get no byte back");
($x, $y) = (batcher(qw(ana carol caller)), batcher(qw(bob ana answerer)));
run(sub { give(other($_[0], $x, $y), $_[1]) }, $x, $y);
ok($x->{code} && $y->{code} && !$y->{got}, 'nor does a call of carol that ends at bob');
completed('the wrong friend is named');

for my $after (0, 100, 300, 600, 1500) {
	local $patience = .8;
	news();
	# ana calls both; from some byte on each hears what is for the other
	my @p = (pair(qw(ana bob)), pair(qw(ana carol)));
	my %to = ($p[0] => $p[1], $p[1] => $p[0], $p[2] => $p[3], $p[3] => $p[2]);
	my %late = ($p[0] => $p[3], $p[1] => $p[2], $p[2] => $p[1], $p[3] => $p[0]);
	my $all = 0;
	run(sub {
		my ($p, $bytes) = @_;
		$all += length $bytes;
		return give($all > 2 * $after ? $late{$p} : $to{$p}, $bytes);
	}, @p);
	wrong("both went well, spliced after $after") if !grep { $_->{code} } @p;
	sound();
}
ok(!@wrong, 'friends that are spliced in mid-stream end');
completed('friends are spliced');

news();
for my $to ([qw(ana bob)], [qw(ana carol)]) {
	my $p = batcher(@$to, 'answerer');
	give($p, $_->[1]) for grep { !$_->[0] } @said;
	run(sub { 1 }, $p);
	ok($p->{code}, "yesterday's caller is not believed by $p->{name}");
}
$x = batcher(qw(bob ana caller));
my @answers = map { $_->[1] } grep { $_->[0] } @said;
my @left = @answers;
run(sub { @left ? give($x, shift @left) : 0 }, $x);
ok($x->{code}, "nor is yesterday's answerer");
for (1 .. 5) { # live to some byte, then yesterday; or yesterday first
	everywhere(sub {
		my ($n, $at, $late) = (0, rand $size, rand() < .5);
		my @old = ([ map { $_->[1] } grep { !$_->[0] } @said ], [@answers]);
		return sub {
			my ($who, $bytes) = @_;
			$n += length $bytes;
			return $n > $at == $late ? shift @{ $old[$who] } : $bytes;
		};
	});
}
completed("yesterday's session comes again, whole and in parts");

my $reached = 0;
for (my $k = 1; $k <= 40 && $reached < 50; $k++) {
	news() if $k % 4 == 1;
	my @changed;
	my @p = everywhere(sub {
		my $i = @changed;
		my ($n, $at, $with) = (0, int rand($k % 3 ? 900 : $size), 1 << int rand 8);
		push @changed, 0;
		return sub {
			my ($who, $bytes) = @_;
			if ($at >= $n && $at < $n + length $bytes) {
				substr($bytes, $at - $n, 1) ^= chr $with;
				$changed[$i] = 1;
			}
			$n += length $bytes;
			return $bytes;
		};
	});
	for my $i (0 .. $#changed) {
		$reached += $changed[$i];
		wrong("$p[2 * $i]{name}: a byte changed and nobody minded")
		    if $changed[$i] && !$p[ 2 * $i ]{code} && !$p[ 2 * $i + 1 ]{code};
	}
	sound() if $k % 5 == 0;
}
ok($reached >= 50 && !@wrong, "a byte that changed ends a session ($reached times)");
completed('bytes are changed');

my %tricks = (
	drops => sub { rand() < .2 ? () : $_[1] },
	doubles => sub { rand() < .2 ? ($_[1], $_[1]) : $_[1] },
	'doubles parts of' => sub { rand() < .2 ? ($_[1], substr $_[1], rand length $_[1]) : $_[1] },
	'swaps halves of' => sub {
		my $half = int rand length $_[1];
		return rand() < .3 ? (substr($_[1], $half), substr $_[1], 0, $half) : $_[1];
	},
	shortens => sub { rand() < .2 ? substr($_[1], 0, rand length $_[1]) : $_[1] },
);
for my $trick (sort keys %tricks) {
	news();
	everywhere(sub { $tricks{$trick} });
	sound();
}
completed('pieces are dropped, doubled, shortened and swapped');

news();
for (1 .. 6) {
	everywhere(sub {
		my ($n, $at) = (0, int rand $size);
		return sub {
			my $bytes = $_[1];
			$n += length $bytes;
			return $n < $at ? $bytes : (substr($bytes, 0, length($bytes) - ($n - $at)), undef);
		};
	});
}
completed('lines are cut at random bytes');

news();
for my $role (qw(caller answerer)) {
	for my $first ('', 'W', "\x16\x03\x01", "\x16\x03\x03\x40\x00") {
		my $p = batcher(qw(ana bob), $role);
		give($p, $first);
		run(sub { 0 }, $p) if $role eq 'caller';
		reap($p) if $role ne 'caller';
		wrong("$p->{name} as $role ended with 0 after '$first'") if !$p->{code};
	}
	my @p = (batcher(qw(ana bob), $role), batcher(qw(bob ana), $role));
	local $patience = .8;
	run(sub { give(other($_[0], @p), $_[1]) }, @p);
	wrong("two of them as $role ended with 0") if !$p[0]{code} || !$p[1]{code};
}
ok(!@wrong, 'a call that nobody made is no call');
completed('calls are claimed');

news();
my $junk = join '', map { chr rand 256 } 1 .. 4096;
for my $p (batcher(qw(ana bob answerer)), batcher(qw(ana bob caller))) {
	my $took = 0;
	$took += length $junk while $took < 1 << 26 && give($p, $junk);
	wrong("$p->{name} took $took bytes of garbage") if $took > 1 << 23;
	reap($p);
	wrong("$p->{name} ended with 0 after garbage") if !$p->{code};
}
for my $at (0, 200, 500, 900) { # behind the handshake, as TLS records and as none
	for my $head ('', "\x17\x03\x03\x10\x00") {
		my ($n, $took) = (0, 0);
		my ($p, $q) = pair(qw(bob ana));
		run(sub {
			my ($from, $bytes) = @_;
			$n += length $bytes;
			return give(other($from, $p, $q), $bytes) if $n <= $at;
			my $to = other($from, $p, $q);
			$took += length $junk while $took < 1 << 26 && give($to, $head . $junk);
			return 0;
		}, $p, $q);
		wrong("$took bytes of garbage were taken behind byte $at") if $took > 1 << 23;
		wrong('garbage behind the handshake was no failure') if !$p->{code} && !$q->{code};
	}
}
ok(!@wrong, 'garbage without end is refused before its end');
completed('garbage');

news();
my ($n, $held, $begun) = (0, 0, time);
my @p = meddle(sub {
	$n += length $_[1];
	if ($n > 600 && !$held++) {
		select undef, undef, undef, 1.2; # the thing tested is that time passes
	}
	return $_[1];
});
ok(!$p[0]{code} && !$p[1]{code} && time - $begun >= 1.2, 'what is held back arrives later');
completed('everything is held back for a while');

my $strikes = 0;
for my $n (@nodes) { $strikes += $_->{strikes} for values %{ feeds($n) } }
ok(!$strikes, "and no friend is blamed for what newsd did");
for my $n (@nodes) {
	told($n, 'check');
	ok(!$?, "$n\'s databases are sound");
}
print "1..$tests\n";
exit($failed > 0);
