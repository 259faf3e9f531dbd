#!/bin/bash
# tin in a terminal: lists, reads, follows up, posts, cancels its own.
. tests/lib.sh
. tests/clients/lib.sh
client tin tmux

client_node "Grüße vom Knoten"
an_editor
mkdir -p "$home/.tin"
cat >"$home/.tin/tinrc" <<RC
mail_address=$bea
start_editor_offset=OFF
mm_network_charset=UTF-8
news_headers_to_display=Newsgroups Hearsay-Trust
RC
term_start LC_ALL=$utf8 NNTPSERVER="$host" EDITOR="$home/edit" tin -r -p "$port" talk.test talk.other
sees "lists the groups" 'talk\.other'
press Enter
sees "shows a group's articles" '1.*Grüße vom Knoten .*Ana Lima'
press Enter
sees "reads one" 'Žluťoučký kůň in Łódź\.'
sees "and says whose it is" 'Hearsay-Trust: self'
press f
sees "follows up" 'p=post'
press p
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|Ana Lima .* / > Žlu.* / Schöne Grüße / $'
sees "back at the article" 'Ana Lima'
press w
sees "begins a new post" 'Post subject'
types 'Über neue Wege' && press Enter
sees "has it ready" 'p=post'
press p
posted "the post is there" talk.test '^Über neue Wege\|Bea .*tijguzvqf4z7h5v2.*\|\|utf-8\|.*Schöne Grüße / $'
done_testing
