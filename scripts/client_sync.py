#!/usr/bin/env python3
"""Make `tillgate_client/sync` out of `tillgate_client/aio`, so that each operation is written once.

python scripts/client_sync.py          write it
python scripts/client_sync.py --check  say whether it is current
"""

import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1] / "sdks/python/src/tillgate_client"
MADE = "# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.\n"
WORDS = [
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bhttpx\.AsyncClient\b", "httpx.Client"),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\b__a(enter|exit|iter)__\b", r"__\1__"),
    (r"\baclose\b", "close"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio$", "import time"),
    (r"\btillgate_client\.aio\b", "tillgate_client.sync"),
    (r"The asynchronous client\. .*\"\"\"", 'The synchronous client."""'),
]


def made() -> dict[str, str]:
    """Each file's text by its name."""
    return {path.name: _translated(path.read_text("utf-8")) for path in sorted((CLIENT / "aio").glob("*.py"))}


def _translated(text: str) -> str:
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    text = MADE + text
    for arguments in (["check", "--select", "I,UP028", "--fix", "--unsafe-fixes", "--quiet"], ["format", "--quiet"]):
        text = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(CLIENT / "sync" / "made.py"), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return text


def main() -> int:
    """Write the files, or check them."""
    target = CLIENT / "sync"
    wanted = made()
    present = {path.name: path.read_text("utf-8") for path in target.glob("*.py")}
    if "--check" in sys.argv[1:]:
        stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
        print("\n".join(stale) or "current")
        return 1 if stale else 0
    target.mkdir(exist_ok=True)
    for name in present.keys() - wanted.keys():
        (target / name).unlink()
    # Twice: imports are sorted by what lies there, and a new file does so only after the first time.
    for _ in range(2):
        for name, text in made().items():
            (target / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
