"""The README's plot says what a run has written, and so does the README's sentence beside it."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

from bench.plot import bars, drawn, said

ROOT = Path(__file__).parents[2]


def told(*baselines: str) -> dict[str, Any]:
    """What a run has written of these."""
    rows = [{"what": one, "measured": "9,606 req/s, 75 µs CPU", "baseline": one} for one in baselines]
    return {"parts": {"alternatives": rows}}


def test_a_bar_is_as_long_as_its_time() -> None:
    """Ours is first and marked; names are escaped; a row without processor times is refused."""
    shown = bars(told("FastAPI: 210 req/s, 2,490 µs CPU", "fastify <Node>: 7,983 req/s, 85 µs CPU"))
    assert [(one.name, one.cpu_us) for one in shown] == [("Tillgate", 75), ("FastAPI", 2_490), ("fastify <Node>", 85)]
    drawing = drawn(shown)
    widths = [float(one) for one in re.findall(r'<rect [^>]*width="([\d.]+)"', drawing)]
    assert [round(width / widths[1], 2) for width in widths] == [0.03, 1.0, 0.03]
    assert titles(drawing) == [said(shown)] and "fastify <" not in drawing
    with pytest.raises(ValueError, match="processor time"):
        bars(told("b: 1 req/s"))


def test_the_readme_says_what_its_plot_shows() -> None:
    """The same numbers as the committed plot, which names itself in a title."""
    readme = (ROOT / "README.md").read_text("utf-8")
    pictures = re.findall(r"!\[([^]]+)\]\(docs/plots/get-by-id\.svg\)", readme)
    assert pictures == titles((ROOT / "docs/plots/get-by-id.svg").read_text("utf-8"))


def titles(drawing: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r"<title>([^<]+)</title>", drawing)]
