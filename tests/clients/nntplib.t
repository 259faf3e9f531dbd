#!/bin/bash
# Python's nntplib lists, reads, posts and follows up.
. tests/lib.sh
. tests/clients/lib.sh
client python3
python3 -W ignore -c 'import nntplib' 2>/dev/null || skip_all "this python3 has no nntplib"

client_node "Grüße vom Knoten"
python3 -W ignore - "$port" "$bea" >"$dir/said" 2>"$dir/failed" <<'PYTHON'
import nntplib, sys
from email.header import Header
n = nntplib.NNTP('127.0.0.1', int(sys.argv[1]), readermode=True)
print('version', n.nntp_version, n.nntp_implementation.split()[0])
print('groups', *sorted(g.group for g in n.list()[1]))
_, count, first, last, name = n.group('talk.test')
print('group', name, count, first, last)
over = n.over((first, last))[1]
print('subject', nntplib.decode_header(over[0][1]['subject']))
print('body', *(l.decode() for l in n.body(1)[1].lines))
print('id', n.stat(1)[2] == n.head(1)[1].message_id == over[0][1]['message-id'])
print('xhdr', nntplib.decode_header(n.xhdr('subject', '1')[1][0][1]))
print('newnews', *n.newnews('talk.*', n.date()[1].replace(year=2001))[1] == [n.stat(1)[2]] and ['one'])
def post(subject, text, refs=''):
    n.post(('From: %s\nNewsgroups: talk.test\nSubject: %s\n%sMIME-Version: 1.0\n'
        'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n'
        % (sys.argv[2], Header(subject, 'utf-8').encode(), refs, text)).encode())
post('Über neue Wege', 'Schöne Grüße\n.\n..')
post('Re: Grüße vom Knoten', 'Danke schön', 'References: %s\n' % n.stat(1)[2])
try:
    n.article('<none@where.example>')
except nntplib.NNTPTemporaryError as e:
    print('error', e.response[:3])
print(n.quit()[:3])
PYTHON
is "$?" 0 "the script runs to its end" || note "$(cat "$dir/failed")"
is "$(cat "$dir/said")" "version 2 Hearsay
groups talk.other talk.test
group talk.test 1 1 1
subject Grüße vom Knoten
body Hello from the node. Žluťoučký kůň in Łódź.
id True
xhdr Grüße vom Knoten
newnews one
error 430
205" "it lists and reads"
posted "posts" talk.test '^Über neue Wege\|Bea .*tijguzvqf4z7h5v2.*\|\|utf-8\|Schöne Grüße / \. / \.\. / $'
posted "follows up" talk.test '^Re: Grüße vom Knoten\|Bea .*\|Grüße vom Knoten\|utf-8\|Danke schön'
done_testing
