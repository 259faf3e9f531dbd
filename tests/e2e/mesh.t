#!/bin/bash
# Full mesh of 8 nodes, 50 articles posted anywhere at once: each node gets each article's
# body once, as the logs of both ends of every link count it. Needs perl, pgrep.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

nodes=$(seq 8)
full=50
paired() { for i in $nodes; do [ "$(at "n$i" friends | grep -c unverified)" = 7 ] || return 1; done; }
meshed() { for i in $nodes; do [ "$(at "n$i" status -m | grep -c '^link=.* state=up ')" = 7 ] || return 1; done; }
everywhere() { for i in $nodes; do [ "$(articles "n$i")" -ge "$full" ] || return 1; done; }
sum() { cat "$dir"/n*.err | grep -o " $1=[0-9]*" | cut -d= -f2 | awk '{ n += $1 } END { print n + 0 }'; }

for i in $nodes; do link_node "n$i" || exit 1; done
for i in $nodes; do node_up "n$i" || exit 1; done
for i in $nodes; do
	for j in $(seq $((i + 1)) 8); do
		befriend "n$i" "n$j" && at "n$j" when "n$i" on-arrival >/dev/null
	done
done
ok "28 pairs of friends" wait_for 30 paired
ok "28 links stand" wait_for 30 meshed
base=$(($(sum sent)))
is "$base" 0 "nothing was sent before"

for i in $nodes; do
	for ((k = i; k <= full; k += 8)); do post "n$i" "mesh $k" >/dev/null; done &
	posting+=($!)
done
wait "${posting[@]}"
ok "every article is everywhere" wait_for 20 everywhere
ok "and the links are quiet" wait_for 20 quiet n1 n2 n3 n4 n5 n6 n7 n8
sent=$(sum sent) got=$(sum got) had=$(sum had)
for i in $(seq 2 8); do ok "node 1 and node $i hold the same" same n1 "n$i"; done
is "$(articles n1)" "$full" "no more and no less than was posted"
note "bodies on the wire: sent $sent, got $got, offered in vain $had; ideal $((full * 7))"
ok "at most 1.05 bodies a node and article went out" test "$((sent * 100))" -le $((full * 7 * 105))
ok "and not fewer than must" test "$sent" -ge $((full * 7))
for i in $nodes; do ok "node $i's databases are sound" at "n$i" check; done
done_testing
