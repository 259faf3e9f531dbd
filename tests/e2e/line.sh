# Sourced after tests/lib.sh by the tests of the exchange: batchers of ana and bob with a line of
# bytes between them (tests/pipe.pl), and articles to carry. Bash, perl.
# shellcheck shell=bash

: "${dir:=}" "${hearsay:=}" # of tests/lib.sh

batcher=$B/bin/batcher
at() { # NODE WORD...: hearsay there
	local n=$1
	shift
	"$hearsay" -C "$dir/$n" "$@"
}
between() { # CALLER ANSWERER PIPE-OPTION...
	local a=$1 b=$2
	shift 2
	perl tests/pipe.pl "$@" "$batcher" exchange -C "$dir/$a" "$b" --caller -- \
		"$batcher" exchange -C "$dir/$b" "$a" --answerer
}
# shellcheck disable=SC2120 # the options are what the scripts need
run() { # what they say goes to run.err, too, for done_testing
	local code
	between bob ana "$@" 2>"$dir/line.err"
	code=$?
	tee -a "$dir/run.err" <"$dir/line.err" >&2
	return $code
}
befriend() { # INVITER JOINER: they have not talked yet
	at "$1" invite "$2" --address none 2>/dev/null | tail -n 1 |
		at "$2" join - --as "$1" >/dev/null
}
post() { # NODE SUBJECT
	printf 'Newsgroups: talk.x\nSubject: %s\n\nWords of %s.\n' "$2" "$1" | at "$1" post >/dev/null
}
batch() { # FIRST LAST NAME BYTES: articles that do not compress, as an rnews batch
	perl -e 'my ($first, $last, $name, $size) = @ARGV; srand $first;
		for my $i ($first .. $last) {
			my $t = "From: p\@x.example\nNewsgroups: talk.x\nSubject: s$i\n"
			    . "Date: Sun, 22 Nov 2026 10:00:00 +0000\n"
			    . "Message-ID: <$name.$i\@x.example>\n\n";
			my $end = length($t) + $size;
			$t .= join("", map { chr 33 + rand 94 } 1 .. 64) . "\n" while length $t < $end;
			print "#! rnews ", length $t, "\n", $t }' "$@"
}
posts() { # NODE FIRST LAST [BYTES]
	batch "$2" "$3" "$1" "${4:-100}" | at "$1" import --yes - >/dev/null
}
all() { at "$1" export '*' 2>/dev/null | grep -a -c '^#! rnews'; }
same() { # both hold the same articles, each once
	at ana export '*' 2>/dev/null | sort >"$dir/a"
	at bob export '*' 2>/dev/null | sort >"$dir/b"
	test -s "$dir/a" && cmp "$dir/a" "$dir/b"
}
pair() { # ana and bob, with keys agreed
	local n
	for n in ana bob; do
		node $n --persona "Person $n" && at $n groups new talk.x >/dev/null || return 1
	done
	befriend ana bob && between bob ana 2>"$dir/pair.err"
}
