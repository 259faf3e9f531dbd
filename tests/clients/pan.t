#!/bin/bash
# pan, on a screen without eyes: lists, reads, follows up, posts. What it shows is seen in the
# files that it keeps and in the names of its windows.
. tests/lib.sh
. tests/clients/lib.sh
. tests/clients/screen.sh
client pan Xvfb xdotool import

client_node "Grüße vom Knoten"
export PAN_HOME=$home/.pan2
mkdir -p "$PAN_HOME"
cat >"$PAN_HOME/servers.xml" <<XML
<server-properties>
  <server id="1">
    <host>$host</host>
    <port>$port</port>
    <username></username>
    <password></password>
    <expiration-days>0</expiration-days>
    <connection-limit>2</connection-limit>
    <newsrc>$PAN_HOME/newsrc-1</newsrc>
    <rank>1</rank>
    <use-ssl>0</use-ssl>
    <trust>0</trust>
  </server>
</server-properties>
XML
cat >"$PAN_HOME/posting.xml" <<XML
<posting>
  <profiles>
    <profile name="Bea">
      <signature-file active="false" use-gpg="false" type="text" gpg-sig-id=""></signature-file>
      <attribution>On %d, %n wrote:</attribution>
      <username>Bea Königová</username>
      <address>bea.tijguzvqf4z7h5v2@hearsay.invalid</address>
      <server>1</server>
    </profile>
  </profiles>
</posting>
XML
echo 'talk.test:' >"$PAN_HOME/newsrc-1"
class=pan
screen_up
LC_ALL=$utf8 HOME=$home pan >"$dir/pan.out" 2>&1 &
screen_pid=$!
read_it() { grep -qs -e "$1" "$PAN_HOME/article-cache/"*; }

window "it shows the group" '^Pan'
place 1000 700
click 54 153
xdotool click 1
window "asks which headers to get" '^Pan' 2
key Return
no_window '^Pan' 2
window "is back" '^Pan'
xdotool mousemove 500 105 click 1
key Return
ok "lists and reads an article" wait_for 20 read_it 'Žluťoučký kůň in Łódź'
key f
window "follows up" '^Post Article'
place 600 450
key ctrl+End
xdotool type --delay 20 'Thanks, Bea.'
key ctrl+Return
window "doubts the address" '' 3
choose
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|.*Žlu.*Thanks, Bea\. / $'
no_window '^Post Article' 1
window "back at the article" '^Pan'
key p
window "begins a new post" '^Post Article'
place 600 450
click 330 200
xdotool type --delay 20 'New ways'
click 300 330
xdotool type --delay 20 'Good morning.'
key ctrl+Return
window "doubts again" '' 3
choose
posted "the post is there" talk.test '^New ways\|Bea .*tijguzvqf4z7h5v2.*\|\|[a-z0-9-]*\|Good morning\. / $'
picture pan
done_testing
