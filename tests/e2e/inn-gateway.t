#!/bin/bash
# A node that gateways a group both ways with INN: what INN has comes by NEWNEWS and ARTICLE
# through `hearsay import`, what friends wrote goes by `hearsay export` and rnews; again and
# again, without doubles or rounds. Needs inn2, root, setpriv, perl, pgrep.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl setpriv pgrep
tool=$SHARED/tools/nntpbench/inn_instance.sh
rnews=/usr/lib/news/bin/rnews
if [ ! -x /usr/lib/news/bin/innd ] || [ ! -x $rnews ]; then skip_all 'inn2 is not installed'; fi
[ -r "$tool" ] || skip_all "no $tool"
[ "$(id -u)" = 0 ] || skip_all 'an INN of our own needs root'
. tests/e2e/link.sh

inn=$dir/inn
stop_inn() {
	bash "$tool" stop "$inn" >/dev/null 2>&1
	link_cleanup
}
trap stop_inn EXIT
chmod 755 "$dir" # for the user news
inn_port=$(perl -MIO::Socket::INET -e '
	for (1 .. 200) {
		my $p = 20000 + int rand 20000;
		my @s = grep { $_ } map { IO::Socket::INET->new(Listen => 1,
		    LocalAddr => "127.0.0.1", LocalPort => $_) } $p, $p + 1;
		if (@s == 2) { print $p; last }
	}')
{ bash "$tool" make "$inn" "$inn_port" tradindexed tradspool && bash "$tool" start "$inn"; } \
	>"$dir/inn.out" 2>&1 || skip_all 'INN does not start here'
grep -q 'innd up' "$dir/inn.out" || skip_all 'INN does not start here'
asnews() { env INNCONF="$inn/etc/inn.conf" setpriv --reuid=news --regid=news --init-groups -- "$@"; }

# what a gateway's cron would run
pull() { # prints an rnews batch of all that INN's reader has in misc.test
	perl -MNet::NNTP -e '
		my $n = Net::NNTP->new("127.0.0.1", Port => shift, Timeout => 10) or die "no INN\n";
		$n->reader;
		my $ids = $n->newnews(time - 86400, "misc.test") or die $n->message;
		for my $id (sort @$ids) {
			my $text = join "", @{ $n->article($id) or next };
			print "#! rnews ", length $text, "\n", $text;
		}' "$((inn_port + 1))"
}
gateway() {
	pull >"$dir/pulled" && at gate import --yes "$dir/pulled" >"$dir/imported" 2>&1 &&
		at gate export misc.test >"$dir/exported" 2>/dev/null &&
		asnews "$rnews" -v <"$dir/exported" >"$dir/rnews.out" 2>&1
}
pulled() { grep -ac '^#! rnews' "$dir/pulled"; }
inn_count() { find "$inn/spool/articles/misc/test" -type f -name '[0-9]*' 2>/dev/null | wc -l; }
inn_has() { [ "$(inn_count)" = "$1" ]; }
feed() { # NUMBER: an article of the outside world, straight to INN
	{
		printf 'Path: far!not-for-mail\nFrom: Ann <ann@example.com>\nNewsgroups: misc.test\n'
		printf 'Subject: outside %s\nDate: %s\nMessage-ID: <out%s@example.com>\n\nText %s.\n.dot\n' \
			"$1" "$(date -u '+%a, %d %b %Y %H:%M:%S +0000')" "$1" "$1"
	} >"$dir/article"
	{
		printf '#! rnews %d\n' "$(wc -c <"$dir/article")"
		cat "$dir/article"
	} | asnews $rnews -v >/dev/null 2>&1
}
say() { printf 'Newsgroups: misc.test\nSubject: %s\n\nfrom %s\n' "$2" "$1" | at "$1" post >/dev/null; }
shows() { at "$1" export misc.test 2>/dev/null | grep -aqx "Subject: $2"; }

link_node gate && node_up gate && link_node bob || exit 1
at gate groups new misc.test >/dev/null
at bob groups new misc.test >/dev/null
ok "gate and bob are friends" befriend gate bob
wait_for 10 at bob call gate -q # newsd may not know of the invitation yet
at bob when gate on-arrival >/dev/null
node_up bob
ok "a link stands" wait_for 10 linked bob gate

for i in 1 2 3 4 5; do feed "$i"; done
ok "INN has five articles of the world" wait_for 20 inn_has 5
say bob from-bob
say gate from-gate
ok "the gateway's node has what bob wrote" wait_for 10 shows gate from-bob

ok "the gateway runs" gateway || note "$(cat "$dir/imported" "$dir/rnews.out")"
is "$(pulled)" 5 "five were pulled"
ok "what the world wrote is at bob's" wait_for 10 shows bob "outside 5"
ok "what bob and gate wrote is in INN" wait_for 20 inn_has 7
is "$(at bob export misc.test 2>/dev/null | grep -ac '^Subject: ')" 7 "bob has seven, each once"

for round in 2 3; do
	feed "$round$round"
	say bob "round-$round"
	ok "round $round: gate has what bob wrote" wait_for 10 shows gate "round-$round"
	ok "round $round: INN has what the world wrote" wait_for 20 inn_has $((6 + 2 * (round - 1)))
	ok "round $round: the gateway runs" gateway || note "$(cat "$dir/imported" "$dir/rnews.out")"
	ok "round $round: bob has what the world wrote" wait_for 10 shows bob "outside $round$round"
	ok "round $round: INN has what bob wrote" wait_for 20 inn_has $((7 + 2 * (round - 1)))
done
ok "a round without anything new" gateway
like "$(cat "$dir/imported")" 'imported 0' "imports nothing"
ids() { grep -a '^Message-ID: ' "$1" | sed 's/\r$//' | sort; }
ids "$dir/pulled" >"$dir/ids.inn"
ids "$dir/exported" >"$dir/ids.gate"
is "$(wc -l <"$dir/ids.inn")" 11 "INN gives eleven"
ok "INN and the gateway's node have the same, under the same ids" cmp "$dir/ids.inn" "$dir/ids.gate"
is "$(sort "$dir/ids.inn" | uniq -d)" "" "none twice"
at bob export misc.test 2>/dev/null >"$dir/bob.batch"
ids "$dir/bob.batch" >"$dir/ids.bob"
ok "bob, too" cmp "$dir/ids.gate" "$dir/ids.bob"
is "$(inn_count)" 11 "INN's spool holds no more"
for x in gate bob; do ok "$x's databases are sound" at $x check; done
done_testing
