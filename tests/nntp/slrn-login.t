#!/bin/bash
# slrn logs in, where everybody has to, and posts as the user's persona.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/term.sh
need slrn tmux

node ana --group talk.test --persona "Ana Lima" || exit 1
echo "login always" >>"$dir/ana/node.conf"
printf 'the mill is old\n' | "$hearsay" -C "$dir/ana" user add ben \
	--persona "Ben of the mill" >/dev/null || exit 1
printf 'Newsgroups: talk.test\nSubject: welcome\n\nHello from the node.\n' |
	"$hearsay" -C "$dir/ana" post >/dev/null || exit 1
node_up ana || exit 1
there() { printf 'GROUP talk.test\r\nXOVER 1-\r\nQUIT\r\n' | "$B/bin/reader" -C "$dir/ana" --stdio |
	grep -Eq -e "$1"; }

slrn_home somebody "Some Body"
echo "nnrpaccess \"$host\" \"ben\" \"the mill is old\"" >>"$home/.slrnrc"
slrn_start talk.test

sees "slrn lists the group with its article" '1  talk\.test'
press Space
sees "and its articles" 'Ana Lima.*welcome'
press Enter
sees "reads one" 'Hello from the node\.'
press f
sees "follows up" 'Post the message\?'
press y
ok "the follow-up is the user's persona's" wait_for 20 there '^2.Re: welcome.Ben of the mill <ben\.'
press q
press q
sees "and slrn ends" 'the program ended'
done_testing
