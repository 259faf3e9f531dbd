#!/bin/bash
# Searches as groups: what they hold, that numbers stay, and that a person can use one in slrn.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh
. tests/term.sh

say() { # LINE...: one connection; prints the answers
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}
put() { # GROUP SUBJECT TEXT: prints the id
	printf 'Newsgroups: %s\nSubject: %s\n\n%s\n' "$@" | "$reader" -C "$dir/ana" --post
}
holds() { # SEARCH COUNT LOW HIGH
	[ "$(say "GROUP $1" | sed -n '2p')" = "211 $2 $3 $4 $1" ]
}
answers() { # LINE...: what was said, without greeting and goodbye, ids made equal
	say "$@" | sed -E -e '1d;$d' -e 's/<[a-z2-7]{52}@hearsay.invalid>/<NATIVE>/g'
}

reader_node ana food.bread food.wine local.notes || exit 1
put food.bread 'rye bread' 'The starter wants rye.' >/dev/null
put food.wine 'a white one' 'Good with bread.' >/dev/null
third=$(put food.wine 'a red one' 'Good with cheese.')
reader_up ana || exit 1

ok "what was there before is found" wait_for 20 holds search.bread 2 1 2
is "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$(pgrep -P "$(cat "$dir/ana.pid")" \
	-f reader | while read -r p; do
	grep -q reader-indexer "/proc/$p/comm" && echo "$p"
done)/status")" 2 "the indexer runs in the sandbox"
is "$(answers 'GROUP search.bread+rye' 'XOVER 1-' | cut -f1,2,9)" \
	"211 1 1 1 search.bread+rye
224 Overview follows
1	rye bread	Xref: localhost food.bread:1
." "its overview names the real place"
is "$(answers 'GROUP search.bread' NEXT NEXT LAST LAST 'STAT 2' 'STAT 3' 'HDR Subject 1-9')" \
	"211 2 1 2 search.bread
223 2 <NATIVE>
421 No next article in this group
223 1 <NATIVE>
422 No previous article in this group
223 2 <NATIVE>
423 No such number in this group
225 Headers follow
1 rye bread
2 a white one
." "one goes through it as through any group"
is "$(answers 'LISTGROUP search.bread 2-' LISTGROUP 'XHDR xref 2')" \
	"211 2 1 2 search.bread list follows
2
.
211 2 1 2 search.bread list follows
1
2
.
221 Headers follow
2 localhost food.wine:1
." "and lists its numbers"
like "$(answers 'GROUP search.bread' 'ARTICLE 2')" '^Good with bread\.' "an article is read by number"
like "$(answers 'GROUP search.bread' 'BODY 1')" '^The starter wants rye\.' "its body, too"
like "$(answers 'GROUP search.bread' 'HEAD 2')" '^Newsgroups: food\.wine' "it is the article itself"
is "$(answers 'LIST ACTIVE search.bread' 'LIST ACTIVE search.*' 'LIST ACTIVE' 'LIST COUNTS search.rye')" \
	"215 Groups follow
search.bread 2 1 n
.
215 Groups follow
.
215 Groups follow
food.bread 1 1 y
food.wine 2 1 y
local.notes 0 1 y
.
215 Counts follow
search.rye 1 1 1 n
." "it is in no list, but known by its name"
like "$(say POST "From: x@y" "Newsgroups: search.bread" "Subject: s" "" "text" .)" \
	'^441 .*a search takes no posts' "nobody posts to a search"
is "$(answers 'GROUP search.' 'GROUP search.-rye' 'GROUP search.bread*' 'GROUP food.bread')" \
	"411 No such search: say what to look for, as search.bread+recipe
411 No such search: say at least one word to look for
411 No such search: join words by +, a phrase by _
211 1 1 1 food.bread" "what cannot be looked for is told why"
is "$(answers 'GROUP search.nobody_says_this' 'STAT' 'XOVER 1-')" \
	"211 0 4 3 search.nobody_says_this
420 No current article
423 No articles in that range" "a search may find nothing"

id=$(put food.bread 'more' 'Bread, again.')
ok "what comes while it is up is found, under a higher number" wait_for 20 holds search.bread 3 1 4
is "$(answers 'GROUP search.bread' 'STAT 2' | tail -1)" "223 2 <NATIVE>" "the others keep theirs"
like "$(say POST "From: $persona" "Newsgroups: food.bread" "Subject: cmsg" "Control: cancel $id" \
	"" text .)" '^240 ' "it is cancelled"
ok "and is found no more" holds search.bread 2 1 2
like "$(answers 'GROUP search.from=ana+cheese')" '^211 1 3 3 ' "From is looked at by from="
like "$(answers 'GROUP search.good+group=food')" '^211 2 2 3 ' "groups by group="
"$reader" -C "$dir/ana" --ban thread "$third" >/dev/null
ok "what is banned is not found" holds search.good 1 2 2
"$reader" -C "$dir/ana" --unban thread "$third" >/dev/null
ok "and found again when the ban goes" holds search.good 2 2 3

node_down ana
printf 'damaged' | dd of="$dir/ana/search.db" conv=notrunc 2>/dev/null
rm -f "$dir/ana/search.db-wal"
reader_up ana || exit 1
ok "a damaged index is made anew" wait_for 20 holds search.bread 2 1 2

if ! command -v slrn >/dev/null || ! command -v tmux >/dev/null; then
	skip "slrn or tmux is not installed" "slrn reads a search"
	done_testing
fi
slrn_home ana.aebagbafaydqqcik "Ana Lima"
there() { say "GROUP $1" 'XOVER 1-' | grep -Eq -e "$2"; }
slrn_start food.wine
sees "slrn lists its groups" '2  food\.wine'
press a
sees "adding one" '[Aa]dd'
press C-u
press 'search.bread' Enter
sees "slrn lists the search" '  search\.bread'
press Up Up Up
press Escape '<'
wait_for 5 shows '^->.*search\.bread' || press Down
sees "goes to it" '^->.*search\.bread'
press Space
sees "shows what it found" 'a white one'
press Enter
sees "reads one" 'bread|rye'
press f
sees "follows up" 'Post the message\?'
press y
ok "the follow-up is in the article's own group" wait_for 20 \
	there search.typed 'Re: .*localhost food\.'
press q
press q
press q
sees "and slrn ends" 'the program ended'
done_testing
