#!/usr/bin/env bash
# Install what examples/sweep_offline signs with, if it is not there: in an environment of its own. Never fails: without it
# its tests skip and say why, and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv/signer lock=requirements/signer.txt
cmp -s "$lock" "$venv/.installed-from" && exit 0
if .venv/bin/python -m venv --clear "$venv" &&
    scripts/install.sh "$venv/bin/python" "what signs without a network, for the tests" --require-hashes -r "$lock"; then
    cp "$lock" "$venv/.installed-from"
fi
