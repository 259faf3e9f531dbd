#!/bin/bash
# Ways to a friend beside TCP: a command, SOCKS5, ssh with a forced command, and several of which the first is dead. Needs perl, pgrep; ssh and sshd for one
# part, dante (danted) for another, which are skipped without.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

n=0
works() { # HOW: what ana writes is at bob's after a call, and the other way
	n=$((n + 1))
	post ana "there-$n" >/dev/null
	post bob "back-$n" >/dev/null
	ok "$1: bob calls" at bob call ana || note "$(tail -n 3 "$dir/ana.err")"
	ok "$1: news come" has bob "there-$n"
	ok "$1: and go" wait_for 5 has ana "back-$n"
}
by() { at bob address ana "$@" >/dev/null; }
link_node ana && node_up ana && link_node bob || exit 1
ok "ana and bob are friends" befriend ana bob
ok "and call at once" at bob call ana -q
dead_at=127.0.0.1:$(free_port)
dead=tcp:$dead_at

# ---- a command: ana's node answers on its stdin and stdout
node_down ana
by "exec:$B/bin/newsd --stdio -C $dir/ana"
works "exec, friend not up"
node_up ana
works "exec, friend up"
mute() { # WORD CARRIER...: code 75, and the last command's end is told
	local word=$1
	shift
	by "$@"
	exits 75 "a command that gives no answer is code 75: ${*: -1}" at bob call ana -q
	like "$out" "$word" "and it is told how it ended"
}
mute 'gave no answer: it ended with code 0' exec:true
mute 'gave no answer: it ended with code 1' exec:true exec:false
mute 'code 127, its last words /nowhere/at/all: No such file' exec:/nowhere/at/all
mute 'code 2, its last words .*no-such-file' "exec:ls /no-such-file"

# ---- SOCKS5
perl tests/e2e/socks.pl >"$dir/socks.port" 2>"$dir/socks.log" &
background+=($!)
wait_for 5 test -s "$dir/socks.port"
proxy=127.0.0.1:$(cat "$dir/socks.port")
by "socks5:$proxy/127.0.0.1:$(port_of ana)"
works "socks5"
by "socks5:$proxy/news.invalid:$(port_of ana)"
works "socks5, a name"
like "$(cat "$dir/socks.log")" "^connect news\.invalid:$(port_of ana)\$" "the proxy resolves it"
by "socks5:$proxy/127.0.0.1:${dead##*:}"
exits 75 "what the proxy refuses is code 75" at bob call ana -q
like "$out" 'proxy' "and the proxy is named"
by "socks5:$dead_at/127.0.0.1:$(port_of ana)"
exits 75 "where no proxy is, too" at bob call ana -q
like "$out" 'no SOCKS5 proxy answers there' "and that is told"
if command -v danted >/dev/null; then
	d=$(free_port)
	cat >"$dir/danted.conf" <<-EOT
		logoutput: $dir/danted.log
		internal: 127.0.0.1 port = $d
		external: lo
		socksmethod: none
		clientmethod: none
		client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
		socks pass { from: 127.0.0.0/8 to: 127.0.0.0/8 }
	EOT
	danted -f "$dir/danted.conf" -p "$dir/danted.pid" >/dev/null 2>&1 &
	background+=($!)
	if wait_for 5 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:" . shift)' "$d"; then
		by "socks5:127.0.0.1:$d/127.0.0.1:$(port_of ana)"
		works "dante"
	else
		skip "danted does not start here" "dante"
	fi
else
	skip "danted is not installed" "dante"
fi

# ---- ssh
sshd=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null)
if [ -n "$sshd" ] && command -v ssh ssh-keygen >/dev/null; then
	mkdir -m 700 "$dir/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh/host" && ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh/id"
	cp "$dir/ssh/id.pub" "$dir/ssh/keys"
	s=$(free_port)
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	"$sshd" -D -f /dev/null -h "$dir/ssh/host" -E "$dir/ssh/log" -o "ListenAddress=127.0.0.1:$s" \
		-o "AuthorizedKeysFile=$dir/ssh/keys" -o StrictModes=no -o UsePAM=no -o PidFile=none \
		-o PasswordAuthentication=no -o PermitRootLogin=prohibit-password &
	background+=($!)
	options="-F none -p $s -i $dir/ssh/id -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=$dir/ssh/known -o LogLevel=ERROR"
	# shellcheck disable=SC2086 # words
	if wait_for 5 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:" . shift)' "$s" &&
		{ ssh $options "$(id -un)@127.0.0.1" true </dev/null >"$dir/ssh/out" 2>"$dir/ssh/err"; }; then
		echo "command=\"$B/bin/newsd --stdio -C $dir/ana\",restrict $(cat "$dir/ssh/id.pub")" >"$dir/ssh/keys"
		by "exec:$(command -v ssh) $options $(id -un)@127.0.0.1"
		works "ssh with a forced command"
	else
		note "$(tail -n 3 "$dir/ssh/err" "$dir/ssh/log")"
		skip "sshd refuses here" "ssh with a forced command"
	fi
	# ssh -D is a SOCKS proxy, too
	cp "$dir/ssh/id.pub" "$dir/ssh/keys"
	d=$(free_port)
	# shellcheck disable=SC2086 # words
	ssh $options -N -D "127.0.0.1:$d" "$(id -un)@127.0.0.1" </dev/null >/dev/null 2>"$dir/ssh/err" &
	background+=($!)
	if wait_for 5 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:" . shift)' "$d"; then
		by "socks5:127.0.0.1:$d/localhost:$(port_of ana)"
		works "ssh -D"
	else
		skip "sshd refuses here" "ssh -D"
	fi
else
	skip "ssh or sshd is not installed" "ssh with a forced command"
	skip "ssh or sshd is not installed" "ssh -D"
fi

# ---- several
by "$dead" "exec:false" "tcp:127.0.0.1:$(port_of ana)"
works "the first that comes up"
like "$(at bob call ana 2>&1; at bob address ana)" "^$dead" "the order stays"

ok "both hold the same" same ana bob
for x in ana bob; do ok "$x's databases are sound" at $x check; done
done_testing
