"""The scripts of pages are small, and need nothing else."""

import re
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
# What a buyer on a slow network loads before a page is whole; each script is cached by its own hash.
BYTES_MAX = {
    "keyturn/http/playground/playground.js": 12_000,
    "keyturn/portal/page.js": 1_000,
    "tillgate/static/checkout.js": 10_000,
    "tillgate/static/dashboard.js": 7_000,
    "tillgate/static/editor.js": 5_000,
    "tillgate/static/embed.js": 6_000,
    "tillgate/static/search.js": 2_000,
    "tillgate/static/shortcuts.js": 3_000,
    "tillgate/static/wallet.js": 7_000,
    "tillgate/dialects/coin_moebius/button/coin-moebius-buy.js": 12_000,
}
# Another module, another file, or code out of text. The button frames and asks its own server.
BRINGS_MORE = re.compile(
    r"^\s*import\b|\bimport\(|\brequire\(|importScripts|\beval\(|new Function|https?://", re.MULTILINE
)


def test_every_script_is_small_and_brings_nothing_along() -> None:
    """Each of our scripts has a budget, and loads no other code; what others wrote lies in `vendor`."""
    found = {str(path.relative_to(SRC)): path for path in SRC.rglob("*.js") if path.parent.name != "vendor"}
    assert set(found) == set(BYTES_MAX)
    sizes = {name: path.stat().st_size for name, path in found.items()}
    assert {name: size for name, size in sizes.items() if size > BYTES_MAX[name]} == {}
    brought = {name: BRINGS_MORE.findall(path.read_text()) for name, path in found.items()}
    assert {name: calls for name, calls in brought.items() if calls and "coin_moebius" not in name} == {}
