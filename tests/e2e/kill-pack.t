#!/bin/sh
# kill -9 of batcher at every write in turn, packing: nothing lost, nothing
# twice, nothing half on the stick.
# shellcheck disable=SC2034,SC2317 # kill.sh calls the steps by name, code, n, trouble are its own
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/kill.sh

ok "ana sets up" node ana --persona "Ana"
ok "bob sets up" node bob --persona "Bob"
befriend ana bob

packing() {
	case $1 in
	before) news ;;
	after)
		carry ana >"$dir/out" || trouble="after write $n the next run fails"
		whole ana || trouble="after write $n something half is on the stick"
		out=$(carry bob) && got=$(field "$out" ana articles)
		[ "$got" = 2 ] || trouble="after write $n: $got of 2 arrived"
		;;
	esac
}

for mode in before half after; do
	every $mode packing "$B/bin/batcher" stick -C "$dir/ana" "$stick"
	is "$trouble" "" "killed $mode each of $((n - 1)) writes while packing"
	ok "more than 20 of them" test $n -gt 20
	ok "what arrived is what was posted, each once" same ana bob
	ok "both nodes are sound" clean
done

done_testing
