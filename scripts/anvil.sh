#!/usr/bin/env bash
# Install the node of an EVM network that the tests need, if it is not there. Never fails: without it they skip and say
# why, and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/../tests/anvil"

if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
    echo "No Node 20 or newer: the tests that need a node of an EVM network will skip." >&2
    exit 0
fi
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Installing anvil for the tests (once) …"
npm ci --no-progress --loglevel=error </dev/null || exit 0
cp package-lock.json node_modules/.installed-from
