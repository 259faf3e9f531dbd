# Sourced by the tests that end a program at every write in turn: killed N MODE COMMAND.
# Memory for a disk: what kill -9 leaves is the same, and fsync costs nothing there.
# shellcheck shell=sh
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
export TMPDIR
. tests/lib.sh
need perl
[ -z "$SAN" ] || skip_all "the sanitizers want to be loaded first"
[ -r "$B/killat.so" ] || skip_all "no killat.so in $B"
. tests/e2e/stick.sh

killed() { # N MODE COMMAND...: sets $code: 137 when it was killed
	killed_n=$1 killed_mode=$2
	shift 2
	code=0
	{ LD_PRELOAD=$B/killat.so KILL_AT=$killed_n KILL_MODE=$killed_mode "$@" >"$dir/killed.out" 2>&1 ||
		code=$?; } 2>/dev/null
}

# every MODE STEP COMMAND...: for N = 1, 2, ... runs STEP before, the command to its N-th
# write, STEP after, until it ends by itself. $trouble has what went wrong, $n how far it came.
every() {
	every_mode=$1 every_step=$2
	shift 2
	n=0 code=137 trouble=
	while [ $code = 137 ] && [ -z "$trouble" ] && [ $n -lt 2000 ]; do
		n=$((n + 1))
		"$every_step" before || { trouble="${trouble:-before $n}"; break; }
		killed $n "$every_mode" "$@"
		"$every_step" after || trouble="${trouble:-after $n}"
	done
	[ -n "$trouble" ] || [ $code = 0 ] || trouble="ended with $code: $(cat "$dir/killed.out")"
}

whole() { # only files of the writer and its friend, of a bucket's size, nothing half
	find "$stick" -mindepth 1 \( ! -name '????????????????' -o -size -128 \) | grep -q . && return 1
	whole_out=$(carry "$1") &&
		[ "$(first "$whole_out" removed)$(first "$whole_out" broken)" = 00 ]
}

news() { # two articles more at ana, one of them ours
	total=$((${total:-0} + 2))
	batch 1 $total 500 | "$B/bin/reader" --import -C "$dir/ana" --yes - >/dev/null 2>&1 &&
		printf 'Newsgroups: quiet.harbour.notices\nSubject: own %s\n\nHello.\n' $total |
		"$B/bin/reader" --post -C "$dir/ana" >/dev/null
}

clean() { # both nodes are sound, and nothing half lies in them
	for clean_n in ana bob; do
		at $clean_n check >/dev/null || return
		if find "$dir/$clean_n" -name '*.tmp-*' | grep .; then return 1; fi
	done
}
