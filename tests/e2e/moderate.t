#!/bin/bash
# Whom one does not want to see, what waits for a moderator, and the names one gives: by the
# person's command, as newsreaders see it, and over a stick between two nodes.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/e2e/stick.sh

ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
sees() { # NODE GROUP SUBJECT: can a newsreader see it?
	printf 'GROUP %s\r\nXOVER 1-\r\nQUIT\r\n' "$2" | "$B/bin/reader" -C "$dir/$1" --stdio |
		grep -q "	$3	"
}
lacks() { ! sees "$@"; }
over() { carry "$1" >/dev/null && carry "$2" >/dev/null; } # FROM TO
key_of() { cat "$dir/$1"/personas/* | sed -n 's/^key //p'; }

ok "ana has a node" node ana --persona Ana
ok "bob has one" node bob --persona Bob
ok "they are friends" befriend ana bob
exits 0 "a moderated group is made" ana groups new club.news --status m --description "News of the club"
like "$(ana groups)" '^club\.news .* m  News of the club$' "with what was said of it"
exits 0 "bob has it, too" bob groups new club.news
exits 0 "and makes it what it is" bob groups set club.news --status m
exits 2 "another status is refused" bob groups set club.news --status x
exits 1 "and a group that is not there" bob groups set club.none --status y
exits 0 "a plain one" bob groups new club.talk

# ---- authors and names
exits 0 "an other node posts" bob post <<-EOT
	Newsgroups: club.talk
	Subject: hello

	Hello.
EOT
hello=$out
ok "a stick goes to ana" over bob ana
ok "she sees it" sees ana club.talk hello
like "$(ana author)" '^[a-z2-7]{52} +1 ' "and who wrote it"
head() { printf 'HEAD %s\r\nQUIT\r\n' "$1" | "$B/bin/reader" -C "$dir/ana" --stdio | tr -d '\r'; }
like "$(head "$hello" | grep Trust)" '^Hearsay-Trust: new$' "newsreaders learn that the author is new"
exits 0 "she gives the author a name" ana author name "$hello" "Bob of the mill"
like "$(head "$hello" | grep Trust)" '^Hearsay-Trust: Bob of the mill$' "and they show that"
exits 2 "not every name" ana author name "$hello" 'a@b'
exits 1 "nor one that would deceive" ana author name "$hello" self
exits 1 "an author that nobody knows is told" ana author name nobody X

# ---- moderation
exits 1 "a moderator is an author that is known here" bob moderate moderator club.news "$(key_of ana | cut -c 1-16)"
exits 0 "ana moderates, on her node" ana moderate moderator club.news "$(key_of ana)"
exits 0 "and on bob's" bob moderate moderator club.news "$(key_of ana)"
exits 0 "bob posts there" bob post <<-EOT
	Newsgroups: club.news
	Subject: outing

	On Sunday.
EOT
outing=$out
ok "nobody sees it" lacks bob club.news outing
like "$(bob moderate)" '^1 article waits for a moderator' "he is told that it waits"
exits 1 "he cannot approve it" bob moderate approve "$outing"
ok "it goes to the moderator all the same" over bob ana
ok "who does not see it yet" lacks ana club.news outing
like "$(ana moderate pending)" 'club.news: outing' "but is shown it on demand"
exits 0 "she approves" ana moderate approve "$outing"
ok "she sees it" sees ana club.news outing
ok "her word goes to bob" over ana bob
ok "and he does" sees bob club.news outing
like "$(bob moderate -m)" '^waiting=0$' "nothing waits"

# ---- bans
exits 0 "ana bans bob's persona" ana moderate ban author "Bob of the mill" --note "too loud"
like "$out" '^2 hidden, 0 shown again\.$' "what is here goes from sight"
ok "it has" lacks ana club.talk hello
like "$(ana moderate)" '^banned +author +[a-z2-7]{52} +since .*: too loud$' "it stands in the list"
exits 0 "bob goes on" bob post <<-EOT
	Newsgroups: club.talk
	Subject: more

	More.
EOT
ok "a stick goes to ana" over bob ana
ok "that is hidden, too" lacks ana club.talk more
exits 0 "she thinks again" ana moderate unban author "Bob of the mill"
ok "and sees what was" sees ana club.talk hello
ok "and what came" sees ana club.talk more
exits 1 "what is not banned is told" ana moderate unban thread "$hello"
exits 0 "a friend is banned" ana moderate ban friend bob
ok "all of it" lacks ana club.talk more
like "$(ana moderate)" 'banned +friend  bob' "by name"
exits 0 "and back" ana moderate unban friend bob
exits 0 "a thread is banned" ana moderate ban thread "$hello"
ok "that one" lacks ana club.talk hello
ok "not the other" sees ana club.talk more
exits 0 "the spool is sound" ana check
exits 0 "bob's as well" bob check
done_testing
