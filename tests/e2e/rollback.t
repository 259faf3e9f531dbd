#!/bin/sh
# A node's folder is copied back from yesterday: after two more round trips both have all
# again, and what is posted later travels. Both sides, with and without a step of the epochs.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

stick=$dir/stick
mkdir "$stick"
ahead=0
ana() { env HEARSAY_CLOCK=+$ahead "$hearsay" -C "$dir/ana" "$@"; }
bob() { env HEARSAY_CLOCK=+$ahead "$hearsay" -C "$dir/bob" "$@"; }
posts() { "$1" export 'g.x' 2>/dev/null | grep -a '^Subject: ' | sort; }
post() { printf 'Newsgroups: g.x\nSubject: %s\n\nbody\n' "$2" | "$1" post >/dev/null 2>"$dir/err" || note "$(cat "$dir/err")"; }
carry() { out=$("$1" stick -m --here "$stick" 2>&1) || note "$out"; }
round() { # FIRST SECOND TIMES
	round_n=$3
	while [ "$round_n" -gt 0 ]; do
		carry "$1"
		carry "$2"
		round_n=$((round_n - 1))
	done
}
fresh() {
	rm -rf "${stick:?}"/* "$dir/ana" "$dir/bob" "$dir/saved"
	ahead=0
	for n in ana bob; do
		node "$n" || exit 1
		"$n" groups new g.x >/dev/null
	done
	token=$(ana invite bob | tail -n 1)
	printf '%s\n' "$token" | bob join - --as ana >/dev/null
	post ana "before a"
	post bob "before b"
	round bob ana 3
}
save() { rm -rf "$dir/saved" && cp -a "$dir/$1" "$dir/saved"; }
back() { rm -rf "${dir:?}/$1" && cp -a "$dir/saved" "$dir/$1"; }

# VICTIM OTHER FIRST SECOND DAYS: DAYS pass between snapshot and loss, a day an exchange;
# after it FIRST is the first to carry
story() {
	s_victim=$1 s_other=$2 s_first=$3 s_second=$4 s_days=$5
	s_name="$1 rolled back by $5 days, $3 first"
	fresh
	save "$s_victim"
	s_i=0
	while [ $s_i -lt "$s_days" ]; do
		s_i=$((s_i + 1))
		ahead=$((ahead + 86400))
		post ana "a$s_i"
		post bob "b$s_i"
		round bob ana 1
	done
	round bob ana 2
	is "$(posts ana)" "$(posts bob)" "$s_name: they agree before"
	s_all=$(posts ana | wc -l)
	back "$s_victim"
	[ "$6" = keep ] || rm -f "$stick"/*
	post "$s_victim" "from the $s_victim of yesterday"
	post "$s_other" "to the $s_victim of yesterday"
	round "$s_first" "$s_second" 2
	[ "$s_victim" = "$s_second" ] || carry "$s_victim"
	is "$(posts "$s_victim" | wc -l)" $((s_all + 2)) "$s_name: has all again after two round trips"
	post ana later
	post bob later2
	round "$s_first" "$s_second" 2
	is "$(posts ana)" "$(posts bob)" "$s_name: they agree afterwards"
	is "$(posts ana | wc -l)" $((s_all + 4)) "$s_name: and have what came later"
	is "$(posts ana | uniq -d)$(posts bob | uniq -d)" "" "$s_name: nothing twice"
	round "$s_first" "$s_second" 2
	s_before=$(ls "$stick")
	round "$s_first" "$s_second" 2
	is "$(ls "$stick")" "$s_before" "$s_name: then they are quiet"
}

for days in 1 3; do
	story bob ana bob ana $days wipe
	story bob ana ana bob $days wipe
	story ana bob bob ana $days wipe
	story ana bob ana bob $days wipe
done
# the epochs stepped in between, and all prekeys that the other knows are gone
story bob ana bob ana 33 wipe
story ana bob bob ana 33 wipe
story bob ana bob ana 2 keep
story ana bob bob ana 2 keep

done_testing
