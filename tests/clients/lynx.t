#!/bin/bash
# lynx, the web browser, lists and reads by news: addresses; it cannot post to a group here.
. tests/lib.sh
. tests/clients/lib.sh
client lynx

client_node "Grüße vom Knoten"
browse() { HOME=$home NNTPSERVER=$host:$port LC_ALL=$utf8 timeout 60 lynx -dump "$@" 2>&1; }
like "$(browse "news:*")" 'talk\.test' "it lists the groups"
like "$(browse "news:talk.test")" 'vom Knoten' "and a group's articles"
like "$(browse -nolist "news:talk.test")" 'Ana Lima' "with who wrote them"
like "$(browse "news://$host:$port/talk.test")" 'vom Knoten' "also with the server in the address"
id=$(printf 'GROUP talk.test\nSTAT 1\nQUIT\n' | crlf | "$reader" -C "$dir/ana" --stdio |
	sed -n 's/^223.*<\(.*\)>.*/\1/p')
got=$(browse "news:$id")
like "$got" 'Hello from the node\.' "it reads an article by its Message-ID"
like "$got" 'Žluťoučký kůň in Łódź' "in its charset"
done_testing
