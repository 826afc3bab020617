#!/usr/bin/env bash
# Install the compiler that makes the treasury's contract again, if it is not there. Never fails: without it the test
# skips and says why, and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/../tests/solc"

if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
    echo "No Node 20 or newer: the test that compiles the treasury's contract will skip." >&2
    exit 0
fi
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Installing a Solidity compiler for the tests (once) …"
npm ci --no-progress --loglevel=error </dev/null || exit 0
cp package-lock.json node_modules/.installed-from
