#!/bin/sh
# What a stick tells its finder, and friends of each other: random bytes of a few sizes.
# One file for several friends, and when it goes.
# shellcheck disable=SC2016 # the inner shell and perl expand them
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl strings
. tests/e2e/stick.sh

for n in anastasia bartholomew carolina; do
	ok "$n sets up" node $n --persona "$n limarenko"
done
befriend anastasia bartholomew
befriend anastasia carolina
batch 40 1 | at anastasia import --yes - >/dev/null 2>&1
id=$(printf 'Newsgroups: quiet.harbour.notices\nSubject: own\n\nHello.\n' | at anastasia post | sed -n 's/^<\(.*\)@.*/\1/p')
ok "the post has an id" test ${#id} -gt 40

mkdir "$dir/exports" "$dir/all"
for i in $(seq 20); do
	wipe
	carry anastasia >"$dir/out"
	cp "$stick"/* "$dir/exports/$i" && cp -n "$stick"/* "$dir/all"
done
is "$(grep -c 'packed=41' "$dir/out")" 2 "every export has all for both: a lost stick needs no action"
is "$(find "$dir/all" -type f | wc -l)" 20 "no name comes twice"
is "$(find "$dir/exports" -type f -printf '%s\n' | sort -u | wc -l)" 1 "one file each, all of one size"
buckets='my $n = 65536 / 4; my %ok; for my $u (map $n << $_, 0 .. 14) { $ok{$_ * $u} = 1 for 4 .. 7 }
	for (@ARGV) { $ok{-s $_} or die "$_: ", -s $_, "\n" }'
ok "which is a bucket" perl -e "$buckets" "$dir"/exports/*
for n in 1 30 100 250; do
	wipe
	batch $n "2$n" | at anastasia import --yes - >/dev/null 2>&1
	carry anastasia >/dev/null
	ok "as is that of $n more" perl -e "$buckets" "$stick"/*
done

ok "no offset has one byte in all, none is rare: nothing is constant" perl -e '
	my @f = map { open my $f, "<", $_ or die; local $/; scalar <$f> } @ARGV;
	for my $at (0 .. length($f[0]) - 1) {
		my %seen; $seen{substr $_, $at, 1}++ for @f;
		keys %seen > 5 or die "offset $at: ", scalar(keys %seen), " values\n";
	}
	my @n; $n[ord]++ for split //, join "", @f;
	my $mean = length(join "", @f) / 256;
	for (0 .. 255) { abs($n[$_] - $mean) < 8 * sqrt $mean or die "byte $_: $n[$_] of $mean\n" }' "$dir"/exports/*
ok "no two of them share 8 bytes at 4 KiB steps" perl -e '
	my %seen; for (@ARGV) { open my $f, "<", $_ or die; local $/; my $t = <$f>;
	for (my $at = 0; $at < length $t; $at += 4096) { $seen{substr $t, $at, 8}++ and die "$_ at $at\n" } }' "$dir"/exports/*
# three letters stand in any 16 MB of random bytes: only longer words mean something
{
	printf '%s\n' anastasia bartholomew carolina limarenko quiet.harbour harbour.notices \
		number-1 generated.example hearsay Hearsay Newsgroups Subject Message-ID "$id"
	h=$(hostname 2>/dev/null)
	[ ${#h} -lt 5 ] || echo "$h"
	echo "$dir"
} >"$dir/words"
ok "no name, group, host or id stands in them" sh -c '! grep -qaFf "$1" "$2"/exports/*' - "$dir/words" "$dir"
ok "nor in a name, nor in what strings shows" sh -c '! { ls "$2/all"; strings -n 5 "$2"/exports/*; strings -n 5 -el "$2"/exports/*; } | grep -qF -f "$1"' - "$dir/words" "$dir"
unlike "$(ls "$dir/all")" '[^a-z2-7]' "names are 16 meaningless letters"
is "$(find "$stick" -type f -printf '%TH:%TM:%.2TS\n' | sort -u)" "$(TZ=UTC0 date -d @0 +%H:%M:%S)" "and tell the day, not the hour"

# one file for two
wipe
carry anastasia >/dev/null
f=$(ours "$stick")
is "$(printf '%s\n' "$f" | wc -l)" 1 "one file for both"
out=$(carry bartholomew)
is "$(field "$out" anastasia envelopes) $(field "$out" anastasia damaged)" "$(field "$out" anastasia envelopes) 0" "one friend sees its part"
ok "which arrives" same anastasia bartholomew
out=$(carry anastasia)
ok "the file stays: the other has not answered" test -e "$stick/$f"
like "$(at anastasia stick --here "$stick")" 'Take this stick to carolina: [0-9]+ articles' "and the stick is to go there"
out=$(carry carolina)
ok "the other takes its own" same anastasia carolina
ok "reading removes nothing" test -e "$stick/$f"
carry anastasia >/dev/null
ok "it goes when both have answered" test ! -e "$stick/$f"
# a name given here is known here alone
for n in bartholomew carolina; do
	other=carolina
	[ $n = bartholomew ] || other=bartholomew
	ok "nothing at $n names $other" sh -c '! grep -rqaF "$1" "$2"' - $other "$dir/$n"
done

# what was not answered stays, however often the stick is looked at
wipe
batch 5 9 | at anastasia import --yes - >/dev/null 2>&1
carry anastasia >/dev/null
f=$(ours "$stick")
for i in 1 2 3; do carry anastasia >"$dir/out"; done
is "$(ours "$stick")" "$f" "looking again writes nothing and removes nothing"
is "$(first "$(cat "$dir/out")" written)" 0 "and says so"
like "$(at anastasia stick --here "$stick")" 'Take this stick to bartholomew: 5 articles are on it' "the stick still goes there"

done_testing
