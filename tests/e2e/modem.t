#!/bin/bash
# Friends over a serial line: a cable with errors, a Hayes modem with a chat script, carriers
# that are lost, a 7-bit path, noise, banners and echo, and devices that are not what they
# should be. The line is serlink's of ../shared/tools/serial, a pty at each end.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
# the stream and the chat scripts have their unit tests there
[ -n "$MODEM" ] || skip_all "lines in real time take minutes: MODEM=1 tries them"
[ -z "$SAN" ] || skip_all "with sanitizers the ends do not keep the pace of the line"
. tests/e2e/line.sh
. tests/e2e/link.sh
[ -r "$SHARED/tools/serial/serlink.c" ] || skip_all "no line simulator in $SHARED/tools/serial"
"${CC:-cc}" -O2 -w -o "$dir/serlink" "$SHARED/tools/serial/serlink.c" -lm ||
	skip_all "the line simulator does not build"

speed=230400
line() { # OPTION...: a line between $dir/a and $dir/b instead of the last one
	line_down
	rm -f "$dir/line.out"
	"$dir/serlink" --bps $speed --latency 2 --link-a "$dir/a" --link-b "$dir/b" \
		--control "$dir/line.fifo" --stats "$dir/line.json" --reopen-ms 100 "$@" \
		>"$dir/line.out" 2>"$dir/line.log" &
	line_pid=$!
	wait_for 5 grep -q READY "$dir/line.out"
}
line_down() {
	[ -z "$line_pid" ] || kill "$line_pid" 2>/dev/null
	[ -z "$line_pid" ] || wait "$line_pid" 2>/dev/null
	line_pid=
}
line_pid=
# shellcheck disable=SC2317 # called at exit
modem_cleanup() {
	link_cleanup
	line_down
}
trap modem_cleanup EXIT
count() { # KEY: of both directions, added
	perl -ne 'my $n = 0; $n += $1 while /"'"$1"'":(\d+)/g; print $n' "$dir/line.json"
}
counts() { # the file anew
	rm -f "$dir/line.json"
	kill -USR1 "$line_pid"
	wait_for 5 test -s "$dir/line.json"
}
friend_lines() { # LINE...: of bob's file on ana, instead of those that were there
	sed -i '/^\(chat\|chat-script\|phone\|serial\) /d' "$dir/bob/friends/ana"
	printf '%s\n' "$@" >>"$dir/bob/friends/ana"
}
node_lines() { # LINE...: how ana answers
	sed -i '/^\(link\|listen-chat\|listen-chat-script\) /d' "$dir/ana/node.conf"
	printf '%s\n' "$@" >>"$dir/ana/node.conf"
}
settings() { perl -e 'open my $f, "+<", shift or die; print `stty -g <&$f 2>&1` if open STDIN, "<&", $f; system "stty -g"' "$1" 2>/dev/null; }
locks() { find /run/lock "$dir/bob/run" "$dir/ana/run" -maxdepth 1 -name "LCK..*$1" 2>/dev/null; }
name_of() { readlink -f "$1" | sed 's|^/dev/||; s|/|_|g'; }
free_now() { test -z "$(locks "$(name_of "$dir/a")")"; }
free_again() { wait_for 5 free_now; } # the caller's end is nobody's
calls() { at bob call ana; }

line
node ana --persona Ana --link "serial:$dir/b,$speed" || exit 1
node bob --persona Bob || exit 1
for n in ana bob; do at $n groups new talk.x >/dev/null; done
like "$(cat "$dir/ana.setup")" "serial line $dir/b" "setup tells where friends can call"
node_up ana || exit 1
answers() { test -n "$(locks "$(name_of "$dir/b")")"; }
ok "ana's node answers on the line" wait_for 5 answers

# ---- a cable with errors
line --corrupt 1e-4
at ana invite bob --address none 2>/dev/null | tail -n 1 >"$dir/token"
at bob join - --as ana <"$dir/token" >/dev/null
ok "a serial line is an address" at bob address ana "serial:$dir/a,$speed"
wait_for 20 answers
before=$(settings "$dir/a")
exits 0 "they pair over a line that damages one byte in 10,000" calls
like "$out" "are friends now" "and it is told"
for i in 1 2 3; do
	post ana "from-ana-$i" >/dev/null
	post bob "from-bob-$i" >/dev/null
done
exits 0 "news go over it" calls
ok "to bob" has bob from-ana-3
ok "and to ana" wait_for 5 has ana from-bob-3
posts ana 1 30 1500
posts bob 1 30 1500
exits 0 "sixty articles, both ways at once" calls
ok "every byte of them is the same" same ana bob
counts
like "$(count corrupted)" '^[1-9]' "the line did damage bytes"
ok "the device is free again" free_again
is "$(settings "$dir/a")" "$before" "and set as it was"

# ---- three carriers lost
line --at ab=15000:hangup --at ab=35000:hangup --at ab=60000:hangup
posts bob 101 160 1500
n=0
until out=$(calls 2>&1) || [ $n = 12 ]; do
	n=$((n + 1))
	wait_for 5 test -e "$dir/a"
	wait_for 5 answers
	like "$out" 'broke|hung up|serial line' "a lost carrier is told" || break
done
like "$n" '^[3-9]$' "three carriers were lost"
ok "and all of it arrived" wait_for 10 same ana bob
counts
sent=$(perl -ne '/"a_to_b":\{[^}]*"accepted":(\d+)/ and print $1' "$dir/line.json")
note "60 articles of 1,500 bytes, three carriers lost: $sent bytes were sent"
ok "what was sent twice is little" test "$sent" -lt 125000

# ---- a modem: busy first
line --modem-a --modem-b --busy 1 --connect-ms 200
node_lines "link serial:$dir/b,$speed" \
	"listen-chat-script TIMEOUT 5 '' ATZ OK ATS0=1 OK '' TIMEOUT 0 CONNECT"
friend_lines "serial $dir/a,$speed" "phone 5551234" "chat modem.chat"
cat >"$dir/bob/modem.chat" <<'EOT'
# as pppd's chat reads it
ABORT BUSY ABORT 'NO CARRIER' ABORT 'NO ANSWER' ABORT ERROR
TIMEOUT 10
'' ATZ OK ATDT\T
CONNECT \d\c
EOT
post bob by-modem >/dev/null
exits 75 "a modem that is busy" calls
like "$out" 'BUSY' "is told in a word"
ok "the device is free again after it" free_again
wait_for 20 answers
exits 0 "the next call is answered" calls
ok "and news go" wait_for 5 has ana by-modem
chat_works() { at bob chat-test ana >"$dir/chat.out" 2>&1; } # ana's modem may not be ready yet
ok "a chat can be tried" wait_for 10 chat_works
out=$(cat "$dir/chat.out")
like "$out" 'send +"ATDT5551234' "with the number"
like "$out" 'got +"CONNECT' "and what came"

# ---- a line that loses bit 8
line --7bit
node_lines "link serial:$dir/b,$speed"
friend_lines "serial $dir/a,$speed"
wait_for 20 answers
exits 75 "a 7-bit path is refused" calls
like "$out" '7 bits' "in words"
exits 75 "line-test says so, too" at bob line-test ana
like "$out" '7 bits' "in words"
ok "the device is free again" free_again

# ---- noise before, during and after the call
line --corrupt 2e-4 --insert 2e-4 --drop 1e-4
wait_for 20 answers
noise() { perl -e 'print map { chr rand 256 } 1 .. 3000' >"$dir/$1"; }
noise a
noise b
posts bob 201 215 1500
posts ana 201 215 1500
calls >"$dir/noisy" 2>&1 &
call_pid=$!
sleep 0.3
noise b
noise a
wait "$call_pid"
is $? 0 "noise before and during a call is no end of it" || note "$(cat "$dir/noisy")"
noise a
noise b
ok "every byte is the same" wait_for 5 same ana bob
exits 0 "a line can be measured" at bob line-test ana
like "$out" 'delay: [0-9]+ ms' "its delay"
like "$out" 'errors: about one byte in [0-9]+' "its errors"
like "$out" 'throughput: [1-9][0-9]+ bytes a second' "what goes over it"

# ---- behind a getty: a banner, a login, echo
line
node_lines "listen-chat none"
sed -i '/^listen-chat/d' "$dir/ana/node.conf"
not_answers() { ! answers; }
ok "ana's node lets the line go" wait_for 10 not_answers
cat >"$dir/getty.pl" <<'EOT'
my ($tty, @run) = @ARGV;
open STDIN, "+<", $tty or die "$tty: $!";
open STDOUT, ">&STDIN" or die;
system "stty raw -echo";
$| = 1;
sub line { my $l = ""; while (sysread STDIN, my $c, 1) { syswrite STDOUT, $c; last if $c eq "\r"; $l .= $c } $l }
my $name = "";
until ($name eq "hearsay") { print "\r\nWelcome to the machine of Ana\r\nlogin: "; $name = line() }
print "\r\nPassword: ";
line();
print "\r\nLast login: yesterday\r\n", map({ chr rand 256 } 1 .. 300), "\r\n";
exec @run;
EOT
perl "$dir/getty.pl" "$dir/b" "$B/bin/newsd" --stdio -C "$dir/ana" 2>"$dir/getty.err" &
getty_pid=$!
friend_lines "serial $dir/a,$speed" "login hearsay" "password secret" \
	"chat-script TIMEOUT 5 '' '' ogin:--ogin: \\L word: \\P ogin: '\\c'"
post bob by-login >/dev/null
exits 0 "a call through a login" calls || note "$(cat "$dir/getty.err")"
ok "brings news" wait_for 5 has ana by-login
ok "and ends the session" wait_for 10 gone "$getty_pid"
at bob chat-test ana >"$dir/chat.out" 2>&1
unlike "$(cat "$dir/chat.out")" secret "no transcript has the password"

# ---- devices that are not what they should be
friend_lines "serial $dir/nowhere,$speed"
exits 75 "a device that is missing" calls
like "$out" 'nowhere: there is no such device' "is told"
friend_lines "serial /dev/null,$speed"
exits 75 "a device that is none" calls
like "$out" '/dev/null is no serial line: it is not a tty' "is told"
friend_lines "serial $dir/a,$speed"
name=$(name_of "$dir/a")
sleep 60 &
sleep_pid=$!
printf '%10d\n' $sleep_pid >"/run/lock/LCK..$name" 2>/dev/null
if [ -e "/run/lock/LCK..$name" ]; then
	exits 75 "a device that another program has" calls
	like "$out" "in use by process $sleep_pid" "is told with its number"
	kill $sleep_pid && wait $sleep_pid 2>/dev/null
	node_lines "link serial:$dir/b,$speed"
	ok "ana answers again" wait_for 20 answers
	exits 0 "a lock whose process is gone is nobody's" calls
else
	kill $sleep_pid
	skip "/run/lock cannot be written" "a device that another program has"
fi
free_again
node_lines "link serial:$dir/b,$speed"
wait_for 20 answers
posts bob 301 400 1500
calls >"$dir/cut" 2>&1 &
call_pid=$!
# without wait_for: it is waited for itself
sent_some() {
	rm -f "$dir/line.json"
	kill -USR1 "$line_pid"
	sleep 0.1
	perl -ne '/"a_to_b":\{[^}]*"sent":(\d+)/ and exit($1 < 20000); END { $? = 1 if !$. }' "$dir/line.json"
}
wait_for 20 sent_some
line_down
wait $call_pid
is $? 1 "a device that is pulled out in mid-frame ends the call"
like "$(cat "$dir/cut")" 'hung up' "and is told"
is "$(wc -l <"$dir/cut")" 1 "in one line"
ok "no lock is left behind" test -z "$(find /run/lock "$dir/bob/run" -name "LCK..$name" 2>/dev/null)"

# ---- nobody at the other end
line
node_down ana
exits 75 "a friend's node that does not run" calls
like "$out" 'nobody answered|nothing' "is told"
is "$(printf '%s\n' "$out" | wc -l)" 1 "in one line"
ok "the device is free again" free_again
node_up ana
at bob when ana every 10s >/dev/null
node_up bob
ok "the next attempts follow by the schedule" wait_for 30 same ana bob

done_testing
