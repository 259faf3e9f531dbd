#!/bin/sh
# INN takes what hearsay export writes, and hearsay import takes INN's own spool.
. tests/lib.sh
need perl setpriv bash
tool=$SHARED/tools/nntpbench/inn_instance.sh
rnews=/usr/lib/news/bin/rnews
if [ ! -x /usr/lib/news/bin/innd ] || [ ! -x $rnews ]; then skip_all 'inn2 is not installed'; fi
[ -r "$tool" ] || skip_all "no $tool"
[ "$(id -u)" = 0 ] || skip_all 'an INN of our own needs root'

inn=$dir/inn
stop() {
	bash "$tool" stop "$inn" >/dev/null 2>&1
	cleanup
}
trap stop EXIT
chmod 755 "$dir" # for the user news

# two free ports behind each other: innd and nnrpd
port=$(perl -MIO::Socket::INET -e '
	for (1 .. 200) {
		my $p = 20000 + int rand 20000;
		my @s = grep { $_ } map { IO::Socket::INET->new(Listen => 1,
		    LocalAddr => "127.0.0.1", LocalPort => $_) } $p, $p + 1;
		if (@s == 2) { print $p; last }
	}')
{ bash "$tool" make "$inn" "$port" tradindexed tradspool && bash "$tool" start "$inn"; } \
	>"$dir/inn.out" 2>&1 || skip_all 'INN does not start here'
grep -q 'innd up' "$dir/inn.out" || skip_all 'INN does not start here'

asnews() {
	env INNCONF="$inn/etc/inn.conf" setpriv --reuid=news --regid=news --init-groups -- "$@"
}

mkdir "$dir/in"
for i in $(perl -e 'print join " ", 1 .. 40'); do
	group=misc.test
	[ $((i % 4)) = 0 ] && group=comp.lang.c,misc.test
	{
		printf 'Path: a!not-for-mail\nFrom: Ann <ann@example.com>\nNewsgroups: %s\n' $group
		printf 'Subject: number %s\nDate: Mon, 1 Jun 1992 12:00:00 GMT\n' "$i"
		printf 'Message-ID: <inn%s@example.com>\n\nText %s.\n.\n..dots\n' "$i" "$i"
	} >"$dir/in/$i"
done
node ana || exit 1
node bob || exit 1
"$B/bin/reader" --import -C "$dir/ana" "$dir/in" >"$dir/o" 2>&1
is "$(cat "$dir/o")" 'imported 40, duplicates 0, refused 0' 'articles to export'
"$B/bin/reader" --export -C "$dir/ana" '*' >"$dir/batch" 2>/dev/null
asnews $rnews -v <"$dir/batch" >"$dir/rnews.out" 2>&1
is $? 0 "INN's rnews takes the batch" || note "$(cat "$dir/rnews.out")"

count() { find "$inn/spool/articles" -type f -name '[0-9]*' | wc -l | tr -d ' '; }
has() { [ "$(count)" = "$1" ]; }
wait_for 30 has 50 # 40 and 10 crossposted ones
is "$(count)" 50 'INN has stored every article in its groups'

"$B/bin/reader" --import -C "$dir/bob" --active "$inn/db/active" --newsgroups \
	"$inn/db/newsgroups" --groups 'misc.*,comp.*' "$inn/spool/articles" >"$dir/o" 2>&1
like "$(cat "$dir/o")" '^imported 40, duplicates 10, refused 0' "INN's spool comes in"
"$B/bin/reader" --export -C "$dir/bob" '*' >"$dir/bob.batch" 2>/dev/null
ids() { grep -a '^Message-ID' "$1" | sort; }
ids "$dir/batch" >"$dir/ids.ana"
ids "$dir/bob.batch" >"$dir/ids.bob"
ok 'through INN: the same articles' cmp "$dir/ids.ana" "$dir/ids.bob"
"$B/bin/reader" --import -C "$dir/ana" "$dir/bob.batch" >"$dir/o" 2>&1
is "$(cat "$dir/o")" 'imported 0, duplicates 40, refused 0' 'through INN: the same bytes'

done_testing
