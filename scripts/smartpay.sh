#!/usr/bin/env bash
# Install the clients that Smartpay published, if they are not there: npm's beside the tests, and PyPI's in an environment
# of its own, for it pins libraries of 2021. Never fails: without them their tests skip and say why, and where a skip must
# not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv/smartpay lock=requirements/smartpay.txt
if ! cmp -s "$lock" "$venv/.installed-from"; then
    if .venv/bin/python -m venv --clear "$venv" &&
        scripts/install.sh "$venv/bin/python" "Smartpay's Python client for the tests" --require-hashes -r "$lock"; then
        cp "$lock" "$venv/.installed-from"
    fi
fi

cd tests/smartpay
if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
    echo "No Node 20 or newer: the tests that need the npm package @smartpay/sdk-node will skip." >&2
    exit 0
fi
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Installing Smartpay's npm client for the tests (once) …"
npm ci --no-progress --loglevel=error </dev/null || exit 0
cp package-lock.json node_modules/.installed-from
