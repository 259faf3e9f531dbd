#!/bin/bash
# Two nodes over TCP on loopback: pairing, live push, processes that are killed, calls by
# hand, what status tells, IPv6. Needs perl, pgrep.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

percentile() { sort -g | awk -v p="$1" '{ v[NR] = $1 } END { i = int(NR * p / 100 + 0.999); print v[i < 1 ? 1 : i] }'; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }
killed() { kill -9 "$@" 2>/dev/null; }
new_worker() { # OLD: newsd of bob has a worker again, another one
	local now
	now=$(pgrep -P "$(cat "$dir/bob.pid")" -x newsd | head -n 1)
	[ -n "$now" ] && [ "$now" != "$1" ]
}
both_linked() { linked ana bob && linked bob ana; }

# ---- pairing
ok "ana makes a node" link_node ana
node_up ana
result $? "and it comes up"
ana=$addr
ok "bob makes one" link_node bob
at ana invite bob --address "tcp:127.0.0.1:$(port_of ana)" 2>/dev/null | tail -n 1 >"$dir/token"
out=$(at bob join - --as ana <"$dir/token" 2>&1)
like "$out" 'ana and you are friends now' "he joins, and they are friends at once"
ok "ana knows" wait_for 2 grep -q 'paired friend=bob' "$dir/ana.err"
is "$(at ana verify bob | head -n 1)" "$(at bob verify ana | head -n 1)" "both see the same words"

# ---- calls by hand: there is no call line
id=$(post ana first)
ok "bob, who is not up, calls by hand" at bob call ana
ok "and has what ana wrote" has bob first
is "$(at bob export talk.x 2>/dev/null | grep -axc "Message-ID: $id")" 1 "under its id, once"
node_up bob
result $? "bob comes up, without a call line"
bob=$addr
post ana second >/dev/null
ok "he calls by hand, while he is up" at bob call ana
ok "and has it" wait_for 2 has bob second
ok "such a link is not kept" wait_for 5 unlinked bob ana

# ---- standing link
ok "bob wants a standing link" at bob when ana on-arrival
ok "it comes up at both" wait_for 10 both_linked
ok "30 posts are readable at bob's" perl tests/e2e/latency.pl "$ana" "$bob" talk.x 30
p50=$(printf '%s\n' "$ok_out" | percentile 50) p99=$(printf '%s\n' "$ok_out" | percentile 99)
note "post to readable: p50 $p50 ms, p99 $p99 ms"
ok "half of them within 300 ms" below "$p50" 300
ok "and the other way" perl tests/e2e/latency.pl "$bob" "$ana" talk.x 5
ok "a quiet link has no batcher" wait_for 5 quiet ana bob
ok "and stands" both_linked

# ---- a program that died before it told newsd of its article
mv "$dir/ana/run/wake" "$dir/ana/run/wake.lost"
mkdir "$dir/untold"
printf 'Newsgroups: talk.x\nFrom: a@b.example\nMessage-ID: <untold@b.example>\nDate: %s\nSubject: untold\nPath: x\n\nText\n' \
	"$(date -R)" >"$dir/untold/1"
ok "an article comes in, and newsd is not told" at ana import --yes "$dir/untold"
ok "it is at bob's in a moment" wait_for 5 has bob untold
mv "$dir/ana/run/wake.lost" "$dir/ana/run/wake"

# ---- processes die, news go on
post ana before-kill >/dev/null
for p in $(pgrep -f "batcher exchange.*$dir/"); do killed "$p"; done
post bob after-kill >/dev/null
ok "a batcher is killed: what was on its way comes" wait_for 20 has bob before-kill
ok "and what is new" wait_for 20 has ana after-kill
comes_at_once() { # N: batchers die while two articles are on their way
	wait_for 10 both_linked && wait_for 10 quiet ana bob
	post ana "killed-$1" >/dev/null
	# shellcheck disable=SC2046 # numbers
	killed $(pgrep -f "batcher exchange.*$dir/")
	post bob "back-$1" >/dev/null
	wait_for 5 has bob "killed-$1" && wait_for 5 has ana "back-$1"
}
for n in 1 2 3; do
	ok "killed on a link that was quiet: back in seconds ($n)" comes_at_once "$n"
done
worker=$(pgrep -P "$(cat "$dir/bob.pid")" -x newsd | head -n 1)
ok "newsd has a worker" test -n "$worker"
killed "$worker"
ok "killed, it is replaced" wait_for 10 new_worker "$worker"
post ana worker-killed >/dev/null
ok "and news go on" wait_for 20 has bob worker-killed
# shellcheck disable=SC2046 # numbers
killed $(children "$(cat "$dir/bob.pid")")
wait "$(cat "$dir/bob.pid")" 2>/dev/null
post ana all-killed >/dev/null
ok "ana sees that bob is gone" wait_for 10 unlinked ana bob
node_up bob
result $? "all of bob is killed, and started again"
ok "news go on" wait_for 20 has bob all-killed
post bob bob-again >/dev/null
ok "both ways" wait_for 20 has ana bob-again
ok "both hold the same" same ana bob

# ---- what is told of a failure
node_down ana
failed() { at bob status | grep -q 'last failure: ..*refused'; }
ok "status tells the last failure" wait_for 20 failed
exits 75 "a call by hand that fails is code 75" at bob call ana -q
node_up ana
post ana away >/dev/null
ok "and bob comes back by himself or by hand" at bob call ana
ok "with the news" wait_for 20 has bob away

# ---- IPv6
port6=$(perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new(Listen => 1,
	LocalHost => "::1", LocalPort => 0) or exit; print $s->sockport')
if [ -n "$port6" ]; then
	ok "ana listens at ::1" at ana setup --link "[::1]:$port6"
	ok "bob is told" at bob address ana "tcp:[::1]:$port6"
	heard() { grep -qF "[::1]:$port6" "$dir/ana/run/link.addr"; }
	ok "she does so at once" wait_for 10 heard
	post ana six >/dev/null
	ok "news go over IPv6" wait_for 20 has bob six
	carried() { at bob status | grep -qF "[::1]:$port6"; }
	ok "status names the address" wait_for 20 carried
else
	skip "no ::1 here" "IPv6"
fi
for n in ana bob; do
	ok "$n's databases are sound" at $n check
	unlike "$(log $n)" 'sanitizer|runtime error|assert|panic' "nothing in $n's log looks broken"
done
done_testing
