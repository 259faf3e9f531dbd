#!/bin/bash
# Friends over a serial line: a cable with errors, a Hayes modem with a chat script, carriers
# that are lost, a 7-bit path, noise, banners and echo, and devices that are not what they
# should be. The line is serlink's of ../shared/tools/serial, a pty at each end.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
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
	[ -z "$line_pid" ] || { kill "$line_pid" 2>/dev/null && wait "$line_pid" 2>/dev/null; }
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
exits 0 "a chat can be tried" at bob chat-test ana
like "$out" 'send +"ATDT5551234' "with the number"
like "$out" 'got +"CONNECT' "and what came"

done_testing
