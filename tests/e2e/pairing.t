#!/bin/sh
# Pairing by stick alone when it does not go smoothly: crossing, lost, repeated, too late,
# cut, and again between friends who have articles under way.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

stick=$dir/stick
mkdir "$stick"
ana() { "$hearsay" -C "$dir/ana" "$@"; }
bob() { "$hearsay" -C "$dir/bob" "$@"; }
eve() { "$hearsay" -C "$dir/eve" "$@"; }
carry() { out=$("$1" stick -m --here "$stick" 2>&1) || note "$out"; }
wipe() { rm -f "$stick"/*; }
field() { printf '%s\n' "$out" | grep "^friend=$1 " | tr ' ' '\n' | sed -n "s/^$2=//p"; }
post() { printf 'Newsgroups: g.x\nSubject: %s\n\nbody\n' "$2" | "$1" post >/dev/null; }
posts() { "$1" export 'g.x' 2>/dev/null | grep -a '^Subject: ' | sort; }
state() { "$1" friends -m | grep "^friend=$2 " | tr ' ' '\n' | sed -n 's/^state=//p'; }
token() { "$1" invite "$2" 2>"$dir/err" | tail -n 1; }
join() { printf '%s\n' "$2" | "$1" join - --as "$3" 2>&1; }
words() { "$1" verify "$2" | head -n 1; }
fresh() { # new nodes
	wipe
	for n; do
		rm -rf "${dir:?}/$n"
		node "$n" || exit 1
		"$n" groups new g.x >/dev/null
	done
}
same() { # NAME: both have the same posts, each once
	is "$(posts ana)" "$(posts bob)" "$1"
}
once() { # WHO NAME: no subject twice
	is "$(posts "$1" | uniq -d)" "" "$2"
}

# ---- crossing invitations
fresh ana bob
from_ana=$(token ana bob)
from_bob=$(token bob ana)
out=$(join ana "$from_bob" bob) || note "$out"
out=$(join bob "$from_ana" ana) || note "$out"
post ana one
post bob two
for _ in 1 2 3; do
	carry ana
	carry bob
done
same "crossing invitations: the posts of both arrive"
is "$(posts ana | wc -l)" 2 "all of them"
for _ in 1 2; do
	carry ana
	carry bob
done
is "$(words ana bob)" "$(words bob ana)" "crossing invitations end with the same words"
is "$(state ana bob) $(state bob ana)" "unverified unverified" "and both are friends"
before=$(ls "$stick")
carry ana
carry bob
is "$(ls "$stick")" "$before" "then they are quiet"

# ---- a lost CONFIRM, and the news that rode with it
fresh ana bob
out=$(join bob "$(token ana bob)" ana) || note "$out"
post ana three
carry bob
carry ana
is "$(field bob pairing)" 1 "ana's CONFIRM is on the stick"
wipe
is "$(state bob ana)" joining "without it bob waits"
carry bob
carry ana
carry bob
is "$(field ana paired)" 1 "a lost CONFIRM comes again"
is "$(field ana articles)" 1 "with the news"
post bob four
carry bob
carry ana
same "and both go on"
is "$(words ana bob)" "$(words bob ana)" "under the same root"

# ---- friends pair again, with articles in flight
post ana five
post bob six
carry ana
mkdir "$dir/away" && mv "$stick"/* "$dir/away"
carry bob
wipe
again=$(token bob ana)
ok "friends can invite each other again" test -n "$again"
out=$(join ana "$again" bob)
like "$out" 'Joining bob' "and join under the name they have"
post ana seven
post bob eight
for _ in 1 2; do
	carry ana
	carry bob
done
mv "$dir/away"/* "$stick"
carry bob
for _ in 1 2; do
	carry ana
	carry bob
done
same "pairing again loses nothing"
is "$(posts ana | wc -l)" 6 "nothing at all"
once ana "and brings nothing twice to ana"
once bob "nor to bob"
is "$(state ana bob) $(state bob ana)" "unverified unverified" "the new root is unverified"
is "$(words ana bob)" "$(words bob ana)" "and the same at both"

# ---- used, revoked, expired: answered too late
fresh ana bob eve
t=$(token ana bob)
out=$(join bob "$t" ana)
out=$(join eve "$t" ana)
for _ in 1 2 3 4; do
	carry bob
	carry ana
done
wipe
carry eve
carry ana
is "$(field bob strangers)" 1 "another answer to a used token is refused"
carry eve
is "$(field ana envelopes)" 0 "in silence"
like "$(ana invites)" '1 answer refused' "with a line in invites"
is "$(state ana bob)" unverified "and the friend who was first stays"
wipe
fresh eve
t=$(token ana eve)
id=$(ana invites -m | sed -n 's/^id=\([^ ]*\) friend=eve .*/\1/p')
out=$(join eve "$t" ana)
ok "an invitation is revoked" ana invites --revoke "$id"
carry eve
carry ana
is "$(field eve revoked)" 1 "a revoked token makes no friend"
is "$(state eve ana)" joining "and its bearer hears nothing"
wipe
fresh eve
t=$(ana invite eve2 --expires 1d | tail -n 1)
out=$(join eve "$t" ana)
carry eve
export HEARSAY_CLOCK=+$((2 * 86400))
carry ana
unset HEARSAY_CLOCK
is "$(field eve2 late)" 1 "an expired token makes no friend"
carry eve
is "$(state eve ana)" joining "and its bearer hears nothing either"
t=$(ana invite eve3 --expires 1d | tail -n 1)
fresh eve
export HEARSAY_CLOCK=+$((3 * 86400))
out=$(join eve "$t" ana)
unset HEARSAY_CLOCK
like "$out" 'By this clock the invitation has expired' "the joiner's clock only warns"
carry eve
carry ana
is "$(field eve3 paired)" 1 "for the inviter alone judges"

# ---- cut on one side
fresh ana bob
out=$(join bob "$(token ana bob)" ana)
post ana nine
post bob ten
for _ in 1 2 3; do
	carry bob
	carry ana
done
same "two friends again"
ok "ana cuts bob" ana cut bob --yes
post bob eleven
carry bob
carry ana
is "$(posts ana | grep -c eleven)" 0 "who is not heard any more"
wipe
carry bob
out=$(join bob "$(token ana bob)" ana)
post ana twelve
for _ in 1 2 3; do
	carry bob
	carry ana
done
same "invited again, he misses nothing, nor does she"
is "$(posts bob | wc -l)" 4 "not even what was sent while they were apart"
once ana "and nothing is there twice"
once bob "at either"
is "$(words ana bob)" "$(words bob ana)" "under one root"

# a token that somebody else used first
node eve --persona Eve && node late --persona Late && node host --persona Host
mkdir "$dir/used"
token=$("$hearsay" -C "$dir/host" invite guest | tail -n 1)
for n in eve late; do
	echo "$token" | "$hearsay" -C "$dir/$n" join - --as host >/dev/null
done
"$hearsay" -C "$dir/eve" stick --here "$dir/used" >/dev/null
"$hearsay" -C "$dir/host" stick --here "$dir/used" >/dev/null
out=$("$hearsay" -C "$dir/late" stick --here "$dir/used")
like "$out" 'not to you.*new token' "who comes second with a token is told to ask for a new one"
out=$("$hearsay" -C "$dir/host" stick --here "$dir/used")
like "$out" 'Somebody else answered the invitation for guest' "and the inviter that somebody tried"

done_testing
