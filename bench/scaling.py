"""What changes with more of something: server processes, webhooks that wait, sessions that pile up."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx

from bench import delivering, lists, statements
from bench.checkout import BODY
from bench.delivering import ENDPOINTS, Delivered
from bench.lists import FEW, Pile
from bench.measuring import Numbers, Stage, get, post, say
from bench.servers import Server
from bench.statements import Driven, Statement
from bench.table import Row, compared
from tests.running import free_port
from tillgate.base.clock import SystemClock
from tillgate.opening import open_migrated
from tillgate.settings import load

WORKERS: Final = max(os.cpu_count() or 2, 2)
PROJECTS: Final = 4
SEVERAL: Final = (2, 4)
# A page out of many may take half as long again as one out of few.
LIST_TARGET: Final = 1 / 1.5
SQLITE, POSTGRES = "SQLite", "PostgreSQL"
CREATE: Final = "/api/v1/checkout_sessions"


class Scaling:
    """The part ``scaling`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rounds_count = max(stage.pace.rounds // 3, 2)
        self._piles: dict[tuple[str, int], Pile] = {}
        self.rows: list[Row] = []

    def run(self) -> list[Row]:
        many = self._stage.pace.sessions
        say(f"piling up {many:,} sessions …")
        kinds = [SQLITE]
        if self._stage.postgres is not None:
            kinds.append(POSTGRES)
            for name in ("few", "many", "bare"):
                self._stage.postgres.execute(f"CREATE DATABASE {name}")
        wanted = [(kind, size) for kind in kinds for size in (FEW, many)]
        with ThreadPoolExecutor() as pool:
            self._piles = dict(zip(wanted, pool.map(self._pile, wanted), strict=True))
        say("lists …")
        self._lists(many)
        say("webhooks by the hundred …")
        self._webhooks()
        if self._stage.postgres is not None:
            say(f"{WORKERS} workers …")
            self._workers()
        return self.rows

    # Databases and servers.

    def _where(self, kind: str, size: int) -> tuple[Path, str | None]:
        name = "few" if size == FEW else "many"
        postgres = self._stage.postgres
        url = postgres.url(name) if kind == POSTGRES and postgres is not None else None
        return self._stage.directory / f"{kind}-{name}", url

    def _pile(self, wanted: tuple[str, int]) -> Pile:
        pile = asyncio.run(lists.pile_up(*self._where(*wanted), wanted[1]))
        if wanted[0] == POSTGRES and self._stage.postgres is not None:
            # As a database is that has been there for a while; else it would be vacuumed beside what is measured.
            name = "few" if wanted[1] == FEW else "many"
            self._stage.postgres.execute("VACUUM ANALYZE", name)
            self._stage.postgres.execute("CHECKPOINT", name)
        return pile

    def _serve(self, kind: str, size: int, *, workers: int = 1) -> Server:
        data, url = self._where(kind, size)
        where = ["--data", str(data), *(["--database-url", url] if url else [])]
        return self._stage.serve(
            "tillgate.cli", "serve", "--dev", *where, "--workers", str(workers), "--port", port=free_port()
        )

    def _rounds(self, acts: dict[str, Callable[[Numbers | None], None]]) -> dict[str, Numbers]:
        """Each act in turn, once to warm up and then round after round, every other one in the opposite order."""
        found = {name: Numbers() for name in acts}
        for number in range(-1, self._rounds_count):
            for name in acts if number % 2 else reversed(acts):
                acts[name](found[name] if number >= 0 else None)
        return found

    # The rows.

    def _lists(self, many: int) -> None:
        acts, servers = {}, []
        for (kind, size), pile in self._piles.items():
            server = self._serve(kind, size)
            servers.append(server)
            for noun in lists.LISTS:
                acts[f"{noun} {kind} {size}"] = self._load(server, [get(page, pile.key) for page in pile.pages(noun)])
        found = self._rounds(acts)
        for noun in lists.LISTS:
            for kind in dict.fromkeys(kind for kind, _ in self._piles):
                what = f"a page of {lists.PAGE} {noun} out of {many:,}, {kind}"
                few, all_of_them = found[f"{noun} {kind} {FEW}"], found[f"{noun} {kind} {many}"]
                self.rows.append(_row(what, "req", all_of_them, f"out of {FEW:,}", few, LIST_TARGET))
        for server in servers:
            server.close()

    def _webhooks(self) -> None:
        pile = self._piles[SQLITE, FEW]
        server = self._serve(SQLITE, FEW)
        self._stage.load(server, [post(CREATE, pile.key, BODY)], None)
        url = f"sqlite:///{self._where(SQLITE, FEW)[0] / 'tillgate.db'}"
        bare, sent = self._sent(url, server, *_subscribe(server, pile.key))
        self.rows.append(_row("webhooks, SQLite", "sent", sent, "bare sockets", bare))
        server.close()

    def _workers(self) -> None:
        assert self._stage.postgres is not None
        pile = self._piles[POSTGRES, FEW]
        url, bare_url = self._stage.postgres.url("few"), self._stage.postgres.url("bare")
        one, many = self._serve(POSTGRES, FEW), self._serve(POSTGRES, FEW, workers=WORKERS)
        gets = [get(f"{CREATE}/cs_{number:026d}", pile.key) for number in range(64)]
        posts = [post(CREATE, pile.key, BODY)]
        found = self._rounds(
            {
                "get one": self._load(one, gets),
                "get many": self._load(many, gets),
                "post one": self._load(one, posts),
                "post many": self._load(many, posts),
                "pgbench": self._pgbench(asyncio.run(self._recorded(bare_url))),
            }
        )
        how = f"{POSTGRES}, {WORKERS} workers"
        self.rows += [
            _row(f"GET session, {how}", "req", found["get many"], "1 process", found["get one"]),
            _row(f"POST session, {how}", "req", found["post many"], "1 process", found["post one"]),
            _row(f"POST session, {how}", "units", found["post many"], "pgbench", found["pgbench"]),
        ]
        self._several_projects(one)
        # One server at a time, for both would work off the same outbox.
        many.close()
        port, endpoints = _subscribe(one, pile.key)
        bare, alone = self._sent(url, one, port, endpoints)
        one.close()
        many = self._serve(POSTGRES, FEW, workers=WORKERS)
        _, together = self._sent(url, many, port, endpoints)
        many.close()
        self.rows += [
            _row("webhooks, PostgreSQL", "sent", alone, "bare sockets", bare),
            _row(f"webhooks, {how}", "sent", together, "1 process", alone),
        ]

    def _several_projects(self, one: Server) -> None:
        """Projects do not wait for each other's numbers: here workers have something to win."""
        keys = asyncio.run(lists.more_keys(*self._where(POSTGRES, FEW), PROJECTS))
        posts = [post(CREATE, key, BODY) for key in keys]
        servers = {count: self._serve(POSTGRES, FEW, workers=count) for count in SEVERAL}
        acts = {"one": self._load(one, posts)}
        acts |= {str(count): self._load(server, posts) for count, server in servers.items()}
        found = self._rounds(acts)
        for count, server in servers.items():
            what = f"POST session, {PROJECTS} projects, {POSTGRES}, {count} workers"
            self.rows.append(_row(what, "req", found[str(count)], "1 process", found["one"]))
            server.close()

    # What is done in a round.

    def _load(self, server: Server, requests: list[str]) -> Callable[[Numbers | None], None]:
        return lambda numbers: self._stage.load(server, requests, numbers)

    def _pgbench(self, recorded: list[Statement]) -> Callable[[Numbers | None], None]:
        def run(numbers: Numbers | None) -> None:
            assert self._stage.postgres is not None
            driven = statements.pgbench(
                self._stage.postgres, "bare", recorded, self._stage.directory, self._stage.pace.seconds
            )
            if numbers is not None:
                _add(numbers, driven)

        return run

    async def _recorded(self, url: str) -> list[Statement]:
        data = self._stage.directory / "bare"
        there = await lists.pile_up(data, url, 1)
        settings = load(data=str(data), database_url=url)
        database = await open_migrated(settings, SystemClock())
        try:
            return await statements.record(database, there.project_id, BODY, settings.public_url)
        finally:
            await database.close()

    def _sent(self, url: str, server: Server, port: int, endpoints: list[str]) -> tuple[Numbers, Numbers]:
        """Some rounds of webhooks over bare sockets, and by the server, which has the same number to send."""
        bare, sent, count = Numbers(), Numbers(), self._stage.pace.sent
        for _ in range(self._rounds_count):
            _add(bare, asyncio.run(delivering.bare(port, count)))
            _add(sent, asyncio.run(delivering.deliver(url, server.pid, endpoints, port, count)))
        return bare, sent


def _subscribe(server: Server, key: str) -> tuple[int, list[str]]:
    """Endpoints at one port of ours; the port and their ids."""
    port = free_port()
    new = {"url": f"http://127.0.0.1:{port}/hook", "events": ["session.failed"]}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}/api/v1", trust_env=False) as client:
        client.headers["authorization"] = f"Bearer {key}"
        made = [client.post("/webhook_endpoints", json=new).raise_for_status().json() for _ in range(ENDPOINTS)]
    return port, [one["id"] for one in made]


def _add(numbers: Numbers, one: Driven | Delivered) -> None:
    numbers.rates.append(one.rate)
    numbers.cpu_us += [one.cpu_us] if one.cpu_us is not None else []


def _row(what: str, unit: str, measured: Numbers, against: str, other: Numbers, target: float | None = None) -> Row:
    return compared(what, measured, other, against=against, unit=unit, target=target)
