"""The README's plot: what one GET by id takes of a processor, here and beside what one would otherwise write.

python -m bench.plot ROWS.json PLOT.svg   ROWS.json is what `make bench ARGS="--json ROWS.json"` has written
"""

import html
import json
import re
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

PART: Final = "alternatives"
_CPU: Final = re.compile(r"([\d,]+) µs CPU")
_WIDTH, _LEFT, _ROW, _TOP = 760, 250, 44, 46
_STYLE: Final = """
text { font: 15px system-ui, sans-serif; fill: #1f2328 }
.soft { fill: #59636e; font-size: 13px }
.bar { fill: #8c959f }
.ours { fill: #14664c }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .soft { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #6fd3ae }
}
"""


class Bar(NamedTuple):
    """What a request takes of a processor, in microseconds."""

    name: str
    cpu_us: float
    is_ours: bool


def bars(told: dict[str, Any]) -> list[Bar]:
    """The bars of what a run has written, ours first."""
    found = [Bar("Tillgate", 0, True)]
    for row in told["parts"][PART]:
        ours, theirs = _CPU.search(row["measured"]), _CPU.search(row["baseline"])
        if ours is None or theirs is None:
            raise ValueError(f"{row['what']}: its processor time is not known")
        found[0] = found[0]._replace(cpu_us=_number(ours[1]))
        found.append(Bar(row["baseline"].partition(":")[0], _number(theirs[1]), False))
    return found


def drawn(shown: list[Bar]) -> str:
    """An SVG document: a bar each, as long as its time."""
    most, height = max(one.cpu_us for one in shown), _TOP + _ROW * len(shown) + 14
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{html.escape(said(shown))}</title>",
        f"<style>{_STYLE}</style>",
        '<text class="soft" x="8" y="24">Processor time of one GET by id with an API key, in µs: less is better</text>',
    ]
    for number, one in enumerate(shown):
        y, length = _TOP + _ROW * number, max(one.cpu_us / most * (_WIDTH - _LEFT - 80), 2)
        kind = "bar ours" if one.is_ours else "bar"
        lines += [
            f'<text x="8" y="{y + 20}">{html.escape(one.name)}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{y + 4}" width="{length:.1f}" height="24" rx="3"/>',
            f'<text x="{_LEFT + length + 8:.1f}" y="{y + 21}">{one.cpu_us:,.0f}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def said(shown: list[Bar]) -> str:
    """The plot in one line, for whoever does not see it."""
    return "; ".join(f"{one.name}: {one.cpu_us:,.0f} µs" for one in shown)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def main() -> None:
    """Read, draw and write."""
    rows, plot = map(Path, sys.argv[1:])
    plot.write_text(drawn(bars(json.loads(rows.read_text()))))


if __name__ == "__main__":
    main()
