#!/bin/bash
# The exchange between two batchers on a line of bytes: pairing, news both ways, what a call
# costs, a line that lies, and batchers that are killed.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl
. tests/e2e/line.sh

for n in ana bob; do node $n --persona "Person $n" || exit 1; done
at ana groups new talk.x >/dev/null
befriend ana bob

out=$(run 2>&1) || note "$out"
like "$out" 'friend=bob .*paired=1' "ana hears that bob joined"
like "$out" 'friend=ana .*paired=1' "and bob that ana confirmed, on one line"
is "$(at ana verify bob | head -n 1)" \
	"$(at bob verify ana | head -n 1)" "both see the same words"

post ana one
at bob groups new talk.x >/dev/null
post bob two
ok "an exchange ends by itself" run
is "$(all ana) $(all bob)" "2 2" "news go both ways in it"
out=$(run --count 2>&1)
bytes=$(echo "$out" | sed -n 's/^bytes caller=\([0-9]*\) answerer=\([0-9]*\)/\1 + \2/p')
ok "a call with nothing to say costs $bytes bytes" test "$((bytes))" -le 1000

# strangers and lies
node eve --persona Eve || exit 1
at eve invite zoe | tail -n 1 >"$dir/token"
at eve join - --as ana >/dev/null 2>&1 <"$dir/token"
out=$(head -c 3000 /dev/urandom | "$batcher" exchange -C "$dir/ana" bob --answerer 2>"$dir/err")
is "$out" "" "random bytes get not one byte back"
out=$(perl tests/pipe.pl "$batcher" exchange -C "$dir/bob" ana --caller -- \
	"$batcher" exchange -C "$dir/bob" ana --answerer 2>&1)
ok "a batcher that is spliced with its own node ends" test $? != 0

# what newsd may do to the line: change a byte, say it all again
post ana flipped
fails=0 heard=0
for at in 17 60 150 230 300 400 520 600 700 800; do
	run --patience 2 --flip $at >/dev/null 2>&1 || fails=$((fails + 1))
	[ "$(all bob)" = "$(all ana)" ] || heard=$((heard + 1))
done
ok "a byte that changed on the line ends the exchange, or nothing goes on ($fails of 10)" test $fails -ge 4
ok "and the next one repairs that" run
ok "so that both hold the same" same
post ana again
post bob again
ok "an exchange is recorded" run --record "$dir/said"
before="$(all ana) $(all bob)"
strikes=$(at ana status 2>&1 | grep -c -i strike)
"$batcher" exchange -C "$dir/ana" bob --answerer <"$dir/said" >"$dir/answer" 2>"$dir/err"
ok "what the caller said, said again, ends" test $? != 0
is "$(all ana) $(all bob)" "$before" "without effect"
is "$(at ana status 2>&1 | grep -c -i strike)" "$strikes" "and is nobody's fault"
ok "and the friend is heard as before" run

# killed in the middle
posts ana 2001 2200
posts bob 3001 3200
for ((k = 0; k < 20; k++)); do
	victim=a
	[ $((k % 2)) = 0 ] || victim=b
	run --kill $victim $((500 + RANDOM % (300 + 1500 * k))) >/dev/null 2>&1
done
ok "after twenty kills an exchange goes through" run
ok "nothing is lost and nothing came twice" same
is "$(all ana | head -n 1)" "$(("${before%% *}" + 400))" "all is there"

for n in ana bob; do ok "$n's databases are sound" at $n check; done
done_testing
