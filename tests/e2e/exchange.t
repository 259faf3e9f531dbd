#!/bin/bash
# shellcheck disable=SC2086,SC2034,SC2012,SC2261,SC2174,SC2046,SC1007,SC2015 # words and lists meant as such
# The exchange between two batchers on a line of bytes: pairing, news both ways, a line that
# is cut again and again, a line that lies, sticks beside it, and what a call costs.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl

batcher=$B/bin/batcher
run() { perl tests/pipe.pl "$@" "$batcher" exchange -C "$dir/bob" ana --caller -- \
	"$batcher" exchange -C "$dir/ana" bob --answerer; }
post() { # NODE SUBJECT
	printf 'Newsgroups: talk.x\nSubject: %s\n\nWords of %s.\n' "$2" "$1" |
		"$hearsay" -C "$dir/$1" post >/dev/null
}
posts() { # NODE FIRST LAST: as one import would be slow to write by hand
	for ((i = $2; i <= $3; i++)); do
		printf 'From: p@x.example\nNewsgroups: talk.x\nSubject: s%d\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <%s.%d@x.example>\n\nBody %d of %s, %s\n' \
			"$i" "$1" "$i" "$i" "$1" "$RANDOM$RANDOM$RANDOM$RANDOM$RANDOM" >"$dir/one"
		printf '#! rnews %d\n' "$(wc -c <"$dir/one")"
		cat "$dir/one"
	done | "$hearsay" -C "$dir/$1" import --yes - >/dev/null
}
all() { "$hearsay" -C "$dir/$1" export '*' 2>/dev/null | grep -a -c '^#! rnews'; }
same() { # both hold the same articles, each once
	"$hearsay" -C "$dir/ana" export '*' 2>/dev/null | sort >"$dir/a"
	"$hearsay" -C "$dir/bob" export '*' 2>/dev/null | sort >"$dir/b"
	cmp "$dir/a" "$dir/b"
}

for n in ana bob; do node $n --persona "Person $n" || exit 1; done
"$hearsay" -C "$dir/ana" groups new talk.x >/dev/null
"$hearsay" -C "$dir/ana" invite bob | tail -n 1 |
	"$hearsay" -C "$dir/bob" join - --as ana >/dev/null

out=$(run 2>&1) || note "$out"
like "$out" 'friend=bob .*paired=1' "ana hears that bob joined"
like "$out" 'friend=ana .*paired=1' "and bob that ana confirmed, on one line"
is "$("$hearsay" -C "$dir/ana" verify bob | head -n 1)" \
	"$("$hearsay" -C "$dir/bob" verify ana | head -n 1)" "both see the same words"

post ana one
"$hearsay" -C "$dir/bob" groups new talk.x >/dev/null
post bob two
ok "an exchange ends by itself" run
is "$(all ana) $(all bob)" "2 2" "news go both ways in it"
out=$(run --count 2>&1)
bytes=$(echo "$out" | sed -n 's/^bytes caller=\([0-9]*\) answerer=\([0-9]*\)/\1 + \2/p')
ok "a call with nothing to say costs $bytes bytes" test "$((bytes))" -le 1000

posts ana 1 300
posts bob 1001 1300
cuts=0
for ((k = 0; k < 200; k++)); do
	run --cut $((RANDOM % (200 + 300 * k))) >/dev/null 2>&1 || cuts=$((cuts + 1))
	[ $k -lt 60 ] || [ "$(all ana)" != 602 ] || [ "$(all bob)" != 602 ] || break
done
note "the line was cut $cuts times"
run >/dev/null 2>&1
ok "a line cut at random bytes loses nothing and doubles nothing" same
is "$(all ana) $(all bob)" "602 602" "and everything came"

# a stick and a line mixed
mkdir "$dir/stick"
post ana three
"$hearsay" -C "$dir/ana" stick --here "$dir/stick" >/dev/null
out=$(run 2>&1)
like "$out" 'friend=ana got=1' "what lies on a stick may come by the line first"
out=$("$hearsay" -C "$dir/bob" stick -m --here "$dir/stick")
like "$out" 'duplicates=1' "and is then on the stick in vain"
post bob four
"$hearsay" -C "$dir/bob" stick --here "$dir/stick" >/dev/null
"$hearsay" -C "$dir/ana" stick --here "$dir/stick" >/dev/null
"$hearsay" -C "$dir/bob" stick --here "$dir/stick" >/dev/null
out=$(run 2>&1)
unlike "$out" 'sent=[1-9]' "what a stick brought and acknowledged is not sent on the line"

# strangers and lies
node eve --persona Eve || exit 1
"$hearsay" -C "$dir/eve" invite zoe | tail -n 1 >"$dir/token"
"$hearsay" -C "$dir/eve" join - --as ana >/dev/null 2>&1 <"$dir/token"
out=$(head -c 3000 /dev/urandom | "$batcher" exchange -C "$dir/ana" bob --answerer 2>"$dir/err")
is "$out" "" "random bytes get not one byte back"
out=$(perl tests/pipe.pl "$batcher" exchange -C "$dir/bob" ana --caller -- \
	"$batcher" exchange -C "$dir/bob" ana --answerer 2>&1)
ok "a batcher that is spliced with its own node ends" test $? != 0

# what newsd may do to the line: change a byte, say it all again
post ana flipped
fails=0 heard=0
for at in 17 60 150 230 300 400 520 600 700 800; do
	run --flip $at >/dev/null 2>&1 || fails=$((fails + 1))
	[ "$(all bob)" = "$(all ana)" ] || heard=$((heard + 1))
done
ok "a byte that changed on the line ends the exchange ($fails of 10)" test $fails -ge 4
ok "and the next one repairs that" run
ok "so that both hold the same" same
post ana again
post bob again
ok "an exchange is recorded" run --record "$dir/said"
before="$(all ana) $(all bob)"
strikes=$("$hearsay" -C "$dir/ana" status 2>&1 | grep -c -i strike)
"$batcher" exchange -C "$dir/ana" bob --answerer <"$dir/said" >"$dir/answer" 2>"$dir/err"
ok "what the caller said, said again, ends" test $? != 0
is "$(all ana) $(all bob)" "$before" "without effect"
is "$("$hearsay" -C "$dir/ana" status 2>&1 | grep -c -i strike)" "$strikes" "and is nobody's fault"
ok "and the friend is heard as before" run

# killed in the middle
posts ana 2001 2200
posts bob 3001 3200
for ((k = 0; k < 20; k++)); do
	run --kill $([ $((k % 2)) = 0 ] && echo a || echo b) $((500 + RANDOM % (300 + 1500 * k))) \
		>/dev/null 2>&1
done
ok "after twenty kills an exchange goes through" run
ok "nothing is lost and nothing came twice" same
is "$(all ana | head -n 1)" "$(("${before%% *}" + 400))" "all is there"

# three friends: two hold the same articles, and both have them for bob at once
node carol --persona Carol || exit 1
"$hearsay" -C "$dir/carol" groups new talk.x >/dev/null
"$hearsay" -C "$dir/carol" invite bob | tail -n 1 |
	"$hearsay" -C "$dir/bob" join - --as carol >/dev/null
both() { # ana and carol to bob, at the same time
	run >"$dir/1" 2>&1 &
	perl tests/pipe.pl "$batcher" exchange -C "$dir/bob" carol --caller -- \
		"$batcher" exchange -C "$dir/carol" bob --answerer >"$dir/2" 2>&1
	wait $!
}
sent() { sed -n 's/.*friend=bob .* sent=\([0-9]*\).*/\1/p' "$dir/1" "$dir/2" | paste -sd+; }
"$hearsay" -C "$dir/ana" export '*' 2>/dev/null | "$hearsay" -C "$dir/carol" import --yes - >/dev/null
both >/dev/null
run >/dev/null 2>&1
many() { # FIRST LAST: the same for ana and carol
	for ((i = $1; i <= $2; i++)); do
		printf 'From: p@x.example\nNewsgroups: talk.x\nSubject: m%d\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <m.%d@x.example>\n\nBody %d\n' \
			"$i" "$i" "$i" >"$dir/one"
		printf '#! rnews %d\n' "$(wc -c <"$dir/one")"
		cat "$dir/one"
	done >"$dir/many"
	for n in ana carol; do "$hearsay" -C "$dir/$n" import --yes - <"$dir/many" >/dev/null; done
}
many 4001 4400
before=$(all bob)
ok "two exchanges run beside each other" both
is "$(all bob)" "$((before + 400))" "both bring what is new"
is "$(($(sent)))" 400 "each body once"

# carol offers, is asked, and stalls: ana is asked when carol's lease has lapsed
many 5001 5400
before=$(all bob)
perl tests/pipe.pl --stop b 4000 "$batcher" exchange -C "$dir/bob" carol --caller -- \
	"$batcher" exchange -C "$dir/carol" bob --answerer >/dev/null 2>"$dir/2" &
stalled=$!
wait_for 10 grep -q stopped "$dir/2"
begun=$(date +%s)
ok "an exchange goes on while another friend stalls" run
took=$(($(date +%s) - begun))
is "$(all bob)" "$((before + 400))" "what the stalled one was asked for comes from the other"
ok "within 25 s ($took)" test $took -le 25
kill $stalled
wait $stalled 2>/dev/null

for n in ana bob carol; do
	ok "$n's databases are sound" "$hearsay" -C "$dir/$n" check
done
done_testing
