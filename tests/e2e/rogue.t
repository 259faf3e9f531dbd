#!/bin/bash
# A newsd that somebody else has taken over: it names the wrong friend, splices, replays,
# changes, drops, doubles, reorders, cuts, invents calls, floods and holds back. It stands
# between real batchers of three nodes that are friends of each other: rogue.pl.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl

at() { # NODE WORD...: hearsay there
	local n=$1
	shift
	"$hearsay" -C "$dir/$n" "$@"
}
befriend() { # INVITER JOINER: on one honest line
	at "$1" invite "$2" 2>/dev/null | tail -n 1 | at "$2" join - --as "$1" >/dev/null
	perl tests/pipe.pl "$B/bin/batcher" exchange -C "$dir/$2" "$1" --caller -- \
		"$B/bin/batcher" exchange -C "$dir/$1" "$2" --answerer 2>/dev/null
}
for n in ana bob carol; do
	{ node $n --persona "Person $n" && at $n groups new talk.x >/dev/null; } || exit 1
done
{ befriend ana bob && befriend ana carol && befriend bob carol; } || {
	note "they are no friends"
	exit 1
}
perl tests/e2e/rogue.pl "$B/bin" "$dir"
