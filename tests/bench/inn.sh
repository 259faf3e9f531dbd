# Sourced by tests/bench/run: an INN of our own on loopback, where the package is installed.
# shellcheck shell=bash disable=SC2154 # dir is tests/lib.sh's

inn_port=$((20000 + $$ % 20000))
# shellcheck disable=SC2034 # for tests/bench/run
inn_reader=$((inn_port + 1))
inn=
inn_tool=$SHARED/tools/nntpbench/inn_instance.sh

inn_make() {
	[ -x /usr/lib/news/bin/innd ] && [ -d /etc/news ] && [ "$(id -u)" = 0 ] && [ -r "$inn_tool" ] || return 1
	chmod 711 "$dir"
	if bash "$inn_tool" make "$dir/inn" "$inn_port" tradindexed tradspool >"$dir/inn.log" 2>&1 &&
		bash "$inn_tool" start "$dir/inn" >>"$dir/inn.log" 2>&1; then
		inn=$dir/inn
	else
		sed 's/^/# INN: /' "$dir/inn.log" | tail -n 5
		return 1
	fi
}

inn_up() { [ -n "$inn" ]; }
inn_stop() { [ -z "$inn" ] || bash "$inn_tool" stop "$inn" >/dev/null 2>&1; }

inn_count() { find "$inn/spool/articles" -type f -printf '%i\n' | sort -u | wc -l; }

inn_import() { # BATCH: rnews into an empty server; prints articles stored a second
	local t s
	bash "$inn_tool" wipe "$inn" >/dev/null 2>&1
	bash "$inn_tool" start "$inn" >/dev/null 2>&1
	cp "$1" "$inn/batch" && chown news "$inn/batch"
	t=$EPOCHREALTIME
	env INNCONF="$inn/etc/inn.conf" setpriv --reuid=news --regid=news --init-groups -- \
		/usr/lib/news/bin/rnews "$inn/batch" >>"$dir/inn.log" 2>&1
	s=$(since "$t")
	rate "$(inn_count)" "$s"
}

inn_bytes() { # disk for each, all databases included
	rate "$(du -sB1 "$inn/spool/articles" "$inn/spool/overview" "$inn/db" | awk '{ n += $1 } END { print n }')" "$(inn_count)"
}

inn_feed() { # BATCH
	"$B/bench/nntpbench" feed -P "$inn_port" -b "$1" -m takethis >/dev/null 2>&1
}

inn_post() { # BATCH: by POST into an empty server; prints articles a second
	bash "$inn_tool" wipe "$inn" >/dev/null 2>&1
	bash "$inn_tool" start "$inn" >/dev/null 2>&1
	"$B/bench/nntpbench" feed -P "$inn_reader" -b "$1" -m post 2>/dev/null | field articles_per_s | tail -n 1
}
