#!/usr/bin/env bash
# Resolve requirements/*.txt again from pyproject.toml: every platform, every hash. What is locked stays as it is;
# with --upgrade, everything is the newest.
#
# The resolver runs in a throw-away environment and is told to read no configuration: a lock must say
# what the public index holds, not what a mirror on one machine held, and it must name neither.
set -euo pipefail
cd "$(dirname "$0")/.."

upgrade=("$@")

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

for name in $(env | sed -n 's/^\(UV_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

compile() {
    local output="$1"
    shift
    echo "· $output"
    "$scratch/venv/bin/uv" pip compile --quiet --no-config "${upgrade[@]}" \
        --universal --python-version 3.11 --generate-hashes \
        --custom-compile-command "make lock" \
        --no-emit-package keyturn --output-file "$output" pyproject.toml "$@"
}

# --group without the project: what builds an editable install is no part of what runs.
"$scratch/venv/bin/uv" pip compile --quiet --no-config "${upgrade[@]}" \
    --universal --python-version 3.11 --generate-hashes \
    --custom-compile-command "make lock" \
    --group build --output-file requirements/build.txt
echo "· requirements/build.txt"
compile requirements/base.txt --extra all
compile requirements/test.txt --extra all --group test \
    --constraint requirements/base.txt --constraint requirements/build.txt
compile requirements/bench.txt --extra all --group test --group bench \
    --constraint requirements/test.txt
compile requirements/mutate.txt --extra all --group test --group mutate \
    --constraint requirements/test.txt
# In an environment of its own: of what the rest is locked to, it shares the certificates alone.
sed -n 's/^\(certifi==[^ ]*\).*/\1/p' requirements/test.txt >"$scratch/certificates.txt"
"$scratch/venv/bin/uv" pip compile --quiet --no-config "${upgrade[@]}" \
    --universal --python-version 3.11 --generate-hashes \
    --custom-compile-command "make lock" \
    --no-annotate --constraint "$scratch/certificates.txt" \
    --group smartpay --output-file requirements/smartpay.txt
echo "· requirements/smartpay.txt"
"$scratch/venv/bin/uv" pip compile --quiet --no-config "${upgrade[@]}" \
    --universal --python-version 3.11 --generate-hashes \
    --custom-compile-command "make lock" \
    --no-annotate --group signer --output-file requirements/signer.txt
echo "· requirements/signer.txt"

# A URL or an absolute path in a lock is a leak of the machine that made it.
if grep -nE '://|(^|[[:space:]])/|--(index-url|extra-index-url|find-links|trusted-host)' requirements/*.txt; then
    echo "error: the lock names a host or a path (lines above)" >&2
    exit 1
fi
