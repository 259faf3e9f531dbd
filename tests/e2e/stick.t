#!/bin/bash
# Two friends and a stick, on real articles: pairing, 5,000 articles, an answer, and all
# that can happen to a stick on the way.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/term.sh
need slrn tmux
corpus ng1993

stick=$dir/stick
mkdir "$stick"
ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
carry() { "$1" stick --here "$stick"; }
count() { "$1" status -m | sed -n 's/^articles=//p'; }
field() { printf '%s\n' "$1" | grep "^friend=$2 " | tr ' ' '\n' | sed -n "s/^$3=//p"; }
wipe() { rm -f "$stick"/*; }

ok "ana sets up" node ana --persona "Ana Lima"
ok "bob sets up" node bob --persona "Bob"

out=$(carry ana)
like "$out" 'no friends yet' "a stick before any friend says what to do"
is "$(ls "$stick")" "" "and leaves nothing on it"

ana invite bob >"$dir/invite" && token=$(tail -n 1 "$dir/invite")
ok "ana invites bob" test -n "$token"
exits 1 "joining one's own token is refused" sh -c "echo $token | $hearsay -C $dir/ana join - --as me"
like "$out" 'your own invitation for bob' "and says whose it is"
bad=$(printf %s "$token" | sed 's/^\(.\{40\}\)\(.\)/\1_/; s/_/A/')
[ "$bad" != "$token" ] || bad=$(printf %s "$token" | sed 's/^\(.\{40\}\)./\1B/')
exits 1 "a token with one wrong letter is refused" sh -c "echo $bad | $hearsay -C $dir/bob join - --as ana"
like "$out" 'mistyped' "and called mistyped"
ok "bob joins" sh -c "echo $token | $hearsay -C $dir/bob join - --as ana"
exits 1 "the same token again is refused" sh -c "echo $token | $hearsay -C $dir/bob join - --as ana2"
like "$out" 'already.*ana' "and says that it was used here"
exits 1 "a second open invitation of one name is refused" ana invite bob

# 5,000 real articles at ana
find "$dir/corpus/ng1993" -type f | sort | head -n 5000 >"$dir/list"
mkdir "$dir/five" && xargs -a "$dir/list" cp -t "$dir/five"
ana import --yes "$dir/five" >"$dir/import" 2>&1
imported=$(sed -n 's/^imported \([0-9,]*\),.*/\1/p' "$dir/import" | tr -d ,)
ok "ana imports corpus articles ($imported)" test "${imported:-0}" -gt 4900

carry ana >/dev/null
out=$(carry bob)
like "$out" 'Take this stick to ana' "bob's answer goes on the stick"
out=$(carry ana)
like "$out" 'bob and you are friends' "ana hears that bob joined"
like "$out" "Take this stick to bob: .*articles are on it" "the articles ride with the confirmation"
out=$(bob stick -m --here "$stick")
is "$(field "$out" ana articles)" "$imported" "all arrive at bob over one stick"
is "$(field "$out" ana paired)" 1 "and bob is paired"
ana export '*' | sort >"$dir/a.out"
bob export '*' | sort >"$dir/b.out"
ok "byte for byte the same" cmp "$dir/a.out" "$dir/b.out"
out=$(bob stick -m --here "$stick")
is "$(field "$out" ana articles)" 0 "a second import has no effect"
ok "and is recognized" test "$(field "$out" ana known)" -gt 0
is "$(ana verify bob | head -n 1)" "$(bob verify ana | head -n 1)" "both see the same six words"

# bob reads in slrn and answers; the answer returns
node_up bob || exit 1
slrn_home somebody Somebody # the gateway knows better
slrn_start alt.atheism
sees "slrn lists the group with the articles that came" '[0-9]+  alt\.atheism'
press Space
press Enter
sees "opens one" 'Subject: '
press f
sees "answers it" 'Post the message\?'
press y
more() { [ "$(count bob)" -gt "$imported" ]; }
ok "the answer is in bob's spool" wait_for 20 more
press q
press q
press y
sees "and slrn ends" 'the program ended'
carry bob >/dev/null
out=$(ana stick -m --here "$stick")
is "$(field "$out" bob articles)" 1 "it arrives at ana by stick"
ok "with the words that were typed" sh -c "$hearsay -C $dir/ana export alt.atheism | grep -q 'Typed by the test'"
like "$out" 'removed=[1-9]' "ana's files were acknowledged and are cleaned up"
node_down bob

# a lost stick
post() { printf 'Newsgroups: alt.atheism\nSubject: %s\n\nHello.\n' "$2" | "$1" post >/dev/null; }
post ana lost
carry ana >/dev/null
wipe
carry ana >/dev/null
out=$(bob stick -m --here "$stick")
is "$(field "$out" ana articles)" 1 "a lost stick is made good by the next"

# quiet: nothing goes round and round
wipe
for _ in 1 2 3; do carry bob >/dev/null; carry ana >/dev/null; done
before=$(ls "$stick")
carry bob >/dev/null; carry ana >/dev/null
is "$(ls "$stick")" "$before" "two nodes with nothing to say leave the stick as it is"

done_testing
