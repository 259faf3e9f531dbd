#!/bin/bash
# slrn, driven in a terminal of its own: lists, reads, follows up, posts, cancels its own.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh
. tests/term.sh
need slrn tmux

reader_node ana talk.test talk.other || exit 1
printf 'Newsgroups: talk.test\nSubject: welcome\n\nHello from the node.\n' |
	"$reader" -C "$dir/ana" --post >/dev/null || exit 1
reader_up ana || exit 1

slrn_home ana.aebagbafaydqqcik "Ana Lima"
there() { printf 'GROUP %s\nXOVER 1-\nQUIT\n' "$1" | talk ana | grep -Eq -e "$2"; }

gone_from() { ! there "$@"; }

slrn_start talk.test talk.other

sees "slrn lists the group with its article" '1  talk\.test'
press Space
sees "and its articles" 'Ana Lima +\] +welcome'
press Enter
sees "reads one" 'Hello from the node\.'
press f
sees "follows up" 'Post the message\?'
press y
ok "the follow-up is there, with its reference" wait_for 20 there talk.test \
	'^2.Re: welcome.*<NATIVE>.<NATIVE>'
press q
sees "back in the list" '^->.*0  talk\.test'
press P
sees "begins a new post" 'Newsgroup'
press C-u
press 'talk.test' Enter
sees "asks for its subject" 'Subject'
press 'a new one' Enter
sees "has it ready" 'Post the message\?'
press y
ok "the post is there" wait_for 20 there talk.test '^3.a new one'
press G
sees "slrn finds both" '2  talk\.test'
press Space
sees "shows them" 'Re: welcome'
sees "the newest first" '^->.*a new one'
press Escape C-c
wait_for 5 shows '[Cc]ancel.*\?' && press y
ok "its cancel removes the post" wait_for 20 gone_from talk.test '^3.a new one'
ok "and nothing else" there talk.test '^2.Re: welcome'
press q
press q
sees "and slrn ends" 'the program ended'
done_testing
