#!/bin/bash
# Two friends hold the same articles and offer them to a third at once: each body comes from
# one of them, and from the other when that one stalls. Waits out a lease of 20 s.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl
. tests/e2e/line.sh

pair || exit 1
node carol --persona Carol && at carol groups new talk.x >/dev/null || exit 1
befriend carol bob
both() { # ana and carol to bob, at the same time
	between bob ana >"$dir/1" 2>&1 &
	between bob carol >"$dir/2" 2>&1
	wait $!
}
sent() { sed -n 's/.*friend=bob .* sent=\([0-9]*\).*/\1/p' "$dir/1" "$dir/2" | paste -sd+; }
many() { # FIRST LAST: the same for ana and carol
	batch "$1" "$2" many 50 >"$dir/many"
	for n in ana carol; do at $n import --yes - <"$dir/many" >/dev/null; done
}
ok "bob and carol are friends" between bob carol

many 1 400
ok "two exchanges run beside each other" both
is "$(all bob)" 400 "both bring what is new"
is "$(($(sent)))" 400 "each body once"

# carol offers, is asked, and stalls: ana is asked when carol's lease has lapsed
many 1001 1400
between bob carol --stop b 4000 >/dev/null 2>"$dir/2" &
stalled=$!
ok "carol stalls" wait_for 20 grep -q stopped "$dir/2"
begun=$(date +%s)
ok "an exchange goes on while another friend stalls" run
took=$(($(date +%s) - begun))
is "$(all bob)" 800 "what the stalled one was asked for comes from the other"
ok "when the lease has lapsed ($took s)" test $took -le 40
kill $stalled
wait $stalled 2>/dev/null
for n in ana bob carol; do ok "$n's databases are sound" at $n check; done
done_testing
