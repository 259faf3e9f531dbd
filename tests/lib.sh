# Sourced by the shell tests: TAP, a fresh folder, nodes, waiting. `. tests/lib.sh` from the
# tree's root; end with `done_testing`. make sets B (build folder) and SHARED.
# shellcheck shell=sh

: "${B:=$PWD/build/gcc}" "${SHARED:=$PWD/../shared}"
hearsay=$B/bin/hearsay
export B SHARED hearsay LC_ALL=C
unset HEARSAY_DIR HEARSAY_CLOCK
tests_run=0
tests_failed=0
nodes_up=

skip_all() { # REASON: this script cannot run here
	echo "1..0 # SKIP $*"
	exit 0
}

need() { # PROGRAM...: skips the script where one is not installed
	for need_p; do
		command -v "$need_p" >/dev/null || skip_all "$need_p is not installed"
	done
}

result() { # STATUS NAME
	tests_run=$((tests_run + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests_run - $2"
	else
		echo "not ok $tests_run - $2"
		tests_failed=$((tests_failed + 1))
	fi
}

skip() { # REASON NAME: one test that cannot run here
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $2 # SKIP $1"
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

ok() { # NAME COMMAND...: the command succeeds; what it prints is shown when it does not
	ok_name=$1
	shift
	if ok_out=$("$@" 2>&1); then
		result 0 "$ok_name"
	else
		result 1 "$ok_name"
		note "$ok_out"
	fi
}

exits() { # CODE NAME COMMAND...: ends with that code; what it printed is in $out
	exits_want=$1 exits_name=$2
	shift 2
	exits_got=0
	out=$("$@" 2>&1) || exits_got=$?
	is "$exits_got" "$exits_want" "$exits_name" || note "$out"
}

is() { # GOT WANT NAME
	if [ "$1" = "$2" ]; then
		result 0 "$3"
	else
		result 1 "$3"
		note "got  $1"
		note "want $2"
		return 1
	fi
}

like() { # TEXT ERE NAME
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		result 0 "$3"
	else
		result 1 "$3"
		note "no line like $2 in:"
		note "$1"
		return 1
	fi
}

unlike() { # TEXT ERE NAME
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		result 1 "$3"
		note "a line like $2 in:"
		note "$1"
		return 1
	else
		result 0 "$3"
	fi
}

# Programs that were killed or cut off may fail, but not like this.
sanitized() {
	unlike "$(find "$dir" -maxdepth 1 -type f ! -name '*.rn' -exec \
		grep -aE 'ERROR: [A-Za-z]*Sanitizer|runtime error: ' {} +)" . "no log has a sanitizer's report"
}

done_testing() {
	[ -z "${SAN:-}" ] || sanitized
	echo "1..$tests_run"
	[ "$tests_failed" = 0 ]
	exit
}

# SECONDS COMMAND...: polls until the command succeeds; fails at the deadline, which is four times
# as far away: the seconds are those of a machine with nothing else to do.
wait_for() {
	wait_end=$(($(date +%s) + 4 * $1))
	wait_polls=0
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$wait_end" ] || return 1
		# what takes long is looked at less often: looking costs a process or two
		wait_polls=$((wait_polls + 1))
		if [ $wait_polls -lt 40 ]; then sleep 0.05; else sleep 0.2; fi
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

cleanup() {
	for cleanup_n in $nodes_up; do
		node_down "$cleanup_n"
	done
	rm -rf "$dir"
}

# In memory where there is room: every test waits for the disk a thousand times otherwise.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
	[ "$(df -k --output=avail /dev/shm | tail -n 1)" -gt 2000000 ]; then
	export TMPDIR=/dev/shm
fi

# $dir: a folder of its own, removed at the end with all nodes in it stopped
dir=$(mktemp -d "${TMPDIR:-/tmp}/hearsay-test-XXXXXX") || exit 1
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

corpus() { # MEMBER...: unpacks parts of the open corpus into $dir/corpus, or skips the script
	[ -r "$SHARED/corpus/articles-open.tar.zst" ] || skip_all "no corpus in $SHARED"
	need zstd tar
	mkdir -p "$dir/corpus"
	zstd -qdc --long=27 "$SHARED/corpus/articles-open.tar.zst" |
		tar -xf - -C "$dir/corpus" "$@" || skip_all "the corpus does not unpack"
}

node() { # NAME SETUP-OPTION...: sets up $dir/NAME, to listen on a port of the system's choice
	node_n=$1
	shift
	"$hearsay" -C "$dir/$node_n" setup --yes --listen 127.0.0.1:0 "$@" >"$dir/$node_n.setup" 2>&1 || {
		note "$(cat "$dir/$node_n.setup")"
		return 1
	}
}

node_up() { # NAME: starts it; $addr is ADDR:PORT, $host and $port its parts
	: >"$dir/$1.out" # an earlier one was ready, too
	"$hearsay" -C "$dir/$1" up >"$dir/$1.out" 2>"$dir/$1.err" </dev/null &
	echo $! >"$dir/$1.pid"
	nodes_up="$nodes_up $1"
	wait_for 30 grep -q '^ready ' "$dir/$1.out" || {
		note "$1 did not come up: $(cat "$dir/$1.out" "$dir/$1.err")"
		return 1
	}
	addr=$(cat "$dir/$1/run/nntp.addr")
	# shellcheck disable=SC2034 # for the scripts
	host=${addr%:*} port=${addr##*:}
}

node_down() { # NAME: SIGTERM, and SIGKILL when that does not end it
	[ -s "$dir/$1.pid" ] || return 0
	node_pid=$(cat "$dir/$1.pid")
	rm -f "$dir/$1.pid"
	kill -TERM "$node_pid" 2>/dev/null
	wait_for 10 gone "$node_pid" || kill -KILL "$node_pid" 2>/dev/null
	wait "$node_pid" 2>/dev/null
}
