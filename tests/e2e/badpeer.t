#!/bin/bash
# A friend whose program is not ours: mallory has the keys and says what the protocol does
# not allow. Each time her link ends, with a line in bob's log and in his status, hers; ana,
# who is linked with bob all the while, notices nothing. Lies are told by lie.so.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
[ -z "${SAN:-}" ] || skip_all "the sanitizers want to be loaded first"
[ -r "$B/lie.so" ] || skip_all "no lie.so in $B"
. tests/e2e/link.sh

said() { grep -c 'friend=mallory said what the protocol does not allow' "$dir/bob.err"; }
strikes() { at bob status -m | sed -n "s/^friend=$1 .* strikes=\([0-9]*\).*/\1/p"; }
since() { at bob status -m | sed -n 's/^link=ana state=up since=\([0-9]*\).*/\1/p'; }
records() { # PERL: what it prints; rec(TYPE, BODY) is a record, ids(FROM, N) an OFFER's body
	perl -e 'binmode STDOUT;
		sub rec { my ($t, $b) = @_; return pack("C", $t) . substr(pack("N", length $b), 1) . $b }
		sub ids { my ($at, $n) = @_; return pack("n", $n) . join "", map { pack "Nx8", $at + $_ } 1 .. $n }
		'"$1" >"$dir/lie"
}
lie() { # [AT [KEEP]]: in place of the AT-th thing that her program says, the second
	LD_PRELOAD=$B/lie.so LIE=$dir/lie LIE_AT=${1:-2} LIE_KEEP=${2:-0} at mallory call bob -q \
		>"$dir/lie.out" 2>&1
}
told() { [ "$(said)" -gt "$1" ] && [ "$(strikes mallory)" -gt "$2" ]; }

link_node bob && node_up bob && link_node ana && node_up ana && link_node mallory || exit 1
for n in ana mallory; do
	befriend bob $n
	ok "$n and bob are friends" wait_for 10 at $n call bob -q
done
at ana when bob on-arrival >/dev/null
ok "ana keeps a link with bob" wait_for 10 linked bob ana
begun=$(since)
post mallory first >/dev/null
LD_PRELOAD=$B/lie.so LIE_NOTE=$dir/hello LIE_KEEP=64 at mallory call bob -q >/dev/null 2>&1
ok "an honest call of mallory's is taken" has bob first
is "$(strikes mallory)" 0 "and not charged"

n=0
while IFS='|' read -r name lie; do
	n=$((n + 1))
	had=$(said) before=$(strikes mallory)
	records "$lie"
	post bob "kept-$n" >/dev/null # there is always something to offer and to lie about
	LIE_DEAF=1 lie
	ok "$name: in the log, and charged" wait_for 10 told "$had" "$before"
	is "$(($(said) - had)) $(($(strikes mallory) - before))" "1 1" "  once" ||
		note "$(tail -n 5 "$dir/bob.err" "$dir/lie.out")"
	post ana "beside-$n" >/dev/null
	ok "  ana's news go on" wait_for 5 has bob "beside-$n"
done <<-'EOT'
	garbage behind the handshake|print map { chr 1 + rand 255 } 1 .. 5000
	a million ids|print rec(2, ids(1024 * $_, 1024)) for 0 .. 976
	wanting what was not offered|print rec(3, pack("n C*", 1000, (1) x 1000))
	sending what was not wanted|print rec(5, pack("N a*", 0, "no batch"))
	an ACK of what was never sent|print rec(6, pack("N n", 2 ** 31, 0))
	chunks out of order|print rec(5, pack("N a*", 7, "no batch"))
	16 MB in one record|print pack("C", 5), "\xff\xff\xff", "x" x 1e6
	a second HELLO|print rec(1, "")
	GONE for the last offer of all|print rec(10, "\xff" x 6)
EOT

while IFS='|' read -r name lie; do # what sounds wrong and is none of bob's trouble
	n=$((n + 1))
	before=$(strikes mallory)
	records "$lie"
	lie 2 1000000 # behind what she says anyhow
	is "$(strikes mallory)" "$before" "$name: means nothing"
	post ana "beside-$n" >/dev/null
	ok "  ana's news go on" wait_for 5 has bob "beside-$n"
done <<-'EOT'
	a record of tomorrow|print rec(254, "x" x 1000)
	a million unknown records|print rec(254, "") x 1e6
	a reconciliation that claims 2^63|print rec(9, pack("H*", "0080000000000000008000000000000000" . "61"))
EOT
before=$(strikes mallory)
cp "$dir/hello" "$dir/lie"
post mallory second >/dev/null
lie 1 64
is "$(strikes mallory)" "$before" "yesterday's HELLO is old, and no fault"
post mallory third >/dev/null
ok "a sound program of hers is heard as before" at mallory call bob -q
ok "with all she wrote" wait_for 5 has bob second
ok "to the last" has bob third

like "$(at bob status)" "sent $before things that no sound node sends" "status tells bob"
is "$(at bob status | grep -c 'no sound node')" 1 "of her alone"
is "$(strikes ana)" 0 "ana is not blamed"
is "$(since)" "$begun" "and her link stands as it stood"
ok "bob's databases are sound" at bob check
done_testing
