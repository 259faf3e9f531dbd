#!/bin/bash
# Users of the gateway (RFC 4643): passwords, personas, rights, on this machine, in TLS and
# from a network of this script's own; all of it while the gateway runs.
# shellcheck disable=SC2317 # functions are called by name
if [ -z "$IN_NETWORK" ] && command -v unshare >/dev/null && command -v ip >/dev/null &&
	unshare -rn true 2>/dev/null; then
	IN_NETWORK=1 exec unshare -rn bash "$0" "$@"
fi
. tests/lib.sh
need perl openssl
perl -MNet::NNTP -MIO::Socket::SSL -MTest::More -e 1 2>/dev/null ||
	skip_all "perl has no Net::NNTP, or no IO::Socket::SSL"
lan=
if [ -n "$IN_NETWORK" ]; then
	ip link set lo up && ip addr add 192.0.2.1/32 dev lo && lan=192.0.2.1
fi

h() { "$hearsay" -C "$dir/ana" "$@"; }
user() { # PASSWORD ARGUMENT...: as a program gives it
	local password=$1
	shift
	printf '%s\n' "$password" | h user "$@"
}
cat >"$dir/nntp.pl" <<'PERL'
# Lines of stdin to the gateway, its answers to stdout. Each session has an address of its own
# where that is possible: whoever guessed wrong has to wait, the next does not.
use strict;
use warnings;
use IO::Socket::INET;
my $addr = shift;
my $from = $addr =~ /^127/ ? join '.', 127, map { 1 + int rand 250 } 1 .. 3 : undef;
my $s = IO::Socket::INET->new(PeerAddr => $addr, $from ? (LocalAddr => $from) : ())
	or die "no connection: $!";
$| = 1;
$s->autoflush(1);
if (!fork) { while (<$s>) { s/\r//; print } exit }
while (sysread STDIN, my $x, 4096) { syswrite $s, $x }
wait;
PERL
nntp() { # LINE...: answers of a session at $addr in the clear
	printf '%s\r\n' "$@" QUIT | timeout 30 perl "$dir/nntp.pl" "$addr"
}
enters() { # NAME PASSWORD
	nntp "AUTHINFO USER $1" "AUTHINFO PASS $2" | grep -q '^281 '
}
stays_out() { ! enters "$@"; }
quickly() { # COMMAND...: succeeds within two seconds
	local began
	began=$(date +%s%N)
	wait_for 20 "$@" && { [ -n "$SAN" ] || [ $(($(date +%s%N) - began)) -lt 2000000000 ]; }
}
after_login() { # NAME PASSWORD LINE...
	local name=$1 password=$2
	shift 2
	nntp "AUTHINFO USER $name" "AUTHINFO PASS $password" "$@"
}

node ana --group talk.test --persona "Ana Lima" || exit 1
for g in talk.open club.inner local.notes; do h groups new $g >/dev/null || exit 1; done
h gateway certificate >/dev/null || exit 1
echo "listen-tls 127.0.0.1:0" >>"$dir/ana/node.conf"
exits 0 "a node without users says so" h user
like "$out" 'hearsay user add' "and what makes one"
if [ -n "$lan" ]; then
	cp "$dir/ana/node.conf" "$dir/conf"
	echo "listen $lan:0" >>"$dir/ana/node.conf"
	exits 1 "without users nobody listens for the network" "$B/bin/reader" -C "$dir/ana"
	like "$out" 'hearsay user add' "for nobody could log in"
	cp "$dir/conf" "$dir/ana/node.conf"
fi

exits 1 "a short password is refused" user short add ben
like "$out" 'shorter than 8' "with the reason"
exits 2 "a name that is none too" user 'long enough' add 'Ben!'
exits 0 "a user is added" user 'the mill is old' add ben --persona 'Ben of the mill' --post 'talk.*'
exits 1 "but not twice" user 'the mill is old' add ben
is "$(stat -c %a "$dir/ana/gateway/users/ben")" 600 "the file is the owner's alone"
ok "and has no password" sh -c "! grep -rq 'mill is old' '$dir/ana'"
is "$(h user -m)" 'user=ben persona="ben" read="*" post="talk.*" feed="no"' "it is listed"

node_up ana || exit 1
ok "the user enters" enters ben 'the mill is old'
ok "with the password alone" stays_out ben 'the mill is new'
ok "nobody else does" stays_out eve 'the mill is old'
like "$(nntp CAPABILITIES)" '^AUTHINFO USER$' "here a password may come in the clear"
unlike "$(after_login ben 'the mill is old' CAPABILITIES)" '^(AUTHINFO|STARTTLS)' \
	"who has entered is offered neither AUTHINFO nor STARTTLS"
is "$(after_login ben 'the mill is old' 'AUTHINFO USER ben' STARTTLS | grep -c '^502 ')" 2 \
	"and refused both"
got=$(nntp 'AUTHINFO PASS x' 'AUTHINFO SASL PLAIN' AUTHINFO 'AUTHINFO USER' 'AUTHINFO GENERIC x')
is "$(printf '%s\n' "$got" | cut -c 1-3 | tr '\n' ' ')" "200 482 503 501 501 501 205 " \
	"PASS before USER, SASL and nonsense have their codes"
got=$(nntp 'AUTHINFO USER ben' 'AUTHINFO PASS x1' 'AUTHINFO USER ben' 'AUTHINFO PASS x2' \
	'AUTHINFO USER ben' 'AUTHINFO PASS x3' DATE | cut -c 1-3 | tr '\n' ' ')
is "$got" "200 381 481 381 481 381 481 " "three wrong passwords end the session"

exits 0 "another is added while it runs" user 'carols secret' add carol \
	--read 'talk.*,local.*,!talk.open' --post 'talk.*,local.*'
ok "and enters within two seconds" quickly enters carol 'carols secret'
like "$(h user)" '^carol .*read talk' "it is listed, too"

# articles of the owner, who needs no password here
cat >"$dir/session.pl" <<'PERL'
use strict;
use warnings;
use Net::NNTP;
use Test::More;

my ($plain, $tls, $cert) = @ARGV;
my %tls = (SSL => 1, SSL_ca_file => $cert, SSL_verifycn_name => 'localhost');
sub open_ana { Net::NNTP->new($plain) or die "no connection: $@" }
sub open_tls { Net::NNTP->new($tls, %tls, @_) or die "no connection: $@" }
sub post {
	my ($n, $groups, $subject, $from) = @_;
	$n->post("From: $from\n", "Newsgroups: $groups\n", "Subject: $subject\n", "\n", "Text.\n")
		or return undef;
	return ($n->message =~ /(<\S+>)/)[0];
}
# in TLS Net::Cmd leaves the CR
sub bare { map { s/\s+$//r } @{ $_[0] || [] } }
sub head { my %h = map { /^(\S+): (.*)/ ? ($1, $2) : () } bare($_[0]->head($_[1])); \%h }

my $ana = open_ana();
my $inner = post($ana, 'club.inner', 'for the club', 'a@b.example');
my $both = post($ana, 'club.inner,talk.test', 'for both', 'a@b.example');
my $test = post($ana, 'talk.test', 'for all', 'a@b.example');
ok $inner && $both && $test, 'who sits at the machine posts without a password';
my $ana_from = head($ana, $test)->{From};
like $ana_from, qr/^Ana Lima </, 'as its standard persona';

my $ben = open_tls();
ok !$ben->authinfo('ben', 'the mill is new'), 'in TLS a wrong password is refused';
is $ben->code, 481, 'by 481';
ok $ben->authinfo('ben', 'the mill is old'), 'the right one is taken';
my $id = post($ben, 'talk.test', 'from ben', $ana_from);
ok $id, 'the user posts';
like head($ben, $id)->{From}, qr/^Ben of the mill <ben\./, 'as its own persona, whoever From names';
is head($ben, $id)->{'Hearsay-Trust'}, 'self', 'which is who it is';
isnt head($ben, $test)->{'Hearsay-Trust'}, 'self', 'and others of this node are not';
ok !post($ben, 'club.inner', 'x', 'a@b.example'), 'where the user may not post it does not';
like $ben->message, qr/may not post/, 'and is told';
ok !post($ben, 'talk.test,club.inner', 'x', 'a@b.example'), 'nor by a crosspost';
is $ben->active('club.inner')->{'club.inner'}[2], 'n', 'the list says so beforehand';
ok !$ben->post("From: $ana_from\n", "Newsgroups: talk.test\n", "Subject: c\n",
	"Control: cancel $test\n", "\n", "x\n"), 'it cannot cancel what another persona wrote';
ok $ben->post("From: $ana_from\n", "Newsgroups: talk.test\n", "Subject: c\n",
	"Control: cancel $id\n", "\n", "x\n"), 'but what it wrote itself';
ok !defined $ana->nntpstat($id), 'which is gone then';

my $carol = open_tls();
ok $carol->authinfo('carol', 'carols secret'), 'the other user enters';
is_deeply [sort keys %{ $carol->list }], [qw(local.notes talk.test)], 'and has the groups of its own';
ok !defined $carol->group('club.inner'), 'another group is not there';
is $carol->code, 411, 'as if it were nowhere';
ok !defined $carol->group('talk.open'), 'nor is one that is taken out';
ok !defined $carol->article($inner), 'an article in no group of its own is not there';
is $carol->code, 430, 'as if it were nowhere';
ok !defined $carol->nntpstat($inner), 'by no command';
$carol->command('OVER', $inner); $carol->response;
is $carol->code, 430, 'not by OVER';
$carol->command('HDR', 'Subject', $inner); $carol->response;
is $carol->code, 430, 'not by HDR';
is head($carol, $both)->{Xref}, 'localhost talk.test:1', 'of two groups it sees its own';
ok((grep { $_ eq $both } bare($carol->newnews(time - 3600, '*'))), 'NEWNEWS has what it may read');
ok !(grep { $_ eq $inner } bare($carol->newnews(time - 3600, '*'))), 'and nothing else';
ok !(keys %{ $carol->newgroups(0) })[2], 'nor has NEWGROUPS';
ok !post($carol, 'talk.open', 'x', 'a@b.example'), 'it cannot post into what it does not see';
like $carol->message, qr/no group/, 'for that is not there';
$id = post($carol, 'local.notes', 'a note', $ana_from);
like head($carol, $id)->{From}, qr/^carol <carol\./, 'in local groups, too, it is who it is';
$id = post($carol, 'talk.test', 'from carol', 'a@b.example');
like head($ana, $id)->{From}, qr/^carol <carol\./, 'and everywhere else';
done_testing;
PERL
perl "$dir/session.pl" "$addr" "$(cat "$dir/ana/run/nntps.addr")" "$dir/ana/gateway/cert.pem" \
	>"$dir/session.tap" 2>"$dir/session.err"
code=$?
while read -r line; do
	case $line in
	"ok "*) result 0 "${line#*- }" ;;
	"not ok "*) result 1 "${line#*- }" ;;
	esac
done <"$dir/session.tap"
is "$code" 0 "all of that session is well" || note "$(cat "$dir/session.tap" "$dir/session.err")"

exits 0 "a password is changed while it runs" user 'carols new one' passwd carol
ok "and the new one is taken within two seconds" quickly enters carol 'carols new one'
ok "the old one is not" stays_out carol 'carols secret'
like "$(h user)" '^carol .*read talk' "and the rights stay"
(
	printf 'AUTHINFO USER carol\r\nAUTHINFO PASS carols new one\r\n'
	wait_for 20 test -e "$dir/removed"
	printf 'POST\r\nFrom: x@y.example\r\nNewsgroups: talk.test\r\nSubject: late\r\n\r\nx\r\n.\r\nQUIT\r\n'
) | perl "$dir/nntp.pl" "$addr" >"$dir/late" &
late=$!
ok "a session of hers is open" wait_for 20 grep -q '^281 ' "$dir/late"
exits 0 "she is removed" h user remove carol
ok "and does not enter within two seconds" quickly stays_out carol 'carols new one'
touch "$dir/removed"
wait $late
like "$(cat "$dir/late")" '^441 .*not log in any more' "what her open session posts is refused"
exits 1 "nor is she removed twice" h user remove carol

chmod 644 "$dir/ana/gateway/users/ben"
ok "a file that others can read is refused" wait_for 20 grep -q 'ben cannot log in.*chmod 600' "$dir/ana.err"
ok "and its user stays out" quickly stays_out ben 'the mill is old'
chmod 600 "$dir/ana/gateway/users/ben"
ok "until it is well again" quickly enters ben 'the mill is old'
unlike "$(cat "$dir/ana.err" "$dir/ana.out")" 'mill is|carols|scrypt' "no password stands in the log"

# Twenty logins, and somebody who reads meanwhile.
perl - "$addr" "${SAN:+san}" >"$dir/busy" 2>&1 <<'PERL'
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);
my ($addr, $san) = @ARGV;
sub dial { my $s = IO::Socket::INET->new($addr) or die "no connection"; $s->autoflush(1); <$s>; $s }
my $reader = dial();
my @logins = map { dial() } 1 .. 20;
for my $s (@logins) { print $s "AUTHINFO USER ben\r\nAUTHINFO PASS the mill is old\r\n" }
my @took;
for (1 .. 40) {
	my $t = time;
	print $reader "DATE\r\n";
	<$reader>;
	push @took, (time - $t) * 1000;
	select undef, undef, undef, 0.02;
}
@took = sort { $a <=> $b } @took;
my $in = 0;
for my $s (@logins) { <$s>; $in++ if <$s> =~ /^281/ }
printf "in=%d median=%.1f most=%.1f\n", $in, $took[20], $took[39];
exit($in == 20 && ($san || $took[35] < 100) ? 0 : 1);
PERL
is $? 0 "twenty who log in hold up nobody who reads ($(cat "$dir/busy"))"
kill -KILL "$(pgrep -x -P "$(pgrep -P "$(cat "$dir/ana.pid")" reader)" reader-auth)"
ok "a password process that dies is started again" wait_for 20 enters ben 'the mill is old'

node_down ana
echo "login always" >>"$dir/ana/node.conf"
node_up ana || exit 1
got=$(nntp CAPABILITIES HELP DATE 'MODE READER' | grep -c '^\(101\|100\|111\|200\) ')
is "$got" 5 "with login always a stranger gets what everybody may have"
for c in LIST 'GROUP talk.test' 'ARTICLE <a@b.example>' 'NEWNEWS * 20260101 000000' POST OVER \
	'HDR Subject' NEXT 'COMPRESS DEFLATE' LISTGROUP 'NEWGROUPS 20260101 000000' \
	'IHAVE <a@b.example>' 'CHECK <a@b.example>' 'MODE STREAM' XOVER 'XPAT Subject 1- *'; do
	is "$(nntp "$c" | sed -n 2p | cut -c 1-3)" 480 "but not ${c%% *}"
done
is "$(nntp 'TAKETHIS <a@b.example>' 'LIST' . DATE | cut -c 1-3 | tr '\n' ' ')" "200 480 111 205 " \
	"an article that comes nonetheless is read, not obeyed"
unlike "$(nntp CAPABILITIES)" '^POST' "and posting is not offered"
like "$(after_login ben 'the mill is old' LIST)" '^215' "who logs in gets all of it"
node_down ana

if [ -n "$lan" ]; then
	sed -i '/^login /d; s/^listen .*/listen '"$lan"':0/' "$dir/ana/node.conf"
	node_up ana || exit 1
	like "$addr" "^$lan:" "it serves the network"
	got=$(nntp CAPABILITIES 'GROUP talk.test' 'AUTHINFO USER ben' 'AUTHINFO PASS the mill is old')
	like "$got" '^480 ' "which has to log in"
	is "$(printf '%s\n' "$got" | grep -c '^483 ')" 2 "but not in the clear"
	like "$got" '^AUTHINFO$' "that is said beforehand"
	got=$(printf '%s\r\n' CAPABILITIES 'AUTHINFO USER ben' 'AUTHINFO PASS the mill is old' 'GROUP talk.test' QUIT |
		timeout 20 openssl s_client -quiet -starttls nntp -connect "$addr" 2>/dev/null)
	like "$got" '^AUTHINFO USER' "after STARTTLS it is offered"
	like "$got" '^281 ' "and taken"
	like "$got" '^211 ' "and the news is there"
	node_down ana
fi
done_testing
