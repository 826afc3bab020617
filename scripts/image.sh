#!/usr/bin/env bash
# Build the container image and try it as compose.yaml runs it: nothing is written but the volume, no capability is held;
# it becomes healthy, and SIGTERM ends it with status 0.
# usage: scripts/image.sh [BUILD-ARGUMENT…], such as --build-arg PYTHON_IMAGE=…
# ENGINE names docker or podman; RUN_ARGS are added where the container is run.
set -euo pipefail
cd "$(dirname "$0")/.."
engine="${ENGINE:-$(command -v docker >/dev/null && docker info >/dev/null 2>&1 && echo docker || echo podman)}"
command -v "$engine" >/dev/null || {
    echo "error: neither a running docker nor podman was found; install one of them, or name it: ENGINE=podman" >&2
    exit 1
}
# The image format of OCI has no health check.
[ "$engine" != podman ] || set -- --format docker "$@"
image="${IMAGE:-tillgate}"

echo "· $image, by $engine"
"$engine" build --tag "$image" "$@" . >/dev/null
"$engine" image inspect --format '  {{.Size}} bytes, user {{.Config.User}}' "$image"

name="tillgate-try-$$"
trap '"$engine" rm --force --volumes "$name" >/dev/null 2>&1 || true' EXIT
# shellcheck disable=SC2086 # several words are meant
"$engine" run --detach --name "$name" --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp \
    ${RUN_ARGS:-} "$image" >/dev/null
probe="$(grep -A1 '^HEALTHCHECK' Dockerfile | sed -n 's/^ *CMD //p')"
for attempt in $(seq 60); do
    # The image's own probe, run beside the server: an engine without systemd runs none by itself.
    if python3 -c 'import json, os, sys; os.execvp(sys.argv[1], [*sys.argv[1:4], *json.loads(sys.argv[4])])' \
        "$engine" exec "$name" "$probe" 2>/dev/null; then
        break
    fi
    if [ "$attempt" = 60 ]; then
        "$engine" logs "$name" >&2
        echo "error: it did not become healthy" >&2
        exit 1
    fi
    sleep 1
done
echo "  healthy"
[ "$("$engine" exec "$name" id -u)" = 10001 ]
if "$engine" exec "$name" touch /opt/tillgate/x 2>/dev/null; then
    echo "error: its file system can be written" >&2
    exit 1
fi
"$engine" exec "$name" tillgate doctor >/dev/null
"$engine" stop --time 40 "$name" >/dev/null 2>&1
status="$("$engine" inspect --format '{{.State.ExitCode}}' "$name")"
[ "$status" = 0 ] || {
    echo "error: SIGTERM ended it with status $status" >&2
    exit 1
}
echo "  ended by SIGTERM with status 0"
