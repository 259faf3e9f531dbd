#!/bin/bash
# The link worker is replaced whenever friends change: nobody who calls meanwhile notices.
# Needs perl, pgrep.
# shellcheck disable=SC2317 # functions are called by name
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

friends=6
link_node ana && node_up ana || exit 1

# ---- invited, and called at once: newsd has hardly heard of it
called() { # FRIEND: pairs in the first call; the keys are others then, and it calls again
	at "$1" call ana -q && at "$1" call ana -q
}
for i in $(seq "$friends"); do
	link_node "f$i" && befriend ana "f$i" || exit 1
	ok "f$i calls at once, and again" called "f$i"
done

# ---- everybody calls while friends change all the time
changes() {
	local n
	for n in $(seq 60); do
		at ana when f1 "every ${n}h" >/dev/null
	done
}
calls() { # FRIEND: how many of ten calls failed
	local n failed=0
	for n in $(seq 10); do
		post "$1" "$1-$n" >/dev/null
		at "$1" call ana -q 2>>"$dir/$1.calls" || failed=$((failed + 1))
	done
	[ $failed = 0 ] || { echo "$failed of $1"; cat "$dir/$1.calls"; }
}
changes &
changing=$!
callers=()
for i in $(seq 2 "$friends"); do
	calls "f$i" >"$dir/f$i.failed" &
	callers+=($!)
done
wait "$changing" "${callers[@]}"
is "$(cat "$dir"/f*.failed)" '' "no call fails while friends change"
has_all() {
	local i
	for i in $(seq 2 "$friends"); do
		has ana "f$i-1" && has ana "f$i-10" || return 1
	done
}
ok "and all came" wait_for 5 has_all

# ---- what is asked of newsd meanwhile
node_up f1
ok "f1 calls when asked" at f1 when ana none
asked() { # N: newsd is asked for a call, and has another list of friends in the same moment
	post f1 "asked-$1" >/dev/null
	at f1 address ana "tcp:127.0.0.1:$(port_of ana)" "tcp:127.0.0.1:$1" >/dev/null
	echo "call ana" >"$dir/f1/run/wake"
	at f1 address ana "tcp:127.0.0.1:$(port_of ana)" >/dev/null
	wait_for 5 has ana "asked-$1"
}
for i in 1 2 3; do
	ok "a call that was asked for is not forgotten ($i)" asked "$i"
done
unlike "$(log ana)" 'sanitizer|runtime error|assert|panic|nonsense' "nothing in ana's log looks broken"
done_testing
