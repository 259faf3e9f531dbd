#!/bin/sh
# A stick that is full, or cannot be written: what matters most goes first, what stayed
# behind is said, nothing half is visible, and the next one brings the rest.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl mount umount
. tests/e2e/stick.sh
[ "$(id -u)" = 0 ] || skip_all "only root mounts a small stick"
small=$dir/small
mkdir "$small"
mount -t tmpfs -o size=512k none "$small" 2>/dev/null || skip_all "no tmpfs can be mounted here"
trap 'umount "$small"; cleanup' EXIT
flat() { ours "$small" | wc -l; }

N=200
for n in anastasia bartholomew carolina; do
	ok "$n sets up" node $n --persona "$n limarenko"
done
befriend anastasia bartholomew
befriend anastasia carolina
batch $N 1 | at anastasia import --yes - >/dev/null 2>&1
batch 1 2 60000 | at anastasia import --yes - >/dev/null 2>&1
for i in 1 2; do
	printf 'Newsgroups: quiet.harbour.notices\nSubject: own %s\n\nHello.\n' $i | at anastasia post >/dev/null
done
total=$((N + 3))

dd if=/dev/zero of="$small/photo" bs=1024 count=480 2>/dev/null
exits 1 "a stick with no room at all" at anastasia stick "$small"
like "$out" 'is full: nothing was put on it' "is called full"
like "$out" 'bartholomew 203 articles did not fit' "and what stayed behind is said"
is "$(ls "$small")" photo "nothing is left on it"
rm "$small/photo"

out=$(at anastasia stick -m "$small")
left=$(field "$out" bartholomew left)
packed=$(field "$out" bartholomew packed)
ok "a small stick takes what it can: $packed for one, $(field "$out" carolina packed) for the other" \
	test "$packed" -gt 20 -a "$left" -gt 20 -a "$(field "$out" carolina packed)" -gt 20
is "$((packed + left))" "$total" "and says how many stayed behind"
is "$(flat)" "$(first "$out" written)" "no temporary file is left"
ok "some room is left to others" test "$(df --output=avail "$small" | tail -n 1)" -gt 64
out=$(at anastasia stick "$small")
like "$out" 'bartholomew [0-9]+ articles did not fit: bring a bigger stick' "people are told what to do"
out=$(at bartholomew stick -m "$small")
is "$(field "$out" anastasia articles)" "$packed" "what is on it arrives"
like "$(at bartholomew export '*' 2>&1)" '^Subject: own 1' "own posts go first"
like "$(at bartholomew export '*' 2>&1)" '^Subject: own 2' "both of them"
unlike "$(at bartholomew export '*' 2>&1)" '^Subject: number 1 of 2' "large ones last"

rounds=0
while [ "$(count bartholomew)-$(count carolina)" != "$total-$total" ] && [ $rounds -lt 15 ]; do
	for n in carolina anastasia bartholomew; do at $n stick -m "$small" >"$dir/$n.out"; done
	rounds=$((rounds + 1))
done
ok "the same stick brings the rest to both in $rounds rounds" test $rounds -lt 15
ok "all of it, to one" same anastasia bartholomew
ok "and to the other" same anastasia carolina
is "$(field "$(cat "$dir/bartholomew.out")" anastasia duplicates)" 0 "nothing comes twice"

# all for one: what the other does not need is not lost room
snapshot anastasia bartholomew carolina
rm -f "$small"/*
at carolina stick -m "$small" >/dev/null
for n in anastasia carolina anastasia; do at $n stick -m "$small" >/dev/null; done
at anastasia groups send carolina '!*' >/dev/null 2>&1
rm -f "$small"/*
batch 200 5 | at anastasia import --yes - >/dev/null 2>&1
out=$(at anastasia stick -m "$small")
ok "who lacks nothing takes no room from who does: $(field "$out" bartholomew packed) packed" \
	test "$(field "$out" bartholomew packed)" -gt 90
is "$(field "$out" carolina packed)" 0 "and gets nothing"

# written by nobody
restore anastasia bartholomew carolina
rm -f "$small"/*
at bartholomew stick "$small" >/dev/null
printf 'Newsgroups: quiet.harbour.notices\nSubject: news\n\nHello.\n' | at bartholomew post >/dev/null
at bartholomew stick "$small" >/dev/null
printf 'Newsgroups: quiet.harbour.notices\nSubject: more\n\nHello.\n' | at anastasia post >/dev/null
mount -o remount,ro "$small"
ls -l "$small" >"$dir/before"
exits 1 "a write-protected stick" at anastasia stick "$small"
like "$out" 'From bartholomew: 1 article' "is read"
like "$out" 'cannot be written' "and said to be write-protected"
unlike "$out" 'Take this stick' "nobody is sent away with it"
ls -l "$small" >"$dir/after"
ok "it is as it was" cmp "$dir/before" "$dir/after"
mount -o remount,rw "$small"
is "$(at anastasia stick -m "$small" | grep -c 'written=1')" 1 "later it can be written"
is "$(field "$(at bartholomew stick -m "$small")" anastasia articles)" 1 "and the post arrives"

# the node's own disk is full: what was taken stays, the rest comes when there is room
disk=$dir/dorothea
mkdir "$disk"
mount -t tmpfs -o size=4m none "$disk"
trap 'umount "$small" "$disk"; cleanup' EXIT
ok "dorothea sets up on a small disk" node dorothea --persona "dorothea"
befriend anastasia dorothea
batch 1500 9 | at anastasia import --yes - >/dev/null 2>&1
exits 0 "anastasia packs" carry anastasia
exits 1 "a stick with more than the disk holds" carry dorothea
like "$out" 'dorothea no room left' "the disk is named, not the stick"
unlike "$out" 'stick.* is full' "nor is the stick blamed"
mount -o remount,size=60m "$disk"
exits 0 "with more room" carry dorothea
ok "all arrive" same anastasia dorothea
ok "and the spool is sound" at dorothea check

done_testing
