#!/bin/bash
# NeoMutt in a terminal: lists, reads, follows up, posts. It asks for TLS although none is
# offered, and must go on in the clear after the refusal.
. tests/lib.sh
. tests/clients/lib.sh
client neomutt tmux

client_node "Grüße vom Knoten"
an_editor
mkdir "$home/cache" "$home/Mail"
cat >"$home/neomuttrc" <<RC
set news_server = "news://$host:$port/"
set newsrc = "$home/newsrc"
set news_cache_dir = "$home/cache"
set from = "$bea"
set use_from = yes
set editor = "$home/edit"
set send_charset = "us-ascii:utf-8"
set post_moderated = yes
set copy = no
set delete = yes
set index_format = "%4C %-16.16F %s"
ignore *
unignore from subject hearsay-trust
bind index,pager F followup-message
bind index,pager P post-message
color index red default "~h 'Hearsay-Trust: self'"
RC
echo 'talk.test:' >"$home/newsrc"
answer() { # NAME ERE KEY...: to what it asks
	sees "$1" "$2"
	shift 2
	press "$@"
}
send_it() {
	sees "$1" 'y:Send.*q:Abort'
	press y
	# whether it asks hangs on the second in which the editor wrote
	wait_for 10 shows 'Update encoding|Article posted'
	! shows 'Update encoding' || press y
}
term_start LC_ALL=$utf8 neomutt -n -F "$home/neomuttrc" -g "news://$host:$port/"
sees "it lists the group, without TLS" 'talk\.test +Talk and tests'
press Enter
sees "and its article" 'Ana Lima +Grüße vom Knoten'
press Enter
sees "reads one" 'Žluťoučký kůň in Łódź\.'
sees "and says whose it is" 'Hearsay-Trust: self'
press F
answer "follows up" 'Newsgroups: talk\.test' Enter
answer "under its subject" 'Subject: Re: Grüße vom Knoten' Enter
answer "quotes it" 'Include message' y
send_it "has it ready"
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|.*> Žlu.*Schöne Grüße / $'
sees "back at the article" '1/1: Ana Lima'
press P
answer "begins a new post" 'Newsgroups: talk\.test' Enter
sees "asks for its subject" 'Subject:'
types 'Über neue Wege' && press Enter
send_it "has that ready"
posted "the post is there" talk.test '^Über neue Wege\|Bea .*tijguzvqf4z7h5v2.*\|\|utf-8\|.*Schöne Grüße / $'
done_testing
