#!/bin/bash
# The gateway's processes: they start, are started again, share the work and end.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh

child() { # NAME COMM: process number of a child of the gateway
	ps -o pid= -o comm= --ppid "$(cat "$dir/$1.pid")" | awk -v c="$2" '$2 == c { print $1; exit }'
}
other_child() { # NAME COMM PID: there is one, and it is another than before
	oc=$(child "$1" "$2")
	[ -n "$oc" ] && [ "$oc" != "$3" ]
}
say() { # LINE...: one connection; prints the answers up to the end of the file
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}
post() { # SUBJECT
	say POST "From: x@y.example" "Newsgroups: talk.test" "Subject: $1" "" "Text" "."
}
posted() { post "$1" | grep -q '^240'; }
raw() { # BYTES: sends them alone; prints what comes until the other side closes
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%b' "$1" >&3
	timeout 20 cat <&3 | tr -d '\r'
	exec 3>&- 3<&-
}

exits 1 "a folder that is no node is refused" "$reader" -C "$dir/nowhere"
like "$out" 'hearsay setup' "and told what makes one"
reader_node ana talk.test || exit 1
sed -i 's/^listen.*/listen nonsense/' "$dir/ana/node.conf"
exits 1 "an address that is none is refused" "$reader" -C "$dir/ana"
like "$out" 'listen "nonsense"' "by name"
sed -i 's/^listen.*/listen 0.0.0.0:0/' "$dir/ana/node.conf"
exits 1 "an address that others reach is refused while nobody can log in" "$reader" -C "$dir/ana"
like "$out" 'hearsay user add' "and told what makes a user"
echo "login never" >>"$dir/ana/node.conf"
reader_up ana || exit 1
like "$(cat "$dir/ana.err")" 'login=never.* post as you' "unless a person wants it so, who is warned"
node_down ana
sed -i '/^login/d; s/^listen.*/listen 127.0.0.1:0\nlisten [::1]:0/' "$dir/ana/node.conf"
reader_up ana || exit 1
is "$(cat "$dir/ana.out")" "ready nntp=$addr" "it says where it serves"
like "$(say DATE)" '^111 [0-9]{14}$' "it answers"
like "$(post one)" '^240 ' "it takes a post"

for alien in 'GET / HTTP/1.1\r\n' 'POST / HTTP/1.1\r\n' '\026\003\001\n' 'SSH-2.0-x\r\n'; do
	unlike "$(raw "${alien}DATE\r\nPOST\r\n")" '^(111|340|5)' \
		"no newsreader begins with ${alien%%[\\ ]*}: cut off at once"
done
is "$(raw 'A\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\nH\r\nI\r\nJ\r\nDATE\r\n' | tail -1)" \
	"500 Unknown command" "ten unknown commands end a session"

for comm in reader-writer reader-worker; do
	is "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$(child ana $comm)/status")" 2 \
		"$comm runs in the sandbox"
done

pid=$(child ana reader-writer)
kill -KILL "$pid"
ok "a writer that died is started again" wait_for 20 other_child ana reader-writer "$pid"
ok "and takes posts" wait_for 20 posted two
pid=$(child ana reader-worker)
kill -KILL "$pid"
ok "a worker that died is started again" wait_for 20 other_child ana reader-worker "$pid"
ok "and takes posts, too" wait_for 20 posted three
like "$(say 'GROUP talk.test')" '^211 3 1 3 ' "nothing is lost, nothing twice"

from_now() { # NAME: a new post is by that one
	# the same text in the same second would be the same article
	post "from now $EPOCHREALTIME" | grep -q '^240 ' &&
		say 'GROUP talk.test' "$(say 'GROUP talk.test' |
			sed -n 's/^211 [0-9]* [0-9]* \([0-9]*\) .*/HEAD \1/p')" | grep -q "^From: $1 <"
}
exec 4<>"/dev/tcp/$host/$port"
sed 's/^display.*/display Ana Maria/' "$dir/ana/personas/ana" >"$dir/renamed"
mv "$dir/renamed" "$dir/ana/personas/ana"
ok "a persona that got another name posts by it at once" wait_for 20 from_now "Ana Maria"
echo nonsense >"$dir/ana/personas/eva"
ok "one that is none is told" wait_for 20 grep -q 'personas/eva' "$dir/ana.err"
ok "and changes nothing" from_now "Ana Maria"
rm "$dir/ana/personas/eva"
printf 'DATE\r\nQUIT\r\n' >&4
like "$(cat <&4)" '^111 ' "who is connected notices nothing"
exec 4>&-

pss=0
for p in $(cat "$dir/ana.pid") $(ps -o pid= --ppid "$(cat "$dir/ana.pid")"); do
	pss=$((pss + $(awk '$1 == "Pss:" { print $2 }' "/proc/$p/smaps_rollup")))
done
if [ -n "$SAN" ]; then
	skip "sanitizers need memory" "all processes together take less than 12 MB"
else
	ok "all processes together take less than 12 MB ($pss KB)" test "$pss" -lt 12288
fi

pids=$(ps -o pid= --ppid "$(cat "$dir/ana.pid")")
node_down ana
ok "it ends on SIGTERM" test ! -e "$dir/ana/run/nntp.addr"
for p in $pids; do
	ok "and its processes end" gone "$p"
done
reader_up ana || exit 1
pids=$(ps -o pid= --ppid "$(cat "$dir/ana.pid")")
kill -KILL "$(cat "$dir/ana.pid")"
for p in $pids; do
	ok "they end when their parent is killed" wait_for 20 gone "$p"
done
rm -f "$dir/ana.pid"
done_testing
