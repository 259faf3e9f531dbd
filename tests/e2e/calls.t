#!/bin/bash
# When newsd calls: windows and budgets by a clock that the test sets, and a call by hand while
# newsd is at it already. Needs perl, pgrep.
# shellcheck disable=SC2317 # functions are called by name
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

export TZ=UTC0
day=$(($(date +%s) / 86400 * 86400 - 86400)) # yesterday, 00:00
field() { at "$1" status -m | sed -n "s/^link=$2 .*$3=\([^ ]*\).*/\1/p"; }

link_node ana && node_up ana && link_node bob && befriend ana bob || exit 1
ok "bob knows ana" at bob call ana -q

# ---- a call by hand while one is under way
newsd_of() { cat "$dir/$1.pid"; }
kill -STOP "$(newsd_of ana)" # her link worker answers, but nobody starts batcher
ok "bob wants a standing link" at bob when ana on-arrival
node_up bob
result $? "bob is up"
calling() { [ "$(field bob ana state)" = calling ]; }
post ana while-calling >/dev/null
ok "his call is under way" wait_for 10 calling
at bob call ana >"$dir/hand" 2>&1 &
hand=$!
ok "a call by hand says so" wait_for 10 grep -q 'In an exchange with ana already' "$dir/hand"
kill -CONT "$(newsd_of ana)"
wait $hand
is "$?" 0 "it is a success when the one that was under way is"
like "$(cat "$dir/hand")" 'ended well' "and says that"
ok "what was due has come" has bob while-calling
is "$(log bob | grep -c 'link up')" 1 "in one call"
node_down bob

# ---- windows
noon=$((day + 12 * 3600))
clock_at() { printf '%+d' $(($1 - $(date +%s))); } # TIME: as $HEARSAY_CLOCK
up_at() { # NODE TIME: it comes up, and takes it to be then
	HEARSAY_CLOCK=$(clock_at "$2") node_up "$1"
	nodes_up="${nodes_up/ $1/} $1"
}
state_is() { [ "$(field "$1" ana state)" = "$2" ]; }
next_is() { [ "$(field bob ana next-call)" = "$1" ]; }
at_noon() { HEARSAY_CLOCK=$(clock_at $noon) at bob "$@"; }
ok "bob wants a link from 13 to 14 o'clock" at bob when ana on-arrival window 13:00-14:00
up_at bob $noon
ok "at noon the next call is in an hour" wait_for 10 next_is $((noon + 3600))
like "$(at_noon status)" 'no link.*; next call in (59|60) min' "and status says so"
ok "there is no link" state_is bob down
is "$(log bob | grep -c 'link up')" 0 "and was none"
ok "by hand he calls all the same" at_noon call ana -q
node_down bob
up_at bob $((noon + 3600))
ok "at 13 it comes up" wait_for 10 state_is bob up
node_down bob
up_at bob $((noon + 7200 - 4))
ok "shortly before 14, too" wait_for 3 state_is bob up
ok "at 14 it ends" wait_for 10 state_is bob down
ok "until tomorrow" wait_for 5 next_is $((noon + 3600 + 86400))
unlike "$(at_noon status | grep 'no link')" failure "which is no failure"
node_down bob

# ---- budgets
noise() { # SUBJECT: 60,000 bytes that do not compress
	printf 'Newsgroups: talk.x\nSubject: %s\n\n%s\n' "$1" "$(head -c 45000 /dev/urandom | base64)" |
		at ana post >/dev/null
}
for i in $(seq 60); do noise "big-$i"; done
got() { at bob export talk.x 2>/dev/null | grep -ac '^Subject: big-'; }
ok "bob allows a megabyte a day" at bob when ana every 1h budget 1M
up_at bob $((noon + 86400))
budget_told() { at bob status | grep -q 'budget is used'; }
ok "the call ends when it is used" wait_for 20 budget_told
first=$(got)
note "$first of 60 articles of 60 KB came with the first call"
ok "with what fits, or little more" test "$first" -ge 10 -a "$first" -le 45
like "$(log bob)" 'got=[1-9].* ended=budget' "batcher ended it, between two articles"
unlike "$(log bob)" 'exchange failed|link was lost' "which is no failure"
ok "and the next one is tomorrow" wait_for 5 next_is $((day + 2 * 86400))
HEARSAY_CLOCK=$(clock_at $((noon + 86400))) exits 75 "not before, not even by hand" at bob call ana -q
like "$out" 'budget' "and it is told why"
ok "nor at the friend's wish" test "$(got)" = "$first"
node_down bob
enough() { budget_told || [ "$(got)" = 60 ]; }
more() { [ "$(got)" -gt "$1" ]; }
for d in 2 3 4 5; do
	up_at bob $((noon + d * 86400))
	ok "the day after that, more comes ($d)" wait_for 20 more "$first"
	ok "until the budget is used ($d)" wait_for 20 enough
	first=$(got)
	node_down bob
	[ "$first" -lt 60 ] || break
done
is "$first" 60 "in the end all is there"
ok "bob's databases are sound" at bob check
done_testing
