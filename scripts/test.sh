#!/usr/bin/env bash
# Run the tests; `make test-parts` has installed what they need. Arguments go to pytest.
#
# worksteal: each worker begins with whole modules in a row, so that a module's fixtures are made once,
# and one that runs dry takes over from the other's end.
set -euo pipefail
cd "$(dirname "$0")/.."

exec .venv/bin/python -m pytest -n "${TEST_WORKERS:-3}" --dist worksteal "$@" </dev/null
