#!/bin/bash
# TLS (RFC 4642) and DEFLATE (RFC 8054): where they are offered, how they begin and end.
# shellcheck disable=SC2317 # functions are called by name
. tests/lib.sh
. tests/nntp/lib.sh
need openssl perl pgrep

tls_addr() { cat "$dir/ana/run/nntps.addr"; }
plain() { # LINE...: answers of a session in the clear
	exec 3<>"/dev/tcp/$host/$port" || return 1
	printf '%s\r\n' "$@" QUIT >&3
	tr -d '\r' <&3
	exec 3>&- 3<&-
}
tls() { # S_CLIENT-OPTION... -- LINE...: answers of a session in TLS
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	printf '%s\r\n' "$@" QUIT | timeout 20 openssl s_client -quiet -verify_return_error \
		-CAfile "$dir/ana/gateway/cert.pem" "${options[@]}" 2>"$dir/tls.err" | tr -d '\r'
}
certificate() { "$hearsay" -C "$dir/ana" gateway certificate "$@"; }
served() { # the fingerprint that is served
	openssl s_client -connect "$(tls_addr)" </dev/null 2>/dev/null |
		openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//'
}
serves() { [ "$(served)" = "$1" ]; }

node ana --group talk.test || exit 1
exits 0 "a node without a certificate says so" "$hearsay" -C "$dir/ana" gateway
like "$out" '^No certificate' "and what makes one"
node_up ana || exit 1
unlike "$(plain CAPABILITIES)" '^STARTTLS' "without a certificate TLS is not offered"
like "$(plain STARTTLS DATE)" '^111' "and whoever asks nonetheless goes on in the clear"
is "$(plain STARTTLS | sed -n 2p)" "502 TLS is not set up here" "after a plain refusal"
node_down ana

echo "listen-tls 127.0.0.1:0" >>"$dir/ana/node.conf"
exits 1 "without a certificate listen-tls does not start" "$B/bin/reader" -C "$dir/ana"
like "$out" 'hearsay gateway certificate' "and says what makes one"
exits 2 "a name that is none goes into no certificate" certificate 'a,DNS:b'
exits 0 "a certificate is made" certificate news.lan 192.0.2.7
print=$(printf '%s\n' "$out" | sed -n 's/^fingerprint *//p')
is "$(openssl x509 -in "$dir/ana/gateway/cert.pem" -noout -fingerprint -sha256 | sed 's/.*=//')" \
	"$print" "with the fingerprint that it has"
is "$(stat -c %a "$dir/ana/gateway/key.pem")" 600 "and a key for the owner alone"
exits 1 "one that is there stays" certificate
like "$out" '[-]-yes' "unless one says so"

cp "$dir/ana/gateway/key.pem" "$dir/key.pem"
chmod 644 "$dir/ana/gateway/key.pem"
exits 1 "a key that others can read is refused" "$B/bin/reader" -C "$dir/ana"
like "$out" 'chmod 600' "with the remedy"
chmod 600 "$dir/ana/gateway/key.pem"
openssl ecparam -name prime256v1 -genkey -noout >"$dir/ana/gateway/key.pem"
exits 1 "a key of another certificate is refused" "$B/bin/reader" -C "$dir/ana"
like "$out" 'not the key of cert.pem' "by name"
echo nonsense >"$dir/ana/gateway/key.pem"
exits 1 "a key that is none is refused" "$B/bin/reader" -C "$dir/ana"
cat "$dir/key.pem" >"$dir/ana/gateway/key.pem"

node_up ana || exit 1
like "$(cat "$dir/ana.out")" " nntps=$(tls_addr)\$" "it says where TLS is served"
got=$(tls -connect "$(tls_addr)" -verify_hostname news.lan -- CAPABILITIES STARTTLS DATE)
like "$got" '^200 ' "a newsreader that trusts the certificate is served in TLS"
like "$got" '^111 ' "and answered"
unlike "$got" '^STARTTLS' "TLS in TLS is not offered"
like "$got" '^502 TLS is on already' "and refused"
for v in -tls1_2 -tls1_3; do
	like "$(tls -connect "$(tls_addr)" $v -- DATE)" '^111 ' "${v#-} is spoken"
done
is "$(tls -connect "$(tls_addr)" -tls1_1 -cipher ALL:@SECLEVEL=0 -- DATE)" "" \
	"older versions are not"
ok "and no session can be resumed from a ticket" sh -c "! openssl s_client -connect $(tls_addr) \
	</dev/null 2>&1 | grep -q 'New Session Ticket'"
mkfifo "$dir/again"
openssl s_client -connect "$(tls_addr)" -tls1_2 <"$dir/again" >"$dir/again.out" 2>&1 &
exec 4>"$dir/again"
wait_for 10 grep -q '^200 ' "$dir/again.out"
printf 'R\n' >&4
ok "nobody begins a second handshake" wait_for 10 grep -q 'no renegotiation' "$dir/again.out"
exec 4>&-
is "$(exec 3<>"/dev/tcp/127.0.0.1/$(tls_addr | sed 's/.*://')"; printf 'DATE\r\nDATE\r\n' >&3
	timeout 20 tr -d '[:cntrl:]' <&3 | tr -cd '[:digit:]')" "" "who speaks no TLS is not answered"

like "$(plain CAPABILITIES)" '^STARTTLS$' "with a certificate TLS is offered"
got=$(tls -starttls nntp -connect "$addr" -- CAPABILITIES 'GROUP talk.test' DATE)
like "$got" '^211 0 1 0 talk.test' "STARTTLS begins it"
unlike "$got" '^STARTTLS' "and is gone"
perl tests/nntp/line.pl inject "$host" "$port" 'GROUP talk.test' >"$dir/inject.port" &
wait_for 10 test -s "$dir/inject.port"
got=$(tls -starttls nntp -connect "127.0.0.1:$(cat "$dir/inject.port")" -- DATE STAT)
like "$got" '^412 ' "what somebody put behind STARTTLS in the clear was not done"
unlike "$got" '^211 ' "nor answered in TLS"

deflate() { perl tests/nntp/line.pl deflate "$host" "$port" "$@"; }
session='CAPABILITIES
COMPRESS DEFLATE
STARTTLS
GROUP talk.test
LIST
QUIT'
for pieces in 0 1; do
	got=$(printf '%s\n' "$session" | deflate $pieces)
	like "$got" '^211 0 1 0 talk.test' "a compressed session works, $pieces lines at a time"
	like "$got" '^205 ' "to its end"
	unlike "$got" '^(COMPRESS|STARTTLS)' "compression is offered once, and TLS not after it"
	is "$(printf '%s\n' "$got" | grep -c '^502 ')" 2 "and both refused"
done
is "$(plain 'COMPRESS GZIP' | sed -n 2p)" "503 DEFLATE is the only compression" \
	"another compression is not known"
got=$(printf 'POST\nFrom: x@y.example\nNewsgroups: talk.test\nSubject: packed\n\n%s\n.\nLAST\nQUIT\n' \
	"$(seq 1 20000)" | deflate 1)
like "$got" '^240 ' "a compressed post is taken"
got=$(printf 'GROUP talk.test\nBODY 1\nQUIT\n' | deflate 0)
is "$(printf '%s\n' "$got" | grep -c '^[0-9]*$')" 20000 "and read again"
got=$(printf 'DATE\nGROUP talk.test\nBODY 1\nQUIT\n' | deflate 0 openssl s_client -quiet \
	-connect "$(tls_addr)" 2>/dev/null)
is "$(printf '%s\n' "$got" | grep -c '^[0-9]*$')" 20000 "TLS and DEFLATE work together"
got=$(perl tests/nntp/line.pl bomb "$host" "$port" 512 2>"$dir/bomb.err")
is "$(printf '%s\n' "$got" | sed 's/^111 .*/111/' | tr '\n' ' ')" \
	"501 The line is too long 111 205 Bye " \
	"half a gigabyte in $(sed 's/bytes=//' "$dir/bomb.err") bytes is a line that is too long"
for p in $(pgrep -P "$(pgrep -P "$(cat "$dir/ana.pid")" reader)"); do
	hwm=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$p/status")
	ok "and no process needed more than 40 MB ($hwm KB)" test -n "$SAN" -o "$hwm" -lt 40960
done
got=$(printf 'COMPRESS DEFLATE\r\nDATE\r\nDATE\r\n' | timeout 20 openssl s_client -quiet \
	-connect "$(tls_addr)" 2>/dev/null | tr -d '\r')
is "$(printf '%s\n' "$got" | grep -ac '^111')" 0 "plain text behind COMPRESS is no DEFLATE: closed"

exits 0 "another certificate is made while it runs" certificate --yes
print2=$(printf '%s\n' "$out" | sed -n 's/^fingerprint *//p')
ok "and served to the next who connects" wait_for 20 serves "$print2"
echo broken >"$dir/ana/gateway/cert.pem"
ok "a broken one is told" wait_for 20 grep -q 'gateway.*cert.pem' "$dir/ana.err"
is "$(served)" "$print2" "and the last good one stays in use"
done_testing
