#!/bin/bash
# Sticks and a line between the same two friends: what one of them carried, and was
# acknowledged on either, is not carried by the other.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl
. tests/e2e/line.sh

mkdir "$dir/stick"
stick() { at "$1" stick -m --here "$dir/stick" | grep '^friend='; } # NODE
field() { printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p" | paste -sd' '; }
call() { run 2>&1 || echo 'ended=failed sent=-1'; }
sent() { field sent "$1" | awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n + 0 }'; } # by both
pair || exit 1

# ---- the line was quicker
post ana one
is "$(field packed "$(stick ana)")" 1 "what is new is packed on a stick"
out=$(call)
is "$(sent "$out")" 1 "and goes by the line meanwhile: the stick may never arrive" || note "$out"
out=$(stick bob)
is "$(field articles "$out") $(field duplicates "$out")" "0 1" "the stick brings it in vain"
stick ana >/dev/null

# ---- acknowledged on the line
post ana two
post bob three
is "$(sent "$(call)")" 2 "news go both ways by the line"
is "$(field packed "$(stick ana)")$(field packed "$(stick bob)")" 00 "a stick does not carry them again"

# ---- acknowledged by a stick
post ana four
stick ana >/dev/null
is "$(field articles "$(stick bob)")" 1 "a stick brings an article"
stick ana >/dev/null
is "$(sent "$(call)")" 0 "which is not sent on the line when the stick has been back"

# ---- brought by a stick, acknowledged on the line
post ana five
stick ana >/dev/null
is "$(field articles "$(stick bob)")" 1 "a stick brings another one, and stays away"
out=$(call)
is "$(sent "$out")" 0 "the caller says on the line that it came: it is not sent there"
is "$(field packed "$(stick ana)")" 0 "nor packed again"
post bob six
stick bob >/dev/null
stick ana >/dev/null
out=$(call)
is "$(sent "$out")" 0 "so does the answerer"

# ---- many of both at once
posts ana 1 40 500
posts bob 101 140 500
stick ana >/dev/null
run --cut 9000 >/dev/null 2>&1
stick bob >/dev/null
run --cut 15000 >/dev/null 2>&1
stick ana >/dev/null
ok "calls that are cut with sticks between them end in one that is not" run
ok "both hold the same" same
is "$(all ana)" 86 "each once"
is "$(field packed "$(stick ana)")$(field packed "$(stick bob)")" 00 "and nothing is left to carry"
is "$(sent "$(call)")" 0 "on either"
for n in ana bob; do ok "$n's databases are sound" at $n check; done
done_testing
