#!/usr/bin/env bash
# Sets Accord up in .venv: every dependency at the version and hash that the lock files name.
#
#   ./bootstrap.sh          set up only; quick when nothing has changed
#   ./bootstrap.sh run      set up, then the main job (accord demo)
#   ./bootstrap.sh test     set up, then all checks and tests (test deep: every combination; test changed: what a change touches)
#
# Uses uv where it is on the PATH, else the first working Python 3.11 or newer with venv and pip.
# PYTHON=/path/to/python names the interpreter to use instead of looking for one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

stamp=.venv/.accord-set-up
interpreter_works='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

say() { printf 'bootstrap: %s\n' "$*" >&2; }

# A shim on the PATH may be dead, and a Debian python3 may lack ensurepip: only running a candidate tells.
find_python() {
    local name candidate
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        while read -r candidate; do
            if "$candidate" -c "$interpreter_works" >/dev/null 2>&1; then
                printf '%s\n' "$candidate"
                return
            fi
        done < <(type -aP "$name" 2>/dev/null)
    done
    return 1
}

# Where the environment was made and from what: another folder or another lock makes the stamp stale.
fingerprint() { pwd; cat bootstrap.sh pyproject.toml uv.lock requirements.txt | cksum; }

is_current() {
    [[ -f $stamp && $(<"$stamp") == "$(fingerprint)" ]] && .venv/bin/python -c 'import accord' >/dev/null 2>&1
}

set_up_with_uv() {
    say "setting up .venv with $(uv --version)"
    uv sync --locked --compile-bytecode ${PYTHON:+--python "$PYTHON"}
}

set_up_with_pip() {
    local python
    if ! .venv/bin/python -c "$interpreter_works" >/dev/null 2>&1 || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        if ! python=$(find_python); then
            say "no working Python 3.11 or newer with venv was found. Install one (Debian and Ubuntu:"
            say "apt install python3 python3-venv) or uv, or name one: PYTHON=/path/to/python ./bootstrap.sh"
            exit 1
        fi
        say "making .venv with $python ($("$python" -c 'import platform; print(platform.python_version())'))"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    say "installing the locked dependencies with pip; this takes a minute or two the first time"
    .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
    .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

# Bytecode and catalogues of translations. A program of ours starts in a third of the time with bytecode, and some environments
# forbid Python to keep it by itself (PYTHONDONTWRITEBYTECODE). What is current is only looked at.
compile_own() {
    .venv/bin/python -m compileall -q src tests
    .venv/bin/python -m accord.web.catalogues.compile
}

set_up() {
    if is_current; then compile_own; return; fi
    # Its programs name the folder that it was made in.
    if [[ -f $stamp && $(head -n 1 "$stamp") != "$PWD" ]]; then rm -rf .venv; fi
    rm -f "$stamp"
    if ! { command -v uv >/dev/null 2>&1 && set_up_with_uv; }; then
        set_up_with_pip
    fi
    # An environment made before may have been installed without bytecode. A few files of packages are templates, not Python.
    .venv/bin/python -m compileall -qq -j 0 .venv/lib >/dev/null 2>&1 || true
    compile_own
    fingerprint >"$stamp"
    say "done: .venv/bin/accord --help"
}

case "${1:-}" in
    "") set_up ;;
    run) shift; set_up; exec .venv/bin/accord demo "$@" ;;
    test) shift; set_up; exec tests/run "$@" ;;
    *) sed -n '2,9s/^# \{0,1\}//p' bootstrap.sh >&2; exit 2 ;;
esac
