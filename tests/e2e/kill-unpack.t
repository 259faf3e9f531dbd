#!/bin/sh
# kill -9 of batcher at every write in turn, unpacking: nothing lost, nothing
# twice, nothing half on the stick.
# shellcheck disable=SC2034,SC2317 # kill.sh calls the steps by name, code, n, trouble are its own
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/kill.sh

ok "ana sets up" node ana --persona "Ana"
ok "bob sets up" node bob --persona "Bob"
befriend ana bob

arrived() {
	got=$(count bob)
	[ "$got" = "$total" ] || trouble="after write $n: bob has $got of $total"
	[ -z "$trouble" ]
}

unpacking() {
	case $1 in
	before) news && carry ana >/dev/null ;;
	after)
		carry bob >"$dir/out" || trouble="after write $n the next run fails"
		whole bob || trouble="after write $n something half is on the stick"
		arrived && carry ana >/dev/null
		;;
	esac
}

for mode in before half after; do
	every $mode unpacking "$B/bin/batcher" stick -C "$dir/bob" "$stick"
	is "$trouble" "" "killed $mode each of $((n - 1)) writes while unpacking"
	ok "more than 20 of them" test $n -gt 20
	ok "what arrived is what was posted, each once" same ana bob
	ok "both nodes are sound" clean
done

done_testing
