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
up_at() { # NODE SECONDS-OF-YESTERDAY: it comes up, and takes it to be that late
	HEARSAY_CLOCK=$(($1 - $(date +%s))) node_up "$2"
}
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
done_testing
