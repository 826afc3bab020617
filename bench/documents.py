"""Documents a second by each rendering process, next to a bare ``typst.compile`` in a loop; the first page; memory.

python -m bench.documents DIRECTORY   makes documents in a loop, for the seconds that each line of its input says; JSON
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import typst

from bench.machine import cpu_seconds, resident_mb
from bench.measuring import Broken, Numbers, Stage, run, say
from bench.table import Row, compared
from tillgate.documents.engine import Engine, Made, Work
from tillgate.documents.engine.fonts import directories
from tillgate.documents.engine.model import DATA_FILE, SOURCE_FILE
from tillgate.documents.starters import starter
from tillgate.documents.templates.manifest import bound, preview_of

LINES = 20
WORKERS = (1, 2)
TARGET = 0.8


def sample() -> tuple[str, dict[str, Any]]:
    """An invoice of twenty lines: its source and its data."""
    source, manifest = starter("invoice")
    data = preview_of(manifest)
    data["lines"] = data["lines"][:1] * LINES
    return source, bound(manifest, data)


def numbered(data: dict[str, Any], number: int) -> bytes:
    """The data of one of many, so that no document is the one before."""
    return msgspec.json.encode(data | {"number": f"I-{number}"})


class Documents:
    """The part ``documents`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("documents …")
        bare = subprocess.Popen(
            [sys.executable, "-m", "bench.documents", str(self._stage.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # On one core, as a rendering process is.
            env=os.environ | {"RAYON_NUM_THREADS": "1"},
        )
        try:
            return run(self._measured(bare))
        finally:
            bare.kill()
            bare.wait()

    async def _measured(self, bare: "subprocess.Popen[str]") -> list[Row]:
        pace, rows = self._stage.pace, []
        engines = {workers: Engine(workers=workers) for workers in WORKERS}
        baseline = {workers: Numbers() for workers in WORKERS}
        made = {workers: Numbers() for workers in WORKERS}
        first, later, told = [], [], {}
        try:
            for number in range(-1, pace.rounds):
                told = await asyncio.to_thread(_bare, bare, pace.seconds)
                for workers, engine in engines.items():
                    rate, cpu_us = await _rate(engine, pace.seconds)
                    if number >= 0:  # the round before is for what is loaded once
                        baseline[workers].rates.append(told["rate"])
                        baseline[workers].cpu_us.append(told["cpu_us"])
                        made[workers].rates.append(rate / workers)
                        made[workers].cpu_us.append(cpu_us)
                later.append(await _milliseconds(engines[1]))
                fresh = Engine(workers=1)
                first.append(await _milliseconds(fresh))
                await fresh.close()
            memory = max(resident_mb(one) or 0.0 for one in _processes(engines[1]))
        finally:
            for engine in engines.values():
                await engine.close()
        for workers in WORKERS:
            what = f"documents by each of {workers} rendering processes" if workers > 1 else "documents by one process"
            target = TARGET if workers == 1 else None
            rows.append(
                compared(
                    what,
                    made[workers],
                    baseline[workers],
                    against="typst.compile in a loop",
                    unit="docs",
                    target=target,
                )
            )
        shown = f"{statistics.median(first):,.0f} ms, then {statistics.median(later):,.0f} ms"
        rows.append(Row("the first page of a new process", shown, "–", "–"))
        rows.append(Row("memory of a rendering process", f"{memory:,.0f} MB", f"the loop: {told['mb']:,.0f} MB", "–"))
        return rows


def _bare(bare: "subprocess.Popen[str]", seconds: float) -> dict[str, float]:
    if bare.stdin is None or bare.stdout is None:
        raise Broken("the loop has no pipes")
    print(seconds, file=bare.stdin, flush=True)
    line = bare.stdout.readline()
    if not line:
        raise Broken("the loop of typst.compile has ended")
    told: dict[str, float] = json.loads(line)
    return told


async def _rate(engine: Engine, seconds: float) -> tuple[float, float]:
    """Documents a second by all of its processes together, and the processor time of a document in them."""
    source, data = sample()
    await asyncio.gather(*(_milliseconds(engine) for _ in range(engine.workers)))
    pids = _processes(engine)
    before = sum(cpu_seconds(one) or 0.0 for one in pids)
    begun, made = time.monotonic(), 0

    async def keep_making(place: int) -> None:
        nonlocal made
        while time.monotonic() < begun + seconds:
            work = Work(source, numbered(data, made * 100 + place), 0, False)
            if not isinstance(await engine.render(work), Made):
                raise Broken("a document could not be made")
            made += 1

    await asyncio.gather(*(keep_making(place) for place in range(engine.workers)))
    elapsed = time.monotonic() - begun
    used = sum(cpu_seconds(one) or 0.0 for one in _processes(engine)) - before
    if _processes(engine) != pids or not made:
        # A process is replaced after some hundred documents: another round.
        return await _rate(engine, seconds)
    return made / elapsed, used / made * 1e6


async def _milliseconds(engine: Engine) -> float:
    begun = time.monotonic()
    if not isinstance(await engine.render(Work("Hello", b"{}", 0, False)), Made):
        raise Broken("a page could not be made")
    return (time.monotonic() - begun) * 1_000


def _processes(engine: Engine) -> list[int]:
    return sorted(one._process.pid for one in engine._idle if one._process is not None)


def main() -> None:
    directory = Path(sys.argv[1])
    source, data = sample()
    fonts = typst.Fonts(include_system_fonts=False, font_paths=directories())
    (directory / SOURCE_FILE).write_text(source, "utf-8")
    made = 0
    for line in sys.stdin:
        begun, cpu, before = time.monotonic(), time.process_time(), made
        while time.monotonic() < begun + float(line):
            (directory / DATA_FILE).write_bytes(numbered(data, made))
            typst.compile(str(directory / SOURCE_FILE), font_paths=fonts, ignore_system_fonts=True, timestamp=0)
            made += 1
        rate = (made - before) / (time.monotonic() - begun)
        cpu_us = (time.process_time() - cpu) / (made - before) * 1e6
        print(json.dumps({"rate": rate, "cpu_us": cpu_us, "mb": resident_mb(os.getpid()) or 0.0}), flush=True)


if __name__ == "__main__":
    main()
