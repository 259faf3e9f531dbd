#!/bin/bash
# The person's side of links: where one listens, how and when one calls, what is told of it;
# why an article is here, and how what a friend brought is purged. The friend's line is a
# pipe between two batchers, which another program in newsd's place lays.
. tests/lib.sh
need perl

# Beside this copy of hearsay stands what plays newsd: it calls the node that $dir/line
# names, or does and says what else stands there.
mkdir "$dir/bin"
cp "$hearsay" "$dir/bin/hearsay"
hearsay=$dir/bin/hearsay
for p in batcher reader; do
	ln -s "$B/bin/$p" "$dir/bin/$p"
done
cat >"$dir/bin/newsd" <<-EOT
	#!/bin/bash
	# newsd -C DIR --call NAME
	echo "\$4" >>"$dir/called"
	. "$dir/line"
EOT
chmod +x "$dir/bin/newsd"
line() { printf '%s\n' "$*" >"$dir/line"; }
line_to() { # NODE NAME: calls reach that node, which knows the caller by NAME
	line "exec perl $PWD/tests/pipe.pl $B/bin/batcher exchange -C \"\$2\" --caller \"\$4\" -- \
		$B/bin/batcher exchange -C $dir/$1 --answerer $2"
}
calls() { grep -c . "$dir/called" 2>/dev/null; }
forget() { : >"$dir/called"; }
ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
links_of() { sed -n 's/^link //p' "$dir/$1/node.conf" | tr '\n' ' '; }
post() { printf 'Newsgroups: g.x\nSubject: %s\n\nbody\n' "$2" | "$1" post | sed -n 's/.*<\(.*\)>.*/\1/p'; }

# ---- setup --link
ok "a node is set up without a link" node ana --persona Ana
is "$(links_of ana)" "" "and listens nowhere"
exits 0 "a node may have several" "$hearsay" -C "$dir/bob" setup --yes \
	--persona Bob --listen 127.0.0.1:0 --link 127.0.0.1:4119 --link '[::]:4120'
is "$(links_of bob)" "127.0.0.1:4119 [::]:4120 " "they stand in node.conf"
like "$out" '^Friends can call this node at 127\.0\.0\.1:4119 ' "and are told"
exits 0 "they are changed together" bob setup --link 192.0.2.7:4119
is "$(links_of bob)" "192.0.2.7:4119 " "to what was said"
like "$out" 'changed, nothing else' "and nothing else is"
exits 0 "none ends it" bob setup --link none
is "$(links_of bob)" "" "for all of them"
for bad in here ana.example:4119 127.0.0.1 127.0.0.1:70000; do
	exits 2 "setup refuses --link $bad" bob setup --link "$bad"
done
exits 2 "none stands alone" bob setup --link none --link 127.0.0.1:1
exits 2 "a bad one makes no node" "$hearsay" -C "$dir/zoe" setup --yes --link nowhere
ok "not a part of it" test ! -e "$dir/zoe"

# ---- invite
ok "ana listens at an address that others reach" ana setup --link 198.51.100.7:4119 --link 0.0.0.0:4119
exits 0 "she invites" ana invite one
like "$out" '^In the token: tcp:198\.51\.100\.7:4119$' "it goes into the token, and she is told"
like "$out" 'link 0\.0\.0\.0:4119 does not go into the token: it stands for all' "the other does not, and why"
like "$(ana invite two 2>/dev/null | tail -n 1)" '^[A-Z2-7]+$' "the token is the last line still"
exits 0 "an address that is given replaces them" ana invite three --address tcp:ana.example:4119
unlike "$out" 198.51.100 "all"
exits 0 "none puts in none" ana invite four --address none
unlike "$out" 'In the token' "indeed"
short=$(printf '%s\n' "$out" | tail -n 1)
exits 0 "loopback is for nobody else" ana setup --link 127.0.0.1:4119
exits 0 "so it is not offered" ana invite five
like "$out" 'only this machine reaches it' "and why"

ok "what friends are told is chosen" ana setup --address tcp:ana.example:4119 --address tcp:ana.onion:1
is "$(sed -n 's/^address //p' "$dir/ana/node.conf" | tr '\n' ' ')" "ana.example:4119 ana.onion:1 " "in node.conf"
exits 0 "and goes into tokens" ana invite six
is "$(printf '%s\n' "$out" | grep -c '^In the token: tcp:ana\.')" 2 "all of it, and nothing else"
exits 2 "an address that is none is refused" ana setup --address ana.example:4119
ok "none ends it" ana setup --address none
unlike "$(cat "$dir/ana/node.conf")" '^address ' "indeed"

# ---- join without an address
line 'echo should not be called; exit 1'
forget
out=$(printf '%s\n' "$short" | bob join - --as four)
like "$out" '^Joining four\. Carry a stick' "a token without addresses waits for a stick"
is "$(calls)" 0 "nobody is called"

# ---- join with one
token() { ana invite "$@" 2>/dev/null | tail -n 1; }
line 'echo "newsd: link friend=ana error=\"connection refused\"" >&2; exit 75'
forget
out=$(token bob --address tcp:203.0.113.9:4119 | bob join - --as away)
is "$out" "away could not be reached: connection refused; the next stick or \`hearsay call away\` does it." \
	"who is away is told of in one line"
is "$(calls)" 2 "after two calls"
like "$(cat "$dir/bob/friends/away")" '^tcp 203\.0\.113\.9:4119$' "the address is kept"
out=$(token near --address tcp:abcdefgh.onion:4119 | bob join - --as near)
like "$out" 'only a Tor proxy reaches: hearsay address near socks5:127\.0\.0\.1:9050/abcdefgh\.onion:4119 ' \
	"a proxy's address is not called without one"
is "$(calls)" 2 "indeed not"
line_to ana bob2
forget
out=$(token bob2 --address tcp:203.0.113.9:4119 | bob join - --as ana)
like "$out" '^ana and you are friends now\.' "who is there is a friend at once"
is "$(printf '%s\n' "$out" | wc -l)" 1 "in one line"
like "$(bob friends -m ana)" ' state=unverified ' "the joiner knows"
like "$(ana friends -m bob2)" ' state=unverified ' "and the inviter"
is "$(ana verify bob2 | head -n 1)" "$(bob verify ana | head -n 1)" "under the same words"

# ---- call
ok "bob makes a group" bob groups new g.x
id=$(post bob one)
exits 0 "he calls" bob call ana
like "$out" '^ana was called: all' "and is told"
is "$(ana export g.x | grep -ac '^Subject: one')" 1 "the article is there"
is "$(bob call ana -q)" "" "with -q success is silent"
line 'echo "newsd: link friend=ana error=\"timed out\"" >&2; exit 75'
exits 75 "who is away is code 75" bob call ana -q
is "$out" "hearsay: call: ana could not be reached: timed out" "in one line"
line 'echo "newsd: out of order" >&2; exit 1'
exits 1 "what fails is code 1" bob call ana -q
is "$out" "hearsay: call: the call to ana failed: out of order" "in one line"
line 'exit 75'
exits 75 "--all calls all who have an address" bob call --all
is "$(printf '%s\n' "$out" | grep -c 'could not be reached')" 2 "and tells of each"
forget
line "[ \"\$4\" = ana ] && exit 0; exit 75"
exits 75 "one who is away is code 75" bob call --all -q
is "$(tr '\n' ' ' <"$dir/called")" "ana away " "one after the other"
line "[ \"\$4\" = ana ] && exit 1; exit 75"
exits 1 "a failure counts more" bob call --all -q
exits 1 "a stranger is refused" bob call zoe
like "$out" 'no friend is called zoe' "by name"
exits 1 "who has no address is not called" bob call four
like "$out" 'hearsay address four tcp:HOST:PORT' "and the next step is said"
exits 1 "nor one whom only a proxy reaches" bob call near
like "$out" 'address near socks5:127' "and the next step is said"
sed -i 's/^learned .*/learned 192.168.7.9:4119/' "$dir/bob/friends/near"
exits 1 "nor one who told an address in a private network" bob call near
like "$out" 'address near tcp:192\.168\.7\.9:4119' "and the next step is said"
exits 2 "somebody must be named" bob call
exits 2 "or all" bob call ana --all
line "touch $dir/busy; while [ -e $dir/busy ]; do sleep 0.05; done"
bob call ana >"$dir/slow.out" 2>&1 &
slow=$!
wait_for 10 test -e "$dir/busy"
exits 75 "a second run leaves" bob call ana
like "$out" 'another call is under way' "and says why"
bob call ana --wait >"$dir/wait.out" 2>&1 &
waiting=$!
rm "$dir/busy"
wait_for 10 test -e "$dir/busy"
result $? "with --wait it waits"
rm "$dir/busy"
wait "$slow" "$waiting"
like "$(cat "$dir/wait.out")" '^ana was called' "and calls then"

# ---- address
sed -i '/^tcp /d' "$dir/bob/friends/ana"
echo 'learned 203.0.113.9:4119' >>"$dir/bob/friends/ana"
exits 0 "addresses are shown" bob address ana
is "$out" "learned:203.0.113.9:4119  # told by ana" "with whose word they are"
exits 0 "and set" bob address ana tcp:ana.example:4119 \
	socks5:127.0.0.1:9050/ana.example:4119 'exec:ssh ana newsd --stdio' dir:/media/ana
is "$(grep -E '^(tcp|socks5|exec|dir) ' "$dir/bob/friends/ana")" "tcp ana.example:4119
socks5 127.0.0.1:9050/ana.example:4119
exec ssh ana newsd --stdio
dir /media/ana" "in this order"
like "$(cat "$dir/bob/friends/ana")" '^learned 203' "what was told stays"
while IFS='|' read -r bad why; do
	exits 2 "address refuses $bad" bob address ana tcp:ok.example:1 "$bad"
	like "$out" "$why" "  says $why"
done <<-'EOT'
	ana.example:4119|write it as tcp
	tcp:ana.example|HOST:PORT
	tcp:ana.example:0|port 0
	udp:ana.example:1|write it as tcp
	learned:1.2.3.4:5|write it as tcp
	socks5:proxy.example:9050/a.example:1|numeric address
	socks5:127.0.0.1:9050|PROXY:PORT/HOST:PORT
	exec:|nothing stands behind it
	dir:media|begins with /
EOT
like "$(cat "$dir/bob/friends/ana")" '^tcp ana\.example:4119' "and nothing was changed"
exits 0 "none takes them away" bob address ana none
is "$out" "learned:203.0.113.9:4119  # told by ana" "but what was told"
exits 1 "a stranger has none" bob address zoe

# ---- when
exits 0 "without a line nobody is called" bob when ana
like "$out" 'hearsay when ana on-arrival' "and it says how"
exits 0 "lines are set, quoted or not" bob when ana on-arrival every 15m 'cron 0 6 * * 1-5' \
	window 01:00-05:30 call every 2h budget 20M
is "$(grep -E '^(call|window|budget) ' "$dir/bob/friends/ana")" "call on-arrival
call every 15m
call cron 0 6 * * 1-5
window 01:00-05:30
call every 2h
budget 20M" "and written"
ok "crontab's forms are taken" bob when four cron '*/5,59 0-23/2 1,15-31 * 0-7'
is "$(bob when ana)" "$(grep -E '^(call|window|budget) ' "$dir/bob/friends/ana")" "and shown"
while IFS='|' read -r bad why; do
	eval "exits 2 \"when refuses $bad\" bob when ana $bad"
	like "$out" "$why" "  says $why"
done <<-'EOT'
	hourly|on-arrival, every 15m
	every|every 15m
	every 5s|at least 10s
	on-arrival now|nothing follows on-arrival
	cron 0 6|five fields
	cron a b c d e|a minute is 0 to 59
	cron 60 0 1 1 0|a minute is 0 to 59
	cron 0 0 0 1 0|a day is 1 to 31
	cron 0 6, 1 1 0|an hour is 0 to 23
	cron '*/0 6 1 1 0'|a minute is 0 to 59
	cron '0 0 31 2 *'|that day never comes
	cron 0 6 1 1 0 0|five fields
	window 1-5|01:00-05:30
	window 01:00-01:00|01:00-05:30
	budget much|budget 20M
EOT
exits 0 "none takes them away" bob when ana none
is "$(grep -cE '^(call|window|budget) ' "$dir/bob/friends/ana")" 0 "all"
like "$(cat "$dir/bob/friends/ana")" '^learned 203' "other lines stay"

# ---- why
exits 0 "why knows a post of one's own" bob why "$id"
like "$out" '^From      this node' "that it is one"
like "$out" '^Groups    g\.x:1$' "its group and number"
like "$out" '^Signed    by its author$' "its signature"
like "$out" '^To        ana: done' "and who has it"
exits 0 "why knows what a friend brought" ana why "<$id>"
like "$out" '^From      bob2$' "who it was"
like "$out" '^To        bob2: brought it$' "to whom it does not go"
like "$(ana why -m "$id")" '^from=bob2$' "programs, too"
exits 0 "why knows what it has never seen" ana why 'nobody@example.com'
like "$out" '^Unknown ' "and says so"
exits 2 "what is no id is refused" ana why 'a b'
printf '%s\r\n' 'From: a@b.example' 'Newsgroups: g.x' 'Subject: x' \
	'Date: Mon, 01 Jun 2020 12:00:00 +0000' 'Message-ID: <1@b.example>' '' 'one' >"$dir/1"
sed 's/^one/two/' "$dir/1" >"$dir/2"
ana import "$dir/1" >/dev/null 2>&1
ana import "$dir/2" >/dev/null 2>&1
like "$(ana why 1@b.example)" '^Copies    1 with other text was refused, the last from this node at ' \
	"why counts the copies that differ"
like "$(ana why 1@b.example)" '^Signed    none: it is from outside' "and knows what is from outside"

# ---- purge
line_to ana bob2
ok "bob has more to say" post bob two
bob call ana -q
is "$(ana export g.x | grep -ac '^Subject: ')" 3 "ana has it"
exits 2 "purge wants to be sure" ana purge --via bob2 --since 1h
like "$out" '^2 articles came from bob2 since 20' "and tells how many first"
exits 0 "nothing came since tomorrow" ana purge --via bob2 --since 2999-01-01
like "$out" '^0 articles came' "and it says so"
exits 0 "it purges" ana purge --via bob2 --since 1h --yes
like "$out" '^2 removed' "and tells how many"
is "$(ana export g.x | grep -a '^Subject: ')" "Subject: x" "what came otherwise stays"
like "$(ana why "$id")" '^Gone      purged on 20.* UTC: via bob2 since 20.* UTC; it is not taken again$' \
	"why knows that it went, and by whose word"
is "$(ana why -m "$id" | grep -E '^(why|via)=' | tr '\n' ' ')" "why=purged via=bob2 " "programs, too"
ok "the spool is sound" ana check
bob call ana -q
is "$(ana export g.x | grep -ac '^Subject: ')" 1 "and it does not come back"
id=$(post ana mine)
printf 'Newsgroups: g.x\nSubject: cancel\nControl: cancel <%s>\n\nx\n' "$id" | ana post >/dev/null
like "$(ana why "$id")" '^Gone      cancelled on 20.* UTC by its author; ' "why tells a cancel from a purge"
id=$(post ana old)
ana status >/dev/null # it is signed, and an article like others
echo 'expire 90d' >>"$dir/ana/node.conf"
HEARSAY_CLOCK=+10000000 ana expire >/dev/null 2>&1
like "$(ana why "$id")" '^Gone      expired on 20.* UTC: its time was over; ' "and what was too old from both"
is "$(ana why -m "$id" | grep '^why=')" "why=expired" "programs, too"
exits 1 "a stranger brought nothing" ana purge --via zoe --since 1h
exits 2 "a time that is none is refused" ana purge --via bob2 --since yesterday
exits 2 "both are needed" ana purge --via bob2
ok "ana cuts bob" ana cut bob2 --yes
ok "the number of one who was cut serves still" ana purge --via '#5' --since 1h --yes

# ---- status
mkdir -p "$dir/bob/run"
echo 127.0.0.1:9 >"$dir/bob/run/nntp.addr"
now=$(date +%s)
printf 'friend ana state away since %s carrier - next-call %s last-error "timed out"\n' \
	$((now - 60)) $((now + 600)) >"$dir/bob/run/links"
exits 0 "status tells of links" bob status
like "$(printf '%s\n' "$out" | grep -A 2 '^ana ')" \
	'^  *link away for 6[0-9] s; next call in (9|10) min; last failure: timed out' \
	"below the friend, with what failed and what comes next"
like "$(bob status -m)" '^link=ana state=away since=[0-9]+ next-call=[0-9]+ carrier= last-error="timed out"$' \
	"programs, too"
rm "$dir/bob/run/nntp.addr"
unlike "$(bob status)" 'link away' "of a node that is not up nothing is said of links"

# ---- wake-up
mkfifo "$dir/bob/run/wake"
exec 4<>"$dir/bob/run/wake"
echo 'friend ana state up since 5 heard - next-call - carrier "called" last-error ""' >"$dir/bob/run/links"
forget
exits 0 "on a link that stands nobody is called" bob call ana
like "$out" '^The link with ana stands' "and it is told"
is "$(calls)" 0 "indeed"
is "$(timeout 0.2 head -n 1 <&4)" "call ana" "newsd looks at once what is due"
rm "$dir/bob/run/links"
woken() { timeout 0.2 dd bs=1 count=1 <&4 2>/dev/null; }
ok "a post is made" post bob three
is "$(woken)" w "post wakes newsd"
ok "bob wants less" bob groups want 'g.*'
is "$(woken)" w "so does groups want"
sed 's/1@b/3@b/' "$dir/1" >"$dir/3"
bob import "$dir/3" >/dev/null 2>&1
is "$(woken)" w "so does import"
sed 's/1@b/4@b/' "$dir/1" >"$dir/4"
bob import --local "$dir/4" >/dev/null 2>&1
is "$(woken)" "" "but not of what stays here"
bob when ana every 1h >/dev/null
is "$(woken)" w "so does when"
exec 4>&-

done_testing
