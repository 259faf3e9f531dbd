#!/bin/sh
# hearsay import and export: every form of input, what is refused, and back out again.
# shellcheck disable=SC2086,SC2154,SC2317 # command lines; lib.sh sets variables and calls functions
. tests/lib.sh
need gzip perl

in=$dir/in
mkdir "$in"

article() { # ID GROUPS [EXTRA-HEADER]: one article with LF line ends on stdout
	printf 'Path: a!b!%s\nFrom: Ann <ann@example.com>\nNewsgroups: %s\nSubject: test %s\n' \
		"$1" "$2" "$1"
	printf 'Date: Mon, 1 Jun 1992 12:00:00 GMT\nMessage-ID: <%s@example.com>\n' "$1"
	[ -z "${3:-}" ] || printf '%s\n' "$3"
	printf '\nBody of %s.\n.dot\nFrom here on\n>From there\n\nlast line\n' "$1"
}

size() { wc -c <"$1" | tr -d ' '; }

batch() { # FILE...: an rnews batch of them
	for batch_f; do
		echo "#! rnews $(size "$batch_f")"
		cat "$batch_f"
	done
}

# fresh NAME: a new node, and the commands on it
fresh() {
	node "$1" || exit 1
	import="$B/bin/reader --import -C $dir/$1"
	export="$B/bin/reader --export -C $dir/$1"
}

first() { printf '%s\n' "$1" | grep '^imported' | head -1; }

imports() { # WANT NAME ARGUMENT...: exits with 0 and counts so
	imports_want=$1 imports_name=$2
	shift 2
	exits 0 "$imports_name: exits with 0" $import "$@"
	is "$(first "$out")" "$imports_want" "$imports_name" || note "$out"
}

for i in 1 2 3 4 5 6; do article "m$i" comp.test >"$in/m$i"; done

fresh one
batch "$in/m1" "$in/m2" >"$in/batch"
imports 'imported 2, duplicates 0, refused 0' 'an rnews batch' "$in/batch"
imports 'imported 0, duplicates 2, refused 0' 'the same again' "$in/batch"
gzip -c "$in/batch" >"$in/named.txt"
imports 'imported 0, duplicates 2, refused 0' 'a gzip file of it, whatever its name' "$in/named.txt"
{
	echo '#! gunbatch'
	batch "$in/m3" | gzip -c
	echo '#! zunbatch'
	batch "$in/m4" | gzip -c
	batch "$in/m5"
} >"$in/wrapped"
imports 'imported 3, duplicates 0, refused 0' 'wrapped batches behind each other' "$in/wrapped"
imports 'imported 1, duplicates 0, refused 0' 'a single article' "$in/m6"
sed 's/$/\r/' "$in/m6" >"$in/m6.crlf"
imports 'imported 0, duplicates 1, refused 0' 'the same article with CRLF' "$in/m6.crlf"
{ sed 's/^\./../; s/$/\r/' "$in/m6"; printf '.\r\n'; } >"$in/m6.wire"
imports 'imported 0, duplicates 1, refused 0' 'the same article in wire format' "$in/m6.wire"
unlike "$out" differ 'wire format is taken off to the byte'
$import - <"$in/batch" >"$dir/o" 2>&1
is "$(cat "$dir/o")" 'imported 0, duplicates 2, refused 0' 'standard input from a file'
gzip -c "$in/wrapped" | $import - >"$dir/o" 2>&1
is "$(cat "$dir/o")" 'imported 0, duplicates 3, refused 0' 'standard input from a pipe, packed twice'
sed 's/Body of/Other body of/' "$in/m1" >"$in/m1.other"
exits 0 'a differing copy' $import "$in/m1.other"
like "$out" '1 duplicates differ' 'a differing copy is counted as such'

cp "$in/m1" "$dir/relative"
exits 0 'by hearsay, from a folder of its own' env -C "$dir" "$hearsay" -C "$dir/one" import relative
is "$(first "$out")" 'imported 0, duplicates 1, refused 0' 'by hearsay, a relative path'

fresh mbox
{
	for i in 1 2 3; do
		echo "From ann@example.com Mon Jun  1 12:00:0$i 1992"
		sed 's/^\(>*From \)/>\1/' "$in/m$i"
		echo
	done
} >"$in/mail"
imports 'imported 3, duplicates 0, refused 0' 'an mbox' "$in/mail"
imports 'imported 0, duplicates 2, refused 0' 'the quoting is undone: the batch has the same' \
	"$in/batch"

# INN's spool: a folder a group, crossposts are links, control articles apart
fresh inn
art=$in/articles
mkdir -p "$art/comp/lang/c" "$art/alt/x" "$art/control/cancel"
for i in 2 9 10 11; do article "c$i" comp.lang.c >"$art/comp/lang/c/$i"; done
article cross alt.x,comp.lang.c >"$art/comp/lang/c/12"
ln "$art/comp/lang/c/12" "$art/alt/x/1"
article only alt.x >"$art/alt/x/2"
article can comp.lang.c 'Control: cancel <c9@example.com>' >"$art/control/cancel/7"
echo 'not an article' >"$art/comp/lang/c/.overview"
cat >"$in/active" <<'X'
comp.lang.c 0000000100 0000000002 m
alt.x 0000000002 0000000001 y
comp.quiet 0000000007 0000000008 n
comp.alias 0000000007 0000000008 =comp.lang.c
junk 0000000007 0000000008 n
comp.broken zero 0000000008 n
X
printf 'comp.lang.c\tAbout C. (Moderated)\nalt.x\t\tXs.\nnone.such\tNone.\nalt.x\t\303\n' >"$in/groups"
imports 'imported 7, duplicates 1, refused 0' 'an INN spool' \
	--active "$in/active" --newsgroups "$in/groups" "$art"
like "$out" 'groups 3 \(3 new\), described 2, lines left out 3' 'active and newsgroups are taken'
like "$out" 'line 6: left out: ' 'a broken line is named'

fresh mistyped
exits 1 'an active file that is not there' $import --active "$in/no-active" "$art"
like "$out" 'no-active": No such file' 'it is named'
like "$out" 'imported 0,' 'and no article gets a number below the marks that it has'
exits 1 'a newsgroups file that is none' $import --active "$in" "$art"
like "$out" 'imported 0,' 'a folder is no active file'

fresh some
imports 'imported 6, duplicates 1, refused 0' 'some groups of an INN spool' --groups 'comp.*' "$art"
like "$out" 'passed over 1:' 'the others are passed over'
fresh alts
imports 'imported 2, duplicates 0, refused 0' 'a crosspost comes with either group' \
	--groups 'alt.*' "$art"
imports 'imported 0, duplicates 1, refused 0' 'groups also of a batch' --groups 'alt.x' "$art/alt/x/1" \
	"$in/batch"

# what is refused, and that nothing else is lost
fresh bad
bad=$in/bad
mkdir "$bad"
article b1 comp.test | sed '/^$/,$d' >"$bad/nobody"
article b2 comp.test | sed '/^Subject/d' >"$bad/nosubject"
article b3 comp.test 'Subject: again' >"$bad/doubled"
article b4 comp.test | tr '.' '\000' | sed 's/@example.com/@example.com/' >"$bad/nul"
article b5 comp.test | sed 's/^last line/last\rline/' >"$bad/barecr"
article b6 comp.test | sed 's/$/\r/; s/^last line\r/last line/' >"$bad/mixed"
article b7 comp.test "X-Long: $(perl -e 'print "x" x 70000')" >"$bad/header"
{ article b8 comp.test; perl -e 'print "x" x 70, "\n" for 1 .. 17000'; } >"$bad/long"
{ article b8b comp.test; perl -e 'print "x" x 70, "\n" for 1 .. 14700'; } >"$bad/longish"
article b9 "$(perl -e 'print join ",", map { "g.n$_" } 1 .. 10000')" >"$bad/groups"
article b10 "$(perl -e 'print join ",", map { "g.n$_" } 1 .. 65')" >"$bad/crosspost"
article ba comp.test | sed 's/^Message-ID: <.*/Message-ID: <x@Hearsay.Invalid>/' >"$bad/reserved"
: >"$bad/empty"
echo 'just some text' >"$bad/text"
head -c 3000 /dev/urandom | sed '1s/^/\x01/' >"$bad/noise"
printf 'BZh91AY&SY' >"$bad/bz"
article good comp.test >"$bad/zgood"
exits 0 'a folder of bad articles' $import -m "$bad"
is "$(printf '%s\n' "$out" | grep '^imported=')" imported=1 'the good one is taken'
for r in no-body missing doubled bare-cr bare-lf header-big too-big reserved empty unknown bzip2 \
	crosspost; do
	like "$out" "^refused\.($r)=[12]$" "refused and counted: $r"
done
exits 0 'examples are shown' $import -v "$bad"
like "$out" 'nosubject", byte 0: refused' 'an example names path and place'

{
	batch "$in/m1"
	echo "#! rnews 10"
	cat "$in/m2"
	batch "$in/m3"
	echo "#! rnews 100000"
	cat "$in/m4"
	echo "#! rnews -5"
	cat "$in/m4"
	echo "#! rnews 99999999999999999999"
	cat "$in/m4"
	echo "#! bunbatch"
	batch "$in/m5"
	echo "#! rnews 100000"
	cat "$in/m6"
} >"$in/counts"
fresh counts
imports 'imported 3, duplicates 0, refused 6' 'wrong counts cost one article each' "$in/counts"
like "$out" "counts\", byte [1-9][0-9]*: refused" 'a wrong count is told with its place'
like "$out" 'refused 4 batch-count' 'wrong counts are counted'

batch "$in/m1" "$in/m2" "$in/m3" | gzip -c | head -c 200 >"$in/cut.gz"
fresh trouble
exits 0 'a cut gzip file' $import "$in/cut.gz"
like "$out" 'refused 1 damaged' 'a cut gzip file is told'
exits 1 'no such file' $import "$in/none" "$in/m6"
like "$out" 'none": not found' 'no such file is told'
like "$out" '^imported 1, duplicates 0' 'and what is there is taken'
ln -s .. "$in/articles/comp/up"
exits 1 'folders that loop' $import "$in/articles"
like "$out" 'leads back to a folder above it' 'a loop is told'
rm "$in/articles/comp/up"
exits 2 'an unknown option' $import --frob "$in/batch"
exits 2 'no path' $import
exits 2 'a bad wildmat' $import --groups 'a,,b' "$in/batch"
exits 1 'no node' "$hearsay" -C "$dir/nowhere" import "$in/batch"
like "$out" 'no node at .*: run hearsay -C .* setup' 'no node: the next step is told'

# friends' quota
fresh quota
exits 75 'over a day of a friend' $import --warn-over 2 "$in/m1" "$in/m2" "$in/mail" </dev/null
like "$out" 'queues 5 articles for each friend, who takes 2 a day' 'it says how many'
unlike "$out" '^imported' 'and stores nothing'
exits 0 'agreed to' $import --warn-over 2 --yes "$in/mail" </dev/null
like "$out" 'queues 3 articles' 'agreed to: it still says so'
like "$out" 'imported 3' 'agreed to: stored'
exits 0 'what is here already queues nothing' $import --warn-over 2 "$in/mail" </dev/null
unlike "$out" 'queues' 'and nothing is said of it'
$import --warn-over 1 --yes - <"$in/batch" >"$dir/o" 2>&1
like "$(cat "$dir/o")" 'imported 0, duplicates 2' 'counting leaves standard input where it was'
exits 0 'local articles need no quota' $import --warn-over 2 --local "$in/wrapped" </dev/null
unlike "$out" 'queues' 'local articles say nothing'
fresh pipe
code=0
batch "$in/m1" "$in/m2" "$in/m3" "$in/m4" | $import --warn-over 2 - >"$dir/o" 2>&1 || code=$?
is "$code" 75 'a pipe over a day of a friend'
like "$(cat "$dir/o")" 'imported 3' 'what was stored before is told'

# on a terminal it asks
if command -v script >/dev/null; then
	fresh asked
	echo n | script -qec "$import --warn-over 2 $in/mail" /dev/null >"$dir/o" 2>&1
	like "$(cat "$dir/o")" 'Go on\? \[y/N\]' 'a terminal is asked'
	unlike "$(cat "$dir/o")" 'imported' 'no is no'
	echo y | script -qec "$import --warn-over 2 $in/mail" /dev/null >"$dir/o" 2>&1
	like "$(cat "$dir/o")" 'imported 3' 'yes is yes'
else
	skip 'script is not installed' 'a terminal is asked'
fi

# what was refused can be found: the person's own command takes -v, too
fresh told
exits 0 'import -v' "$hearsay" -C "$dir/told" import -v "$bad"
like "$out" 'nosubject".* refused: ' 'an article that is refused is named'

# a pipe with a path, as a shell's <(command) makes it
fresh substituted
if command -v bash >/dev/null && [ -e /dev/fd ]; then
	exits 0 'the path of a pipe' bash -c '"$0" --import -C "$1" <(cat "$2")' "$B/bin/reader" "$dir/substituted" \
		"$in/batch"
	like "$out" 'imported 2, duplicates 0, refused 0' 'it is read'
else
	skip 'bash is not installed' 'the path of a pipe'
fi

# a pipe that is slow keeps nobody else from writing
fresh slow
{
	# 1,000 bytes tell what it is, and the next line that a count was right
	batch "$in/m1" "$in/m4" "$in/m5" "$in/m6" "$in/m6" "$in/m6"
	wait_for 30 test -e "$dir/go"
	batch "$in/m2"
} | $import - >"$dir/o" 2>&1 &
slow=$!
stored() { $export '*' 2>/dev/null | grep -aq '<m1@'; }
ok 'what came through a pipe is stored while the pipe waits' wait_for 20 stored
imports 'imported 1, duplicates 0, refused 0' 'another import beside it' "$in/m3"
: >"$dir/go"
wait "$slow"
is "$(cat "$dir/o")" 'imported 5, duplicates 2, refused 0' 'then the pipe ends'

# out again
fresh out
cat "$in/batch" "$in/wrapped" >"$in/all"
imports 'imported 5, duplicates 0, refused 0' 'articles to export' "$in/all"
$export 'comp.*' >"$dir/out.rnews" 2>"$dir/err"
like "$(cat "$dir/err")" 'exported 5 articles' 'export tells how many'
fresh back
imports 'imported 5, duplicates 0, refused 0' 'an exported batch' "$dir/out.rnews"
$export '*' >"$dir/back.rnews" 2>/dev/null
ok 'export, import, export: the same bytes' cmp "$dir/out.rnews" "$dir/back.rnews"
imports 'imported 0, duplicates 5, refused 0' 'they are the originals' "$in/all"
unlike "$out" differ 'they are the originals to the byte'
$export --format mbox '*' >"$dir/out.mbox" 2>/dev/null
fresh mback
imports 'imported 5, duplicates 0, refused 0' 'an exported mbox' "$dir/out.mbox"
$export '*' >"$dir/mback.rnews" 2>/dev/null
ok 'through an mbox: the same bytes' cmp "$dir/out.rnews" "$dir/mback.rnews"
$export 'alt.*' >"$dir/none" 2>/dev/null
is "$(size "$dir/none")" 0 'no group, no output'
exits 2 'an unknown format' $export --format tar '*'
exits 2 'no wildmat' $export

done_testing
