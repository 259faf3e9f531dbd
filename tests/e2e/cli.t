#!/bin/bash
# The command line: verbs, help, exit codes, and what bad input gets.
. tests/lib.sh

h() { "$hearsay" "$@"; }
one_line() { # NAME: the last exits said one line of trouble, or two where it names the help
	local n
	n=$(printf '%s\n' "$out" | grep -vc "^Try 'hearsay ")
	is "$n" 1 "$1" || note "$out"
}

# ---- help
exits 0 "--help works" h --help
verbs=$(printf '%s\n' "$out" | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
is "$(printf "%s\n" "$verbs" | sort | tr '\n' ' ')" \
	"address author call check cut expire export friends gateway groups help import invite invites join moderate persona post purge search setup status stick up user verify when why " \
	"it lists every verb"
help_all=$out
exits 0 "help alone is the same" h help
is "$out" "$help_all" "word for word"
bad=
for v in $verbs; do
	a=$(h help "$v") && b=$(h "$v" --help) && [ "$a" = "$b" ] || bad="$bad $v"
	printf '%s\n' "$a" | grep -A 9 '^Example:' | grep -q "hearsay.* $v" || bad="$bad $v:example"
	man=$(MANWIDTH=200 man -E ascii docs/man/hearsay.1 2>/dev/null || cat docs/man/hearsay.1)
	printf '%s\n' "$man" | grep -q "^ *$v\b\|Cm $v\b" || bad="$bad $v:man"
	for o in $(printf '%s\n' "$a" | sed -n 's/^  --\([a-z]*\) .*/\1/p'); do
		grep -q "Fl Fl $o\b" docs/man/hearsay.1 || bad="$bad $v:--$o"
	done
done
is "$bad" "" "each verb has one help by two ways, an example, and its options in the manual"
exits 0 "help needs no node" h -C "$dir/none" help stick
exits 0 "nor does a verb's --help" h -C "$dir/none" stick --help
exits 0 "--version works" h --version
like "$out" '^hearsay [0-9]' "and says it"

# ---- wrong usage
while IFS='|' read -r args want; do
	eval "set -- $args"
	exits 2 "wrong usage: hearsay $args" h -C "$dir/none" "$@"
	like "$out" "$want" "  says $want"
done <<-'EOT'
	|hearsay setup
	stikc /x|did you mean stick
	zzz|no verb "zzz"
	help stikc|did you mean stick
	stick|needs more
	stick a b|does not take "b"
	stick --hree a|did you mean --here
	stick --yes a|stick does not take --yes
	invite bob --expires|--expires needs a value
	setup --yes=no|--yes takes no value
	cut a b|does not take "b"
	up now|does not take "now"
	export --format|--format needs a value
	-C x status|-C is given twice
EOT
is "$(h zzz 2>/dev/null)" "" "trouble goes to stderr alone"

exits 0 "a folder may have blanks in its name" h -C "$dir/it's a node" setup --yes --listen 127.0.0.1:0
lines=$(printf '%s\n' "$out" | sed -n "s/^  \(hearsay\|slrn\) \(-[Ci] .*\) \(up\|--create\)$/set -- \2/p")
is "$(printf '%s\n' "$lines" | while read -r line; do eval "$line" && echo "$2"; done)" \
	"$dir/it's a node
$dir/it's a node/slrnrc" "and the next steps can be copied all the same"
like "$(h -C "$dir/no node" up 2>&1)" "run hearsay -C '$dir/no node' setup" "here, too"

# ---- installed, under any prefix
mkdir -p "$dir/inst/bin" "$dir/inst/libexec/hearsay"
cp "$hearsay" "$dir/inst/bin"
cp "$B/bin/reader" "$B/bin/batcher" "$dir/inst/libexec/hearsay"
exits 0 "the other programs are found in libexec beside bin" "$dir/inst/bin/hearsay" -C "$dir/moved" \
	setup --yes --listen 127.0.0.1:0 --group talk.x
mv "$dir/moved" "$dir/away"
exits 0 "a node can be moved to another place" h -C "$dir/away" check
like "$(h -C "$dir/away" status -m)" '^groups=1$' "and has all that it had"

# ---- no node yet
bad=
for line in up import\ x export\ x post stick\ . status check expire invite\ bob join\ x \
	invites friends verify\ bob cut\ bob groups groups\ new\ a.b; do
	# shellcheck disable=SC2086 # words
	said=$(h -C "$dir/none" $line 2>&1) && bad="$bad $line:0"
	case $said in
	*"no node at $dir/none yet: run hearsay -C $dir/none setup"*) ;;
	*) bad="$bad $line:$said" ;;
	esac
done
is "$bad" "" "every verb says that there is no node yet, and what to run"
ok "and none makes one" test ! -e "$dir/none"
exits 1 "HEARSAY_DIR names the folder, too" env HEARSAY_DIR="$dir/other" "$hearsay" status
like "$out" "no node at $dir/other yet" "and is named"
mkdir "$dir/home"
exits 1 "else it is in the home" env HOME="$dir/home" "$hearsay" status
like "$out" "no node at $dir/home/.hearsay yet: run hearsay setup" "and the step is short"

# ---- setup
for args in "--persona 'Ana <x'" "--persona a@b" "--persona ''" "--listen here" \
	"--listen 127.0.0.1" "--listen 127.0.0.1:70000" "--listen ana.example:119" "--group .a"; do
	eval "exits 2 \"setup refuses $args\" h -C \"\$dir/ana\" setup --yes $args"
done
ok "and has made nothing" test ! -e "$dir/ana"
exits 1 "setup in a missing folder says so" h -C "$dir/no/where" setup --yes
one_line "in one line"
mkdir "$dir/full"
echo mine >"$dir/full/file"
exits 1 "a folder of something else is refused" h -C "$dir/full" setup --yes
like "$out" "$dir/full holds something that is no node" "and named"
is "$(ls -A "$dir/full")" file "and nothing is added to it"

exits 0 "setup works" h -C "$dir/ana" setup --yes --persona "Ana Lima" --listen 127.0.0.1:0 </dev/null
from=$(printf '%s\n' "$out" | sed -n 's/^From: //p')
like "$from" '^Ana Lima <ana\.[a-z2-7]{16}@hearsay\.invalid>$' "and prints the From line"
like "$out" "hearsay -C $dir/ana up" "and the next step, to be copied"
is "$(grep ^set "$dir/ana/slrnrc" | head -n 2)" "set realname \"Ana Lima\"
set username \"$(printf '%s\n' "$from" | sed 's/.*<\(.*\)@.*/\1/')\"" "slrn finds her name in a start file"
is "$(stat -c %a "$dir/ana")" 700 "the folder is the owner's alone"
is "$(stat -c %a "$dir/ana/keys")" 700 "so are the keys"
is "$(find "$dir/ana/keys" -type f ! -perm 600)" "" "each of them"
for f in friends keys personas gateway link tmp run; do
	[ -d "$dir/ana/$f" ] || bad="$bad $f"
done
is "$bad" "" "all folders are there"
before=$(cd "$dir/ana" && find . -type f -exec sha256sum {} + | grep -v db- | sort)
exits 0 "a second setup is no failure" h -C "$dir/ana" setup --yes </dev/null
like "$out" "set up already, nothing was changed" "and says so"
like "$out" "^From: $from\$" "and prints the From line again"
is "$(cd "$dir/ana" && find . -type f -exec sha256sum {} + | grep -v db- | sort)" "$before" \
	"nothing has changed"
exits 1 "a group is not made by it" h -C "$dir/ana" setup --yes --group local.x
one_line "in one line"
exits 2 "a name that is none is refused there, too" h -C "$dir/ana" setup --yes --persona 'A <b'
echo 'set editor_command "ed %s"' >>"$dir/ana/slrnrc"
exits 0 "the name can be changed" h -C "$dir/ana" setup --yes --persona "Anna Maria"
like "$out" "The name is changed.*the key stays" "and it says so"
key=$(printf '%s\n' "$from" | sed 's/.*\.\([a-z2-7]*\)@.*/\1/')
like "$out" "^From: Anna Maria <anna\.$key@hearsay\.invalid>\$" "under the same key"
is "$(grep ^set "$dir/ana/slrnrc" | grep -v charset)" "set realname \"Anna Maria\"
set username \"anna.$key\"
set hostname \"hearsay.invalid\"
set editor_command \"ed %s\"" "slrn gets it, and keeps what was added by hand"
exits 0 "the same name once more changes nothing" h -C "$dir/ana" setup --persona "Anna Maria" \
	--listen 127.0.0.1:0
like "$out" "nothing was changed" "and it says so"
exits 0 "both can be changed at once" h -C "$dir/ana" setup --persona "Ana Lima" \
	--listen 127.0.0.1:9
like "$out" "Name and address are changed" "and it says so"
is "$(sed -n 's/^listen //p' "$dir/ana/node.conf")" 127.0.0.1:9 "in node.conf"
exits 0 "and back" h -C "$dir/ana" setup --listen 127.0.0.1:0
like "$out" "^From: $from\$" "with the first From again"
exits 0 "options before the verb work" h --yes --persona=Bob --listen 127.0.0.1:0 -C "$dir/bob" setup
rm "$dir/bob/spool.db"*
exits 0 "a setup that was cut short is completed" h -C "$dir/bob" setup --yes --persona Bob \
	--listen 127.0.0.1:0
ok "with all parts" test -e "$dir/bob/spool.db"
exits 0 "a group can be made at once" h -C "$dir/eve" setup --yes --group local.test
like "$(h -C "$dir/eve" groups -m)" '^group=local\.test ' "and is there"
like "$out" '^From: Someone <someone\.' "without a name one is Someone"

# ---- groups
exits 0 "a new node has no groups" h -C "$dir/ana" groups
like "$out" "No groups yet" "and says so"
is "$(h -C "$dir/ana" groups -m)" "" "to a program, too, with nothing"
exits 0 "a group is made" h -C "$dir/ana" groups new talk.bread
is "$out" 'talk.bread is made' 'it is said'
ok "and another" h -C "$dir/ana" groups new local.notes
exits 2 "a name that is none is refused" h -C "$dir/ana" groups new 'a..b'
exits 2 "new needs a name" h -C "$dir/ana" groups new
is "$(h -C "$dir/ana" groups -m)" "group=local.notes articles=0 low=1 high=0 status=y description=\"\"
group=talk.bread articles=0 low=1 high=0 status=y description=\"\"" "groups are listed for programs"
like "$(h -C "$dir/ana" groups)" '^talk\.bread  *0  1-0  y$' "and for people"
exits 0 "want shows what is set" h -C "$dir/ana" groups want
is "$out" "groups *" "and that is all"
exits 0 "want sets several patterns" h -C "$dir/ana" groups want 'comp.*' '!comp.x'
is "$(sed -n 's/^groups //p' "$dir/ana/node.conf")" 'comp.*,!comp.x' "in node.conf"
is "$(grep -c . "$dir/ana/node.conf")" 4 "the other lines stay"
exits 2 "a pattern that is none is refused" h -C "$dir/ana" groups want 'a[b]'
is "$(sed -n 's/^groups //p' "$dir/ana/node.conf")" 'comp.*,!comp.x' "and changes nothing"
exits 1 "send to nobody is refused" h -C "$dir/ana" groups send zoe 'comp.*'
like "$out" 'no friend is called "zoe"' "and says so"
exits 2 "another word is refused" h -C "$dir/ana" groups wnat
like "$out" 'not one of new, set, want, send' "with the ones that there are"

# ---- stick
exits 1 "a missing stick is refused" h -C "$dir/ana" stick "$dir/nostick"
like "$out" "no folder $dir/nostick" "and named"
exits 1 "a file is no stick" h -C "$dir/ana" stick "$dir/full/file" --here
like "$out" 'is not a folder' "and told"
mkdir "$dir/stick"
exits 1 "a folder where nothing is mounted is refused" h -C "$dir/ana" stick "$dir/stick"
like "$out" "nothing is mounted at $dir/stick.*--here" "with the way out"
is "$(ls -A "$dir/stick")" "" "and nothing is written there"

# ---- invite, join
exits 2 "a name that is none cannot be invited" h -C "$dir/ana" invite ../bob
like "$out" 'cannot be a friend.s name' "and is told"
for a in bob.example:1 exec:sh tcp:bob tcp:bob:0; do
	exits 2 "a token has no address $a" h -C "$dir/ana" invite bob --address "$a"
done
for a in 0 -1 soon 7dd; do
	exits 2 "a token expires not after $a" h -C "$dir/ana" invite bob --expires "$a"
done
exits 1 "a file that is there is not overwritten" h -C "$dir/ana" invite bob --file "$dir/full/file"
is "$(cat "$dir/full/file")" mine "it is as it was"
is "$(h -C "$dir/ana" invites -m)" "" "no invitation was made by all that"

exits 0 "an invitation is made" h -C "$dir/ana" invite bob --address tcp:ana.example:4119 --expires 2d
token=$(printf '%s\n' "$out" | tail -n 1)
like "$token" '^[A-Z2-7]{100,}$' "its token stands alone on the last line"
exits 1 "a second invitation under the name is refused" h -C "$dir/ana" invite bob
unlike "$out" '[A-Z2-7]{100,}' "and gives no token"
exits 0 "one goes into a file" h -C "$dir/ana" invite carl --file "$dir/carl.token"
is "$(stat -c %a "$dir/carl.token")" 600 "for the owner alone"
like "$(cat "$dir/carl.token")" '^[A-Z2-7]{100,}$' "it holds the token"
unlike "$out" '[A-Z2-7]{100,}' "which is not printed then"
exits 0 "one is drawn" h -C "$dir/ana" invite dora --qr
like "$out" '█' "as a picture"
like "$(printf '%s\n' "$out" | tail -n 1)" '^[A-Z2-7]{100,}$' "with the token as text below"

exits 2 "join needs a name" h -C "$dir/bob" join "$token" </dev/null
like "$out" 'say --as NAME: what you call this friend' "and says how to give it"
exits 2 "join needs a token" h -C "$dir/bob" join --as ana </dev/null
like "$out" 'no token' "and says so"
exits 1 "a token file that is missing is named" h -C "$dir/bob" join ./no.token --as ana
like "$out" 'cannot read ./no.token' "in the message"
exits 2 "a name that is none is refused" h -C "$dir/bob" join "$token" --as 'Ana!'
case $token in *A) other=${token%?}Q ;; *) other=${token%?}A ;; esac
exits 1 "a mistyped token is refused" h -C "$dir/bob" join "$other" --as ana
unlike "$out" "$other" "and not repeated"
exits 1 "what is no token is refused" h -C "$dir/bob" join hello --as ana
exits 1 "one's own token is refused" h -C "$dir/ana" join "$token" --as self
is "$(h -C "$dir/bob" friends -m)" "" "nobody became a friend by all that"
ok "a token on stdin is taken" sh -c "printf '%s\n' '$token' | '$hearsay' -C '$dir/bob' join - --as ana"
like "$(h -C "$dir/bob" friends -m)" '(^|[ =])ana( |$)' "and makes a friend"
exits 0 "what a friend gets can be set" h -C "$dir/bob" groups send ana 'talk.*' 'comp.*'
is "$(sed -n 's/^send //p' "$dir/bob/friends/ana")" 'talk.*,comp.*' "in the friend's file"

# ---- an invitation that has expired can be made again under its name
exits 0 "an invitation for a minute" h -C "$dir/eve" invite late --expires 1m
like "$out" "until .* $(date -u '+%H'):|until .* $(date -u -d '+1 minute' '+%H'):" "says when it ends, to the minute"
exits 1 "is the only open one of its name" h -C "$dir/eve" invite late
exits 0 "but not when it has expired" env HEARSAY_CLOCK=+100000 "$hearsay" -C "$dir/eve" invite late
exits 1 "and the new one is open again" env HEARSAY_CLOCK=+100000 "$hearsay" -C "$dir/eve" invite late
is "$(HEARSAY_CLOCK=+100000 h -C "$dir/eve" invites -m | sed 's/.*state=//; s/ .*//' | sort | tr '\n' ' ')" \
	"expired open " "both are listed"

# ---- import asks before it takes more than a friend does in a day
for n in 1 2 3; do
	printf 'From x@example.org Thu Jan  1 00:00:00 2026\nFrom: x@example.org\nDate: Thu, 01 Jan 2026 00:00:0%d +0000\nMessage-ID: <%d@example.org>\nNewsgroups: talk.x\nSubject: x\n\nx\n\n' $n $n
done >"$dir/three.mbox"
echo 'quota-articles 2' >>"$dir/bob/friends/ana"
exits 75 "more than a friend's quota is asked about" h -C "$dir/bob" import "$dir/three.mbox" </dev/null
exits 0 "and taken when that was agreed" h -C "$dir/bob" import --yes "$dir/three.mbox" </dev/null
exits 0 "for this node alone it matters not" h -C "$dir/bob" import --local "$dir/three.mbox" </dev/null
is "$(h -C "$dir/bob" status -m | grep ^articles=)" articles=3 "each is there once"
like "$(h -C "$dir/bob" status)" 'up to 3 articles to send' "as many may be due to the friend"

exits 2 "cut without a terminal wants --yes" h -C "$dir/bob" cut ana </dev/null
exits 1 "cut of nobody is told" h -C "$dir/bob" cut zoe --yes
exits 0 "cut cuts" h -C "$dir/bob" cut ana --yes
is "$(h -C "$dir/bob" friends -m)" "" "and nobody is left"

# ---- at a terminal
typed() { # ANSWER...: types each when a question stands there; what was seen is in $out
	local size=0 answer cmd=$1
	shift
	: >"$dir/typescript"
	{
		for answer; do
			wait_for 20 asked "$size"
			size=$(stat -c %s "$dir/typescript")
			printf '%s\n' "$answer"
		done
		wait_for 20 test -e "$dir/ended"
	} | script -qefc "$cmd; touch '$dir/ended'" "$dir/typescript" >/dev/null
	rm -f "$dir/ended"
	out=$(tr -d '\r' <"$dir/typescript")
}
asked() { # SIZE: something stands there beyond it that ends like a question
	[ "$(stat -c %s "$dir/typescript")" -gt "$1" ] &&
		tail -c 2 "$dir/typescript" | grep -q '[]):] $'
}
if command -v script >/dev/null; then
	typed "'$hearsay' -C '$dir/dan' setup" "Dan D" 127.0.0.1:0 local.try
	like "$out" '^From: Dan D <dan\.' "setup asks at a terminal"
	like "$(h -C "$dir/dan" groups -m)" '^group=local\.try ' "all its questions"
	typed "'$hearsay' -C '$dir/dan' join --as carl" "$(cat "$dir/carl.token")"
	unlike "$out" '[A-Z2-7]{100,}' "a typed token is not shown"
	like "$(h -C "$dir/dan" friends -m)" '(^|[ =])carl( |$)' "and is taken"
	typed "'$hearsay' -C '$dir/dan' cut carl" no
	like "$(h -C "$dir/dan" friends -m)" '(^|[ =])carl( |$)' "cut asks, and no is no"
	typed "'$hearsay' -C '$dir/dan' cut carl" yes
	is "$(h -C "$dir/dan" friends -m)" "" "and yes is yes"
else
	skip "script is not installed" "questions at a terminal"
fi

# ---- export, status, check
exits 2 "an unknown format is refused" h -C "$dir/ana" export --format zip 'x.*'
exits 2 "so is a wildmat that is none" h -C "$dir/ana" export 'x[y]'
exits 0 "status tells" h -C "$dir/ana" status
like "$out" "hearsay up" "that news is not served, and what serves it"
exits 0 "status is for programs, too" h status -m -C "$dir/ana"
for k in dir from nntp serving articles groups history bytes unsigned differing; do
	printf '%s\n' "$out" | grep -q "^$k=" || bad="$bad $k"
done
is "$bad" "" "with all its keys"
exits 0 "check finds a new node whole" h -C "$dir/ana" check
exits 0 "expire has nothing to do" h -C "$dir/ana" expire

# ---- a slip of the pen
unlike "$(h -C "$dir/ana" status 2>&1)" careful "nothing is doubted in a good node.conf"
echo 'expires comp.* 90d' >>"$dir/ana/node.conf"
exits 0 "a setting that there is not hinders nothing" h -C "$dir/ana" status
like "$out" "careful: $dir/ana/node.conf:[0-9]*: there is no setting \"expires\"" "but is told"

# ---- a damaged node
printf 'persona ana\nlisten 127.0.0.1:0\n\xff\n' >"$dir/eve/node.conf"
exits 1 "a node.conf that is no text is refused" h -C "$dir/eve" status
like "$out" "$dir/eve/node.conf" "and named"
printf 'persona ana\nlisten 127.0.0.1:0\n' >"$dir/eve/node.conf"
rm "$dir/eve/spool.db"*
for v in groups status; do
	exits 1 "$v says that the spool is missing" h -C "$dir/eve" $v
	like "$out" 'spool.db is missing: run hearsay setup' "and what to do"
done
node fay
printf '\0\0\0\143' | dd of="$dir/fay/spool.db" bs=1 seek=60 conv=notrunc status=none # user_version 99
sum=$(sha256sum <"$dir/fay/spool.db")
for v in groups status check expire up "export x.y"; do
	# shellcheck disable=SC2086 # words
	exits 1 "$v refuses a spool of a newer Hearsay" timeout 20 "$hearsay" -C "$dir/fay" $v
	like "$out" 'newer' "and says that it is one"
done
is "$(sha256sum <"$dir/fay/spool.db")" "$sum" "which is as it was"
head -c 8192 /dev/zero | tr '\0' x >"$dir/eve/spool.db"
exits 1 "groups says that the spool is damaged" h -C "$dir/eve" groups
like "$out" 'spool.db is damaged: hearsay check --repair' "and what to do"
exits 1 "so does status" h -C "$dir/eve" status
one_line "once"
exits 1 "what cannot be repaired is told" h -C "$dir/eve" check --repair
like "$out" 'spool.db: cannot be repaired: put it back from a copy' "with another way"
done_testing
