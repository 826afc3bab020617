#!/usr/bin/env bash
# Build what is published into dist/, and try it: in an environment that holds nothing but what was built and its locked
# dependencies, the tests run what the README and the clients' pages say. Nothing is uploaded, nothing is tagged.
#
# Every pyproject.toml here, in distributions/ or in sdks/ that names a build backend is a distribution; every package.json there beside a
# lock is an npm package. All of them carry one version, which CHANGELOG.md has a section for.
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"
python="$root/.venv/bin/python"

fail() {
    echo "error: $*" >&2
    exit 1
}

if [ -n "$(git status --porcelain)" ] && [ "${ALLOW_DIRTY:-0}" != 1 ]; then
    fail "the tree has changes that are not committed; commit them, or try with ALLOW_DIRTY=1 make release"
fi

rm -rf dist
mkdir dist

for project in $(git ls-files pyproject.toml 'distributions/*pyproject.toml' 'sdks/*pyproject.toml' | sort); do
    grep -q '^build-backend' "$project" || continue
    echo "· $(dirname "$project")"
    (cd "$(dirname "$project")" && "$root/.venv/bin/hatchling" build -d "$root/dist" -t sdist -t wheel) >/dev/null
done

for lock in $(git ls-files 'sdks/*package-lock.json' | sort); do
    folder="$(dirname "$lock")"
    echo "· $folder"
    (cd "$folder" && npm ci --no-progress --loglevel=error >/dev/null && npm run --silent build &&
        npm pack --silent --pack-destination "$root/dist" >/dev/null) </dev/null
    [ ! -d "$folder/node_modules" ] || cp "$lock" "$folder/node_modules/.installed-from"
done

# What all of it is made of, and under which licences.
echo "· bill of materials"
"$python" scripts/sbom.py dist

# One version in every file's name, in the product's own words, and in the changelog.
version="$("$python" scripts/version.py --check)" || fail "more than one version; run scripts/version.py: $version"
for file in dist/*; do
    case "$(basename "$file")" in
    *-"$version"-*.whl | *-"$version".tar.gz | *-"$version".tgz) ;;
    *-"$version".cdx.json | *-"$version"-licences.txt) ;;
    *) fail "$file is not of version $version" ;;
    esac
done
grep -q "^## \[$version\]" CHANGELOG.md || {
    [ "${ALLOW_DIRTY:-0}" = 1 ] || fail "CHANGELOG.md has no section [$version]; see docs/releasing.md"
    echo "  CHANGELOG.md has no section [$version] yet"
}

# A wheel brings its own packages to the top level and nothing else.
"$python" scripts/release_contents.py dist/*.whl

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
echo "· a clean environment"
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes -r requirements/base.txt
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-index --no-deps dist/*.whl
"$scratch/venv/bin/python" -m pip check --disable-pip-version-check

# The tests drive it; what they start is the clean environment's Python.
echo "· the README, run from what was built"
TILLGATE_TEST_PYTHON="$scratch/venv/bin/python" "$python" -m pytest -q -n 0 -p no:randomly \
    tests/journeys/test_readme.py tests/journeys/test_make.py tests/journeys/test_named_commands.py \
    tests/client/test_readme.py </dev/null

# Somebody who has never seen it: what is committed, and what was just built.
echo "· a newcomer"
"$python" scripts/newcomer.py --wheels dist

echo
(cd dist && sha256sum ./* 2>/dev/null || shasum -a 256 ./*)
