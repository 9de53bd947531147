# The system's packages; sourced by setup.

# The first Python 3.11 or later; one without venv is told by `find_venv_python`.
find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

has_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Newest PostgreSQL, 15 or later, with PostGIS: its major version.
find_postgis() {
    local control version
    for control in $(ls -d /usr/share/postgresql/*/extension/postgis.control 2>/dev/null | sort -rV); do
        version="$(cut -d/ -f5 <<<"$control")"
        if ((version >= 15)) && [[ -x /usr/lib/postgresql/$version/bin/initdb ]]; then
            echo "$version"
            return
        fi
    done
    return 1
}

# Newest PostgreSQL, 15 or later, that this system's packages offer with PostGIS.
offered_postgis() {
    apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' |
        cut -d- -f2 | sort -rn | awk '$1 >= 15 { print; exit }'
}

has_browser() {
    command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null
}

# Ubuntu has Chromium under another name (it brings the snap).
browser_package() {
    if grep -qs '^ID=ubuntu' /etc/os-release; then
        echo chromium-browser
    else
        echo chromium
    fi
}

has_chinese_font() {
    compgen -G '/usr/share/fonts/*/noto/NotoSansCJK*' >/dev/null ||
        [[ -n "$(command -v fc-list)" && -n "$(fc-list :lang=zh)" ]]
}

# The Node inside Playwright needs it.
has_libatomic() {
    compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || compgen -G '/lib/*/libatomic.so.1' >/dev/null
}

# install_system_packages WITH_TESTS
install_system_packages() {
    local with_tests="$1"
    if [[ "$(uname)" == Darwin ]]; then
        check_macos "$with_tests"
        return
    fi
    local wanted
    wanted="$(missing_packages "$with_tests")"
    [[ -z "$wanted" ]] && return
    if ! command -v apt-get >/dev/null; then
        die "missing here: $wanted. Install PostgreSQL 15 or later with PostGIS 3.3 or later," \
            "and Python 3.11 or later with venv, with this system's package manager"
    fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "missing here, and there is neither root nor sudo: let an administrator run" \
            "apt-get install $(resolved "$wanted")"
    fi
    step 'reading the list of system packages' as_root apt-get -o DPkg::Lock::Timeout=300 -qq update
    wanted="$(resolved "$wanted")"
    # shellcheck disable=SC2086  # one word for each package
    step "installing $wanted" as_root apt-get -o DPkg::Lock::Timeout=300 \
        -qq install --yes --no-install-recommends $wanted
}

# Names of what is missing; POSTGIS stands for packages whose version is not known yet.
missing_packages() {
    local with_tests="$1" python wanted=()
    python="$(find_python || true)"
    if [[ -z "$python" ]]; then
        wanted+=(python3 python3-venv)
    elif ! has_venv "$python"; then
        wanted+=(python3-venv)
    fi
    if [[ -z "${GRIDGEO_DATABASE_URL:-}" || "$with_tests" == true ]] && ! find_postgis >/dev/null; then
        wanted+=(POSTGIS)
    fi
    if [[ "$with_tests" == true ]]; then
        has_browser || wanted+=("$(browser_package)")
        has_chinese_font || wanted+=(fonts-noto-cjk)
        has_libatomic || wanted+=(libatomic1)
    fi
    echo "${wanted[*]}"
}

# resolved "NAME...": the same with POSTGIS replaced by real packages.
resolved() {
    local version
    if [[ "$1" != *POSTGIS* ]]; then
        echo "$1"
        return
    fi
    version="$(offered_postgis)"
    [[ -n "$version" ]] || die "this system's packages have no PostgreSQL 15 or later with PostGIS:" \
        "add the repository of https://wiki.postgresql.org/wiki/Apt and try again"
    echo "${1/POSTGIS/postgresql-$version postgresql-$version-postgis-3}"
}

as_root() {
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

check_macos() {
    local wanted=()
    find_python >/dev/null || wanted+=(python@3.12)
    compgen -G '/opt/homebrew/opt/postgresql@*/share/postgresql*/extension/postgis.control' >/dev/null ||
        compgen -G '/usr/local/opt/postgresql@*/share/postgresql*/extension/postgis.control' >/dev/null ||
        compgen -G '/opt/homebrew/share/postgresql@*/extension/postgis.control' >/dev/null ||
        compgen -G '/usr/local/share/postgresql@*/extension/postgis.control' >/dev/null ||
        compgen -G '/Applications/Postgres.app/Contents/Versions/*/bin/postgres' >/dev/null ||
        wanted+=(postgresql@17 postgis)
    if [[ "$1" == true && ! -d '/Applications/Google Chrome.app' && ! -d /Applications/Chromium.app ]]; then
        wanted+=(--cask google-chrome)
    fi
    ((${#wanted[@]} == 0)) || die "first run: brew install ${wanted[*]}"
}
