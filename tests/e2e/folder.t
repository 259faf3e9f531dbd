#!/bin/bash
# A folder that two nodes watch, as one that Syncthing carries: news travel in it, and nothing
# goes round and round. Takes half a minute: each looks every 10 s. Needs perl, pgrep.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

by() { at bob address ana "$@" >/dev/null; }
link_node ana && node_up ana && link_node bob || exit 1
ok "ana and bob are friends" befriend ana bob
wait_for 10 at bob call ana -q # newsd may not know of the invitation yet
mkdir "$dir/folder"
by "dir:$dir/folder"
at ana address bob "dir:$dir/folder" >/dev/null
at bob when ana on-arrival >/dev/null
at ana when bob on-arrival >/dev/null
node_up bob
post ana folder >/dev/null
post bob folder-back >/dev/null
ok "what ana writes comes by the folder" wait_for 25 has bob folder
ok "what bob writes, too" wait_for 25 has ana folder-back
state() { find "$dir/folder" -type f -printf '%f %s %i %T@\n' | sort; }
stands() { # the folder has been the same for 11 s, longer than the time between two looks
	local now
	now=$(state)
	[ "$now" = "$was" ] || { was=$now same_since=$(date +%s); }
	[ $(($(date +%s) - same_since)) -ge 11 ]
}
was="" same_since=$(date +%s)
ok "then the folder comes to rest" wait_for 45 stands
note "$(state | wc -l) files"
ok "both hold the same" same ana bob
for x in ana bob; do ok "$x's databases are sound" at $x check; done
done_testing
