#!/usr/bin/env bash
# Install what three kinds of wallets publish for programs, if they are not there. Never fails: without them their
# tests skip and say why, and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/../tests/wallets"

if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
    echo "No Node 20 or newer: the tests that try wallets with the guides of docs/live.md will skip." >&2
    exit 0
fi
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Installing libraries of wallets for the tests (once) …"
npm ci --ignore-scripts --no-progress --loglevel=error </dev/null || exit 0
cp package-lock.json node_modules/.installed-from
