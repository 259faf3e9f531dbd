#!/bin/bash
# Another user's node, a folder that cannot be written, and a disk that is full.
. tests/lib.sh
need setpriv mount umount
[ "$(id -u)" = 0 ] || skip_all "only root has other users"
bin=$dir/bin
mkdir "$bin" "$dir/small" && cp "$B"/bin/* "$bin" && chmod 755 "$dir" "$bin" || exit 1
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/hearsay" -C "$dir/theirs/node" "$@"; }
mine() { "$hearsay" -C "$dir/mine" "$@"; }
posts() { printf 'Newsgroups: talk.full\nSubject: s\n\n%s\n' "$1" | "$hearsay" -C "$dir/$2" post; }

# ---- another user's node
mkdir "$dir/theirs" && chown 65534:65534 "$dir/theirs"
exits 0 "somebody else sets up" nobody setup --yes --listen 127.0.0.1:0
exits 1 "root does not touch that node" "$hearsay" -C "$dir/theirs/node" groups new talk.x
like "$out" "belongs to user 65534.*sudo -u '#65534' hearsay" "and is told how"
is "$(find "$dir/theirs" -user root)" "" "nothing there is root's"
exits 0 "whose it is may" nobody groups new talk.x
like "$out" 'talk.x is made' "and it says so"
node mine
exits 1 "a folder that is closed is no place for setup" \
	setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/hearsay" -C "$dir/mine" setup --yes
like "$out" "cannot look into $dir/mine: Permission denied" "and the reason is said"

# ---- a folder that cannot be written
mount -t tmpfs -o size=2m none "$dir/small" 2>/dev/null || {
	skip "no tmpfs can be mounted here" "a full disk"
	done_testing
}
trap 'umount "$dir/small"; cleanup' EXIT
exits 0 "a node is set up on a small disk" node small/n --group talk.full
mount -o remount,ro "$dir/small"
exits 1 "nothing is posted on a disk that is read-only" posts x small/n
like "$out" 'is not permitted' "and it is told"
exits 0 "groups are listed all the same" "$hearsay" -C "$dir/small/n" groups
mount -o remount,rw "$dir/small"

# ---- a full disk
ok "an article is posted there" posts first small/n
dd if=/dev/zero of="$dir/small/fill" bs=4k 2>/dev/null
dd if=/dev/zero of="$dir/small/fill2" bs=1 count=4096 2>/dev/null
head -c 200000 /dev/zero | tr '\0' y >"$dir/big"
exits 1 "a post finds no room" posts "$(head -c 100000 "$dir/big")" small/n
like "$out" 'no room left' "and says so"
exits 1 "nor does an invitation" "$hearsay" -C "$dir/small/n" invite bob
like "$out" 'exchange.db.*no room left' "and says so"
like "$("$hearsay" -C "$dir/small/n" status 2>&1)" '1 article in' "status tells what there is"
printf 'From x@example.org Thu Jan  1 00:00:00 2026\nFrom: x@example.org\nDate: Thu, 01 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\nNewsgroups: talk.full\nSubject: x\n\n' >"$dir/mbox"
cat "$dir/big" >>"$dir/mbox"
exits 1 "nor an import" "$hearsay" -C "$dir/small/n" import "$dir/mbox"
like "$out" 'no room left; .* import again for the rest' "and says what to do"
rm "$dir/small/fill" "$dir/small/fill2"
ok "when there is room again all is well" "$hearsay" -C "$dir/small/n" check
ok "a post is taken" posts second small/n
ok "and the import" "$hearsay" -C "$dir/small/n" import "$dir/mbox"
like "$("$hearsay" -C "$dir/small/n" status -m)" '^articles=3$' "nothing was lost"
like "$("$hearsay" -C "$dir/small/n" invite bob 2>/dev/null)" '^[A-Z2-7]{100,}$' "and bob is invited"
done_testing
