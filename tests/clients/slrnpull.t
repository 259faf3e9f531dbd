#!/bin/bash
# slrnpull takes articles away for reading without a connection, and brings posts.
. tests/lib.sh
. tests/clients/lib.sh
client slrnpull

client_node "Grüße vom Knoten"
pull=$dir/pull
mkdir -p "$pull/out.going" "$pull/rejects"
printf 'talk.test 100 0\ntalk.other 100 0\n' >"$pull/slrnpull.conf"
pulls() { timeout 60 slrnpull -d "$pull" -h "$host:$port" >"$pull/said" 2>&1; }
pulled() { cat "$pull/news/talk/test/"[0-9]*; }
ok "it fetches" pulls || note "$(cat "$pull/said")"
like "$(pulled)" '^Žluťoučký kůň in Łódź\.' "the article, as it is"
like "$(pulled)" '^Xref: .*talk\.test:1' "with its place"
id=$(pulled | sed -n 's/^Message-ID: //p')
cat >"$pull/out.going/X1" <<POST
Newsgroups: talk.test
From: $bea
Subject: =?UTF-8?Q?=C3=9Cber?= neue Wege
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Schöne Grüße
POST
sed -e 's/^Subject:.*/Subject: Re: Grüße vom Knoten/' -e "/^From:/a References: $id" \
	-e 's/^Sch.*/Danke schön/' "$pull/out.going/X1" >"$pull/out.going/X2"
ok "it posts what waits" pulls
posted "the new one is there" talk.test '^Über neue Wege\|Bea .*\|\|utf-8\|Schöne Grüße / $'
posted "and the follow-up, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*\|Grüße vom Knoten\|utf-8\|Danke schön'
is "$(find "$pull/out.going" "$pull/rejects" -name 'X*')" "" "nothing is left to send, nothing was rejected"
ok "it fetches again" pulls
is "$(pulled | grep -c '^Message-ID:')" 3 "what is new"
done_testing
