#!/bin/sh
# mailctl in one file: this script, then the runtime and the program as a tar.gz archive.
# Unpacks itself once into a private cache folder; from then on starts what lies there.
# Must never run anything out of a folder that somebody else could have filled.
#
# -O and -ef are not POSIX, but dash, bash, ash and ksh know them; where not, they fail and we refuse.
# shellcheck disable=SC3013,SC3067

hash='@HASH@'
archive_line='@LINE@'
cache=
case ${XDG_CACHE_HOME:-} in
/*) cache=$XDG_CACHE_HOME/mailctl ;;
*) [ -O "${HOME:-}" ] && cache=$HOME/.cache/mailctl ;; # not what `sudo` left of another's home
esac

# Replaces this shell by the program if PLACE holds it; returns if not. Every run waits for this
# function, so it starts no process.
run() { # PLACE ARGUMENT...
  ours "$1" && unpacked "$1/$hash" || return
  { true >"$1/$hash/used"; } 2>/dev/null # its age tells `tidy` which versions are still wanted
  export DENO_DIR="$1/$hash/cache" DENO_NO_UPDATE_CHECK=1
  folder=$1/$hash
  shift
  exec "$folder/deno" run @FLAGS@ "$folder/@MAIN@" "$@"
}

ours() { # FOLDER
  [ -O "$1" ] && [ -d "$1" ] && [ ! -L "$1" ]
}

unpacked() { # FOLDER
  ours "$1" && [ -f "$1/used" ] && [ -O "$1/deno" ] && [ -x "$1/deno" ]
}

# Unpacks into PLACE; returns 1 where another place may do. A subshell, so that its umask, its traps
# and its `exit`s are its own. Until all is checked it has a name that `run` does not look for.
unpack() ( # PLACE
  umask 077
  new=$(mktemp -d "$1/new.XXXXXX" 2>/dev/null) || exit 1
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  executes_in "$new" || exit 1

  # What is checked is this copy: the file itself may be replaced by an upgrade meanwhile.
  tail -n "+$archive_line" "$0" >"$new/archive" 2>/dev/null || no_room "$1"
  [ "$(sha256 <"$new/archive")" = "$hash" ] ||
    fail 65 "$0 is damaged: its contents do not match their checksum" "fetch it again"
  gzip -dc <"$new/archive" 2>/dev/null | tar -xof - -C "$new" 2>/dev/null || no_room "$1"
  rm "$new/archive"
  "$new/deno" --version >/dev/null 2>&1 ||
    fail 69 "The runtime in $0 cannot run here" "it needs the kind of system it was built on"
  : >"$new/used"
  find "$new" -type f -exec sync {} + 2>/dev/null # a crash must not leave the name without the contents
  publish "$new" "$1/$hash" || no_room "$1"
  tidy "$1"
  exit 0
)

publish() { # NEW FOLDER
  [ -d "$2" ] && ! unpacked "$2" && rm -rf "$2"
  # Where another run was faster, mv puts ours inside its folder.
  mv "$1" "$2" && rm -rf "${2:?}/${1##*/}"
}

# Removes what killed runs left, and versions that no run used for 30 days.
tidy() { # PLACE
  find "$1" -maxdepth 1 -name 'new.*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  for used in "$1"/[0-9a-f]*/used; do
    [ -n "$(find "$used" -mtime +30 2>/dev/null)" ] || continue
    running "${used%/*}" || rm -rf "${used%/*}"
  done
}

# True if a process that can be seen runs from FOLDER: a server may run for longer than 30 days.
running() { # FOLDER
  for program in /proc/[0-9]*/exe; do
    [ "$program" -ef "$1/deno" ] && return
  done
  return 1
}

# Makes the cache folder; returns 1 where there can be none.
make_cache() {
  [ -n "$cache" ] || return
  (umask 077 && mkdir -p "${cache%/*}" 2>/dev/null)
  [ -O "${cache%/*}" ] || return
  mkdir -m 700 "$cache" 2>/dev/null || [ -e "$cache" ] || [ -L "$cache" ] || return
  if ! ours "$cache" || loose "$cache"; then
    fail 77 "Refused to unpack into $cache: others could change what lies there" \
      "remove it, or make it a folder of your own with mode 0700"
  fi
}

loose() { # FOLDER
  [ -n "$(find "$1" -prune \( -perm -020 -o -perm -002 \))" ]
}

executes_in() { # FOLDER
  : >"$1/deno" && chmod 700 "$1/deno" && [ -x "$1/deno" ]
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

no_room() { # PLACE
  fail 75 "Cannot unpack into $1" "make room for 200 MB, or set XDG_CACHE_HOME to another folder"
}

fail() { # STATUS MESSAGE HINT
  printf 'mailctl: %s\nhint: %s\n' "$2" "$3" >&2
  exit "$1"
}

# Unpacks into PLACE and starts the program; returns where another place may do.
unpack_and_run() { # PLACE ARGUMENT...
  unpack "$1"
  status=$?
  [ "$status" -eq 0 ] && run "$@"
  rmdir "$1" 2>/dev/null
  [ "$status" -le 1 ] || exit "$status"
}

# Under the names that programs send mail by, it is what they expect.
case ${0##*/} in
sendmail) set -- sendmail "$@" ;;
mailq) set -- sendmail -bp "$@" ;;
esac

temporary=${TMPDIR:-/tmp}/mailctl-cache
[ -n "$cache" ] && run "$cache" "$@"
for place in "$temporary".*; do run "$place" "$@"; done

for tool in cut find gzip mktemp mv tail tar; do
  command -v "$tool" >/dev/null || fail 69 "Cannot unpack without $tool" "install $tool"
done
make_cache && unpack_and_run "$cache" "$@"
place=$(mktemp -d "$temporary.XXXXXX") && unpack_and_run "$place" "$@"
fail 75 "Found no folder to unpack into and run from" \
  "set XDG_CACHE_HOME to a folder of your own where programs may run"
