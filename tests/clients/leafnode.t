#!/bin/bash
# leafnode's fetchnews takes a whole feed for a small news server of its own, and brings posts.
# It knows but one place for its files, so it gets a mount namespace in which those are ours.
. tests/lib.sh
. tests/clients/lib.sh
PATH=$PATH:/usr/sbin:${LEAFNODE:+$LEAFNODE/usr/sbin}
client fetchnews unshare
unshare -m true 2>/dev/null || skip_all "no mount namespace for this user"
id news >/dev/null 2>&1 || skip_all "there is no user news"
fetchnews=$(command -v fetchnews)

client_node "Grüße vom Knoten"
leaf=$dir/leaf
mkdir -p "$leaf/etc" "$leaf/spool/"{failed.postings,interesting.groups,leaf.node,out.going,temp.files}
(mkdir "$leaf/spool/message.id" && cd "$leaf/spool/message.id" && seq -w 0 999 | xargs mkdir)
# it refuses hosts without a name of their own
printf '%s\n' "server = $host" "port = $port" "expire = 20" "initialfetch = 100" \
	"hostname = leaf.home.arpa" >"$leaf/etc/config"
: >"$leaf/spool/interesting.groups/talk.test"
chmod 755 "$dir"
chown -R news "$leaf/spool"
fetches() {
	timeout 60 unshare -m sh -c '
		mount -t tmpfs none /etc/news && mkdir /etc/news/leafnode &&
		mount --bind "$1/etc" /etc/news/leafnode &&
		mount --bind "$1/spool" /var/spool/news && exec "$2" -vvv -w -n' - "$leaf" "$fetchnews"
}
fetched() { cat "$leaf/spool/talk/test/"[0-9]*; }
ok "it fetches" fetches
like "$(cat "$leaf/spool/leaf.node/groupinfo")" '^talk\.other' "lists the groups"
like "$(fetched)" '^Žluťoučký kůň in Łódź\.' "and has the article, as it is"
id=$(fetched | sed -n 's/^Message-ID: //p')
waits() { # NUMBER SUBJECT TEXT [HEADER]
	{
		printf 'Path: leaf.home.arpa!bea\nMessage-ID: <%s.own@leaf.home.arpa>\n' "$1"
		printf 'Newsgroups: talk.test\nFrom: %s\nSubject: %s\n%sMIME-Version: 1.0\n' \
			"$bea" "$2" "${4:-}"
		printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n' "$3"
	} >"$leaf/spool/out.going/$1"
	chown news "$leaf/spool/out.going/$1"
}
waits 1 "=?UTF-8?Q?=C3=9Cber?= neue Wege" "Schöne Grüße"
waits 2 "Re: Grüße vom Knoten" "Danke schön" "References: $id
"
ok "it posts what waits" fetches
posted "the new one is there" talk.test '^Über neue Wege\|Bea .*\|\|utf-8\|Schöne Grüße / $'
posted "and the follow-up, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*\|Grüße vom Knoten\|utf-8\|Danke schön'
is "$(find "$leaf/spool/out.going" "$leaf/spool/failed.postings" -type f | wc -l)" 0 \
	"nothing is left to send, nothing was refused"
ok "it fetches again" fetches
is "$(fetched | grep -c '^Message-ID:')" 3 "what is new"
done_testing
