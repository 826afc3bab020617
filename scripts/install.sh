#!/usr/bin/env bash
# Run `pip install` and say in one line how far it is. All that pip has to say is shown where it fails, and only there.
# usage: scripts/install.sh PYTHON WHAT PIP-ARGUMENT…
set -euo pipefail
python="$1" what="$2"
shift 2

log="$(mktemp)"
"$python" -m pip install --disable-pip-version-check --no-input --progress-bar off "$@" >"$log" 2>&1 &
pip=$!
trap 'kill "$pip" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

found() { grep -cE '^(Collecting|Obtaining|Processing|Requirement already satisfied)' "$log" || true; }

if [ -t 1 ]; then
    while kill -0 "$pip" 2>/dev/null; do
        printf '\rInstalling %s: %s packages, %s s ' "$what" "$(found)" "$SECONDS"
        sleep 0.2
    done
    printf '\r\033[K'
else
    echo "Installing $what …"
fi
if ! wait "$pip"; then
    cat "$log" >&2
    echo "error: pip could not install $what; what it says is above. Run the same command again to go on." >&2
    exit 1
fi
echo "Installed $what in $SECONDS s."
