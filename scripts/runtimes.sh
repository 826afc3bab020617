#!/usr/bin/env bash
# Install the oldest and the newest Node, the runtime of Workers, and environments of the oldest and the newest Python at
# hand, on which the clients are tested. Never fails: without them those tests skip and say why, and where a skip must not
# be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv/bin/python -m tests.runtimes.pythons </dev/null || true

cd tests/runtimes
if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
    echo "No Node 20 or newer: the tests of the clients on other runtimes will skip." >&2
    exit 0
fi
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Installing runtimes for the tests of the clients (once) …"
npm ci --no-progress --loglevel=error </dev/null || exit 0
cp package-lock.json node_modules/.installed-from
