#!/bin/bash
# A line that dies at any byte, 200 times: in the handshake, between offers, within chunks and
# before acknowledgements. Nothing is lost, nothing comes twice, and what was acknowledged is
# not sent again. SEED=N repeats a run.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl
. tests/e2e/line.sh

want=200
: "${SEED:=$$}"
RANDOM=$SEED
pair || exit 1
# a cut at a byte below it, chosen anew each time: most of a call is its handshake
spans=(900 900 3000 10000 60000)
made=0 cuts=0 whole=0 twice=0
sum() { grep -o " $1=[0-9]*" "$2" | cut -d= -f2 | awk '{ n += $1 } END { print n + 0 }'; }
cut_once() { # ends when the line was cut while something was under way
	local span=${spans[RANDOM % 5]}
	if run --cut $((RANDOM * 32768 % span + RANDOM % span)) 2>"$dir/said"; then
		whole=$((whole + 1))
	else
		cuts=$((cuts + 1))
	fi
	cat "$dir/said" >>"$dir/log"
}
for ((tries = 0; cuts < want && tries < 4 * want; tries++)); do
	# something is always due: 100 articles of both for each call that went through
	if [ $((made / 100)) -le $whole ]; then
		posts ana $((made + 1)) $((made + 100)) 700
		posts bob $((made + 1)) $((made + 100)) 700
		made=$((made + 100))
	fi
	cut_once
done
note "SEED=$SEED: $cuts cuts, $whole calls went through, $made articles of each"
is "$cuts" "$want" "the line was cut $want times"
ok "then a call goes through" run
ok "nothing is lost, and nothing came twice" same
is "$(all ana) $(all bob)" "$((2 * made)) $((2 * made))" "everything came"
twice=$(($(sum sent "$dir/log") - $(sum got "$dir/log")))
note "$twice articles were under way when the line was cut"
unlike "$(cat "$dir/log")" 'strike|damaged|refused=[1-9]' "and nobody is blamed for a cut"
out=$(run 2>&1)
unlike "$out" 'sent=[1-9]' "what was acknowledged is not sent again"
for n in ana bob; do ok "$n's databases are sound" at $n check; done
done_testing
