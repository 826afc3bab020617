"""Two programs, one command line for what they share: it was written twice once, and said the same in other words."""

from collections.abc import Iterator
from pathlib import Path

from tests.house.source import SRC, python_files

ALIKE_MAX = 5


def runs(path: Path, length: int) -> Iterator[tuple[str, ...]]:
    """Every stretch of so many lines that say something."""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    said = [line for line in lines if line.strip("()[]{},") and not line.startswith(("import ", "from "))]
    return zip(*(said[start:] for start in range(length)), strict=False)


def test_the_two_command_lines_share_their_code() -> None:
    """No six lines of one stand in the other: what both need is mounted (keyturn.cli.mounting)."""
    theirs = {run for path in python_files(SRC / "keyturn/cli") for run in runs(path, ALIKE_MAX + 1)}
    twice = [
        f"{path.relative_to(SRC)}: {run[0]}"
        for path in python_files(SRC / "tillgate/cli")
        for run in runs(path, ALIKE_MAX + 1)
        if run in theirs
    ]
    assert twice == []
    assert len(theirs) > 200
