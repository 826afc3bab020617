"""What Tillgate's own requests cost: reads, writes, webhooks, a process at rest."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import statements, webhooks
from bench.lists import PAGE
from bench.measuring import Broken, Numbers, Stage, get, post, say
from bench.servers import Server
from bench.statements import Driven, Statement
from bench.table import Row, compared
from keyturn import KeyWish, Mode
from tests.running import free_port
from tillgate.access import API_SCOPES
from tillgate.access.accounts import Accounts
from tillgate.base.clock import SystemClock
from tillgate.cli.server import SERVER_SETTINGS
from tillgate.opening import open_keys, open_migrated
from tillgate.settings import load

SESSIONS = 64
WRITES = ("post sqlite", "post postgres")
BODY = {
    "amount": {"value": "49.00", "currency": "USD"},
    "metadata": {"orderId": "1001"},
    "successUrl": "https://shop.example/thanks",
}


class Shop(NamedTuple):
    """A database with a project and a key, and the statements of one new session on it."""

    project_id: str
    key: str
    sessions: list[str]
    statements: list[Statement]


async def stock(data: Path, database_url: str | None, port: int) -> Shop:
    """Make a project, a key and some sessions, before any server runs."""
    settings = load(data=str(data), database_url=database_url, port=port)
    clock = SystemClock()
    database = await open_migrated(settings, clock)
    try:
        project = await Accounts(database, clock).create_project("Bench")
        issued = await open_keys(database, clock).issuer.issue(
            KeyWish(project_id=project.id, mode=Mode.TEST, name="bench", scopes=API_SCOPES), by="operator:bench"
        )
        recorded = [await statements.record(database, project.id, BODY, settings.public_url) for _ in range(SESSIONS)]
        ids = [next(value for one in kept for value in one.params if str(value).startswith("cs_")) for kept in recorded]
        return Shop(project.id, issued.secret.reveal(), ids, recorded[-1])
    finally:
        await database.close()


class Checkout:
    """The part ``checkout`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self.pace = stage.pace
        self.directory = stage.directory
        self.postgres = stage.postgres
        self.rows: list[Row] = []
        self._stage = stage

    def run(self) -> list[Row]:
        say("starting servers …")
        hello = self._stage.serve("bench.hello", json.dumps(SERVER_SETTINGS), ready="/")
        data = self.directory / "sqlite"
        port = free_port()
        shop = asyncio.run(stock(data, None, port))
        sqlite = self._stage.serve("tillgate.cli", "serve", "--dev", "--data", str(data), "--port", port=port)
        time.sleep(1.0)
        resident = sqlite.resident_mb(), hello.resident_mb()
        # Of the same address, or else its forms are not those that are kept.
        own = {"TILLGATE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        opened = self._stage.serve("bench.open_door", str(data), shop.project_id, environment=own)
        read = self._bare_read(str(data / "tillgate.db"), shop)
        bare_data = self.directory / "bare"
        bare = asyncio.run(stock(bare_data, None, port))

        reads: dict[str, tuple[Server, list[str]]] = {
            "hello": (hello, [get("/", None)]),
            "get sqlite": (sqlite, [get(f"/api/v1/checkout_sessions/{one}", shop.key) for one in shop.sessions]),
            "bare read": (read, [get(f"/{one}", None) for one in shop.sessions]),
            "bare kept read": (read, [get(f"/kept/{one}", None) for one in shop.sessions]),
            "list sqlite": (sqlite, [get(f"/api/v1/checkout_sessions?limit={PAGE}", shop.key)]),
            "bare list": (read, [get(f"/first/{PAGE}", None)]),
            "get open": (opened, [get(f"/api/v1/checkout_sessions/{one}", shop.key) for one in shop.sessions]),
        }
        create = [post("/api/v1/checkout_sessions", shop.key, BODY)]
        writes: dict[str, tuple[Server, list[str]]] = {"post sqlite": (sqlite, create)}
        drivers: dict[str, Callable[[int], Driven]] = {"bare sqlite": self._bare(bare_data / "tillgate.db", bare)}
        if self.postgres is not None:
            self.postgres.execute("CREATE DATABASE tillgate")
            self.postgres.execute("CREATE DATABASE pgbench")
            url = self.postgres.url("tillgate")
            port = free_port()
            there = asyncio.run(stock(self.directory / "postgres", url, port))
            baseline = asyncio.run(stock(self.directory / "pgbench", self.postgres.url("pgbench"), port))
            command = ["--dev", "--data", str(self.directory / "postgres"), "--database-url", url, "--port"]
            server = self._stage.serve("tillgate.cli", "serve", *command, port=port)
            wanted = [get(f"/api/v1/checkout_sessions/{one}", there.key) for one in there.sessions]
            reads["bare read postgres"] = (
                self._bare_read(url, there),
                [get(f"/{one}", None) for one in there.sessions],
            )
            reads["get postgres"] = (server, wanted)
            writes["post postgres"] = (server, [post("/api/v1/checkout_sessions", there.key, BODY)])
            drivers["pgbench"] = self._pgbench(baseline)

        found = {name: Numbers() for name in (*reads, *writes, *drivers)}
        for number in range(-1, self.pace.rounds):
            say("warming up …" if number < 0 else f"round {number + 1} of {self.pace.rounds} …")
            # Each write next to its own baseline; every other round in the opposite order.
            order = [*reads, *(name for pair in zip(writes, drivers, strict=True) for name in pair)]
            for name in order if number % 2 else reversed(order):
                if name in drivers:
                    driven = drivers[name](number + 1)
                    if number >= 0:
                        found[name].rates.append(driven.rate)
                        found[name].cpu_us += [driven.cpu_us] if driven.cpu_us is not None else []
                else:
                    self._stage.load(*(reads | writes)[name], found[name] if number >= 0 else None)
        self._report_rates(found)
        self._report_process(sqlite, hello, resident)
        say("webhooks …")
        opened.close()  # it works off the same deliveries, and without --dev reaches no receiver on this machine
        self._report_webhooks(sqlite, shop)
        return self.rows

    def _bare_read(self, database: str, shop: Shop) -> Server:
        settings = json.dumps(SERVER_SETTINGS)
        return self._stage.serve("bench.bare_read", settings, database, ready=f"/{shop.sessions[0]}")

    def _bare(self, path: Path, shop: Shop) -> Callable[[int], Driven]:
        def run(number: int) -> Driven:
            return statements.bare_sqlite(path, shop.statements, self.pace.seconds, number + 1)

        return run

    def _pgbench(self, shop: Shop) -> Callable[[int], Driven]:
        def run(_: int) -> Driven:
            assert self.postgres is not None
            return statements.pgbench(self.postgres, "pgbench", shop.statements, self.directory, self.pace.seconds)

        return run

    # The rows.

    def _report_rates(self, found: dict[str, Numbers]) -> None:
        hello = found["hello"]
        self.rows.append(Row("raw ASGI hello", hello.said("req"), "(is the baseline)", "–"))
        pairs = [
            ("one read behind HTTP, SQLite", "bare read", "hello", "hello", None),
            ("GET session, SQLite", "get sqlite", "hello", "hello", None),
            ("GET session, SQLite", "get sqlite", "one read", "bare read", 0.60),
            ("GET session, SQLite", "get sqlite", "one read of what is kept", "bare kept read", None),
            (f"list of {PAGE} sessions, SQLite", "list sqlite", "its rows read bare", "bare list", 0.50),
            ("one read behind HTTP, PostgreSQL", "bare read postgres", "hello", "hello", None),
            ("GET session, PostgreSQL", "get postgres", "hello", "hello", None),
            ("GET session, PostgreSQL", "get postgres", "one read", "bare read postgres", None),
            ("GET session with keys / without", "get sqlite", "no key layer", "get open", None),
            ("POST session, SQLite", "post sqlite", "bare sqlite3", "bare sqlite", 0.45),
            ("POST session, PostgreSQL", "post postgres", "pgbench", "pgbench", 0.80),
        ]
        for what, name, against, baseline, target in pairs:
            if name not in found:
                continue
            unit = "units" if name in WRITES else "req"
            row = compared(what, found[name], found[baseline], against=against, baseline_unit=unit, target=target)
            self.rows.append(row)

    def _report_process(self, tillgate: Server, hello: Server, resident: tuple[float | None, float | None]) -> None:
        idle, baseline = resident
        if idle is not None and baseline is not None:
            self.rows.append(
                Row(
                    "memory at rest (RSS)",
                    f"{idle:.0f} MB",
                    f"hello: {baseline:.0f} MB",
                    f"{idle / baseline:.2f}",
                    target="≤ 100 MB",
                    met=idle <= 100,
                )
            )
        self.rows.append(
            Row(
                "start until it answers",
                f"{tillgate.start_seconds:.2f} s",
                f"hello: {hello.start_seconds:.2f} s",
                f"{tillgate.start_seconds / hello.start_seconds:.2f}",
            )
        )

    def _report_webhooks(self, server: Server, shop: Shop) -> None:
        port = free_port()
        subscribe = {"url": f"http://127.0.0.1:{port}/hook", "events": ["session.created"]}
        self._stage.once(server, post("/api/v1/webhook_endpoints", shop.key, subscribe))
        create = post("/api/v1/checkout_sessions", shop.key, BODY)
        try:
            answers, first = asyncio.run(webhooks.latencies_ms(server.port, create, port, self.pace.webhooks))
        except RuntimeError as error:
            raise Broken(f"{error}\n{server.last_words()}") from error
        p50, p99 = statistics.median(first), first[len(first) * 99 // 100]
        answered50, answered99 = statistics.median(answers), answers[len(answers) * 99 // 100]
        self.rows.append(
            Row(
                "request → first webhook byte",
                f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
                f"its answer: p50 {answered50:.1f} ms, p99 {answered99:.1f} ms",
                f"{p50 / answered50:.2f}",
                target="p99 ≤ 250 ms",
                met=p99 <= 250,
            )
        )
