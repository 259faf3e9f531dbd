#!/bin/sh
# What can be wrong with a stick, a file on it, or a node: each costs what it touches, and
# nothing else.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl
. tests/e2e/stick.sh

N=120
for n in anastasia bartholomew carolina; do
	ok "$n sets up" node $n --persona "$n limarenko"
done
befriend anastasia bartholomew
is "$(at bartholomew friends -m | grep -c '^friend=anastasia ')" 1 "they pair by stick"
batch $N 1 | at anastasia import --yes - >/dev/null 2>&1
is "$(count anastasia)" "$N" "anastasia has $N articles"
snapshot anastasia bartholomew

flip() { # FILE OFFSET: one bit of one byte; a negative offset counts from the end
	perl -e 'open my $f, "+<", $ARGV[0] or die; my $at = $ARGV[1]; $at += -s $f if $at < 0;
	seek $f, $at, 0; read $f, my $c, 1; seek $f, $at, 0; print $f chr(ord($c) ^ 0x10)' "$1" "$2"
}
cut_at() { truncate -s "$2" "$1"; }

settle() { # NAME: the answer goes back, what is lacking comes, all are there and none twice
	out=$(carry anastasia)
	back=$(carry bartholomew)
	ok "$1: then all are there, byte for byte" same anastasia bartholomew
	is "$(field "$back" anastasia duplicates)" 0 "$1: nothing came twice"
	out=$(carry anastasia)
	is "$(first "$out" own) $(first "$out" removed)" "$(first "$out" removed) $(first "$out" removed)" \
		"$1: the stick is cleaned when the answer came back"
}

# damage COMMAND OFFSET LEAST MOST DAMAGED NAME
damage() {
	restore anastasia bartholomew
	carry anastasia >/dev/null
	"$1" "$stick/$(ours "$stick")" "$2"
	out=$(carry bartholomew)
	got=$(field "$out" anastasia articles)
	ok "$6: $got of $N arrive" test "$got" -ge "$3" -a "$got" -le "$4"
	is "$(field "$out" anastasia damaged)" "$5" "$6: $5 damaged pieces are told"
	settle "$6"
}
damage flip 3 0 0 0 "a flipped bit in the tag"
damage flip 60 0 0 1 "a flipped bit in the header"
damage flip 200 0 0 1 "a flipped bit in chunk 0"
damage flip 30000 80 $((N - 1)) 1 "a flipped bit in a chunk"
damage flip -1 $N $N 0 "a flipped bit in the fill"
damage cut_at 0 0 0 0 "a file cut to nothing"
damage cut_at 100 0 0 0 "a file cut in the header"
damage cut_at 400 0 0 1 "a file cut in chunk 0"
whole=0
for size in 60000 120000 180000 240000; do
	restore anastasia bartholomew
	carry anastasia >/dev/null
	cut_at "$stick/$(ours "$stick")" $size
	got=$(field "$(carry bartholomew)" anastasia articles)
	# a chunk of 21 articles has about 50,000 bytes: at most one is lost at the cut
	ok "a file cut at $size: $got arrive, every whole chunk" test "$got" -gt "$whole" -a \
		"$got" -ge $(((size / 50000 - 1) * 20))
	whole=$got
	settle "a file cut at $size"
done

# damaged on the way: the writer's own file is whole, and must not count as delivered
restore anastasia bartholomew
carry anastasia >/dev/null
f=$(ours "$stick")
rm -rf "$dir/copy" && mkdir "$dir/copy" && cp "$stick/$f" "$dir/copy/$f"
flip "$dir/copy/$f" 30000
carry bartholomew "$dir/copy" >/dev/null
cp "$dir/copy/$(ours "$dir/copy" | grep -v "$f")" "$stick"
settle "a flipped bit in a copy, the first file still whole"

# the first of several envelopes carries what else is to be told: it must not be taken for
# told when only the others arrive
restore anastasia bartholomew
batch 400 7 | at anastasia import --yes - >/dev/null 2>&1
at anastasia groups want 'quiet.*' >/dev/null
carry anastasia >/dev/null
flip "$stick/$(ours "$stick")" 60
got=$(field "$(carry bartholomew)" anastasia articles)
ok "the first envelope damaged: $got arrive by the others" test "$got" -gt 20 -a "$got" -lt 520
settle "the first envelope damaged"
batch 1 8 | sed 's/quiet.harbour.notices/noisy.harbour.notices/' | at bartholomew import --yes - >/dev/null 2>&1
is "$(field "$(carry bartholomew)" anastasia packed)" 0 "the groups wanted were told with the rest"

# two names, and a replay
restore anastasia bartholomew
carry anastasia >/dev/null
f=$(ours "$stick")
cp "$stick/$f" "$dir/old"
cp "$stick/$f" "$stick/aaaabbbbccccdddd"
out=$(carry bartholomew)
is "$(field "$out" anastasia articles) $(field "$out" anastasia duplicates) $(field "$out" anastasia known)" \
	"$N 0 1" "the same file under two names counts once"
carry anastasia >/dev/null
batch 5 2 | at anastasia import --yes - >/dev/null 2>&1
carry anastasia >/dev/null
carry bartholomew >/dev/null
cp "$dir/old" "$stick/ddddccccbbbbaaaa"
out=$(carry bartholomew)
is "$(field "$out" anastasia articles) $(field "$out" anastasia duplicates) $(field "$out" anastasia envelopes)" \
	"0 0 0" "an old file replayed after newer ones has no effect"
ok "and all are there once" same anastasia bartholomew

# what else lies on a stick
restore anastasia bartholomew
carry anastasia >/dev/null
mkdir "$stick/photos" "$stick/dddddddddddddddd"
echo picture >"$stick/photos/p.jpg"
echo diary >"$stick/diary.txt"
perl -e 'print map chr rand 256, 1 .. 100000' >"$stick/eeeeeeeeeeeeeeee"
printf x >"$stick/ffffffffffffffff"
mkfifo "$stick/gggggggggggggggg"
ln -s /nonexistent "$stick/hhhhhhhhhhhhhhhh"
echo elsewhere >"$dir/elsewhere"
ln -s "$dir/elsewhere" "$stick/iiiiiiiiiiiiiiii"
perl -MIO::Socket::UNIX -e 'chdir $ARGV[0]; IO::Socket::UNIX->new(Local => "jjjjjjjjjjjjjjjj", Listen => 1) or die' "$stick"
[ "$(id -u)" = 0 ] && mknod "$stick/kkkkkkkkkkkkkkkk" c 1 5 2>/dev/null
echo mine >"$stick/mmmmmmmmmmmmmmmm" && chmod 0 "$stick/mmmmmmmmmmmmmmmm"
others() {
	(cd "$stick" && find . -mindepth 1 ! -name "$f" ! -name "${1:--}" -printf '%p %y %s %m %T@ %l\n' | sort
	cat diary.txt photos/p.jpg eeeeeeeeeeeeeeee | cksum)
}
f=$(ours "$stick" | while read -r x; do
	case $x in eeee* | ffff* | mmmm*) ;; *) echo "$x" ;; esac
done)
others >"$dir/before"
exits 0 "a stick full of other things is read" timeout 60 "$hearsay" -C "$dir/bartholomew" stick -m --here "$stick"
is "$(field "$out" anastasia articles)" $N "what is for us arrives"
for x in dddddddddddddddd.*folder gggggggggggggggg.*pipe hhhhhhhhhhhhhhhh.*link iiiiiiiiiiiiiiii.*link jjjjjjjjjjjjjjjj; do
	like "$out" "$x" "one line names $x"
done
g=$(ours "$stick" | while read -r x; do
	case $x in eeee* | ffff* | mmmm* | "$f") ;; *) echo "$x" ;; esac
done)
others "$g" >"$dir/after"
ok "nothing of others is touched, not even its time" cmp "$dir/before" "$dir/after"
is "$(cat "$dir/elsewhere")" elsewhere "nor what a link points to"

# one that is not for us: silence
wipe
befriend anastasia carolina
batch 3 3 | at anastasia import --yes - >/dev/null 2>&1
carry anastasia >/dev/null
rm -rf "$dir/copy" && mkdir "$dir/copy"
at carolina stick --here "$stick" >/dev/null
batch 3 4 | at carolina import --yes - >/dev/null 2>&1
out=$("$B/bin/batcher" pack -C "$dir/carolina" -o "$dir/copy/aaaaaaaaaaaaaaaa" anastasia 2>&1)
is "$(field "$out" anastasia packed)" 3 "batcher pack writes a file of a name we choose"
is "$(ours "$dir/copy")" aaaaaaaaaaaaaaaa "and nothing beside it"
out=$(carry bartholomew "$dir/copy")
is "$(first "$out" files) $(field "$out" anastasia envelopes) $(field "$out" anastasia damaged)" \
	"1 0 0" "a file between others is nothing to us"
like "$(at bartholomew stick --here "$dir/copy" 2>&1)" '^Safe to pull out' "and is not spoken of"
out=$("$B/bin/batcher" unpack -m -C "$dir/anastasia" "$dir/copy/aaaaaaaaaaaaaaaa")
is "$(field "$out" carolina articles)" 3 "batcher unpack takes it"
exits 1 "batcher unpack names a file that is not there" "$B/bin/batcher" unpack -C "$dir/anastasia" "$dir/nosuch"
like "$out" 'nosuch' "by its name"
exits 1 "batcher pack knows no such friend" "$B/bin/batcher" pack -C "$dir/anastasia" -o "$dir/copy/x" nobody
like "$out" 'nobody' "and says so"
ok "and leaves nothing" test ! -e "$dir/copy/x"

# nodes that are not right
snapshot anastasia bartholomew
future() { perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, 60, 0; print $f pack "N", 99' "$1"; }
refuses() { # NAME ERE: stick at bartholomew fails, says so in a line, leaves the stick alone
	carry anastasia >/dev/null
	ls -l "$stick" >"$dir/before"
	exits 1 "$1: refused" carry bartholomew
	like "$out" "$2" "$1: said plainly"
	ls -l "$stick" >"$dir/after"
	ok "$1: the stick is as it was" cmp "$dir/before" "$dir/after"
	restore anastasia bartholomew
}
future "$dir/bartholomew/spool.db"
refuses "a spool from the future" 'spool.db.*(newer|update)'
future "$dir/bartholomew/exchange.db"
refuses "an exchange.db from the future" 'exchange.db.*(newer|update)'
carry anastasia >/dev/null
cp "$dir/bartholomew/keys/anastasia.friend" "$dir/key"
batch 2 6 | at bartholomew import --yes - >/dev/null 2>&1
at bartholomew stick --here "$stick" >/dev/null
ours "$stick" >"$dir/before"
flip "$dir/bartholomew/keys/anastasia.friend" 40
for i in 1 2; do out=$(carry bartholomew 2>&1); done
like "$out" 'anastasia.friend' "a damaged key file is named"
is "$(ours "$stick")" "$(cat "$dir/before")" "and what lies on the stick for that friend stays"
cp "$dir/key" "$dir/bartholomew/keys/anastasia.friend"
for i in bartholomew anastasia bartholomew; do carry $i >/dev/null; done
ok "with the key back all goes on" same anastasia bartholomew
restore anastasia bartholomew
rm "$dir/bartholomew/exchange.db"
refuses "a lost exchange.db" 'exchange.db'
exits 1 "no setup: refused" at nobody stick --here "$stick"
like "$out" 'setup' "no setup: said"
ok "and nothing is made" test ! -e "$dir/nobody"

done_testing
