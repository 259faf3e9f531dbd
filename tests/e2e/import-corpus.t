#!/bin/sh
# The corpus: everything in it is taken or refused with a reason, and what was taken goes
# out and in again without a byte changed.
# shellcheck disable=SC2154,SC2317 # lib.sh sets variables and calls functions
. tests/lib.sh
corpus ng1993 lists odd

import() { "$B/bin/reader" --import -C "$dir/$1" "$2"; }
export_as() { "$B/bin/reader" --export -C "$dir/$1" --format "$2" '*' 2>/dev/null; }

for part in ng1993 lists odd; do
	node $part || exit 1
	files=$(find "$dir/corpus/$part" -type f | wc -l)
	exits 0 "$part is read" import $part "$dir/corpus/$part"
	counts=$(printf '%s\n' "$out" | sed -n 's/^imported \([0-9]*\), duplicates \([0-9]*\), refused \([0-9]*\)$/\1 \2 \3/p')
	stored=${counts%% *}
	refused=${counts##* }
	# an mbox among them holds more than one
	ok "$part: every file is taken or refused" \
		test "$(echo "$counts" | awk '{ print $1 + $2 + $3 }')" -ge "$files"
	reasons=$(printf '%s\n' "$out" | awk '$1 == "refused" { n += $2 } END { print n + 0 }')
	is "$reasons" "$refused" "$part: each refusal has a reason"
	exits 0 "$part once more" import $part "$dir/corpus/$part"
	like "$out" "^imported 0, duplicates [0-9]+, refused $refused$" "$part: a second time has no effect"

	node $part-rnews && node $part-mbox || exit 1
	export_as $part rnews >"$dir/a.rnews"
	export_as $part mbox >"$dir/a.mbox"
	exits 0 "$part as rnews" import $part-rnews "$dir/a.rnews"
	is "$out" "imported $stored, duplicates 0, refused 0" "$part: the batch holds all of it"
	export_as $part-rnews rnews >"$dir/b.rnews"
	ok "$part: through rnews no byte changes" cmp "$dir/a.rnews" "$dir/b.rnews"
	exits 0 "$part as mbox" import $part-mbox "$dir/a.mbox"
	is "$out" "imported $stored, duplicates 0, refused 0" "$part: the mbox holds all of it"
	export_as $part-mbox rnews >"$dir/b.rnews"
	ok "$part: through mbox no byte changes" cmp "$dir/a.rnews" "$dir/b.rnews"
done

done_testing
