#!/usr/bin/env python3
"""The version of all that is released stands in the root's pyproject.toml; this writes it wherever else it is said.

scripts/version.py          print it
scripts/version.py 0.2.0    set it, there and everywhere
scripts/version.py --check  name the places that say another
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ("pyproject.toml", r'^version = "([^"]+)"')
# A file, a pattern whose group is the version, and how often it stands there.
COPIES = (
    ("pyproject.toml", r'^    "keyturn==([^"]+)",', 1),
    ("src/tillgate/__init__.py", r'^__version__ = "([^"]+)"$', 1),
    ("src/keyturn/__init__.py", r'^__version__ = "([^"]+)"$', 1),
    ("distributions/keyturn/pyproject.toml", r'^version = "([^"]+)"', 1),
    ("sdks/python/pyproject.toml", r'^version = "([^"]+)"', 1),
    ("sdks/python/src/tillgate_client/calls.py", r'^VERSION: Final = "([^"]+)"$', 1),
    ("sdks/typescript/package.json", r'^  "version": "([^"]+)",$', 1),
    ("sdks/typescript/package-lock.json", r'"name": "[^"]+",\n +"version": "([^"]+)",$', 2),
    ("sdks/typescript/src/transport.ts", r'^export const VERSION = "([^"]+)";$', 1),
)


def version(root: Path = ROOT) -> str:
    """What the root's pyproject.toml says."""
    file, pattern = SOURCE
    found = re.search(pattern, (root / file).read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{file} names no version")
    return found[1]


def strays(root: Path = ROOT) -> list[str]:
    """The places that say another version, or none."""
    wanted, wrong = version(root), []
    for file, pattern, count in COPIES:
        found = re.findall(pattern, (root / file).read_text("utf-8"), re.MULTILINE)
        if found != [wanted] * count:
            wrong.append(f"{file}: says {', '.join(found) or 'no version'}, not {wanted}")
    return wrong


def write(wanted: str, root: Path = ROOT) -> None:
    """Set it in each place."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", wanted):
        raise SystemExit(f"{wanted!r} is not a version: expected three numbers, such as 0.2.0")
    for file, pattern in [SOURCE, *((file, pattern) for file, pattern, _ in COPIES)]:
        path = root / file
        text = path.read_text("utf-8")
        for found in reversed(list(re.finditer(pattern, text, re.MULTILINE))):
            text = text[: found.start(1)] + wanted + text[found.end(1) :]
        path.write_text(text, "utf-8")


def main() -> int:
    """Print, set or check."""
    match sys.argv[1:]:
        case []:
            print(version())
        case ["--check"]:
            print("\n".join(strays()) or version())
            return 1 if strays() else 0
        case [wanted]:
            write(wanted)
            print("\n".join(strays()) or f"everything says {wanted} now")
            return 1 if strays() else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
