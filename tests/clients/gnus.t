#!/bin/bash
# Gnus, in an Emacs without a screen: lists, reads, follows up, posts, cancels its own, and
# scores by key.
. tests/lib.sh
. tests/clients/lib.sh
client emacs

client_node "Grüße vom Knoten"
# one of Bea's, for the score file to find by her key
post_as() { # FROM SUBJECT
	printf 'From: %s\nNewsgroups: talk.test\nSubject: %s\n\nShort.\n' "$1" "$2" |
		"$reader" -C "$dir/ana" --post >/dev/null
}
post_as "Somebody <bea.tijguzvqf4z7h5v2@hearsay.invalid>" "a word of Bea's" || exit 1
mkdir -p "$home/News"
cat >"$home/News/all.SCORE" <<'SCORE'
(("from" ("tijguzvqf4z7h5v2@hearsay\\.invalid" -100 nil r))
 ("head" ("Hearsay-Trust: self" 7 nil s))
 (mark -50))
SCORE
HOME=$home PORT=$port LC_ALL=$utf8 timeout 120 emacs -Q --batch -l tests/clients/gnus.el \
	>"$dir/said" 2>"$dir/failed" </dev/null
is "$?" 0 "the session runs to its end" || note "$(tail -n 30 "$dir/failed")"
got=$(cat "$dir/said")
like "$got" '^groups .*talk\.other talk\.test$' "it lists the groups"
like "$got" '^summary .*Ana Lima.*Grüße vom Knoten' "and a group's article"
like "$got" '^summary Y\.-.*a word of Bea' "and the one whose key the score file names, out of the way"
like "$got" '^score 2 -93$' "by that key"
like "$got" '^score 1 7$' "Hearsay-Trust scores, too"
like "$got" '^article Žluťoučký kůň in Łódź\.' "reads one"
like "$got" '^article Hearsay-Trust: self' "and says whose it is"
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|.*> Žlu.*Łódź 2 / $'
posted "the post is there" talk.test '^Über neue Wege\|Bea .*\|\|utf-8\|Łódź 1 / $'
is "$(articles talk.test | grep -c 'Wird gelöscht')" 0 "and the one that it cancelled is not"
like "$got" '^cancelled [1-9] Wird gel' "although it was there"
done_testing
