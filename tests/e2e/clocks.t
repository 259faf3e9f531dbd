#!/bin/sh
# Two friends whose clocks are five years apart and jump at every command, backwards too:
# over many exchanges the epochs step, and every post arrives exactly once.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

stick=$dir/stick
mkdir "$stick"
day=86400
at() { # SECONDS COMMAND...: with a clock that is wrong by so much
	at_s=$1
	shift
	case $at_s in -*) ;; *) at_s=+$at_s ;; esac
	env HEARSAY_CLOCK="$at_s" "$@"
}
ana_at=$((3 * 365 * day)) bob_at=$((-2 * 365 * day))
ana() { at "$ana_at" "$hearsay" -C "$dir/ana" "$@"; }
bob() { at "$bob_at" "$hearsay" -C "$dir/bob" "$@"; }
posts() { "$1" export 'g.x' 2>/dev/null | grep -a '^Subject: ' | sort; }
post() { printf 'Newsgroups: g.x\nSubject: %s\n\nbody\n' "$2" | "$1" post >/dev/null 2>"$dir/err" || note "$(cat "$dir/err")"; }
carry() { "$1" stick -m --here "$stick" >"$dir/carried" 2>&1 || note "$(cat "$dir/carried")"; }
# epoch that NAME sends in, under the agreed root
epoch() {
	sed -n '/^root agreed/,/^root [^a]/s/^send \([0-9]*\) .*/\1/p' "$dir/$1"/keys/*.friend | tail -n 1
}

at "$ana_at" "$hearsay" -C "$dir/ana" setup --yes --listen 127.0.0.1:0 >/dev/null
at "$bob_at" "$hearsay" -C "$dir/bob" setup --yes --listen 127.0.0.1:0 >/dev/null
ana groups new g.x >/dev/null
bob groups new g.x >/dev/null
token=$(ana invite bob --expires 30d | tail -n 1)
out=$(printf '%s\n' "$token" | bob join - --as ana 2>&1)
like "$out" 'By this clock|Joining ana' "bob joins, years earlier"
n=0
while [ $n -lt 24 ]; do
	n=$((n + 1))
	# nine days on, of which eight count; every fifth time years back, or ahead
	case $n in
	7 | 17) ana_at=$((ana_at - 4 * 365 * day)) ;;
	11) bob_at=$((bob_at + 9 * 365 * day)) ;;
	14) bob_at=$((bob_at - 5 * 365 * day)) ;;
	*) ana_at=$((ana_at + 9 * day)) bob_at=$((bob_at + 9 * day)) ;;
	esac
	post ana "a$n"
	post bob "b$n"
	[ $((n % 6)) != 0 ] || rm -f "$stick"/* # a lost stick
	carry ana
	carry bob
done
carry ana
is "$(posts ana)" "$(posts bob)" "both have the same posts"
is "$(posts ana | wc -l)" 48 "every post of both"
is "$(posts ana | uniq -d)" "" "exactly once"
ok "ana's epochs stepped several times ($(epoch ana))" test "$(epoch ana)" -ge 3
ok "bob's epochs stepped several times ($(epoch bob))" test "$(epoch bob)" -ge 3
is "$(ana verify bob | head -n 1)" "$(bob verify ana | head -n 1)" "they are still friends"
is "$(cat "$dir"/*/keys/*.friend | grep -c '^root agreed')" 2 "under one root each"
is "$(cat "$dir"/*/keys/*.friend | grep -c '^root ')" 2 "the provisional ones are gone"

# ---- a clock that stands still, and one that is decades back: they go on
at0=$ana_at
ana_at=$((-30 * 365 * day))
for i in 1 2 3; do
	post ana "still $i"
	carry ana
	carry bob
	post bob "here $i"
	carry bob
	carry ana
done
is "$(posts ana | wc -l)" 54 "a clock of decades ago changes nothing"
ana_at=$at0
carry ana
carry bob
is "$(posts ana)" "$(posts bob)" "nor does it when it is set again"

done_testing
