#!/usr/bin/perl
# articles.pl PORT GROUP: the group's articles as a newsreader must understand them, decoded to
# UTF-8, a line each: SUBJECT|FROM|SUBJECT OF ITS PARENT|CHARSET|BODY (its lines joined by " / ")
use strict;
use warnings;
use Encode;
use MIME::Base64;
use MIME::QuotedPrint;
use Net::NNTP;

my ($port, $group) = @ARGV;
my $n = Net::NNTP->new('127.0.0.1', Port => $port, Timeout => 60) or die "no connection: $@";

sub words { # a header's text: raw UTF-8, or RFC 2047
	my ($v) = @_;
	my $u = eval { decode('UTF-8', $v, Encode::FB_CROAK | Encode::LEAVE_SRC) } // '(not UTF-8)';
	return $u =~ /=\?/ ? decode('MIME-Header', $v) : $u;
}

sub parted { # head and body; of many parts the first
	my ($text) = @_;
	my ($head, $body) = split /\n\n/, $text, 2;
	$head =~ s/\n(?=[ \t])//g;
	my %h = map { /^([^:]+): ?(.*)/ ? (lc $1, $2) : () } split /\n/, $head;
	return (\%h, $body // '') if ($h{'content-type'} // '') !~ /^multipart.*boundary="?([^\s;"]+)/i;
	my (undef, $part) = split /^--\Q$1\E(?:--)?\n/m, $body;
	my ($inner, $first) = parted($part);
	return ({ %h, %$inner }, $first);
}

sub article {
	my ($which) = @_;
	my $lines = $n->article($which) or return;
	return parted(join '', @$lines);
}

binmode STDOUT, ':utf8';
for my $number (@{ $n->listgroup($group) // [] }) {
	my ($h, $body) = article($number) or next;
	my @refs = ($h->{references} // '') =~ /<[^>]+>/g;
	my $parent = '';
	for my $r (@refs) { # each is here, by its native id
		my ($p) = article($r);
		$parent = $p && $p->{'message-id'} eq $r ? words($p->{subject}) : '(lost)';
	}
	my $code = lc($h->{'content-transfer-encoding'} // '');
	$body = decode_qp($body) if $code eq 'quoted-printable';
	$body = decode_base64($body) if $code eq 'base64';
	my ($charset) = ($h->{'content-type'} // '') =~ /charset="?([^\s;"]+)/i;
	$charset = lc($charset // 'none');
	$body = decode($charset =~ /none|ascii/ ? 'UTF-8' : $charset, $body);
	$body =~ s/\r?\n/ \/ /g;
	print join('|', words($h->{subject}), words($h->{from}), $parent, $charset, $body), "\n";
}
$n->quit;
