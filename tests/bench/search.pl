#!/usr/bin/perl
# How long a search takes through the gateway: N words, and N pairs of words, that stand in the
# articles of FOLDER, each once as GROUP search.WORD. tests/bench/search.pl ADDR:PORT FOLDER [N]
use strict;
use warnings;
use File::Find;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($addr, $folder, $n) = @ARGV;
die "usage: search.pl ADDR:PORT FOLDER [N]\n" unless defined $folder;
$n //= 200;
srand 4;
my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if -f } }, $folder);
@files = sort @files;

sub words {    # two of one article, behind its header
	while (1) {
		open my $h, '<', $files[rand @files] or die $!;
		local $/;
		my $text = <$h> =~ s/\A.*?\r?\n\r?\n//sr;
		my @w = $text =~ /\b[a-z]{4,12}\b/g;
		return map { $w[rand @w] } 1 .. 2 if @w > 20;
	}
}

my $s = IO::Socket::INET->new($addr) or die "$addr: $!\n";
$s->autoflush(1);
<$s>;

sub ask {
	my $began = time;
	print $s "GROUP search.$_[0]\r\n";
	my $answer = <$s>;
	my $took = time - $began;
	die "search.$_[0]: $answer" unless $answer =~ /^211 (\d+) /;
	return ($took * 1000, $1);
}

for my $pairs (0, 1) {
	my (@ms, $hits);
	for (1 .. $n) {
		my @w = words();
		my ($ms, $count) = ask($pairs ? "$w[0]+$w[1]" : $w[0]);
		push @ms, $ms;
		$hits += $count;
	}
	@ms = sort { $a <=> $b } @ms;
	printf "%s: p50 %.2f ms, p95 %.2f ms, largest %.1f ms, %.0f hits\n",
	    $pairs ? "two words" : "one word", $ms[$n / 2], $ms[$n * 0.95], $ms[-1],
	    $hits / $n;
}
