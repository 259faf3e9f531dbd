#!/bin/bash
# `hearsay up`: the supervisor and the gateway it keeps alive.
. tests/lib.sh

reader_of() { # NODE: process number of the gateway that its newsd started
	pgrep -P "$(cat "$dir/$1.pid")" -x reader
}
new_reader() { # NODE OLD: there is one, and it is not the old one
	local now
	now=$(reader_of "$1") && [ "$now" != "$2" ]
}
greeting() { # ADDR: first line that is served there
	exec 3<>"/dev/tcp/${1%:*}/${1##*:}" || return
	head -n 1 <&3
	exec 3>&-
}
greets() { greeting "$(cat "$dir/$1/run/nntp.addr")" | grep -q '^20[01] '; }

need pgrep
ok "a node is set up" node ana --persona "Ana Lima"
node_up ana
result $? "it comes up"
is "$(cat "$dir/ana.out")" "ready nntp=$addr" "it says where it serves, and nothing else"
ok "it greets there" greets ana
like "$("$hearsay" -C "$dir/ana" status -m)" '^serving=yes$' "status knows that it serves"
like "$("$hearsay" -C "$dir/ana" status -m)" "^nntp=$addr\$" "status knows where"

exits 1 "a second one refuses to run" "$hearsay" -C "$dir/ana" up
like "$out" "already running \(pid $(cat "$dir/ana.pid")\)" "and says which one runs"
ok "the first serves on" greets ana

old=$(reader_of ana)
kill -KILL "$old"
ok "a killed gateway is started again" wait_for 20 new_reader ana "$old"
ok "and serves" wait_for 20 greets ana
old=$(reader_of ana)
kill -KILL "$old"
ok "a second time, too" wait_for 20 new_reader ana "$old"
ok "and serves again" wait_for 20 greets ana

pid=$(cat "$dir/ana.pid") reader=$(reader_of ana)
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
is "$code" 0 "SIGTERM ends it with code 0"
ok "the gateway has ended before it" gone "$reader"
ok "the address is gone" test ! -e "$dir/ana/run/nntp.addr"
rm -f "$dir/ana.pid"
like "$("$hearsay" -C "$dir/ana" status -m)" '^serving=no$' "status knows that, too"

node_up ana
result $? "it comes up again"
pid=$(cat "$dir/ana.pid") reader=$(reader_of ana)
kill -KILL "$pid"
wait "$pid" 2>/dev/null
ok "a gateway does not outlive its killed supervisor" wait_for 10 gone "$reader"
rm -f "$dir/ana.pid"
node_up ana
result $? "and what a kill left behind does not hinder the next start"
ok "it serves" greets ana

ok "a second node is set up for the same port" \
	"$hearsay" -C "$dir/bob" setup --yes --listen "$addr"
exits 1 "a port that is taken ends it" timeout 20 "$hearsay" -C "$dir/bob" up
like "$out" "$addr" "and names the address"
ok "an address can be changed afterwards" \
	"$hearsay" -C "$dir/bob" setup --listen 127.0.0.1:0
node_up bob
result $? "and then it comes up"
ok "both serve" greets bob
node_down bob

pid=$(cat "$dir/ana.pid")
kill -INT "$pid"
code=0
wait "$pid" || code=$?
is "$code" 0 "SIGINT ends it, too"
rm -f "$dir/ana.pid"

echo 'listen nowhere' >"$dir/bob/node.conf"
exits 1 "an address that is none is refused" timeout 20 "$hearsay" -C "$dir/bob" up
like "$out" nowhere "and named"
exits 0 "newsd tells how it is called" "$B/bin/newsd" --help
like "$out" '^usage: newsd' "in words"
done_testing
