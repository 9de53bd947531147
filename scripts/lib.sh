# Shared by the scripts beside it; to be sourced.

log=var/setup.log
mkdir -p var

# step TEXT COMMAND...: one line, then run it quietly; if it fails, show the end of what it said.
step() {
    local text="$1"
    shift
    printf '%s ...\n' "$text"
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "$text failed; the whole output is in $log"
    fi
}

die() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# at_least WANTED FOUND: whether a dotted version is at least another.
at_least() {
    [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" == "$1" ]]
}

# hash_of FILE...: one hash over names and contents.
hash_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$@" | sha256sum | cut -c1-32
    else
        shasum -a 256 "$@" | shasum -a 256 | cut -c1-32
    fi
}

# is_stamped FILE TEXT: whether a finished step left exactly this stamp.
is_stamped() {
    [[ -f "$1" && "$(<"$1")" == "$2" ]]
}
