#!/bin/bash
# Five nodes in a line over TCP, a stick between the last two: news go from end to end, and
# nothing of nodes 4 and 5 but what they wrote stands in any file, log or packet of nodes 1 and
# 2. Each node is on a machine of its own where network namespaces may be made, with a wire to
# its neighbour and all packets of 1 and 2 written down; else all are on loopback, with relays
# that write down what the links carry. Needs perl, pgrep, ip.
cd "$(dirname "$0")/../.." || exit 1
if [ -z "${IN_NETWORK:-}" ] && unshare -rn true 2>/dev/null && command -v ip >/dev/null; then
	IN_NETWORK=1 exec unshare -rn bash "$0" "$@"
fi
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

# names that can be found: each node's friends by words of their own
names=(- anastasia bartholomew carolina desdemona esmeralda)

# Machines: a namespace each, which lives while its first process does.
machines=(-)
machine_up() {
	unshare -n sleep 900 &
	machines+=($!)
	background+=($!)
	elsewhere() { [ "$(readlink "/proc/${machines[-1]}/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; }
	wait_for 5 elsewhere && on "${#machines[@]}" ip link set lo up
}
on() { # MACHINE COMMAND...; the last one is the one that was made last
	local m=$1
	shift
	nsenter -t "${machines[m < ${#machines[@]} ? m : -1]}" -n -- "$@"
}
wire() { # MACHINE: to the next one, 10.0.MACHINE.1 here and 10.0.MACHINE.2 there
	ip link add "here$1" type veth peer name "there$1" &&
		ip link set "here$1" netns "${machines[$1]}" &&
		ip link set "there$1" netns "${machines[$1 + 1]}" &&
		on "$1" ip address add "10.0.$1.1/24" dev "here$1" &&
		on "$1" ip link set "here$1" up &&
		on $(($1 + 1)) ip address add "10.0.$1.2/24" dev "there$1" &&
		on $(($1 + 1)) ip link set "there$1" up
}
sniff() { # NUMBER: all packets of that machine
	local to=$dir/tap.${names[$1]}
	mkdir "$to"
	nsenter -t "${machines[$1]}" -n -- perl tests/e2e/sniff.pl "$to" >"$to.ready" &
	background+=($!)
	wait_for 10 grep -q ready "$to.ready"
}
reach=(-) # where its friends reach a node
if [ -n "${IN_NETWORK:-}" ]; then
	for i in 1 2 3 4 5; do machine_up || skip_all "no network namespace may be made"; done
	for i in 1 2 3; do wire $i || skip_all "no veth pair may be made"; done
	for i in 1 2 4; do sniff $i || skip_all "no packet socket may be opened"; done
	real=$hearsay
	hearsay=$dir/on-its-machine
	{
		printf '#!/bin/sh\ncase $2 in\n'
		for i in 1 2 3 4 5; do printf '*/%s) n=%s ;;\n' "${names[i]}" "${machines[i]}"; done
		printf 'esac\nexec nsenter -t "$n" -n -- "%s" "$@"\n' "$real"
	} >"$hearsay"
	chmod +x "$hearsay"
	reach+=(10.0.1.1:4119 10.0.2.1:4119 10.0.3.1:4119 10.0.3.2:4119 10.0.4.2:4119)
else
	for i in 1 2 3 4 5; do reach+=("127.0.0.1:$(free_port)"); done
fi
for i in 1 2 3 4 5; do
	{ node "${names[i]}" --persona Someone --link "${reach[i]}" --address "tcp:${reach[i]}" &&
		at "${names[i]}" groups new talk.x >/dev/null; } || exit 1
	printf '%s\n' "${reach[i]##*:}" >"$dir/${names[i]}.port"
done
for i in 1 2 3 4; do node_up "${names[i]}" || exit 1; done
for i in 1 2 3; do
	a=${names[i]} b=${names[i + 1]}
	to=${reach[i]}
	if [ -z "${IN_NETWORK:-}" ]; then
		recorder "$a"
		to=127.0.0.1:$tap
	fi
	at "$a" invite "$b" --address none 2>/dev/null | tail -n 1 >"$dir/token.$i"
	at "$b" join - --as "$a" <"$dir/token.$i" >/dev/null && at "$b" address "$a" "tcp:$to" >/dev/null
	at "$b" when "$a" on-arrival >/dev/null
done
for i in 1 2 3; do
	ok "link $i stands" wait_for 10 linked "${names[i]}" "${names[i + 1]}"
done

# 4 and 5: by a stick
mkdir "$dir/stick"
stick() { for n; do at "$n" stick -m --here "$dir/stick" >/dev/null; done; }
at desdemona invite esmeralda --address none 2>/dev/null | tail -n 1 >"$dir/token.45"
at esmeralda join - --as desdemona <"$dir/token.45" >/dev/null
stick esmeralda desdemona esmeralda desdemona
is "$(at esmeralda friends -m desdemona | grep -c unverified)" 1 "4 and 5 are friends by a stick"

post anastasia from-one >/dev/null
ok "a post of node 1 is at 4 at once" wait_for 10 has desdemona from-one
stick desdemona esmeralda
ok "and at 5 by the stick" has esmeralda from-one
post esmeralda from-five >/dev/null
stick esmeralda desdemona
ok "a post of node 5 is at 1" wait_for 10 has anastasia from-five
post carolina from-three >/dev/null
ok "a post in the middle reaches one end" wait_for 10 has anastasia from-three
ok "and node 4" wait_for 10 has desdemona from-three
stick desdemona esmeralda
ok "and the other" has esmeralda from-three
for n in bartholomew carolina desdemona esmeralda; do ok "1 and $n hold the same" same anastasia $n; done

# ---- what must not be known: names, addresses, keys of their friendships, personas that
# wrote nothing (all did but 4's), ids of their spools
hexes() { grep -ohaE '[0-9A-Fa-f]{32,}' "$@" 2>/dev/null; }
{
	printf '%s\n' desdemona esmeralda "${reach[4]}" "${reach[5]}"
	for n in desdemona esmeralda; do
		cat "$dir/$n/run/nntp.addr" 2>/dev/null
	done
	# 4's files about 3 hold what both ends share: only what 3 has not, either
	for n in desdemona esmeralda; do
		hexes "$dir/$n/keys/"* "$dir/$n/link/"*
	done | sort -u >"$dir/theirs"
	hexes "$dir"/carolina/keys/* "$dir"/carolina/link/* | sort -u >"$dir/three"
	hexes "$dir"/esmeralda/personas/* "$dir"/esmeralda/keys/*.persona | sort -u >"$dir/author"
	comm -23 "$dir/theirs" "$dir/three" | comm -23 - "$dir/author"
	# 4 posted nothing: its persona is unknown to all
	sed -n 's/^key *//p' "$dir/desdemona/personas/"*
	for n in desdemona esmeralda; do
		# the spool's id: the one blob in the row of table meta, 16 bytes behind its header
		perl -0777 -ne 'print unpack("H*", $1), "\n" if /\x0a\x00\x2c[\x00-\x09]{7}(.{16})/s' \
			"$dir/$n/spool.db" "$dir/$n/spool.db-wal" | sort -u >"$dir/$n.spool"
		cat "$dir/$n.spool"
	done
} | sort -u | grep -E '.{8,}' >"$dir/secret"
for n in desdemona esmeralda; do
	ok "$n's spool has an id" test -s "$dir/$n.spool"
done
ok "there is enough that must not be known" test "$(wc -l <"$dir/secret")" -gt 12
note "$(wc -l <"$dir/secret") identifiers of nodes 4 and 5"
search() { # FILE...: prints each identifier that stands there, as text or as raw bytes
	perl -e 'my ($list, @files) = @ARGV; my %want;
		open my $l, "<", $list or die; while (<$l>) { chomp; my $t = $_;
			$want{$t} = $t; $want{lc $t} = $t; $want{uc $t} = $t;
			$want{pack "H*", $t} = "$t (raw)" if $t =~ /^(?:[0-9A-Fa-f]{2}){16,}$/ }
		my $re = join "|", map quotemeta, sort keys %want; my $bytes = 0;
		for my $f (@files) { open my $h, "<:raw", $f or next; local $/; my $text = <$h>;
			$bytes += length $text;
			print "$f: $want{$1}\n" while $text =~ /($re)/g }
		print STDERR "$bytes\n"' "$dir/secret" "$@" 2>"$dir/searched"
}
files() { find "$@" -type f; }
mapfile -t all < <(files "$dir/anastasia" "$dir/bartholomew" "$dir/tap.anastasia" "$dir/tap.bartholomew" \
	"$dir/anastasia.err" "$dir/anastasia.out" "$dir/bartholomew.err" "$dir/bartholomew.out")
mapfile -t there < <(files "$dir/desdemona" "$dir/esmeralda")
ok "the search finds them all where they are" test \
	"$(search "${there[@]}" | sed 's/^[^:]*: //; s/ (raw)//' | sort -u | wc -l)" -ge $(($(wc -l <"$dir/secret") * 3 / 4))
is "$(search "${all[@]}")" "" "none stands in a file of 1 or 2, nor in their packets"
note "searched ${#all[@]} files, $(cat "$dir/searched") bytes, databases, logs and packets"
is "$(($(cat "$dir/searched") > 300000))" 1 "and it read them"
ok "databases were among them" test "$(printf '%s\n' "${all[@]}" | grep -c 'spool\.db\|exchange\.db')" -ge 4
carried() { find "$dir/tap.anastasia" "$dir/tap.bartholomew" -type f -size +1k "$@" | wc -l; }
if [ -n "${IN_NETWORK:-}" ]; then
	ok "and what went over the links, both ways" test "$(carried -name '*:4119*')" -ge 4
	met() { grep -v '^127\.' "$dir/tap.$1/hosts" | sort -u | tr '\n' ' '; }
	is "$(met anastasia)" "10.0.1.1 10.0.1.2 " "1 has had no packet but of 1 and 2"
	is "$(met bartholomew)" "10.0.1.1 10.0.1.2 10.0.2.1 10.0.2.2 " "2 none but of 1, 2 and 3"
	is "$(met desdemona)" "10.0.3.1 10.0.3.2 " "(4 has had some of 3 and 4)"
else
	ok "and what went over the links, both ways" test "$(carried)" -ge 4
	skip "no network namespace may be made here" "packets go to neighbours only"
fi
done_testing
