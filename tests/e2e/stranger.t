#!/bin/bash
# What strangers get of a port where friends call: silence, whatever they say, and however
# many there are; friends get through meanwhile. Needs perl, pgrep.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
need perl pgrep
. tests/e2e/link.sh

link_node ana && node_up ana && link_node bob || exit 1
ok "ana and bob are friends" befriend ana bob
recorder ana
at bob address ana "tcp:127.0.0.1:$tap" >/dev/null
wait_for 10 at bob call ana -q # newsd may not know of the invitation yet
post ana first >/dev/null
wait_for 5 quiet ana bob
ok "bob calls through a relay that writes everything down" at bob call ana
ok "and has news" has bob first
link=$(port_of ana)

# Says the file to ana's port, and prints how many bytes came back within some time.
say() { # FILE SECONDS
	perl -MIO::Socket::INET -MIO::Select -MTime::HiRes=time -e '
		my ($port, $file, $seconds) = @ARGV;
		open my $f, "<", $file or die; local $/; my $text = <$f>;
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "refused\n";
		$SIG{PIPE} = "IGNORE"; $s->autoflush(1); print $s $text;
		my ($end, $n) = (time + $seconds, 0);
		while (time < $end && IO::Select->new($s)->can_read($end - time)) {
			my $r = sysread $s, my $x, 4096; last unless $r; $n += $r }
		print $n' "$link" "$1" "$2"
}
names=() saying=()
silence() { # NAME FILE: for a second, all of them at once
	say "$2" 1 >"$dir/back.${#names[@]}" &
	saying+=($!)
	names+=("$1")
}
: >"$dir/nothing"
silence "who says nothing" "$dir/nothing"
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >"$dir/http"
silence "a browser" "$dir/http"
perl -e 'print pack("H*", "16030100f4010000f00303"), "r" x 32, pack("C", 0),
	pack("H*", "0002130101000000c5"), "x" x 200' >"$dir/hello"
silence "a TLS ClientHello" "$dir/hello"
printf 'SSH-2.0-scan\r\n' >"$dir/ssh"
silence "an ssh client" "$dir/ssh"
head -c 70000 /dev/urandom >"$dir/noise"
silence "noise" "$dir/noise"
# the second connection of the relay was the call with news
last=$(find "$tap_to" -name '*.there' -size +0 | sort -V | tail -n 1)
ok "a call was recorded" test -s "$last"
silence "a call that is replayed" "$last"
head -c 16 "$last" >"$dir/opening"
silence "its opening alone" "$dir/opening"
{
	cat "$dir/opening"
	cat "$dir/hello"
} >"$dir/both"
silence "its opening, and another hello" "$dir/both"
wait "${saying[@]}"
for i in "${!names[@]}"; do
	is "$(cat "$dir/back.$i")" 0 "${names[i]} gets not one byte"
done
is "${#names[@]}" 8 "eight of them"
before=$(grep -c 'exchange friend=bob' "$dir/ana.err")

# 300 half-open ones, of each kind, and one who sends a byte now and then, all at once
cat >"$dir/crowd.pl" <<-'EOT'
	use IO::Socket::INET; use IO::Select; use Time::HiRes qw(time sleep);
	my ($port, $stop) = @ARGV;
	$SIG{PIPE} = 'IGNORE'; $| = 1;
	my @s;
	for my $i (1 .. 300) {
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 5) or next;
		$s->autoflush(1);
		print $s $i % 3 == 0 ? "" : $i % 3 == 1 ? "half" : "x" x 40;
		push @s, $s;
	}
	my $slow = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
	$slow->autoflush(1);
	print "there are ", scalar @s, "\n";
	my ($n, $sel, $next) = (0, IO::Select->new(@s, $slow), 0);
	while (!-e $stop) {
		if (time > $next) { print $slow "s"; $next = time + 1 }
		for my $s ($sel->can_read(0.1)) {
			my $r = sysread $s, my $x, 4096;
			$r ? ($n += $r) : $sel->remove($s);
		}
	}
	print "bytes back: $n\n";
EOT
perl "$dir/crowd.pl" "$link" "$dir/stop" >"$dir/crowd" &
crowd=$!
background+=("$crowd")
ok "300 half-open connections stand, and a slow one" wait_for 10 grep -q '^there are 300' "$dir/crowd"
post ana crowd >/dev/null
at bob address ana "tcp:127.0.0.1:$link" >/dev/null
begin=$(date +%s%3N)
ok "bob calls meanwhile" at bob call ana
note "his call took $(($(date +%s%3N) - begin)) ms"
ok "and has news" has bob crowd
at bob when ana on-arrival >/dev/null
node_up bob
ok "a standing link comes up, too" wait_for 10 linked bob ana
post ana standing >/dev/null
ok "and carries news" wait_for 10 has bob standing
held() { # connections of the crowd that stand, newsd's ends
	perl -ne 'BEGIN { $p = sprintf ":%04X", shift } $n++ if /^ *\d+: \S+$p \S+ 01 /; END { print $n + 0 }' \
		"$link" /proc/net/tcp
}
few() { [ "$(held)" -le 270 ]; }
ok "newsd lets go of those that said something wrong" wait_for 10 few
note "$(held) connections are held"
sleep_until() { [ "$(date +%s%3N)" -gt $((begin + 4000)) ]; }
wait_for 10 sleep_until # the slow one has sent some bytes by now
touch "$dir/stop"
wait "$crowd"
like "$(cat "$dir/crowd")" '^bytes back: 0$' "nobody of them got a byte"
unlike "$(log ana)" 'error: |batcher: warning|ended=' "ana's log is calm"
ok "and says so in few lines" test "$(wc -l <"$dir/ana.err")" -lt 40
is "$((before > 0))" 1 "the friend's calls are told there"
ok "ana's databases are sound" at ana check
done_testing
