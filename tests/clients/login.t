#!/bin/bash
# tin and NeoMutt log in, and speak TLS, where everybody has to.
. tests/lib.sh
. tests/clients/lib.sh
client tin neomutt tmux

node ana --group talk.test --persona "Ana Lima" || exit 1
echo 'login always' >>"$dir/ana/node.conf"
"$hearsay" -C "$dir/ana" gateway certificate 127.0.0.1 >/dev/null || exit 1
printf 'themillisold\n' | "$hearsay" -C "$dir/ana" user add ben \
	--persona "Ben of the mill" >/dev/null || exit 1
printf 'Newsgroups: talk.test\nSubject: welcome\n\nHello from the node.\n' |
	"$hearsay" -C "$dir/ana" post >/dev/null || exit 1
node_up ana || exit 1
home=$dir/home
mkdir -p "$home/.tin" "$home/cache" "$home/Mail"
an_editor
there() { printf 'GROUP talk.test\r\nXOVER 1-\r\nQUIT\r\n' | "$reader" -C "$dir/ana" --stdio |
	grep -Eq -e "$1"; }

printf '%s themillisold ben\n' "$host" >"$home/.newsauth"
chmod 600 "$home/.newsauth"
printf 'mail_address=Some Body <some@body.invalid>\nstart_editor_offset=OFF\n' >"$home/.tin/tinrc"
term_start LC_ALL=$utf8 NNTPSERVER="$host" EDITOR="$home/edit" tin -A -r -p "$port" talk.test
sees "tin logs in and lists the group" 'talk\.test|welcome'
wait_for 5 shows 'Ana Lima' || press Enter
sees "and its article" 'welcome .*Ana Lima'
press Enter
sees "reads it" 'Hello from the node\.'
press f
sees "follows up" 'p=post'
press p
ok "as the user's persona" wait_for 20 there '^2.Re: welcome.Ben of the mill <ben\.'
t kill-server

cat >"$home/neomuttrc" <<RC
set news_server = "news://$host:$port/"
set nntp_user = ben
set nntp_pass = themillisold
set newsrc = "$home/newsrc"
set news_cache_dir = "$home/cache"
set certificate_file = "$home/certificates"
set header_cache = ""
RC
echo 'talk.test:' >"$home/newsrc"
term_start LC_ALL=$utf8 neomutt -n -F "$home/neomuttrc" -g "news://$host:$port/"
sees "NeoMutt begins TLS, and asks about a certificate that nobody vouches for" '\(o\)nce'
press a
sees "logs in, lists the group" ' talk\.test'
press Enter
sees "and its articles" 'Re: welcome'
press Enter
sees "reads one" 'Hello from the node\.'
done_testing
