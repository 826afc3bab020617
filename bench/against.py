"""This checkout beside another one, row by row: paired processor time, so that "nothing became slower" is a command.

Both sides' servers run at the same time, each by its own checkout's code and interpreter, and are busy in turn: this,
that, that, this (ABBA), so that what the machine does meanwhile falls upon both. The ratio of a round is the other's
processor time for a request over ours: 100 % is as before, more is faster.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.load import LoadClient
from bench.machine import cpu_seconds
from bench.measuring import Broken, Numbers, Stage, say
from bench.table import Row, compared

HERE = Path(__file__).parents[1]
# What a change may cost at most, and still be said to change nothing.
KEPT = 0.97
# What a turn takes of the processor at least, unless it had so many tries.
CPU_SECONDS_MIN, TURNS_MAX = 0.15, 6


class _Slice(NamedTuple):
    answers: int
    seconds: float
    cpu_seconds: float | None


class Against:
    """The comparison with the checkout at a path."""

    def __init__(self, stage: Stage, other: Path) -> None:
        self._stage = stage
        self._other = other.resolve()
        self._client = LoadClient()

    def run(self) -> list[Row]:
        """
        Raises:
            Broken: the other is no checkout that can be compared with.
        """
        python = self._other / ".venv" / "bin" / "python"
        if not (self._other / "bench" / "side.py").exists():
            raise Broken(f"{self._other} has no bench/side.py: it is no checkout, or one from before comparisons")
        if not python.exists():
            raise Broken(f"{self._other} has no environment; run `make bench ARGS=--help` there once")
        try:
            with (
                self._side("ours", HERE, Path(sys.executable)) as ours,
                self._side("theirs", self._other, python) as theirs,
            ):
                return self._measured(ours, theirs)
        finally:
            self._client.close()

    def _measured(self, ours: dict[str, Any], theirs: dict[str, Any]) -> list[Row]:
        numbers = {name: (Numbers(), Numbers()) for name in ours if name in theirs}
        for number in range(-1, self._stage.pace.rounds):
            say("warming up …" if number < 0 else f"round {number + 1} of {self._stage.pace.rounds} …")
            for name, (its, other) in numbers.items():
                if number < 0:
                    for side in (ours, theirs):
                        self._slice(name, side[name], self._stage.pace.warm_up_seconds)
                    continue
                taken = [self._slice(name, side[name]) for side in (ours, theirs, theirs, ours)]
                for kept, pair in ((its, (taken[0], taken[3])), (other, (taken[1], taken[2]))):
                    answers = sum(one.answers for one in pair)
                    kept.rates.append(answers / sum(one.seconds for one in pair))
                    if all(one.cpu_seconds is not None for one in pair):
                        kept.cpu_us.append(sum(one.cpu_seconds or 0.0 for one in pair) / answers * 1e6)
        missing = [Row(name, "–", "not there in the other checkout", "–") for name in ours if name not in theirs]
        return [
            *(compared(name, its, other, against="other", target=KEPT) for name, (its, other) in numbers.items()),
            *missing,
        ]

    def _slice(self, name: str, target: list[Any], seconds: float | None = None) -> _Slice:
        """One turn of one side: longer where the server hardly had the processor, for what it does by the clock is
        shared among its answers."""
        pid, port, requests = target
        before, answers, elapsed, used = cpu_seconds(pid), 0, 0.0, None
        for _ in range(TURNS_MAX if seconds is None else 1):
            measured = self._client.run(port, requests, seconds or self._stage.pace.seconds)
            after = cpu_seconds(pid)
            if measured.broken or not measured.answers:
                raise Broken(f"{name}: {measured.broken} of {measured.answers} answers were broken: {measured.example}")
            answers, elapsed = answers + measured.answers, elapsed + measured.seconds
            used = after - before if before is not None and after is not None else None
            if used is None or used >= CPU_SECONDS_MIN:
                break
        return _Slice(answers, elapsed, used)

    @contextlib.contextmanager
    def _side(self, name: str, checkout: Path, python: Path) -> Iterator[dict[str, Any]]:
        say(f"{name}: {checkout} …")
        place = self._stage.directory / name
        place.mkdir(mode=0o711)
        words = [str(python), "-m", "bench.side", str(place)]
        if self._stage.postgres is not None:
            self._stage.postgres.execute(f"CREATE DATABASE {name}")
            words.append(self._stage.postgres.url(name))
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        process = subprocess.Popen(
            words, cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise Broken(f"{checkout} did not start; its own words are above")
            yield json.loads(line)
        finally:
            process.stdin.close()
            process.wait(60)
            process.stdout.close()
