#!/usr/bin/perl
# hostile.pl HOST PORT ATTACK [PID...]: what bad clients do, while a good one goes on asking.
# Prints what the attack saw, then the good client's times and the most memory (PSS, all
# PIDs together) that was seen:
#   attack NAME SEEN...
#   good probes=N median_ms=M p99_ms=P max_ms=X pss_kb=K
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time sleep);

my ($host, $port, $name, @pids) = @ARGV;
my $crlf = "\r\n";
$SIG{PIPE} = 'IGNORE';

sub dial {
    my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 20)
        or die "cannot connect: $!\n";
    $s->autoflush(1);
    return $s;
}

sub hello {
    my $s = dial();
    my $l = <$s> // '';
    $l =~ /^20[01] / or die "no greeting: $l\n";
    return $s;
}

sub answer {
    my ($s) = @_;
    my $l = <$s>;
    return 'closed' unless defined $l;
    return $l =~ /^(\d{3})/ ? $1 : 'strange';
}

# a block's lines after the first
sub block {
    my ($s) = @_;
    my $n = 0;
    while (defined(my $l = <$s>)) {
        return $n if $l eq ".\r\n";
        $n++;
    }
    return 'cut';
}

sub count {
    my %n;
    $n{$_}++ for @_;
    return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

# writes without waiting for ever for one that does not read
sub push_bytes {
    my ($s, $bytes, $seconds) = @_;
    my ($at, $end) = (0, time + $seconds);
    my $sel = IO::Select->new($s);
    $s->blocking(0);
    while ($at < length $bytes && time < $end) {
        next unless $sel->can_write(0.1);
        my $n = syswrite($s, $bytes, 65536, $at);
        last if !defined $n && !$!{EAGAIN};
        $at += $n // 0;
    }
    $s->blocking(1);
    return $at;
}

sub post {
    my ($head, $body) = @_;
    my $s = hello();
    print $s "POST$crlf";
    return answer($s) unless answer($s) eq '340';
    print $s $head, $crlf, $body, ".$crlf";
    my $first = answer($s);
    print $s "DATE$crlf";
    return "$first+" . answer($s);
}

my $usual = "From: x\@y.example${crlf}Newsgroups: talk.test$crlf";

my %attacks = (
    idle => sub {    # no attack: so many newsreaders that say nothing
        my @s = map { hello() } 1 .. 990;
        print $_ "GROUP talk.test$crlf" for @s;
        my @seen = map { answer($_) } @s;
        sleep 11;    # until their buffers have gone
        return count(@seen);
    },
    long_line => sub {
        my @s = map { hello() } 1 .. 5;
        my $mib = 'A' x 1048576;
        for my $i (1 .. 20) { print $_ $mib for @s }
        print $_ "${crlf}DATE$crlf" for @s;
        return count(map { answer($_) . '+' . answer($_) } @s);
    },
    endless_post => sub {
        my @s = map { hello() } 1 .. 5;
        print $_ "POST$crlf$usual" . "Subject: endless$crlf$crlf" for @s;
        my @seen = map { answer($_) } @s;
        my $text = ('all work and no play' . $crlf) x 5000;
        for my $i (1 .. 100) { print $_ $text for @s }
        close $_ for @s;
        return count(@seen);
    },
    many_fields => sub {
        return count(post(join('', $usual, "Subject: x$crlf",
            map { "X-Field-$_: 1$crlf" } 1 .. 50000), "Text$crlf"));
    },
    long_subject => sub {
        return count(post($usual . 'Subject: ' . 'x' x 5242880 . $crlf, "Text$crlf"));
    },
    slow => sub {
        my @s = map { hello() } 1 .. 200;
        my $end = time + 30;
        my $sel = IO::Select->new(@s);
        my $closed = 0;
        while ($sel->count && time < $end) {
            for my $s ($sel->can_read(0)) {
                return 'answered' unless answer($s) eq 'closed';
                $closed++;
                $sel->remove($s);
            }
            syswrite($_, 'D') for $sel->handles;
            sleep 0.2;
        }
        return "closed=$closed";
    },
    half_closed => sub {
        my @seen;
        for (1 .. 50) {
            my $s = hello();
            print $s "GROUP talk.test${crlf}ARTICLE 1${crlf}STAT 1$crlf";
            shutdown($s, 1);
            my @a = (answer($s), answer($s));
            push @a, block($s) > 10 ? 'body' : 'cut', answer($s), answer($s);
            push @seen, join '+', @a;
        }
        return count(@seen);
    },
    never_read => sub {
        my @s = map { hello() } 1 .. 60;
        setsockopt($_, SOL_SOCKET, SO_RCVBUF, 4096) for @s;
        my $ask = "GROUP talk.test$crlf" . "ARTICLE 1$crlf" x 2000;
        push_bytes($_, $ask, 0.5) for @s;
        sleep 4;    # until all that the system buffers is full
        return 'asked=' . scalar @s;
    },
    crowd => sub {
        my @s = map { eval { dial() } } 1 .. 5000;
        my @seen = map { defined $_ ? answer($_) : 'none' } @s;
        return count(@seen);
    },
    strange_bytes => sub {
        my @seen;
        for my $l ("GROUP \xff\xfe\xfd", "GROUP talk\0.test", "DATE\0", "\xc3(", "GROUP a\rb",
            "ARTICLE <\xe2\x28\xa1\@x>", "LIST ACTIVE \xed\xa0\x80", "XPAT Subject 1- \xff*") {
            my $s = hello();
            print $s "DATE$crlf$l${crlf}DATE$crlf";
            push @seen, join '+', map { answer($s) } 1 .. 3;
        }
        return count(@seen);
    },
    pipelined => sub {
        my @s = map { hello() } 1 .. 4;
        my @kids;
        for my $s (@s) {
            my $pid = fork // die;
            next if push(@kids, $pid) && $pid;
            print $s "GROUP talk.test$crlf"
                . "STAT 1${crlf}NEXT${crlf}DATE${crlf}GROUP no.such.group$crlf" x 5000;
            exit 0;
        }
        my @seen;
        for my $s (@s) {
            answer($s);
            push @seen, answer($s) for 1 .. 4 * 5000;
        }
        waitpid $_, 0 for @kids;
        return count(@seen);
    },
);

sub pss {
    my $kb = 0;
    for my $p (@pids) {
        open my $f, '<', "/proc/$p/smaps_rollup" or next;
        while (<$f>) { $kb += $1 if /^Pss:\s+(\d+)/ }
    }
    return $kb;
}

my $attack = $attacks{$name} or die "no such attack: $name\n";
my $good = hello();
pipe my $from, my $to or die;
my $pid = fork // die;
if (!$pid) {
    close $from;
    close $good;
    alarm 120;
    my $seen = eval { $attack->() } // "failed $@";
    print $to "attack $name $seen\n";
    close $to;
    exit 0;
}
close $to;
my (@ms, $most, $over);
my $done = IO::Select->new($from);
my $look = 0;
until ($over && @ms >= 50) {
    my $begin = time;
    print $good "STAT <none\@such.example>$crlf" or die "the good client was cut off\n";
    my $l = <$good> // die "the good client was cut off\n";
    $l =~ /^430/ or die "the good client was told $l";
    push @ms, 1000 * (time - $begin);
    if (time >= $look) {
        my $now = pss();
        $most = $now if !defined $most || $now > $most;
        $look = time + 0.1;
    }
    $over = 1 if $done->can_read(0.005);
}
print <$from>;
waitpid $pid, 0;
@ms = sort { $a <=> $b } @ms;
printf "good probes=%d median_ms=%.2f p99_ms=%.2f max_ms=%.2f pss_kb=%d\n", scalar @ms,
    $ms[@ms / 2], $ms[@ms * 99 / 100], $ms[-1], $most;
