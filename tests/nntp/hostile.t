#!/bin/bash
# Bad clients: each gets a correct code or a closed connection, another client is answered
# meanwhile, and memory stays small.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh
need perl pgrep

children() { pgrep -P "$(cat "$dir/ana.pid")"; }
# ATTACK WANT NAME: what the attackers saw is WANT (an ERE)
attack() {
	# shellcheck disable=SC2046 # one word a process
	out=$(timeout 200 perl tests/nntp/hostile.pl "$host" "$port" "$1" \
		"$(cat "$dir/ana.pid")" $(children) 2>&1)
	like "$out" "^attack $1 $2\$" "$3"
	note "$(printf '%s\n' "$out" | grep '^good')"
	median=$(printf '%s\n' "$out" | sed -n 's/.* median_ms=\([0-9]*\)\..*/\1/p')
	ok "   meanwhile another client is answered within 100 ms" test "${median:-1000}" -lt 100
	kb=$(printf '%s\n' "$out" | sed -n 's/.* pss_kb=//p')
	if [ -n "$SAN" ]; then
		skip "sanitizers need memory" "   and all processes stay below 64 MB"
	else
		ok "   and all processes stay below 64 MB" test "${kb:-100000}" -lt 65536
	fi
}
alive() { # NAME: none of the processes died
	is "$(children | tr '\n' ' ')" "$pids" "$1"
}
say() { # LINE...: one connection; prints the answers up to the end of the file
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}

reader_node ana talk.test || exit 1
printf 'patience 2s\nconnections 1000\n' >>"$dir/ana/node.conf"
reader_up ana || exit 1
attack idle '211=990' "a thousand newsreaders are served"
if [ -n "$SAN" ]; then
	skip "sanitizers need memory" "and cost 16 MB at most, all processes together"
else
	ok "and cost 16 MB at most, all processes together ($kb KB)" test "$kb" -le 16384
fi
# an article that is larger than all that the system buffers
{
	printf '%s\n' POST "From: x@y.example" "Newsgroups: talk.test" "Subject: large" ""
	yes 'a line of the large article, which is there to be read slowly' | head -n 13000
	printf '%s\n' . QUIT
} | crlf >"$dir/large"
like "$(exec 3<>"/dev/tcp/$host/$port"; cat "$dir/large" >&3; cat <&3)" '^240 ' "a large post is taken"
# the second worker is started before the processes are counted
out=$(perl tests/nntp/hostile.pl "$host" "$port" pipelined 2>&1)
pids=$(children | tr '\n' ' ')

attack long_line '501\+111=5' "20 MB command lines get 501, and the session goes on"
attack many_fields '441\+111=1' "a post of 50,000 header fields gets 441"
attack long_subject '441\+111=1' "a Subject of 5 MB gets 441"
attack endless_post '340=5' "five posts that never end are read, and end with their connection"
attack half_closed '211\+220\+body\+223\+closed=50' "half-closed connections get all their answers"
attack strange_bytes '(111\+(4[0-9][0-9]|50[01])\+111=[0-9]+ ?)+' \
	"invalid UTF-8 and NUL get an error, and the session goes on"
attack pipelined '111=20000 223=20000 411=20000 421=20000' \
	"20,000 pipelined commands four times get 80,000 answers"
attack never_read 'asked=60' "sixty clients that never read hold nobody up"
attack slow 'closed=200' "200 clients that send a letter at a time are cut off"
attack crowd '.*200=[12][0-9]*.*400=[34][0-9]*.*' "of 5,000 connections those over the limit get 400"
like "$(say 'GROUP talk.test')" '^211 1 1 1 ' "nothing was stored of all that"
alive "and all processes lived through it"
for p in $pids; do
	hwm=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$p/status")
	ok "process $p never needed 64 MB ($hwm KB)" test -n "$SAN" -o "$hwm" -lt 65536
done
node_down ana

# few descriptors: 400 before they are used up
"$reader" -C "$dir/ana" --group-new talk.other >/dev/null
nodes_up="$nodes_up ana"
(
	ulimit -n 64
	exec "$reader" -C "$dir/ana" >"$dir/ana.out" 2>"$dir/ana.err" </dev/null
) &
echo $! >"$dir/ana.pid"
wait_for 30 grep -q '^ready ' "$dir/ana.out"
addr=$(cat "$dir/ana/run/nntp.addr")
host=${addr%:*} port=${addr##*:}
pids=$(children | tr '\n' ' ')
like "$(cat "$dir/ana.err")" 'less are possible' "with 64 descriptors it says that less is possible"
attack crowd '.*200=[1-9][0-9].*400=4[0-9]*.*' "and answers 400 to the others of 5,000"
like "$(say 'GROUP talk.test')" '^211 ' "a newsreader finds room when they have gone"
for p in $pids; do
	ok "and process $p lived through it" kill -0 "$p"
done
done_testing
