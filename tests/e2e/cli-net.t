#!/bin/bash
# Two terminals, two commands, news: the story of README.md over TCP, in a network of its own
# where 203.0.113.1 is an address like any other.
if [ -z "${IN_NETWORK:-}" ]; then
	if unshare -rn true 2>/dev/null && command -v ip >/dev/null; then
		IN_NETWORK=1 exec unshare -rn bash "$0" "$@"
	fi
	echo "1..0 # SKIP no network namespace may be made here"
	exit 0
fi
. tests/lib.sh
if ! ip link set lo up || ! ip address add 203.0.113.1/32 dev lo; then
	skip_all "the network namespace takes no address"
fi

ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
post() { printf 'Newsgroups: talk.bread\nSubject: %s\n\nbody\n' "$2" | "$1" post >/dev/null; }
has() { "$1" export talk.bread 2>/dev/null | grep -aq "^Subject: $2"; }
links() { "$1" status -m | sed -n "s/^link=$2 state=\([a-z]*\) .*/\1/p"; }
linked() { [ "$(links "$1" "$2")" = up ]; }
unlinked() { ! linked "$@"; }
listens() { (exec 3<>"/dev/tcp/203.0.113.1/4119") 2>/dev/null; }
deaf() { ! listens; }
now_ms() { date +%s%3N; }

# ---- ana's terminal
ok "ana makes a node that friends can call" node ana --persona Ana --link 203.0.113.1:4119
ok "and a group" ana groups new talk.bread
ok "and writes" post ana first
node_up ana
result $? "it comes up"
ok "it listens for friends" wait_for 5 listens
ok "she invites bob" ana invite bob --file "$dir/token"

# ---- bob's
ok "bob makes a node that nobody can call" node bob --persona Bob
begin=$(now_ms)
bob join "$dir/token" --as ana >"$dir/join.out" 2>&1 &
joining=$!
wait_for 10 grep -q '^ana and you are friends now\.' "$dir/join.out"
result $? "he joins, and is told that they are friends"
end=$(now_ms)
note "that took $((end - begin)) ms"
is "$((end - begin < 2000))" 1 "within two seconds"
ok "ana is told, too" wait_for 2 grep -q 'paired friend=bob$' "$dir/ana.err"
wait "$joining"
is "$?" 0 "it ends well"
is "$(cat "$dir/join.out")" "ana and you are friends now. When you next talk, compare six words: hearsay verify ana" \
	"and that line is all"
like "$(ana friends -m bob)" ' state=unverified ' "ana's node knows it, too"
ok "he calls" bob call ana
ok "what ana wrote is there" has bob first

# ---- a standing link
ok "he keeps a link standing" bob when ana on-arrival
node_up bob
result $? "his node comes up"
ok "the link stands" wait_for 10 linked bob ana
ok "ana's node says so, too" wait_for 10 linked ana bob
post ana second
ok "what she writes is there at once" wait_for 5 has bob second
post bob third
ok "what he writes, too" wait_for 5 has ana third
like "$(bob status)" '^  *link up by tcp 203\.0\.113\.1:4119 for ' "status tells him"
like "$(ana status)" '^Links     friends can call at 203\.0\.113\.1:4119$' "and where hers can be called"
like "$(ana status)" '^  *link up, called from there, for ' "and her"

# ---- away, and back
node_down ana
ok "bob's node sees that the link is gone" wait_for 10 unlinked bob ana
exits 75 "who is away is code 75" bob call ana -q
like "$out" '^hearsay: call: ana could not be reached: ' "in one line"
is "$(printf '%s\n' "$out" | wc -l)" 1 "one"
ok "he writes on" post bob fourth
node_up ana
result $? "ana is back"
ok "and has it" wait_for 40 has ana fourth

# ---- nobody listens any more
ok "ana wants no calls" ana setup --link none
ok "her node hears of it without a new start" wait_for 10 deaf
done_testing
