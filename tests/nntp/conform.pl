#!/usr/bin/perl
# Runs the checks of tests/nntp/conform/*.nntp against a news server and prints TAP.
#   conform.pl [--other] READER-PORT FEED-PORT LOGIN-PORT FILE...
# --other: not our server: what is ours alone (sections marked !) is left out.
#
# A file is sections, each a connection of its own; blank lines and # lines are skipped:
#   == NAME            a section; "== @ NAME" is on the feed's port,
#                      "== $ NAME" where one has to log in, "== ! NAME" ours alone
#   COMMAND => REGEX   sends the line with CRLF; the answer's first line begins with REGEX
#   COMMAND            sends the line alone
#   => REGEX           the next answer's first line
#   |TEXT              a line of an article
#   "TEXT"             bytes as they stand
#   => EOF             the server ends the connection
# and about the block of the answer before:
#   + REGEX            one of its lines is like that     - REGEX   none is
#   * REGEX            each is                           = N       it has N lines
#   N: REGEX           line N (from 1) is like that
# "-> NAME" behind any REGEX keeps its first group as %{NAME}; \r \n \t \0 \\ \xHH and
# \R{c,N} (N times c) stand for bytes in what is sent. Each line with => + - * = N: is a check.
#
# Of every answer it is also checked that lines end with CRLF alone, hold no NUL, and that
# its first line has three digits and at most 512 bytes; a wrong form fails the check.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use POSIX ();

my $other = @ARGV && $ARGV[0] eq '--other' && shift @ARGV;
my ($reader, $feed, $login, @files) = @ARGV;
my ($run, $failed) = (0, 0);
my ($sock, $buffer, $dead, @sent, @block, $form, $where, $at);
my %var = (now => POSIX::strftime('%a, %d %b %Y %H:%M:%S +0000', gmtime));

# codes whose answer has a block (RFC 3977 3.2, 2980); 211 only behind LISTGROUP
my %blocks = map { $_ => 1 } qw(100 101 215 220 221 222 224 225 230 231 282);

sub check {
    my ($good, $what, @why) = @_;
    $run++;
    $failed++ unless $good;
    print $good ? 'ok' : 'not ok', " $run - $where: ", $what =~ s/#/\\#/gr, "\n";
    print map { "# $_\n" } @why unless $good;
}

sub dial {
    my ($port) = @_;
    $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10)
        or die "no server at port $port: $!";
    ($buffer, $dead) = ('', 0);
    @sent = @block = ();
    my $hello = read_line();
    die "no greeting: $hello" unless defined $hello && $hello =~ /^20[01]/;
}

sub read_line {
    while ((my $n = index $buffer, "\n") < 0) {
        return undef if $dead;
        # who has been silent once is not waited for again
        $dead = !IO::Select->new($sock)->can_read(10)
            || !sysread $sock, $buffer, 65536, length $buffer;
    }
    $buffer =~ s/^([^\n]*\n)//;
    my $line = $1;
    $form = 'a line without CRLF' unless $line =~ s/\r\n\z//;
    $form = 'a CR, LF or NUL in a line' if $line =~ /[\r\n\0]/;
    return $line;
}

sub send_bytes {
    my ($bytes) = @_;
    my $n = 0;
    local $SIG{PIPE} = 'IGNORE';
    while ($n < length $bytes) {
        my $m = syswrite $sock, $bytes, length($bytes) - $n, $n;
        return unless $m;
        $n += $m;
    }
}

sub bytes {
    my ($text) = @_;
    $var{n}++; # unlike any other article
    my %of = (r => "\r", n => "\n", t => "\t", 0 => "\0", '\\' => '\\');
    $text =~ s/%\{(\w+)\}/$var{$1} \/\/ "no-$1"/ge;
    $text =~ s/\\R\{(.),(\d+)\}/$1 x $2/ge;
    $text =~ s/\\(?:x([0-9a-f]{2})|([rnt0\\]))/defined $1 ? chr hex $1 : $of{$2}/ge;
    return $text;
}

# the answer to the oldest command that has none
sub answer {
    my $command = shift(@sent) // '';
    @block = ();
    $form = '';
    my $first = read_line();
    return undef unless defined $first;
    my $code = substr $first, 0, 3;
    $form ||= 'no answer code' unless $first =~ /^[1-5][0-9][0-9]( |\z)/;
    $form ||= 'over 512 bytes' if length $first > 510;
    $form ||= 'no UTF-8' unless utf8::decode(my $copy = $first);
    if ($blocks{$code} || ($code eq '211' && $command =~ /^listgroup/i)) {
        while (1) {
            my $line = read_line();
            if (!defined $line) { $form ||= 'a block without end'; last }
            last if $line eq '.';
            $form ||= 'a line with one dot in front' if $line =~ /^\.[^.]/;
            push @block, $line =~ s/^\.\././r;
        }
    }
    return $first;
}

sub like {
    my ($text, $re) = @_;
    my $name = $re =~ s/\s+->\s+(\w+)\z// ? $1 : undef;
    $re =~ s/%\{(\w+)\}/quotemeta($var{$1} \/\/ "no-$1")/ge;
    return 0 unless $text =~ /$re/;
    $var{$name} = $1 if defined $name;
    return 1;
}

sub expect {
    my ($what, $re) = @_;
    if ($re eq 'EOF') {
        my $line = read_line();
        check(!defined $line, $what, 'got ' . ($line // ''));
        return;
    }
    my $first = answer();
    $at = $what;
    if (!defined $first) { check(0, $what, 'the connection ended, or nothing came'); return }
    my $keep = $re =~ s/(\s+->\s+\w+)\z// ? $1 : '';
    my $good = like($first, "^(?:$re)$keep");
    check($good && !$form, $what, "got $first", $form ? "the form is wrong: $form" : ());
}

sub about_block {
    my ($sign, $re) = @_;
    my $what = "$at: $sign $re";
    my @got = map { s/[^\x20-\x7e\x80-\xff]/?/gr } @block[0 .. ($#block > 11 ? 11 : $#block)];
    my $good = 0;
    if    ($sign eq '=') { $good = @block == $re }
    elsif ($sign eq '+') { like($_, $re) and $good = 1, last for @block }
    elsif ($sign eq '-') { $good = !grep { like($_, $re) } @block }
    elsif ($sign eq '*') { $good = @block > 0 && !grep { !like($_, $re) } @block }
    else { $good = $#block >= $sign - 1 && like($block[$sign - 1], $re) }
    check($good, $what, 'got ' . @block . ' lines:', @got);
}

sub command {
    my ($text) = @_;
    my $line = bytes($text);
    push @sent, $line;
    send_bytes("$line\r\n");
}

# several commands at once, or pieces of one
sub raw {
    my ($bytes) = @_;
    push @sent, split /\r\n/, $bytes;
    send_bytes($bytes);
}

my $skipping = 0;
for my $file (@files) {
    open my $in, '<', $file or die "$file: $!";
    while (my $line = <$in>) {
        chomp $line;
        next if $line =~ /^\s*(#|\z)/;
        if ($line =~ /^== ([@!\$]*) ?(.*)/) {
            ($where, my $marks) = ($2, $1);
            $skipping = $other && $marks =~ /!/;
            close $sock if $sock;
            dial($marks =~ /@/ ? $feed : $marks =~ /\$/ ? $login : $reader) unless $skipping;
            next;
        }
        next if $skipping;
        if    ($line =~ /^\|(.*)/)              { send_bytes(bytes($1) . "\r\n") }
        elsif ($line =~ /^"(.*)"\z/)           { raw(bytes($1)) }
        elsif ($line =~ /^=> (.*)/)            { expect("the answer $1", $1) }
        elsif ($line =~ /^([-+*=]|\d+(?=:)):? (.+)/) { about_block($1, $2) }
        elsif ($line =~ /^(.*?) => (.*)/)      { command($1); expect("$1 => $2", $2) }
        else                                   { command($line) }
    }
    close $in;
}
print "1..$run\n";
print STDERR "# passed ", $run - $failed, " of $run\n";
exit($failed ? 1 : 0);
