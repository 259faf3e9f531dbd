#!/bin/sh
# kill -9 of batcher at every write in turn while two nodes become friends: where JOIN is
# made, where it is answered, where the answer is opened. One more run heals it.
# shellcheck disable=SC2034,SC2317 # kill.sh calls the steps by name, code, n, trouble are its own
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/kill.sh

ok "ana sets up" node ana --persona "Ana"
ok "bob sets up" node bob --persona "Bob"
batch 3 1 500 | at ana import --yes - >/dev/null 2>&1
at ana invite bob >"$dir/invite" && tail -n 1 "$dir/invite" | at bob join - --as ana >/dev/null
keep() { # STAGE: both nodes and the stick as they are now
	for k in ana bob stick; do rm -rf "$dir/$1.$k" && cp -a "$dir/$k" "$dir/$1.$k"; done
}
back() {
	for k in ana bob stick; do rm -rf "${dir:?}/$k" && cp -a "$dir/$1.$k" "$dir/$k"; done
}
keep joined
carry bob >/dev/null
keep asked
carry ana >/dev/null
keep answered

healed() { # all comes to an end in the usual number of journeys, whoever was killed
	for h in bob ana bob ana; do
		carry "$h" >"$dir/out" || { trouble="write $n: $h fails"; return; }
	done
	[ "$(at ana verify bob | head -n 1)" = "$(at bob verify ana | head -n 1)" ] ||
		trouble="write $n: the words differ"
	[ "$(count bob)" = 3 ] || trouble="write $n: bob has $(count bob) of 3"
	find "$dir/ana" "$dir/bob" -name '*.tmp-*' | grep -q . && trouble="write $n: half a key file stays"
	[ -z "$trouble" ]
}
step() {
	case $1 in
	before) back "$stage" ;;
	after) healed ;;
	esac
}

for row in joined:bob asked:ana answered:bob; do
	stage=${row%:*} who=${row#*:}
	for mode in before half; do
		every $mode step "$B/bin/batcher" stick -C "$dir/$who" "$stick"
		is "$trouble" "" "killed $mode each of $((n - 1)) writes of $who, $stage"
		ok "more than 20 of them" test $n -gt 20
	done
	ok "what arrived is what was sent" same ana bob
done

done_testing
