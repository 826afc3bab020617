#!/usr/bin/env bash
# See to it that the tests have real proxies and a real redis-server. Never fails: without one its tests skip
# and say why, and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# One finder for both: what the tests would use is what counts. Envoy comes as a wheel, if at all.
missing() {
    .venv/bin/python -m tests.parts 2>/dev/null </dev/null | grep -v '^envoy$' || true
}

wanted="$(missing)"
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing" $wanted "for the tests (once) …"
    # Debian starts a server when it is installed, and at each boot. The tests start their own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update </dev/null && apt-get install -y --no-install-recommends $wanted </dev/null || true
    for one in $wanted; do systemctl disable "$one" >/dev/null 2>&1 || true; done
    wanted="$(missing)"
    [ -n "$wanted" ] || exit 0
fi

echo "Not found:" $wanted"; the tests that need it will skip. Install it by that name (Debian, Ubuntu, brew)." >&2
