#!/bin/bash
# Feeds into the gateway by IHAVE and streaming: a script of our own with articles of the
# corpus, two feeds of the same at once, then INN's innxmit, and suck.
# shellcheck disable=SC2154 # lib.sh sets variables
. tests/lib.sh
. tests/nntp/lib.sh
need perl

reader_node off talk.test || exit 1
reader_up off || exit 1
asked() { # PORT COMMAND: what comes back
	exec 7<>"/dev/tcp/127.0.0.1/$1" && printf '%s\r\nQUIT\r\n' "$2" >&7 && cat <&7
	exec 7<&-
}
like "$(asked "$port" 'IHAVE <a@b.example>')" \
	'^502 .*node.conf' "who was not set up may not feed, and is told how"

reader_node ana talk.test talk.two || exit 1
printf 'feed loopback\nfeed-groups talk.*,comp.*,list.*,alt.*,sci.*,rec.*,soc.*,misc.*\n' \
	>>"$dir/ana/node.conf"
reader_up ana || exit 1
ana=$port

article() { # ID GROUP: in wire form
	printf 'Path: far!not-for-mail\nFrom: Ann <ann@b.example>\nNewsgroups: %s\n' "$2"
	printf 'Subject: outside\nDate: Thu, 01 Jan 2026 00:00:00 +0000\nMessage-ID: %s\n\n' "$1"
	printf 'Text.\n..dot\n'
}
both() { # two feeds at once
	perl tests/nntp/feed.pl "$ana" 500 "$1" >"$dir/one" 2>&1 &
	perl tests/nntp/feed.pl "$ana" 500 "$1" >"$dir/two" 2>&1
	wait $!
	cat "$dir/one" "$dir/two"
}

if [ -r "$SHARED/corpus/articles-open.tar.zst" ] && command -v zstd >/dev/null; then
	corpus ng1993
	got=$(perl tests/nntp/feed.pl "$ana" 10000 "$dir/corpus/ng1993" 2>&1)
	like "$got" '^accepted [0-9]+ refused [0-9]{1,3} wrong 0$' \
		"10,000 articles of the corpus are taken or refused in order, each reads as it was sent"
	like "$got" '^accepted (9[5-9]|100)[0-9]{2,3} ' "and nearly all are taken"
	again=$(perl tests/nntp/feed.pl "$ana" 100 "$dir/corpus/ng1993" 2>&1)
	like "$again" '^# for <.*: 438 <' "what is here is not wanted again"
else
	skip 'no corpus' "10,000 articles of the corpus are taken or refused in order"
fi

mkdir "$dir/fresh"
for i in $(seq 1 500); do
	article "<fresh$i@b.example>" talk.test >"$dir/fresh/$i"
done
both "$dir/fresh" >"$dir/both"
sum() { awk '$1 == "accepted" { n += $2 } END { print n }' "$dir/both"; }
is "$(sum)" 500 "of two feeds that send the same at once each article is taken once"
count() { asked "$ana" "GROUP $1" | awk '$1 == 211 { print $2 }'; }
is "$(count talk.test)" 500 "and stands once in its group"

innxmit=/usr/lib/news/bin/innxmit
if [ -x $innxmit ]; then
	mkdir -p "$dir/inn/articles"
	printf '%s\n' 'pathhost: inn.lab.example' 'domain: lab.example' 'mta: "/bin/true"' \
		'hismethod: hisv6' 'enableoverview: false' 'pathnews: /usr/lib/news' \
		"pathspool: $dir/inn" "pathetc: $dir/inn" >"$dir/inn/inn.conf"
	printf 'method tradspool {\n newsgroups: *\n class: 0\n}\n' >"$dir/inn/storage.conf"
	for i in 1 2 3; do
		article "<inn$i@b.example>" talk.two >"$dir/inn/a$i"
		echo "$dir/inn/a$i <inn$i@b.example>"
	done >"$dir/inn/batch"
	cp "$dir/inn/batch" "$dir/inn/again"
	ok "innxmit sends a batch by streaming" \
		env INNCONF="$dir/inn/inn.conf" $innxmit -d -P "$ana" 127.0.0.1 "$dir/inn/batch"
	is "$(count talk.two)" 3 "and all of it has come"
	out=$(env INNCONF="$dir/inn/inn.conf" $innxmit -v -P "$ana" 127.0.0.1 "$dir/inn/again" 2>&1)
	like "$out" 'accepted 0 refused 3 rejected 0' "and nothing comes twice"
else
	skip 'inn2 is not installed' "innxmit sends a batch by streaming"
fi

if command -v suck >/dev/null; then
	reader_node leaf talk.test || exit 1
	printf 'feed 127.0.0.1,::1\n' >>"$dir/leaf/node.conf"
	reader_up leaf || exit 1
	leaf=$port
	mkdir "$dir/suck"
	echo 'talk.test 460' >"$dir/suck/sucknewsrc"
	suck "127.0.0.1:$ana" -dd "$dir/suck" -dm "$dir/suck" -dt "$dir/suck" -c -bp \
		-hl "127.0.0.1:$leaf" -i 40 >"$dir/suck.out" 2>&1
	ana=$leaf
	is "$(count talk.test)" 40 "suck reads 40 articles from one node and feeds another by IHAVE" ||
		note "$(tail -5 "$dir/suck.out")"
else
	skip 'suck is not installed' "suck reads from one node and feeds another by IHAVE"
fi
done_testing
