# Sourced after tests/lib.sh by tests/clients/*.t: a node with two personas and an article to
# read, what its articles are for a reader who knows all charsets, and a terminal.
# shellcheck shell=bash disable=SC2154,SC2034 # names are of tests/lib.sh, and for the tests
. tests/nntp/lib.sh
. tests/term.sh

utf8=C.UTF-8
bea='Bea Königová <bea.tijguzvqf4z7h5v2@hearsay.invalid>'
bea_key=tijguzvqf4z7h5v2la3zuhulskbh6y7bfn35u3hhvi3vvisjqbwa

# `make test-clients` wants to see all of them: nothing is skipped then
client() { # PROGRAM...: those that the test is about, and what it is driven with
	local p
	[ -z "${SAN:-}" ] || [ -n "${CLIENTS_ALL:-}" ] ||
		skip_all "newsreaders are tried with the plain build: their clocks are not ours"
	for p; do
		command -v "$p" >/dev/null && continue
		[ -z "${CLIENTS_ALL:-}" ] || {
			echo "Bail out! $p is not installed"
			exit 1
		}
		skip_all "$p is not installed"
	done
}

client_node() { # SUBJECT: makes $dir/ana with one article of Ana's, and serves it
	reader_node ana || exit 1
	"$reader" -C "$dir/ana" --group-new talk.test y "Talk and tests" >/dev/null &&
		"$reader" -C "$dir/ana" --group-new talk.other y "Talk of others" >/dev/null || exit 1
	printf 'name bea\ndisplay Bea Königová\nkey %s\n' "$bea_key" >"$dir/ana/personas/bea"
	"$reader" -C "$dir/ana" --post >/dev/null <<POST || exit 1
Newsgroups: talk.test
Subject: $1
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hello from the node.
Žluťoučký kůň in Łódź.
POST
	reader_up ana || exit 1
	home=$dir/home
	mkdir -p "$home"
}

# What stands in a group: SUBJECT|FROM|SUBJECT OF WHAT IT ANSWERS|CHARSET|BODY, decoded, a line each
articles() { perl tests/clients/articles.pl "$port" "$1"; }
there() { articles "$1" | grep -Eq -e "$2"; }
gone_from() { ! there "$@"; }
posted() { # NAME GROUP ERE: an article like that comes
	wait_for "${PATIENCE:-15}" there "$2" "$3" && result 0 "$1" && return
	result 1 "$1"
	note "nothing like $3 in $2:"
	note "$(articles "$2" 2>&1)"
	done_testing
}

an_editor() { # makes $home/edit: types a line at the end
	printf '#!/bin/sh\nfor f; do :; done\nprintf "Schöne Grüße\\n" >>"$f"\n' >"$home/edit"
	chmod +x "$home/edit"
}
