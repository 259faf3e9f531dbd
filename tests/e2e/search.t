#!/bin/bash
# hearsay search: while the node is up and while it is not, what it shows, and to whom.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh

h() { "$hearsay" -C "$dir/ana" "$@"; }
put() { # GROUP SUBJECT TEXT: prints the id
	printf 'Newsgroups: %s\nSubject: %s\n\n%s\n' "$@" | h post
}
found() { # WORD...: the subjects that are found, in one line
	h search -m "$@" | sed -n 's/.* subject="\([^"]*\)".*/\1/p' | paste -sd, -
}
finds() { # SUBJECTS WORD...
	want=$1
	shift
	[ "$(found "$@")" = "$want" ]
}
user_add() { # NAME PASSWORD OPTION...
	printf '%s\n' "$2" | h user add "$1" "${@:3}"
}
say() { # LINE...: one connection; prints the answers
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}

node ana --persona "Ana Lima" --group food.bread || exit 1
h groups new food.wine >/dev/null
put food.bread one 'The rye starter lives.' >/dev/null
put food.wine two 'A wine with rye bread, crème brûlée.' >/dev/null
is "$(found rye)" "two,one" "the node is down: all is found, the newest first"
is "$(found rye -- -wine)" "one" "without a word"
is "$(found "rye bread")" "two" "what the shell gives as one word is a phrase"
is "$(found "bread rye")" "" "in its order"
is "$(found 'CREME')" "two" "letters have no accents and no case"
is "$(found from:ana starter)" "one" "From is looked at by from:"
is "$(found from:"ana lima" rye)" "two,one" "and holds phrases"
is "$(found rye --groups 'food.*,!food.wine')" "one" "groups by wildmat"
is "$(found rye group:food.wine)" "two" "or as a word"
exits 0 "people get it to read" h search starter
like "$out" '^20[0-9-]{8} [0-9:]{5}  food\.bread  Ana Lima <' "date, group, From,"
like "$out" '^    one$' "Subject,"
like "$out" '^    <[a-z2-7]{52}@hearsay\.invalid>$' "Message-ID"
like "$out" '^    The rye starter lives\.$' "and where it stands"
like "$(h search -m starter)" \
	'^arrival=1 date=[0-9]{10} group=food\.bread number=1 from="Ana Lima <.*" subject="one" id="<.*>" text="The rye' \
	"programs one line"
exits 0 "nothing may be found" h search nobody-says-this
is "$out" "nothing was found" "and that is said"
exits 2 "a quote without end is refused" h search '"x'
like "$out" 'quote has no end' "with a reason"
exits 2 "so are signs alone" h search '***'
exits 2 "no word at all" h search 'group:food.*'
exits 2 "a wildmat that is none" h search x --groups '[a]'
exits 2 "and nothing" h search

printf 'not a database, for certain' >"$dir/ana/search.db"
is "$(found rye)" "two,one" "an index that is none is made anew"
rm -f "$dir/ana/"search.db*
is "$(found rye)" "two,one" "a lost one, too"

ok "a user of one group" user_add ben 'the mill is old' --read food.wine
node_up ana || exit 1
id=$(put food.bread three 'More rye.')
is "$(found rye)" "three,two,one" "the node is up: what came just now is found"
like "$(say 'GROUP search.rye')" '^211 3 1 3 search\.rye$' "as in the group"
login=$(say 'AUTHINFO USER ben' 'AUTHINFO PASS the mill is old' 'GROUP search.rye' 'XOVER 1-' 'ARTICLE 1')
like "$login" '^281 ' "ben logs in"
like "$login" '^211 1 2 2 search\.rye$' "and finds what he may read"
unlike "$login" 'food\.bread|starter' "and nothing of the rest"
printf 'Newsgroups: food.bread\nSubject: cmsg\nControl: cancel %s\n\n.\n' "$id" | h post >/dev/null
is "$(found rye)" "two,one" "what was cancelled is not found any more"
ok "a purge of the index's file does no harm" rm -f "$dir/ana/search.db"
is "$(found rye)" "two,one" "to who looks"
node_down ana
done_testing
