#!/bin/bash
# suck takes articles away for another news server, rpost brings posts.
. tests/lib.sh
. tests/clients/lib.sh
client suck rpost

client_node "Grüße vom Knoten"
mkdir -p "$home/msgs" "$home/tmp"
printf 'talk.test 0\ntalk.other 0\n' >"$home/sucknewsrc"
sucks() { timeout 60 suck "$host" -N "$port" -dd "$home" -dt "$home/tmp" -dm "$home/msgs" -m -c "$@"; }
ok "it fetches" sucks
got=$(cat "$home/msgs/"*)
like "$got" '^Žluťoučký kůň in Łódź\.' "the article, as it is"
like "$(cat "$home/sucknewsrc")" '^talk\.test 1$' "and remembers its number"
id=$(printf '%s\n' "$got" | sed -n 's/^Message-ID: //p')
article() { # SUBJECT TEXT [HEADER]
	printf 'Newsgroups: talk.test\nFrom: %s\nSubject: %s\n%sMIME-Version: 1.0\n' "$bea" "$1" "${3:-}"
	printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n' "$2"
}
article "=?UTF-8?Q?=C3=9Cber?= neue Wege" "Schöne Grüße
." >"$home/new"
article "Re: Grüße vom Knoten" "Danke schön" "References: $id
" >"$home/followup"
printf '%s\n' new followup >"$home/list"
ok "rpost posts" timeout 60 rpost "$host" -N "$port" -b "$home/list" -p "$home"
posted "the new one is there" talk.test '^Über neue Wege\|Bea .*\|\|utf-8\|Schöne Grüße / \. / $'
posted "and the follow-up, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*\|Grüße vom Knoten\|utf-8\|Danke schön'
ok "it fetches again" sucks
like "$(cat "$home/sucknewsrc")" '^talk\.test 3$' "what is new"
done_testing
