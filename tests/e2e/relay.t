#!/bin/bash
# Three nodes in a line, each stick between two of them: what ana writes reaches carol
# through bob, unchanged; a cancel and a Supersedes follow it; nobody learns of strangers.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

stick() { # NODE STICK: what it said is in $out
	out=$("$hearsay" -C "$dir/$1" stick -m --here "$dir/$2")
}
pair() { # A B: friends by a stick of their own
	mkdir "$dir/$1-$2"
	"$hearsay" -C "$dir/$1" invite "$2" | tail -n 1 |
		"$hearsay" -C "$dir/$2" join - --as "$1" >/dev/null
	stick "$2" "$1-$2" && stick "$1" "$1-$2" && stick "$2" "$1-$2"
}
post() { # NODE SUBJECT HEADER...: $id is its Message-ID
	post_n=$1 post_s=$2
	shift 2
	id=$({
		printf 'Newsgroups: talk.x\nSubject: %s\n' "$post_s"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf '\nWords of %s.\n' "$post_n"
	} | "$hearsay" -C "$dir/$post_n" post)
}
subjects() { "$hearsay" -C "$dir/$1" export talk.x 2>/dev/null | sed -n 's/^Subject: //p' | grep -v ^cmsg | sort | tr '\n' ' '; }
down() { for hop in "ana ana-bob" "bob ana-bob" "bob bob-carol" "carol bob-carol"; do
	# shellcheck disable=SC2086 # two words
	stick $hop
done; }
up() { for hop in "carol bob-carol" "bob bob-carol" "bob ana-bob" "ana ana-bob"; do
	# shellcheck disable=SC2086 # two words
	stick $hop
done; }

for n in ana bob carol; do node $n --persona "Person $n" || exit 1; done
pair ana bob
pair bob carol
"$hearsay" -C "$dir/ana" groups new talk.x >/dev/null

post ana one
first=$id
down
is "$(subjects carol)" "one " "a post of ana's reaches carol through bob"
is "$("$hearsay" -C "$dir/carol" export '*' 2>/dev/null)" \
	"$("$hearsay" -C "$dir/ana" export '*' 2>/dev/null)" "as she wrote it"

post carol two
second=$id
up
is "$(subjects ana)" "one two " "carol's answer reaches ana"

post ana cancel "Control: cancel $first"
down
is "$(subjects carol)" "two " "ana's cancel removes her post at carol"
is "$(subjects bob)" "two " "and at bob"

post carol better "Supersedes: $second"
up
is "$(subjects ana)" "better " "carol's new version replaces the old one at ana"

down
up
for n in ana bob carol; do
	ok "$n's databases are sound" "$hearsay" -C "$dir/$n" check
	like "$("$hearsay" -C "$dir/$n" status -m)" '^friend=.*pending=0 ' "$n has nothing to send"
done
bytes=$(cat "$dir"/ana-bob/* "$dir"/bob-carol/* | strings -n 4)
unlike "$bytes" 'ana|bob|carol|talk|earsay|Person' "no name and no group can be read on the sticks"
known=$(cd "$dir/ana" && find . -type f ! -name '*.db*' -exec cat {} + | tr -d '\0')
unlike "$known" carol "nothing at ana names carol"
done_testing
