#!/bin/bash
# alpine in a terminal: lists, reads, follows up, posts.
. tests/lib.sh
. tests/clients/lib.sh
client alpine tmux

client_node "Grüße vom Knoten"
an_editor
mkdir "$home/mail"
: >"$home/mail/sent-mail"
cat >"$home/pinerc" <<RC
last-version-used=99.99
personal-name=Bea Königová
user-domain=hearsay.invalid
customized-hdrs=From: $bea
nntp-server=$host:$port
news-collections=News {$host:$port/nntp/notls}#news.[]
editor=$home/edit
feature-list=enable-alternate-editor-implicitly, compose-sets-newsgroup-without-confirm,
	news-post-without-validation, quit-without-confirm, enable-full-header-cmd
newsrc-path=$home/newsrc
mail-directory=$home/mail
default-fcc=""
viewer-hdrs=From, Subject, Hearsay-Trust
posting-character-set=UTF-8
RC
printf 'talk.test:\ntalk.other:\n' >"$home/newsrc"
send_it() { # NAME
	sees "$1" 'Alternate editor done'
	press C-x
	sees "asks whether to post" 'Send message\?'
	press y
	sees "and whether really" 'Really post\?'
	press y
}
term_start LC_ALL=$utf8 USER=bea alpine -p "$home/pinerc" -f "'{$host:$port/nntp/notls}#news.talk.test'"
sees "it opens a group" 'opened with 1 message|talk\.test" +DONE'
press i
sees "and shows its article" 'Ana Lima .*Grüße vom Knoten'
press Enter
sees "reads one" 'Žluťoučký kůň in Łódź\.'
sees "and says whose it is" 'Hearsay-Trust: self'
press r
sees "follows up" 'Include original message'
press y
sees "asks whom" 'Follow-up to news group'
press f
send_it "has it ready"
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|.*> Žlu.*Schöne Grüße / $'
sees "back at the article" 'Žluťoučký kůň'
press c
sees "begins a new post" 'Newsgrps: *talk\.test'
press Down Down
types 'Über neue Wege' && press Down
send_it "has that ready"
posted "the post is there" talk.test '^Über neue Wege\|Bea .*tijguzvqf4z7h5v2.*\|\|utf-8\|.*Schöne Grüße / $'
done_testing
