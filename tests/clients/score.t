#!/bin/bash
# A killfile on From is a killfile by key: slrn's score file, by key and by Hearsay-Trust.
. tests/lib.sh
. tests/clients/lib.sh
client slrn tmux

client_node "Grüße vom Knoten"
post_as() { # FROM SUBJECT
	printf 'From: %s\nNewsgroups: talk.test\nSubject: %s\n\nShort.\n' "$1" "$2" |
		"$reader" -C "$dir/ana" --post >/dev/null
}
post_as "Somebody else <bea.tijguzvqf4z7h5v2@hearsay.invalid>" "a word of Bea's" || exit 1
post_as "Ana <ana.aebagbafaydqqcik@hearsay.invalid>" "tijguzvqf4z7h5v2 named in a subject" || exit 1
rmdir "$home"
slrn_home ana.aebagbafaydqqcik "Ana Lima"
cat >>"$home/.slrnrc" <<RC
set scorefile "$home/scores"
visible_headers "From:,Subject:,Hearsay-Trust:"
RC
cat >"$home/scores" <<'SCORES'
[*]
Score: =-9999
	From: tijguzvqf4z7h5v2@hearsay\.invalid
Score: 77
	Hearsay-Trust: ^self
SCORES
slrn_start talk.test
sees "slrn lists the group" '3  talk\.test'
press Space
sees "shows what others wrote, that key named in it or not" 'Ana Lima +\] +tijguzvqf4z7h5v2'
sees "scored by Hearsay-Trust" '77 +0:\[Ana Lima'
sees "and kills what the key wrote, by whatever name" 'Num Killed: 1'
unlike "$(screen)" "word of Bea" "it is not shown"
done_testing
