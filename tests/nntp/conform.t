#!/bin/bash
# RFC 3977 section by section, and what RFC 2980, 4642, 4644, 5536, 5537, 6048 and 8054 add:
# the checks of tests/nntp/conform/ against our gateway.
#   conform.t --inn    against an INN of our own, too (root, package inn2); prints both counts
# shellcheck disable=SC2154 # $dir, $port, $reader and $B are of the files sourced
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh

set -f # LIST's patterns are for the server
groups=(conf.test conf.other conf.empty conf.readonly conf.moderated conf.grüße)

status_of() { # GROUP
	case $1 in
	*.readonly) echo n ;;
	*.moderated) echo m ;;
	*) echo y ;;
	esac
}

bulletins() { # FOLDER MOTD: what the owner of a server writes
	printf 'Read this\n.a line with a dot\n' >"$1/$2"
	printf 'conf.test\nconf.other\n' >"$1/subscriptions"
	printf 'here\tThis place alone\n' >"$1/distributions"
	printf '10:conf.*:here\n' >"$1/distrib.pats"
	printf 'conf.*:%%s@mod.example\n' >"$1/moderators"
}

battery() { # OUT [--other] READER-PORT FEED-PORT LOGIN-PORT
	local out=$1
	shift
	set +f
	perl tests/nntp/conform.pl "$@" tests/nntp/conform/*.nntp >"$out" 2>"$out.err"
	set -f
}
passed() { grep -c '^ok ' "$1"; }
checks() { grep -cE '^(not )?ok ' "$1"; }

our_node() {
	reader_node ana local.conf || return 1
	for g in "${groups[@]}"; do
		"$reader" -C "$dir/ana" --group-new "$g" "$(status_of "$g")" \
			"A group for tests" >/dev/null || return 1
	done
	echo 'feed loopback' >>"$dir/ana/node.conf"
	mkdir -p "$dir/ana/gateway"
	bulletins "$dir/ana/gateway" motd
	reader_up ana
}

# one where everybody has to log in; $login is its port
login_node() {
	reader_node bob conf.test || return 1
	echo 'login always' >>"$dir/bob/node.conf"
	echo 'secret phrase' | "$hearsay" -C "$dir/bob" user add tester --persona ana \
		>"$dir/bob.user" 2>&1 || return 1
	reader_up bob && login=$port
}

# an INN on loopback; its ports are $inn_port and the next one
inn_up() {
	local tool=$SHARED/tools/nntpbench/inn_instance.sh g
	[ -x /usr/lib/news/bin/innd ] && [ "$(id -u)" = 0 ] && [ -r "$tool" ] || return 1
	inn=$dir/inn
	chmod 711 "$dir"
	inn_port=$(perl -MIO::Socket::INET -e '
		for (1 .. 200) {
			my $p = 20000 + int rand 20000;
			my @s = grep { $_ } map { IO::Socket::INET->new(Listen => 1,
			    LocalAddr => "127.0.0.1", LocalPort => $_) } $p, $p + 1;
			if (@s == 2) { print $p; last }
		}')
	set +f
	bash "$tool" make "$inn" "$inn_port" tradindexed tradspool >"$dir/inn.log" 2>&1 &&
		bulletins "$inn/etc" motd.nnrpd && chown -R news:news "$inn/etc" &&
		bash "$tool" start "$inn" >>"$dir/inn.log" 2>&1
	set -f
	grep -q 'innd up' "$dir/inn.log" || return 1
	for g in "${groups[@]}"; do
		env INNCONF="$inn/etc/inn.conf" setpriv --reuid=news --regid=news --init-groups -- \
			/usr/lib/news/bin/ctlinnd -s newgroup "$g" "$(status_of "$g")" || return 1
		printf '%s\tA group for tests\n' "$g" >>"$inn/db/newsgroups"
	done
}
inn_down() { [ -z "$inn" ] || bash "$SHARED/tools/nntpbench/inn_instance.sh" stop "$inn" >/dev/null 2>&1; }
inn=
trap 'inn_down; cleanup' EXIT

login_node && our_node || exit 1
battery "$dir/ours" "$port" "$port" "$login"
if [ "$1" = --inn ]; then
	printf 'hearsay %d of %d\n' "$(passed "$dir/ours")" "$(checks "$dir/ours")"
	inn_up || skip_all "INN does not start here: $(tail -n 1 "$dir/inn.log" 2>&1)"
	battery "$dir/inns" --other $((inn_port + 1)) "$inn_port" $((inn_port + 1))
	grep -a -A 3 '^not ok ' "$dir/inns" | sed 's/^not ok [0-9]* - /INN: /'
	printf 'INN %d of %d, without what is ours alone\n' "$(passed "$dir/inns")" \
		"$(checks "$dir/inns")"
	exit
fi

while read -r line; do
	case $line in
	'ok '*) result 0 "${line#* - }" ;;
	'not ok '*) result 1 "${line#* - }" ;;
	'# '*) echo "$line" ;;
	esac
done <"$dir/ours"
ok "there are at least 400 checks" test "$(checks "$dir/ours")" -ge 400

say() { # LINE...: one connection; prints the answers
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}
says() { say "$1" | grep -Eq "$2"; }
list=$dir/ana/gateway
printf 'Another\n' >"$list/.motd" && mv "$list/.motd" "$list/motd"
ok "a changed motd is served without a new start" wait_for 20 says 'LIST MOTD' '^Another$'
printf 'bad.*\n' >"$list/subscriptions"
ok "a file that is no good is logged by line" wait_for 20 grep -q 'gateway/subscriptions line=1' \
	"$dir/ana.err"
like "$(say 'LIST SUBSCRIPTIONS')" '^conf.other$' "and the list stays as it was"
rm "$list/motd"
ok "a list whose file has gone is not served" wait_for 20 says 'LIST MOTD' '^503 '
unlike "$(say CAPABILITIES)" '^LIST.* MOTD' "nor told"
done_testing
