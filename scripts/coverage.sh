#!/usr/bin/env bash
# Run the tests, measured: this process, pytest's workers, and every server and command that a test starts.
# Arguments go to pytest; with some, only what those tests run is measured (-m quick, tests/checkout).
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf build/coverage
mkdir -p build/coverage
status=0
.venv/bin/python -m coverage run -m pytest -n "${TEST_WORKERS:-2}" --dist worksteal "$@" </dev/null || status=$?
.venv/bin/python -m coverage combine --quiet
.venv/bin/python -m coverage html --quiet
.venv/bin/python -m coverage report
echo "Line by line: build/coverage/index.html"
exit "$status"
