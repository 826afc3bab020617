"""Instructions for each request, counted by callgrind: what a request costs, whatever else the machine does.

A server runs under valgrind, counting nothing while it starts and warms up; then requests go over one connection, one
after another, in blocks that are counted one by one: the median block is told, so that what happens once falls out.
Time passes slowly for the server (``bench/slowed.py``), so that what happens by the clock is as little of a count as it
is in service. Hashes of texts are the same in each run. A count differs from run to run by a few in a hundred, and
between builds of Python.
"""

import json
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.checkout import stock
from bench.load import FRESH, LENGTH
from bench.measuring import Broken, Stage, get, run, say
from bench.servers import Server
from bench.table import Row
from bench.targets import BEHIND, GET, VERIFY, Target, application, checkout_targets, verification
from tests.running import free_port
from tillgate.cli.server import SERVER_SETTINGS

WARM_UP = 150
REQUESTS, REQUESTS_QUICK = 100, 40
BLOCKS = 5
ANSWER_SECONDS_MAX = 60
COUNTED = "counted.%p"
_TOTAL = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
HELLO = "raw ASGI hello"
OPEN = "GET session, SQLite, without the key layer"
BARE = "a Starlette app, bare"
# DESIGN's budgets, by row.
TARGETS = {f"{GET}, SQLite": 300_000}


class Instructions:
    """The part ``instructions`` of one run."""

    def __init__(self, stage: Stage, pick: Callable[[Sequence[float]], float] = statistics.median) -> None:
        """
        Args:
            pick: what is told of the blocks of a request.
        """
        self._stage = stage
        self._pick = pick
        self._requests = REQUESTS_QUICK if stage.pace.rounds < 10 else REQUESTS

    def run(self) -> list[Row]:
        missing = [name for name in ("valgrind", "callgrind_control") if shutil.which(name) is None]
        if missing:
            return [
                Row("instructions of a request", "not counted", f"no {missing[0]} here (apt-get install valgrind)", "–")
            ]
        counted: dict[str, int] = {}
        for starts in (self._hello, self._checkout, self._open_door, self._verification, self._bare, self._behind):
            with self._stage.under(self._valgrind()):
                targets = starts()
            for name, target in targets.items():
                say(f"counting: {name} …")
                counted[name] = self._count(target)
            for server in {id(target.server): target.server for target in targets.values()}.values():
                server.close()
        return self._rows(counted)

    def _rows(self, counted: dict[str, int]) -> list[Row]:
        hello = counted[HELLO]
        rows = [
            Row(
                f"instructions: {name}",
                f"{count:,}",
                "(is the baseline)" if name == HELLO else f"hello: {hello:,}",
                "–" if name == HELLO else f"{count / hello:.2f}",
                target=f"≤ {TARGETS[name]:,}" if name in TARGETS else "–",
                met=count <= TARGETS[name] if name in TARGETS else None,
            )
            for name, count in counted.items()
        ]
        for what, whole, without, target in (
            ("the key layer inside a request", f"{GET}, SQLite", OPEN, 60_000),
            ("KeyturnMiddleware, before a Starlette answer", BEHIND, BARE, None),
        ):
            share = counted[whole] - counted[without]
            rows.append(
                Row(
                    f"instructions: {what}",
                    f"{share:,}",
                    f"without: {counted[without]:,}",
                    f"{counted[whole] / counted[without]:.2f}",
                    target=f"≤ {target:,}" if target else "–",
                    met=share <= target if target else None,
                )
            )
        return rows

    def _valgrind(self) -> list[str]:
        where = self._stage.directory / COUNTED
        return ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={where}", "--quiet"]

    def _count(self, target: Target) -> int:
        """Instructions for one request."""
        asked = asking(target)
        try:
            self._control(target.server, "--instr=on")
            asked.ask(WARM_UP)
            self._control(target.server, "--zero")
            blocks = []
            for _ in range(BLOCKS):
                asked.ask(self._requests)
                blocks.append(self._dumped(target.server) / self._requests)
            self._control(target.server, "--instr=off")
        finally:
            asked.close()
        return round(self._pick(blocks))

    def _control(self, server: Server, word: str) -> None:
        done = subprocess.run(
            ["callgrind_control", word, str(server.pid)], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0 or "Error" in done.stdout + done.stderr:
            raise Broken(f"callgrind_control {word}: {(done.stdout + done.stderr).strip()[-500:]}")

    def _dumped(self, server: Server) -> int:
        """What was counted since it was told last."""
        pattern, before = f"counted.{server.pid}.*", set(self._dumps(server))
        self._control(server, "--dump")
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < deadline:
            fresh = [one for one in self._dumps(server) if one not in before]
            totals = [_TOTAL.findall(one.read_text(errors="replace")) for one in fresh]
            if fresh and all(totals):
                return sum(int(found[-1]) for found in totals)
            time.sleep(0.05)
        raise Broken(f"callgrind wrote no {pattern}")

    def _dumps(self, server: Server) -> list[Path]:
        return sorted(self._stage.directory.glob(f"counted.{server.pid}.*"))

    # What is counted.

    def _hello(self) -> dict[str, Target]:
        server = self._stage.serve("bench.hello", json.dumps(SERVER_SETTINGS), ready="/")
        return {HELLO: Target(server, [get("/", None)])}

    def _checkout(self) -> dict[str, Target]:
        return checkout_targets(self._stage)

    def _open_door(self) -> dict[str, Target]:
        data, port = self._stage.directory / "open", free_port()
        shop = run(stock(data, None, port))
        server = self._stage.serve("bench.open_door", str(data), shop.project_id, port=port)
        return {OPEN: Target(server, [get(f"/api/v1/checkout_sessions/{one}", shop.key) for one in shop.sessions])}

    def _verification(self) -> dict[str, Target]:
        return {VERIFY: verification(self._stage)}

    def _bare(self) -> dict[str, Target]:
        return {BARE: application(self._stage, keys=False)}

    def _behind(self) -> dict[str, Target]:
        return {BEHIND: application(self._stage, keys=True)}


def asking(target: Target) -> "_Asked":
    """A connection over which a target's requests go, one after another."""
    return _Asked(target.server, target.requests)


class _Asked:
    """One connection, over which one request follows another."""

    def __init__(self, server: Server, requests: list[str]) -> None:
        self._server = server
        self._requests = requests
        self._socket = socket.create_connection(("127.0.0.1", server.port), ANSWER_SECONDS_MAX)

    def ask(self, count: int) -> None:
        """
        Raises:
            Broken: an answer was no 2xx.
        """
        for number in range(count):
            request = self._requests[number % len(self._requests)].replace(FRESH, secrets.token_hex(8))
            self._socket.sendall(request.encode())
            read = b""
            while (end := read.find(b"\r\n\r\n")) < 0 or len(read) < end + 4 + _length(read):
                part = self._socket.recv(65_536)
                if not part:
                    raise Broken(f"the connection ended early: {self._server.last_words()}")
                read += part
            if read[9:10] != b"2":
                raise Broken(f"the server refused: {read[:600].decode('utf-8', 'replace')}")

    def close(self) -> None:
        self._socket.close()


def _length(read: bytes) -> int:
    found = LENGTH.search(read)
    return int(found[1]) if found else 0
