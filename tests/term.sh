# Sourced after tests/lib.sh: a program in a terminal of its own, by tmux; slrn for one.
# shellcheck shell=bash disable=SC2154 # dir, host and port are tests/lib.sh's

slrn_home() { # USER NAME: $home with an editor that types a line, and slrn's start file
	home=$dir/home
	mkdir "$home"
	cat >"$home/edit" <<'EDIT'
#!/bin/sh
# stands in for an editor: slrn looks whether the file became newer
printf 'Typed by the test.\n' >>"$1"
touch -d '+2 seconds' "$1"
EDIT
	chmod +x "$home/edit"
	cat >"$home/.slrnrc" <<RC
set username "$1"
set hostname "hearsay.invalid"
set realname "$2"
set editor_command "$home/edit '%s'"
set confirm_actions 0
RC
}

t() { LC_ALL=C.UTF-8 tmux -u -f /dev/null -S "$dir/tmux" "$@"; }
screen() { t capture-pane -p -t term | sed 's/ *$//'; }
shows() { screen | grep -Eq -e "$1"; }
sees() { # NAME ERE: waits for it on the screen; nothing that comes behind could work without
	if wait_for 20 shows "$2"; then
		result 0 "$1"
	else
		result 1 "$1"
		note "nothing like $2 on the screen:"
		note "$(screen)"
		done_testing
	fi
}
press() { t send-keys -t term "$@"; }
types() { t send-keys -t term -l -- "$1"; }

term_start() { # VARIABLE=VALUE... COMMAND...: a screen of 100 x 30; says when it ends
	# one that is just ending takes no new session
	wait_for 5 t new-session -d -s term -x 100 -y 30 "cd $home; env -i HOME=$home TERM=screen \
		PATH=$PATH:/usr/games LC_ALL=C $*; echo the program ended; read -r _"
	trap 't kill-server 2>/dev/null; cleanup' EXIT
}

slrn_start() { # GROUP...: at $host:$port
	printf '%s:\n' "$@" >"$home/.jnewsrc"
	term_start slrn -h "$host" -p "$port" -f "$home/.jnewsrc" -i "$home/.slrnrc"
}
