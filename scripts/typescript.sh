#!/usr/bin/env bash
# What the TypeScript client's tests need.
#
#   scripts/typescript.sh         install it, if it is not there. Never fails: without it the tests skip and
#                                 say why, and where a skip must not be that is where it fails.
#   scripts/typescript.sh types   make sdks/typescript/src/openapi.ts again from the server's declarations
set -euo pipefail
cd "$(dirname "$0")/../sdks/typescript"

installed() {
    cmp -s package-lock.json node_modules/.installed-from
}

install() {
    if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
        echo "No Node 20 or newer: the TypeScript client's tests will skip." >&2
        return 1
    fi
    installed && return 0
    echo "Installing what the TypeScript client's tests need (once) …"
    npm ci --no-progress --loglevel=error </dev/null || return 1
    cp package-lock.json node_modules/.installed-from
}

case "${1:-}" in
types)
    install
    document="$(mktemp)"
    trap 'rm -f "$document"' EXIT
    ../../.venv/bin/python -c '
import json
from tillgate.api.application import ROUTES
from tillgate.api.openapi import document
print(json.dumps(document(ROUTES, "https://your-domain.com")))' >"$document"
    node scripts/types.mjs "$document"
    ;;
"") install || true ;;
*)
    echo "usage: scripts/typescript.sh [types]" >&2
    exit 2
    ;;
esac
