#!/bin/bash
# Each tests/nntp/NAME.in is one session after the other on one fresh node (an empty line of
# `--` begins a new one); what comes back must be NAME.ref. RENEW=1 writes the .ref anew.
. tests/lib.sh
. tests/nntp/lib.sh

for in in tests/nntp/*.in; do
	name=$(basename "$in" .in)
	reader_node "$name" talk.test talk.other local.notes || exit 1
	awk -v base="$dir/$name.part" '/^--$/ { n++; next } { print > (base (n + 100)) }' "$in"
	for part in "$dir/$name".part*; do
		talk "$name" <"$part"
	done >"$dir/$name.got" 2>&1
	[ -z "$RENEW" ] || cp "$dir/$name.got" "tests/nntp/$name.ref"
	ok "$name: answers as tests/nntp/$name.ref says" diff -u "tests/nntp/$name.ref" "$dir/$name.got"
done
done_testing
