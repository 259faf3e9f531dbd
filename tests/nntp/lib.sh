# Sourced after tests/lib.sh by the gateway's tests: a node folder with the reader's parts
# alone (no key, no friend), and the reader itself.
# shellcheck shell=sh disable=SC2154 # $dir is of tests/lib.sh

reader=$B/bin/reader
# the public half of a persona; nothing here is signed, so its secret half is nobody's
persona_key=aebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4qa
persona='Ana Lima <ana.aebagbafaydqqcik@hearsay.invalid>'
export reader persona

reader_node() { # NAME GROUP...: makes $dir/NAME
	rn=$1
	shift
	mkdir -p "$dir/$rn/personas" || return 1
	printf 'listen 127.0.0.1:0\npersona ana\n' >"$dir/$rn/node.conf"
	printf 'name ana\ndisplay Ana Lima\nkey %s\n' "$persona_key" >"$dir/$rn/personas/ana"
	"$reader" -C "$dir/$rn" --create || return 1
	for rn_g; do
		"$reader" -C "$dir/$rn" --group-new "$rn_g" >/dev/null || return 1
	done
}

reader_up() { # NAME: serves it; $addr, $host and $port say where
	"$reader" -C "$dir/$1" >"$dir/$1.out" 2>"$dir/$1.err" </dev/null &
	echo $! >"$dir/$1.pid"
	nodes_up="$nodes_up $1"
	wait_for 30 grep -q '^ready ' "$dir/$1.out" || {
		note "the reader did not come up: $(cat "$dir/$1.out" "$dir/$1.err")"
		return 1
	}
	addr=$(cat "$dir/$1/run/nntp.addr")
	# shellcheck disable=SC2034 # for the scripts
	host=${addr%:*} port=${addr##*:}
}

crlf() { sed 's/$/\r/'; }

talk() { # NAME: a session with the lines of stdin; answers with LF, ids and dates made equal
	crlf | "$reader" -C "$dir/$1" --stdio | tr -d '\r' | sed -E \
		-e 's/<[a-z2-7]{52}@hearsay.invalid>/<NATIVE>/g' \
		-e 's/<[a-z2-7]{26}@localhost.invalid>/<LOCAL>/g' \
		-e 's/[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000/DATE/g' \
		-e 's/^111 [0-9]{14}$/111 NOW/' -e 's/ [0-9]{10} usenet@/ SECONDS usenet@/'
}
