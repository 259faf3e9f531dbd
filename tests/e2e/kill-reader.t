#!/bin/sh
# kill -9 of reader at every write in turn, posting, importing and serving: what was said to
# be stored is stored, and once.
# shellcheck disable=SC2013,SC2016,SC2034,SC2046,SC2086,SC2317 # steps are called by name; two numbers
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/kill.sh
need setsid

ok "ana sets up" node ana --persona "Ana"
reader="$B/bin/reader"
"$reader" --group-new -C "$dir/ana" quiet.harbour.notices >/dev/null 2>&1
posted=0

article() { # NUMBER
	printf 'From: x <x@example.net>\nNewsgroups: quiet.harbour.notices\nSubject: number %s\n' "$1"
	printf 'Message-ID: <number-%s@example.net>\nDate: Tue, 03 Mar 2026 10:00:00 +0000\n\nHello.\n' "$1"
}

posting() {
	case $1 in
	before) posted=$((posted + 1)) && article $posted >"$dir/article" ;;
	after)
		said=$(grep -c '^<.*>$' "$dir/killed.out")
		if "$reader" --post -C "$dir/ana" "$dir/article" >"$dir/out" 2>&1; then
			[ "$said" = 0 ] || trouble="write $n: said to be stored, and lost"
		else
			grep -qi 'already\|duplicate' "$dir/out" || trouble="write $n: $(cat "$dir/out")"
		fi
		;;
	esac
}

importing() {
	case $1 in
	before) posted=$((posted + 5)) && batch 5 $posted 300 >"$dir/batch" ;;
	after)
		out=$("$reader" --import -C "$dir/ana" --yes "$dir/batch" 2>&1)
		set -- $(printf '%s\n' "$out" | sed -n 's/.*imported \([0-9]*\), duplicates \([0-9]*\), refused 0.*/\1 \2/p')
		[ $((${1:-0} + ${2:-0})) = 5 ] || trouble="write $n: $out"
		;;
	esac
}

# Serves, posts five articles over NNTP on one connection; prints the numbers answered 240.
# The server may end at any moment: then so does the talk.
talk() { # FIRST
	perl -MIO::Socket::INET -e '
		$SIG{ALRM} = sub { exit 0 }; alarm 20; $SIG{PIPE} = "IGNORE"; $| = 1;
		my ($addr, $first) = @ARGV;
		my $s = IO::Socket::INET->new(PeerAddr => $addr, Timeout => 5) or exit 0;
		$s->autoflush(1); <$s> // exit 0;
		for my $n ($first .. $first + 4) {
			print $s "POST\r\n"; (<$s> // exit 0) =~ /^340/ or exit 0;
			my $t = `cat "$ENV{dir}/article.$n"`; $t =~ s/\n/\r\n/g;
			print $s $t, ".\r\n";
			my $answer = <$s> // exit 0;
			print "$n\n" if $answer =~ /^240/ or $answer =~ /^441.*(already|duplicate)/i;
		}
		print $s "QUIT\r\n"; <$s>; print "whole\n"' "$addr" "$1"
}

serve() { # N MODE: $pid, and $addr when it came up; N 0: not to be killed
	rm -f "$dir/ana/run/nntp.addr"
	LD_PRELOAD=$B/killat.so KILL_AT=$1 KILL_MODE=$2 setsid "$reader" -C "$dir/ana" >"$dir/served" 2>&1 &
	pid=$!
	until addr=$(cat "$dir/ana/run/nntp.addr" 2>/dev/null) && [ -n "$addr" ]; do
		kill -0 $pid 2>/dev/null || return 1
		sleep 0.02
	done
}

ended() { ! kill -0 -- "-$pid" 2>/dev/null; }

stop() {
	kill -TERM "$pid" 2>/dev/null
	wait_for 5 ended || kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

serving() { # MODE: five posts a run, killed at every write in turn
	n=0 complete=
	until [ -n "$complete$trouble" ] || [ $n -gt 500 ]; do
		n=$((n + 1))
		for i in 1 2 3 4 5; do article $((posted + i)) >"$dir/article.$((posted + i))"; done
		: >"$dir/stored"
		serve $n "$1" && talk $((posted + 1)) >"$dir/stored"
		complete=$(grep whole "$dir/stored")
		stop
		serve 0 "$1" || trouble="write $n: does not come up again"
		for i in $(grep -v whole "$dir/stored"); do
			stat_of "$i" || trouble="write $n: number $i was answered 240 and is lost"
		done
		talk $((posted + 1)) >"$dir/out"
		[ "$(grep -c '^[0-9]' "$dir/out")" = 5 ] || trouble="write $n: $(wc -l <"$dir/out") of 5 are taken again"
		stop
		posted=$((posted + 5))
		rm -f "$dir"/article.*
	done
}

stat_of() {
	perl -MIO::Socket::INET -e 'alarm 20; my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0]) or exit 1;
		$s->autoflush(1); <$s>; print $s "STAT <number-$ARGV[1]\@example.net>\r\n"; exit(<$s> !~ /^223/)' "$addr" "$1"
}

all() { # as many articles as were posted, and a sound spool
	[ "$(at ana export '*' 2>/dev/null | grep -c '^Message-ID:')" = "$1" ] && at ana check
}

for mode in before half after; do
	every $mode posting "$reader" --post -C "$dir/ana" "$dir/article"
	is "$trouble" "" "killed $mode each of $((n - 1)) writes while posting"
	ok "more than 10 of them" test $n -gt 10
	"$B/bin/batcher" sign -C "$dir/ana"
	ok "all $posted are there once" all $posted
	every $mode importing "$reader" --import -C "$dir/ana" --yes "$dir/batch"
	is "$trouble" "" "killed $mode each of $((n - 1)) writes while importing"
	ok "more than 10 of them" test $n -gt 10
	ok "all $posted are there once" all $posted
	export dir
	trouble=
	serving $mode 2>/dev/null
	is "$trouble" "" "killed $mode each of $((n - 1)) writes while serving"
	ok "more than 10 of them, the last run whole" test $n -gt 10 -a -n "$complete"
	"$B/bin/batcher" sign -C "$dir/ana"
	ok "all $posted are there once" all $posted
done

done_testing
