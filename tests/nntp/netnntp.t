#!/bin/bash
# Perl's Net::NNTP lists, reads, posts and follows up over a socket.
. tests/lib.sh
. tests/nntp/lib.sh
need perl
perl -MNet::NNTP -MTest::More -e 1 2>/dev/null || skip_all "perl has no Net::NNTP"

reader_node ana talk.test talk.other local.notes || exit 1
reader_up ana || exit 1
perl - "$port" <<'PERL'
use strict;
use warnings;
use Net::NNTP;
use Test::More;

my $n = Net::NNTP->new('127.0.0.1', Port => shift) or die "no connection: $@";
ok $n->postok, 'posting is allowed';
my $list = $n->list;
is_deeply [sort keys %$list], [qw(local.notes talk.other talk.test)], 'list has every group';
ok $n->post("From: x\@y.example\n", "Newsgroups: talk.test\n", "Subject: hello\n", "\n",
	"Line\n", ".dot\n", ".\n", "end\n"), 'a post is taken';
my ($id) = $n->message =~ /(<\S+>)/;
like $id, qr/^<[a-z2-7]{52}\@hearsay\.invalid>$/, 'the answer names it';
my ($count, $first, $last, $name) = $n->group('talk.test');
is_deeply [$count, $first, $last, $name], [1, 1, 1, 'talk.test'], 'the group counts it';
my $body = $n->body(1);
is_deeply $body, ["Line\n", ".dot\n", ".\n", "end\n"], 'the body comes back as it was';
my %head = map { /^(\S+): (.*)/ ? ($1, $2) : () } @{ $n->head($id) };
is $head{From}, $ENV{persona}, 'From is the persona';
is $head{'Message-ID'}, $id, 'found by its id';
ok $n->post("From: x\@y.example\n", "Newsgroups: talk.test,talk.other\n",
	"Subject: Re: hello\n", "References: $id\n", "\n", "Yes.\n"), 'a follow-up is taken';
$n->group('talk.test');
my $over = $n->xover([1, 2]);
is $over->{2}[0], 'Re: hello', 'XOVER shows it';
is $over->{2}[4], $id, 'with its References';
is $over->{2}[7], 'Xref: localhost talk.test:2 talk.other:1', 'and both its places';
is_deeply $n->xhdr('Subject', [1, 2]), { 1 => 'hello', 2 => 'Re: hello' }, 'XHDR';
is_deeply $n->xpat('Subject', 'Re:*', [1, 2]), { 2 => 'Re: hello' }, 'XPAT';
is_deeply $n->listgroup('talk.test'), [1, 2], 'LISTGROUP';
$n->group('talk.test');
is $n->nntpstat(1), $head{'Message-ID'}, 'STAT';
ok $n->next, 'NEXT';
ok $n->last, 'LAST';
is ref $n->newgroups(0), 'HASH', 'NEWGROUPS with its trailing blank';
is_deeply $n->newnews(time - 3600, 'talk.other'), [ $over->{2}[3] ], 'NEWNEWS';
ok abs($n->date - time) < 60, 'DATE';
ok exists $n->active_times->{'talk.test'}, 'LIST ACTIVE.TIMES';
is_deeply [sort keys %{ $n->active('talk.*') }], [qw(talk.other talk.test)], 'LIST ACTIVE wildmat';
ok !defined $n->article('<none@where.example>'), 'an article that is not here is not found';
ok !$n->post("From: x\@y.example\n", "Newsgroups: talk.none\n", "Subject: s\n", "\n"),
	'a post to no group is refused';
like $n->message, qr/hearsay groups new talk\.none/, 'and told what to do';
ok $n->quit, 'QUIT';
done_testing;
PERL
