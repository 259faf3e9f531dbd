# Sourced after tests/clients/lib.sh: programs with windows, on a screen of their own that nobody
# sees and no window manager arranges. PICTURES=DIR keeps what was on it.
# shellcheck shell=bash disable=SC2154 # dir is tests/lib.sh's

screen_up() { # $DISPLAY; ends with the test, as does $screen_pid, the program on it
	local n
	Xvfb -displayfd 3 -screen 0 1000x700x24 -nolisten tcp 3>"$dir/display" 2>/dev/null &
	xvfb_pid=$!
	trap 'kill $screen_pid $xvfb_pid 2>/dev/null; wait $screen_pid 2>/dev/null; cleanup' EXIT
	wait_for 20 test -s "$dir/display"
	n=$(cat "$dir/display")
	export DISPLAY=:$n GDK_BACKEND=x11 NO_AT_BRIDGE=1
}

windows() { # ERE: the windows of that name, or with an empty one all of $class
	if [ -n "$1" ]; then
		xdotool search --onlyvisible --name "$1" 2>/dev/null
	else
		xdotool search --onlyvisible --class "$class" 2>/dev/null
	fi
}
count_is() { [ "$(windows "$1" | wc -l)" -ge "$2" ]; }
fewer() { [ "$(windows "$1" | wc -l)" -lt "$2" ]; }
no_window() { wait_for 20 fewer "$@"; } # ERE N: until there are fewer
window() { # NAME ERE [N]: the Nth window of that name comes; it gets the keys
	if ! wait_for 20 count_is "$2" "${3:-1}"; then
		result 1 "$1"
		picture failed
		done_testing
	fi
	result 0 "$1"
	window=$(windows "$2" | tail -n 1)
	xdotool windowfocus --sync "$window"
}
place() { xdotool windowmove "$window" 0 0 windowsize "$window" "$@"; }
click() { xdotool mousemove "$1" "$2" click 1; }
key() { xdotool key "$@"; }
choose() { # the last answer of a question with two
	local w h
	eval "$(xdotool getwindowgeometry --shell "$window" | sed -n 's/^WIDTH=/w=/p;s/^HEIGHT=/h=/p')"
	xdotool mousemove --window "$window" $((w * 3 / 4)) $((h - 17)) click 1
}
picture() { # NAME
	[ -z "${PICTURES:-}" ] || import -window root "$PICTURES/$1.png"
}
