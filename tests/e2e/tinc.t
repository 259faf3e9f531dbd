#!/bin/bash
# News over a tinc VPN: two network namespaces with a wire between them, tincd in each, and
# two nodes that know each other by their VPN addresses, with `link` and, for an
# address that was told, `private yes`. Needs root in a user namespace or for real, ip (iproute2), tincd (tinc),
# unshare and nsenter; makes and removes the namespaces by itself.
cd "$(dirname "$0")/../.." || exit 1
if [ -z "${IN_NETWORK:-}" ]; then
	for p in ip tincd unshare nsenter pgrep; do
		PATH=$PATH:/usr/sbin:/sbin command -v $p >/dev/null || {
			echo "1..0 # SKIP $p is not installed"
			exit 0
		}
	done
	if unshare -rnm true 2>/dev/null; then
		IN_NETWORK=1 exec unshare -rnm bash "$0" "$@"
	fi
	echo "1..0 # SKIP no network namespace may be made here"
	exit 0
fi
PATH=$PATH:/usr/sbin:/sbin
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

# ana's machine is this namespace, bob's another one, which lives while its first process does
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"
unshare -n sleep 600 &
there=$!
background+=("$there")
new_network() { [ "$(readlink "/proc/$there/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; }
wait_for 5 new_network || skip_all "no second network namespace may be made"
on_bob() { nsenter -t "$there" -n -- "$@"; }
wire() {
	ip link set lo up && on_bob ip link set lo up &&
		ip link add wire0 type veth peer name wire1 && ip link set wire1 netns "$there" &&
		ip address add 192.0.2.1/24 dev wire0 && ip link set wire0 up &&
		on_bob ip address add 192.0.2.2/24 dev wire1 && on_bob ip link set wire1 up
}
wire || skip_all "no veth pair may be made"

vpn() { # NAME NUMBER: its tinc configuration
	mkdir -p "$dir/tinc.$1/hosts"
	printf 'Name = %s\nInterface = news0\n' "$1" >"$dir/tinc.$1/tinc.conf"
	printf '#!/bin/sh\nip address add 10.77.0.%s/24 dev "$INTERFACE"\nip link set "$INTERFACE" up\n' "$2" \
		>"$dir/tinc.$1/tinc-up"
	chmod +x "$dir/tinc.$1/tinc-up"
	printf 'Address = 192.0.2.%s\nSubnet = 10.77.0.%s/32\n' "$2" "$2" >"$dir/tinc.$1/hosts/$1"
	tincd -c "$dir/tinc.$1" -K2048 </dev/null >/dev/null 2>&1
}
{ vpn ana 1 && vpn bob 2; } || skip_all "tincd makes no keys here"
cp "$dir/tinc.ana/hosts/ana" "$dir/tinc.bob/hosts/"
cp "$dir/tinc.bob/hosts/bob" "$dir/tinc.ana/hosts/"
echo 'ConnectTo = ana' >>"$dir/tinc.bob/tinc.conf"
tincd -D -c "$dir/tinc.ana" --pidfile="$dir/tinc.ana/pid" >"$dir/tinc.ana/log" 2>&1 &
background+=($!)
nsenter -t "$there" -n -- tincd -D -c "$dir/tinc.bob" --pidfile="$dir/tinc.bob/pid" >"$dir/tinc.bob/log" 2>&1 &
background+=($!)
answers() { on_bob perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => shift, Timeout => 1)' "$1"; }

ok "ana makes a node that listens at her VPN address" node ana --persona Ana --link 10.77.0.1:4119
at ana groups new talk.x >/dev/null
has_vpn() { ip -o address show dev news0 2>/dev/null | grep -q 10.77.0.1; }
wait_for 10 has_vpn || {
	note "$(cat "$dir/tinc.ana/log")"
	skip_all "tincd makes no interface here"
}
node_up ana
result $? "it comes up"
ok "the VPN carries" wait_for 20 answers 10.77.0.1:4119 || note "$(cat "$dir/tinc.bob/log")"

bob() { on_bob "$hearsay" -C "$dir/bob" "$@"; }
node bob --persona Bob
bob groups new talk.x >/dev/null
at ana invite bob --file "$dir/token" >"$dir/invited" 2>&1
like "$(cat "$dir/invited")" 'tcp:10\.77\.0\.1:4119' "her invitation offers the VPN address by itself"
begin=$(date +%s%3N)
out=$(bob join "$dir/token" --as ana 2>&1)
note "pairing took $(($(date +%s%3N) - begin)) ms"
like "$out" '^ana and you are friends now' "bob joins, and that is all"
is "$(at ana verify bob | head -n 1)" "$(bob verify ana | head -n 1)" "they are friends over tinc"
bob_down() { kill "$(cat "$dir/bob.pid")" && wait_for 10 gone "$(cat "$dir/bob.pid")"; }
bob_up() {
	nsenter -t "$there" -n -- "$hearsay" -C "$dir/bob" up >>"$dir/bob.out" 2>>"$dir/bob.err" </dev/null &
	echo $! >"$dir/bob.pid"
}
bob when ana on-arrival >/dev/null
bob_up
nodes_up="$nodes_up bob"
ok "a standing link comes up" wait_for 10 linked bob ana
post ana one >/dev/null
ok "news come over it" wait_for 10 has bob one
post bob two >/dev/null
ok "and go" wait_for 10 has ana two

# ---- learned, with `private yes`
bob address ana none >/dev/null
printf 'learned 10.77.0.1:4119\n' >>"$dir/bob/friends/ana"
ok "bob's node ends" bob_down
fails() { ! "$@"; }
ok "a private address that a friend told is not dialled" fails bob call ana -q
echo 'private yes' >>"$dir/bob/friends/ana"
post ana three >/dev/null
ok "private yes is enough for it" bob call ana
ok "news come by it" has bob three
bob_up
ok "and a standing link" wait_for 20 linked bob ana

# ---- the wire breaks, and heals
ip link set wire0 down
post ana four >/dev/null
ip link set wire0 up
ok "what was written while the wire was cut comes" wait_for 30 has bob four
ok "both hold the same" same ana bob
unlike "$(cat "$dir"/*.err)" 'error: ' "the logs are calm"
done_testing
