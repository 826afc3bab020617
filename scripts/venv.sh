#!/usr/bin/env bash
# Make the virtual environment with a Python that is new enough, or say what is missing.
# usage: scripts/venv.sh DIRECTORY; PYTHON names the interpreter to use.
set -euo pipefail
cd "$(dirname "$0")/.."
venv="$1"

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=""
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3 python; do
    if new_enough "$candidate"; then
        python="$candidate"
        break
    fi
done
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
