#!/bin/bash
# What `hearsay` has the reader do beside serving: post, make groups, expire, check.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh

r() { "$reader" -C "$dir/ana" "$@"; }
posts() { printf '%b' "$1" | r --post; }

reader_node ana talk.test local.notes || exit 1
exits 1 "a spool is not made twice" r --create
like "$out" 'spool\.db' "and it is said"
exits 0 "a group that exists is made again without harm" r --group-new talk.test
exits 2 "a name that is none is wrong usage" r --group-new 'talk..test'
exits 2 "an unknown option is wrong usage" r --frobnicate
exits 2 "a missing argument is wrong usage" r --group-new

exits 0 "text with LF, without From, is posted" \
	posts 'Newsgroups: talk.test\nSubject: one\n\nLine\n.\nlast, unended'
like "$out" '^<[a-z2-7]{52}@hearsay\.invalid>$' "and its id printed"
exits 0 "a header alone is a post with an empty body" \
	posts 'Newsgroups: talk.test\nSubject: two\n'
printf 'Newsgroups: talk.test\r\nFrom: x@y\r\nSubject: three\r\n\r\nCRLF\r\n' >"$dir/post"
exits 0 "a file is posted, too" r --post "$dir/post"
exits 1 "a file that is not there is told" r --post "$dir/none"
like "$out" "$dir/none" "by name"
exits 1 "a post to no group is refused" posts 'Newsgroups: talk.none\nSubject: s\n\n'
like "$out" 'hearsay groups new talk.none' "with the next step"
exits 1 "so is a stray CR" posts 'Newsgroups: talk.test\nSubject: s\n\na\rb\n'
exits 1 "and nothing at all" posts ''
like "$(printf 'GROUP talk.test\n' | talk ana)" '^211 3 1 3 ' "all are there"
is "$(printf 'GROUP talk.test\nBODY 1\n' | talk ana | sed -n '4,$p')" 'Line
..
last, unended
.' "as they were written"

cp "$dir/ana/node.conf" "$dir/node.conf"
sed -i 's/^persona .*/persona nobody/' "$dir/ana/node.conf"
exits 1 "a persona that is none posts nothing" posts 'Newsgroups: talk.test\nSubject: s\n\na\n'
like "$out" 'personas/nobody: not found' "and is named"
cp "$dir/node.conf" "$dir/ana/node.conf"

exits 0 "the spool is sound" r --check
like "$out" 'is sound' "and says so"
echo 'expire talk.* soon' >>"$dir/ana/node.conf"
exits 1 "a rule that cannot be read stops expiry" r --expire
like "$out" 'node\.conf:3.*soon' "by its line"
sed -i '$d' "$dir/ana/node.conf"
echo 'expire talk.* 30d' >>"$dir/ana/node.conf"
exits 0 "what is young stays" r --expire
like "$out" 'expired 0 articles' "and it says so"
export HEARSAY_CLOCK=+2678400
exits 0 "what is old goes" r --expire
like "$out" 'expired 3 articles' "and it says so"
unset HEARSAY_CLOCK
like "$(printf 'GROUP talk.test\n' | talk ana)" '^211 0 4 3 ' "the numbers do not fall"
exits 0 "and the spool is sound" r --check
done_testing
