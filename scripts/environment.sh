# Sourced by scripts/demo and scripts/check: the project's folder, its Python and its .venv.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PYTHONUTF8=1

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else bold='' dim='' red='' green='' plain=''; fi

say() { printf '%s\n' "${bold}$*${plain}"; }

fail() {
    printf '%s\n' "${red}error:${plain} $1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# The first Python that is new enough and not too new; CROSSBRAND_PYTHON names another one.
find_python() {
    local candidate found=''
    for candidate in ${CROSSBRAND_PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
            2>/dev/null; then
            printf '%s' "$candidate"
            return 0
        fi
        found="$found $("$candidate" --version 2>/dev/null || true)"
    done
    fail "crossbrand needs Python 3.11, 3.12 or 3.13; found:${found:- none}." \
        "Install one (for example 'apt-get install python3.11 python3.11-venv', 'brew install python@3.12')" \
        "or name it: CROSSBRAND_PYTHON=/path/to/python3.12 $0"
}

# install LOCK: makes .venv where there is none and installs what LOCK pins, unless that has been done.
# A stamp in .venv holds the hash of what was installed, so a changed lock is noticed.
install() {
    local lock=$1 python stamp=".venv/installed-$1" wanted
    if ! .venv/bin/python -c '' 2>/dev/null; then
        python=$(find_python) || exit 1
        say "Making .venv with $("$python" --version)"
        rm -rf .venv
        "$python" -m venv .venv || fail "$python cannot make a virtual environment." \
            "On Debian and Ubuntu: apt-get install python3-venv"
    fi
    wanted=$(.venv/bin/python -c '
import hashlib, pathlib, sys
text = b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:])
print(hashlib.sha256(text).hexdigest(), pathlib.Path.cwd())' "$lock" pyproject.toml)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    say "Installing $(grep -c == "$lock") packages from $lock"
    SECONDS=0
    quietly .venv/bin/python -m pip install -qq -r "$lock" ||
        fail "pip could not install $lock." "Is the package index reachable from here?"
    quietly .venv/bin/python -m pip install -qq --no-deps -e . || fail "pip could not install crossbrand."
    printf '%s' "$wanted" >"$stamp"
    echo "${dim}installed in $SECONDS s${plain}"
}

# Runs a silent command with a dot every two seconds, so that a slow network does not look like a hang.
quietly() {
    "$@" &
    local job=$!
    while kill -0 "$job" 2>/dev/null; do
        sleep 2
        printf .
    done
    echo
    wait "$job"
}
