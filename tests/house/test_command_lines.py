"""Two programs, one command line and one HTTP layer for what they share: each was written twice once."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.house.source import SRC, python_files

ALIKE_MAX = 5


def runs(path: Path, length: int) -> Iterator[tuple[str, ...]]:
    """Every stretch of ``length`` lines that say something."""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    said = [line for line in lines if line.strip("()[]{},") and not line.startswith(("import ", "from "))]
    return zip(*(said[start:] for start in range(length)), strict=False)


def twice(ours: Iterable[str], theirs: str) -> list[str]:
    """The stretches of six lines in these folders that stand in that folder, too."""
    known = {run for path in python_files(SRC / theirs) for run in runs(path, ALIKE_MAX + 1)}
    assert len(known) > 200
    return [
        f"{path.relative_to(SRC)}: {run[0]}"
        for folder in ours
        for path in python_files(SRC / folder)
        for run in runs(path, ALIKE_MAX + 1)
        if run in known
    ]


def test_the_two_command_lines_share_their_code() -> None:
    """No six lines of one stand in the other: what both need is mounted (keyturn.cli.mounting)."""
    assert twice(["tillgate/cli"], "keyturn/cli") == []


def test_the_two_http_languages_share_their_code() -> None:
    """No six lines of Keyturn's HTTP stand in the native API or below it: both use keyturn.http."""
    assert twice(["tillgate/api", "tillgate/wire"], "keyturn/http") == []
