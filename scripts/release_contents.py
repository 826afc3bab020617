#!/usr/bin/env python3
"""Say what wheels install at the top level; fail where that is nobody's own name, or where tests or caches slipped in.

usage: scripts/release_contents.py WHEEL…
"""

import sys
import zipfile
from pathlib import Path

OURS = {"keyturn", "tillgate", "tillgate_client"}
STRAY = ("__pycache__/", "/tests/", ".pyc", "node_modules/")


def main() -> int:
    """Look into each wheel."""
    wrong = []
    for wheel in map(Path, sys.argv[1:]):
        names = zipfile.ZipFile(wheel).namelist()
        tops = {name.partition("/")[0] for name in names}
        packages = {top for top in tops if not top.endswith((".dist-info", ".data"))}
        wrong += [f"{wheel.name}: installs {top!r} at the top level" for top in sorted(packages - OURS)]
        wrong += [f"{wheel.name}: holds {name}" for name in names if any(part in name for part in STRAY)]
        if not any(name.endswith("/py.typed") for name in names):
            wrong.append(f"{wheel.name}: is not marked as typed (py.typed)")
        if not any("/licenses/" in name for name in names):
            wrong.append(f"{wheel.name}: has no licence")
        print(f"  {wheel.name}: {', '.join(sorted(packages))}; {len(names)} files, {wheel.stat().st_size // 1024} KiB")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
