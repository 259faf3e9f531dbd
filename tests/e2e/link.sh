# Sourced after tests/lib.sh by the tests of live links: nodes that listen on a free loopback
# port, friends by a token and one call, what arrived as newsreaders see it. Bash, perl.
# shellcheck shell=bash

: "${dir:=}" "${hearsay:=}" # of tests/lib.sh

free_port() { # a TCP port of 127.0.0.1 that nobody listens on
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
		LocalAddr => "127.0.0.1")->sockport'
}
port_of() { cat "$dir/$1.port"; }
at() { # NODE WORD...: hearsay there
	local n=$1
	shift
	"$hearsay" -C "$dir/$n" "$@"
}
link_node() { # NAME [SETUP-OPTION...]: a node that friends can call at port_of NAME
	local n=$1
	shift
	free_port >"$dir/$n.port"
	node "$n" --persona Someone --link "127.0.0.1:$(port_of "$n")" "$@" &&
		at "$n" groups new talk.x >/dev/null
}
log() { cat "$dir/$1.err"; }
befriend() { # INVITER JOINER [PORT]: the inviter is up; the joiner calls it, at PORT
	at "$1" invite "$2" --address none 2>/dev/null | tail -n 1 >"$dir/token.$1.$2"
	at "$2" join - --as "$1" <"$dir/token.$1.$2" >/dev/null &&
		at "$2" address "$1" "tcp:127.0.0.1:${3:-$(port_of "$1")}" >/dev/null
}
articles() { at "$1" status -m | sed -n 's/^articles=//p'; }
post() { # NODE SUBJECT: prints the id
	printf 'Newsgroups: talk.x\nSubject: %s\n\nSome words.\n' "$2" | at "$1" post
}
has() { at "$1" export talk.x 2>/dev/null | grep -aqx "Subject: $2"; }
linked() { at "$1" status -m | grep -q "^link=$2 state=up "; }
unlinked() { ! linked "$@"; }
quiet() { # NODE...: no batcher works there
	local n
	for n; do
		! pgrep -f "batcher exchange.* $dir/$n( |\$)|$dir/$n .*exchange" >/dev/null || return 1
	done
}
children() { # PID: it and all below
	local c
	echo "$1"
	for c in $(pgrep -P "$1"); do children "$c"; done
}
exports() { # NODE: its articles, sorted
	at "$1" export --format rnews '*' 2>/dev/null | perl -0777 -ne '
		while (/\G#! rnews (\d+)\n/gc) { push @a, substr $_, pos, $1; pos() += $1 }
		print map { "$_\0" } sort @a'
}
same() { # NODE NODE: the same articles, byte for byte but Path and Xref, none twice
	exports "$1" | grep -avE '^(Path|Xref):' >"$dir/same.1"
	exports "$2" | grep -avE '^(Path|Xref):' >"$dir/same.2"
	test -s "$dir/same.1" && cmp "$dir/same.1" "$dir/same.2"
}
recorder() { # NODE: a recording relay to it; $tap is its port, $tap_to the folder
	tap_to=$dir/tap.$1
	mkdir "$tap_to"
	perl tests/e2e/tap.pl "$(port_of "$1")" "$tap_to" >"$tap_to.port" &
	background+=($!)
	wait_for 10 test -s "$tap_to.port"
	# shellcheck disable=SC2034 # for the scripts
	tap=$(cat "$tap_to.port")
}
background=()
link_cleanup() {
	[ ${#background[@]} = 0 ] || kill "${background[@]}" 2>/dev/null
	cleanup
}
trap link_cleanup EXIT
