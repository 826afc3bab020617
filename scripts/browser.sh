#!/usr/bin/env bash
# See to it that the browser tests have a Chromium. Never fails: without one they skip and say why,
# and where a skip must not be (TILLGATE_REQUIRE_ALL=1) that is where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# One finder for both: what the tests would use is what counts.
found() {
    .venv/bin/python -m tests.browser >/dev/null 2>&1 </dev/null
}

if found; then exit 0; fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests (once) …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update </dev/null &&
        apt-get install -y --no-install-recommends chromium fonts-dejavu-core fonts-liberation </dev/null || true
    if found; then exit 0; fi
fi

echo "Fetching a Chromium for the browser tests (once) …"
.venv/bin/playwright install chromium </dev/null || true
if found; then exit 0; fi

echo "No Chromium could be had: the browser tests will skip. Install one, or name it in TILLGATE_CHROMIUM." >&2
