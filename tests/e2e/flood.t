#!/bin/bash
# 1,500 connections that say nothing, half an opening or nonsense, made anew when they are
# closed, and a sender of single bytes: friends are served as if nobody else were there.
# Needs perl, pgrep.
# shellcheck disable=SC2317 # functions are called by name
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

crowd=1500
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2048 ] || skip_all "too few descriptors"
ulimit -Sn 2048 || skip_all "too few descriptors"
cat >"$dir/crowd.pl" <<-'EOT'
	use IO::Socket::INET; use IO::Select; use Time::HiRes qw(time);
	my ($port, $stop, $crowd, $from) = @ARGV;
	$SIG{PIPE} = 'IGNORE'; $| = 1;
	my ($sel, $made, $back, $next, $told) = (IO::Select->new, 0, 0, 0, 0);
	sub connected {
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", LocalAddr => $from, Timeout => 5) or return;
		$s->autoflush(1);
		print $s $made % 3 == 0 ? "" : $made % 3 == 1 ? "half" : "x" x 40;
		$sel->add($s); $made++; return $s }
	my $slow = connected();
	while (!-e $stop) {
		for (1 .. 20) { connected() if $sel->count < $crowd }
		if (time > $next) {
			print $slow "s" or $slow = connected();
			$next = time + 0.2 }
		for my $s ($sel->can_read(0.01)) {
			my $r = sysread $s, my $x, 4096;
			if ($r) { $back += $r } else { $sel->remove($s); close $s } }
		if ($made >= $crowd && !$told) { print "there were $crowd\n"; $told = 1 }
	}
	print "bytes back: $back\n";
EOT

# ---- with many descriptors, and with few
siege() { # NODE LIMIT ADDRESS: the crowd comes from there
	local node=$1 limit=$2 from=$3 worker
	link_node "$node" && link_node "bob-$node" || return 1
	(ulimit -n "$limit" && node_up "$node") || return 1
	nodes_up="$nodes_up $node"
	ok "$limit descriptors: friends" befriend "$node" "bob-$node"
	ok "who talk" at "bob-$node" call "$node" -q
	worker=$(worker_of "$node")
	begin=$(date +%s%3N)
	at "bob-$node" call "$node" -q
	quick=$(($(date +%s%3N) - begin))
	perl "$dir/crowd.pl" "$(port_of "$node")" "$dir/stop.$node" $crowd "$from" >"$dir/crowd.$node" &
	background+=($!)
	ok "a crowd of $crowd comes" wait_for 30 grep -q '^there were' "$dir/crowd.$node"
	slowest=0
	for i in 1 2 3 4 5; do
		post "$node" "crowd-$i" >/dev/null
		begin=$(date +%s%3N)
		at "bob-$node" call "$node" -q || note "call $i failed"
		took=$(($(date +%s%3N) - begin))
		[ $took -le $slowest ] || slowest=$took
		has "bob-$node" "crowd-$i" || note "nothing came with call $i"
	done
	note "the slowest of five calls took $slowest ms"
	note "without the crowd one took $quick ms"
	ok "a friend's call takes less than a second more" test $slowest -lt $((quick + 1000))
	for i in 1 2 3 4 5; do
		has "bob-$node" "crowd-$i" || slowest=99999
	done
	ok "and brings the news, each time" test $slowest -lt 99999
	is "$(worker_of "$node")" "$worker" "the link worker is the same"
	fds=$(find "/proc/$worker/fd" -mindepth 1 | wc -l)
	ok "it holds $fds descriptors, fewer than it may" test "$fds" -lt "$limit"
	rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$worker/status")
	note "the worker has $rss KB"
	[ -n "${SAN:-}" ] || ok "and less than 8 MB" test "$rss" -lt 8192
	ok "a call from there goes out, too" at "$node" address "bob-$node" tcp:127.0.0.1:1
	ok "and is answered by a refusal, not by want of descriptors" refused "$node" "bob-$node"
	touch "$dir/stop.$node"
	wait "${background[-1]}"
	is "$(tail -n 1 "$dir/crowd.$node")" "bytes back: 0" "nobody got a byte"
	node_down "$node"
}
worker_of() { pgrep -P "$(cat "$dir/$1.pid")" -x newsd | head -n 1; }
refused() { # NODE FRIEND: newsd calls, and is refused
	at "$1" when "$2" on-arrival >/dev/null
	told() { at "$1" status | grep -q 'connection refused'; }
	wait_for 10 told "$1"
}
siege ana 1024 127.0.0.2
siege eve 128 127.0.0.3
done_testing
