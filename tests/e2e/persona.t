#!/bin/bash
# Several names on one node, one name on two: made, chosen by From, exported and imported.
. tests/lib.sh

ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
from_of() { # NODE ID: the From that readers see
	printf 'HEAD %s\r\nQUIT\r\n' "$2" | "$B/bin/reader" -C "$dir/$1" --stdio | tr -d '\r' |
		sed -n 's/^From: //p'
}
say() { # FROM: posts, prints the id
	printf 'From: %s\nNewsgroups: g.x\nSubject: s\n\n%s\n' "$1" "$RANDOM$RANDOM" | ana post
}

ok "ana has a node" node ana --persona Ana --group g.x
ok "bob has one" node bob --persona Bob --group g.x
exits 0 "she makes another persona" ana persona new "The Gardener"
like "$out" '^The Gardener <the\.[a-z2-7]{16}@hearsay\.invalid>$' "and is told its From"
gardener=$(printf '%s\n' "$out" | head -n 1)
exits 1 "not twice" ana persona new "The Other"
exits 2 "nor with a name that From cannot have" ana persona new "a@b"
like "$(ana persona)" '^ana .*the standard one' "the list tells the standard one"
like "$(ana persona -m)" '^persona=the from="The Gardener <.*>" standard=no$' "for programs, too"
is "$(from_of ana "$(say "$gardener")")" "$gardener" "From chooses the persona"
like "$(from_of ana "$(say 'x@y.example')")" '^Ana <' "any other is the standard one's"
exits 0 "the standard one can be changed" ana persona use the
is "$(from_of ana "$(say 'x@y.example')")" "$gardener" "and is"
exits 1 "only to one that is there" ana persona use nobody

exits 0 "a persona is exported" ana persona export the "$dir/the.persona"
words=$(printf '%s\n' "$out" | tail -n 1)
is "$(printf '%s\n' "$words" | wc -w | tr -d ' ')" 24 "with 24 words"
is "$(stat -c %a "$dir/the.persona")" 600 "the file is for her alone"
is "$(grep -ciE 'gardener|the\.' "$dir/the.persona")" 0 "and does not say whose it is"
exits 1 "never over a file" ana persona export the "$dir/the.persona"
# shellcheck disable=SC2317 # called by name
take() { printf '%s\n' "$1" | bob persona import "$2"; }
exits 1 "wrong words do not open it" take "${words#* } abacus" "$dir/the.persona"
like "$out" '24 words is wrong|do not belong' "and that is said"
exits 1 "nor words for nothing" take abacus "$dir/the.persona"
exits 1 "nor another file" take "$words" "$dir/ana/node.conf"
exits 0 "the right ones do, on another node" take "$words" "$dir/the.persona"
exits 1 "once" take "$words" "$dir/the.persona"
is "$(bob persona -m | sed -n 's/^persona=the from="\(.*\)" .*/\1/p')" "$gardener" "it is the same author"
is "$(find "$dir/ana/tmp" "$dir/bob/tmp" -type f | wc -l | tr -d ' ')" 0 "nothing secret is left in tmp/"
done_testing
