"""The README's pictures are of the product as it is: the script that made them makes the same ones."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.house import documents

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BYTES_MAX = 100_000


def test_the_pictures_of_the_readme_can_be_made_again(browser: Browser, tmp_path: Path) -> None:
    """From a running server, each with the name under which it is committed, and none larger than 100 kB. ``browser``
    is asked for so that this skips where there is none; the script starts its own."""
    shown = {
        Path(link.target).name for link in documents.links() if link.page == "README.md" and "pictures" in link.target
    }
    kept = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").iterdir()}
    assert shown == set(kept) and all(size <= BYTES_MAX for size in kept.values())
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/screenshots.py", tmp_path], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == set(kept)
    assert all(picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" for picture in made.values())
