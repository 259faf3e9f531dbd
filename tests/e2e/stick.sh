# Sourced after tests/lib.sh by the tests of damaged, full and interrupted sticks: nodes
# that are paired by a stick, articles of our own making, and what stick -m says.
# shellcheck shell=sh

: "${dir:=}" "${hearsay:=}" # of tests/lib.sh
stick=$dir/stick
mkdir "$stick"

at() { # NODE WORD...: hearsay there
	at_n=$1
	shift
	"$hearsay" -C "$dir/$at_n" "$@"
}
carry() { at "$1" stick -m --here "${2:-$stick}"; }
field() { printf '%s\n' "$1" | grep "^friend=$2 " | tr ' ' '\n' | sed -n "s/^$3=//p"; }
first() { printf '%s\n' "$1" | sed -n 1p | tr ' ' '\n' | sed -n "s/^$2=//p"; }
count() { at "$1" status -m | sed -n 's/^articles=//p'; }
export_of() { at "$1" export --format rnews '*' 2>/dev/null | perl -0777 -ne '
	while (/\G#! rnews (\d+)\n/gc) { push @a, substr $_, pos, $1; pos() += $1 }
	print map { "$_\0" } sort @a'; }
same() { # NODE NODE: the same articles, byte for byte, none twice
	export_of "$1" >"$dir/same.1" && export_of "$2" >"$dir/same.2" && test -s "$dir/same.1" &&
		cmp "$dir/same.1" "$dir/same.2"
}
wipe() { rm -rf "$stick" && mkdir "$stick"; }
ours() { find "$1" -maxdepth 1 -type f -name '????????????????' -printf '%f\n' | sort; }

batch() { # COUNT SEED [BYTES]: articles that do not compress well, as an rnews batch
	perl -e 'my ($n, $seed, $size) = @ARGV; srand $seed; my @c = ("a".."z", "A".."Z", 0..9, "+", "/");
	for my $i (1 .. $n) {
		my $t = "Path: x!y\nFrom: Someone <someone\@generated.example>\n"
		    . "Newsgroups: quiet.harbour.notices\nSubject: number $i of $seed\n"
		    . "Date: Tue, 03 Mar 2026 10:00:00 +0000\n"
		    . "Message-ID: <number-$i-of-$seed\@generated.example>\n\n";
		my $end = length($t) + $size;
		$t .= join("", map { $c[rand @c] } 1 .. 64) . "\n" while length $t < $end;
		print "#! rnews ", length $t, "\n", $t }' "$1" "$2" "${3:-3000}"
}

befriend() { # NODE NODE: by stick alone
	at "$1" invite "$2" >"$dir/invite" && tail -n 1 "$dir/invite" |
		at "$2" join - --as "$1" >/dev/null &&
		for befriend_n in "$2" "$1" "$2" "$1"; do carry "$befriend_n" >/dev/null || return; done
	wipe
}

snapshot() { for s; do rm -rf "$dir/kept.$s"; cp -a "$dir/$s" "$dir/kept.$s"; done; }
restore() { for s; do rm -rf "${dir:?}/$s"; cp -a "$dir/kept.$s" "$dir/$s"; done; wipe; }
