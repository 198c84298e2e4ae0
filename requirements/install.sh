#!/bin/sh
# Installs requirements/NAME.txt into .venv for each NAME, once. Makes .venv, also again if its Python cannot be used.
# Run it in the project's folder: sh requirements/install.sh run test
set -eu

PYTHON=.venv/bin/python
VERSIONS="3.11 to 3.14" # the packages have wheels for these
IS_SUPPORTED='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'
# After an upgrade of the system's Python the folder of the packages has another name.
HAS_PACKAGES='import os, sys, sysconfig; sys.exit(not os.path.isdir(sysconfig.get_path("purelib")))'

main() {
    works "$PYTHON" "$IS_SUPPORTED" && works "$PYTHON" "$HAS_PACKAGES" && { has_uv || works "$PYTHON" "import pip"; } ||
        make_venv
    for name in "$@"; do
        [ ".venv/$name.stamp" -nt "requirements/$name.txt" ] || install "$name"
    done
}

works() {
    "$1" -c "$2" >/dev/null 2>&1
}

has_uv() {
    uv --version >/dev/null 2>&1
}

give_up() {
    echo "$*" >&2
    exit 1
}

require_writable() {
    [ -w "$1" ] || give_up "The folder $(cd "$1" && pwd) cannot be written: run this as its owner, or in a copy."
}

make_venv() {
    require_writable .
    [ ! -e .venv ] || echo "The Python or the pip in .venv cannot be used."
    rm -rf .venv || give_up "Delete the folder .venv, then start again."
    if has_uv; then
        echo "Making .venv with uv."
        uv venv --quiet --python '>=3.11,<3.15' .venv || give_up "uv cannot make .venv with Python $VERSIONS. Correct the error above, then start again."
        return
    fi
    python=$(find_python)
    echo "Making .venv with $python."
    said=$("$python" -m venv .venv 2>&1) || {
        rm -rf .venv
        give_up "$python cannot make .venv: $(echo "$said" | tail -n 1)"
    }
}

# Runs each candidate, because a name may be a shim without a Python behind it.
find_python() {
    without_venv=
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        works "$python" "$IS_SUPPORTED" || continue
        works "$python" "import ensurepip, venv" && echo "$python" && return
        without_venv=${without_venv:-$python}
    done
    [ -z "$without_venv" ] || give_up "$without_venv has no venv module. On Debian: apt-get install $without_venv-venv"
    give_up "No Python $VERSIONS was found. On Debian: apt-get install python3 python3-venv"
}

install() {
    require_writable .venv
    count=$(grep -c '^[a-z].*==' "requirements/$1.txt")
    echo "Installing requirements/$1.txt into .venv, up to $count packages. The first time takes a minute or two."
    log=.venv/install.log
    if has_uv; then
        uv pip install --quiet --python "$PYTHON" --require-hashes -r "requirements/$1.txt" 2>"$log" || explain "$log"
    else
        { pip_install "requirements/$1.txt" 2>"$log" || echo FAILED; } | show_progress "$count" || explain "$log"
    fi
    touch ".venv/$1.stamp"
}

pip_install() {
    "$PYTHON" -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r "$1"
}

# Reads what pip prints. Counts the packages on a terminal, and returns 1 after FAILED.
show_progress() {
    number=0
    while read -r word rest; do
        case "$word $rest" in
        Collecting* | Processing* | Requirement*) number=$((number + 1)) && show "Package $number of up to $1" ;;
        "Installing collected"*) show "Unpacking them" ;;
        FAILED*) return 1 ;;
        esac
    done
    show ""
}

show() {
    [ ! -t 1 ] || printf '\r%-30s\r' "$1"
}

explain() {
    grep -v '^WARNING' "$1" >&2 || true
    ! grep -qiE 'connection broken|failed to fetch|error sending request|timed out|proxy' "$1" ||
        give_up "The package index cannot be reached: check the network (behind a proxy: HTTPS_PROXY), then start again."
    give_up "The packages could not be installed. Correct the error above, then start again."
}

main "$@"
