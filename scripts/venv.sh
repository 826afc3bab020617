#!/usr/bin/env bash
# Make the virtual environment with a Python that is new enough, or say what is missing. Of several, an optimised one
# is taken: a build without --enable-optimizations costs 12 to 21 % of every request.
# usage: scripts/venv.sh DIRECTORY; PYTHON names the interpreter to use.
set -euo pipefail
cd "$(dirname "$0")/.."
venv="$1"

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Distributions build with PGO and LTO and keep those flags out of sysconfig, so one below /usr counts as optimised. One
# without ensurepip (Debian's python3-venv is a package of its own) cannot make an environment.
optimised() {
    "$1" - 2>/dev/null <<'PYTHON'
import ensurepip, sys, sysconfig, venv
flags = " ".join(str(sysconfig.get_config_var(name)) for name in ("CONFIG_ARGS", "PY_CFLAGS", "PY_CORE_CFLAGS"))
level = ([word for word in flags.split() if word.startswith("-O")] or ["-O?"])[-1]
profiled = any(word in flags for word in ("--enable-optimizations", "-fprofile-use", "-fprofile-instr-use"))
sys.exit(level in ("-O0", "-Og") or not (profiled or sys.base_prefix == "/usr"))
PYTHON
}

python=""
if [ -n "${PYTHON:-}" ] && new_enough "$PYTHON"; then
    python="$PYTHON"
else
    for candidate in python3.11 python3.12 python3.13 python3 python /usr/bin/python3; do
        new_enough "$candidate" || continue
        python="${python:-$candidate}"
        if optimised "$candidate"; then
            python="$candidate"
            break
        fi
    done
fi
if [ -z "$python" ]; then
    {
        echo "error: Tillgate needs Python 3.11 or newer, and none was found on PATH."
        echo "       Found: $(python3 --version 2>/dev/null || echo 'no python3 at all')."
        echo "       Install it (Debian, Ubuntu: apt-get install python3.11 python3.11-venv; macOS: brew"
        echo "       install python@3.11), or name one: make up PYTHON=/path/to/python3.11"
    } >&2
    exit 1
fi

echo "Making $venv with $("$python" --version) …"
if ! "$python" -m venv --clear "$venv"; then
    rm -rf "$venv"
    echo "error: $python cannot make a virtual environment. On Debian and Ubuntu that is a package of its" >&2
    echo "       own: apt-get install $(basename "$python")-venv" >&2
    exit 1
fi
