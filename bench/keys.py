"""What the key layer costs on its own: verifying, remembering, revoking, refusing."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from bench import behind, gates, limits, million, verifying
from bench.checkout import Shop, stock
from bench.flood import Flood
from bench.measuring import FULL, Broken, Numbers, Stage, get, run, say
from bench.servers import Server
from bench.table import Row, compared, ratios, reached, spread
from keyturn import KeyWish, Kind, Mode
from keyturn.keys.secret import NATIVE, generate
from tests.parts import find_part
from tests.running import free_port
from tillgate.api.sessions import READ
from tillgate.base.clock import SystemClock
from tillgate.cli.server import SERVER_SETTINGS
from tillgate.opening import open_migrated
from tillgate.settings import load

FLOOD_PER_SECOND = 1_000
GATES = (1, 4, 8)
APP_KEYS = 16
ORM_READ = f"/read/{0:026d}"


class Keys:
    """The part ``keys`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._pace = stage.pace
        self._rows: list[Row] = []

    def run(self) -> list[Row]:
        data = self._stage.directory / "sqlite"
        port = free_port()
        shop = run(stock(data, None, port))
        url, there = None, shop
        if self._stage.postgres is not None:
            self._stage.postgres.execute("CREATE DATABASE keys")
            url = self._stage.postgres.url("keys")
            there = run(stock(self._stage.directory / "postgres", url, free_port()))
        say("verifying …")
        self._verifying(data, shop)
        if url is not None:
            self._verifying_postgres(self._stage.directory / "postgres", url, there)
        say("an app behind keys …")
        self._app()
        say("counting limits …")
        self._limits()
        say("revoking …")
        if url is not None:
            self._revoking("PostgreSQL", self._stage.directory / "postgres", url, there.project_id)
        self._revoking("SQLite", data, None, shop.project_id)
        say("a flood of junk …")
        server = self._stage.serve("tillgate.cli", "serve", "--dev", "--data", str(data), "--port", port=port)
        self._flood(server, shop)
        say(f"{self._pace.cached_keys:,} keys …")
        self._million()
        return self._rows

    def _verifying(self, data: Path, shop: Shop) -> None:
        async def measured() -> dict[str, list[float]]:
            database = await open_migrated(load(data=str(data)), SystemClock())
            try:
                return await verifying.sqlite_costs(database, data / "tillgate.db", shop.key, READ, self._pace.rounds)
            finally:
                await database.close()

        costs = run(measured())
        self._rows += [
            _cost("verify a remembered key, in process", costs["hot"], "SHA-256, dictionary", costs["digest"], 5),
            _cost("verify one not remembered, SQLite", costs["miss"], "bare SELECT", costs["select"]),
            _cost("refuse junk (wrong checksum)", costs["junk"], "remembered", costs["hot"]),
        ]

    def _verifying_postgres(self, data: Path, url: str, shop: Shop) -> None:
        async def measured() -> dict[str, list[float]]:
            database = await open_migrated(load(data=str(data), database_url=url), SystemClock())
            try:
                return await verifying.postgres_costs(database, url, shop.key, READ, self._pace.rounds)
            finally:
                await database.close()

        costs = run(measured())
        row = _cost("verify one not remembered, PostgreSQL", costs["miss"], "bare SELECT", costs["select"])
        self._rows.insert(2, row)

    def _app(self) -> None:
        """What the middleware costs an application that does nothing else, and one that reads a row by an ORM."""
        url = f"sqlite:///{self._stage.directory / 'app.db'}"

        async def made() -> list[str]:
            wish = KeyWish(project_id="bench", mode=Mode.TEST, name="bench", scopes=[behind.SCOPE])
            async with behind.OPEN_LAYER(url) as layer:
                return [(await layer.issuer.issue(wish, by="operator:bench")).secret.reveal() for _ in range(APP_KEYS)]

        keys = run(made())
        settings = json.dumps(SERVER_SETTINGS)
        rows = self._stage.directory / "orm"
        rows.mkdir()
        for what, module, arguments, path, target in (
            ("a Starlette app", "bench.behind", [], "/invoices", 0.65),
            ("FastAPI with one asynchronous read by an ORM", "bench.fastapi_app", [str(rows)], ORM_READ, 0.95),
        ):
            requests = [get(path, key) for key in keys]
            bare = self._stage.serve(module, settings, *arguments, "", ready="/")
            kept = self._stage.serve(module, settings, *arguments, url, ready="/")
            without, beside = Numbers(), Numbers()
            for number in range(-1, self._pace.rounds):
                order = [(bare, without), (kept, beside)]
                for server, numbers in order if number % 2 else reversed(order):
                    self._stage.load(server, requests, numbers if number >= 0 else None)
            row = compared(f"{what} behind Keyturn / without", beside, without, against="without", target=target)
            self._rows.append(row)

    def _limits(self) -> None:
        if find_part("redis-server") is None:
            self._rows.append(Row("count a limit in Redis", "no redis-server here", "–", "–"))
            return
        place = self._stage.directory / "redis"
        place.mkdir()
        alone, shared = limits.alone_us(self._pace.rounds), limits.shared_us(place, self._pace.rounds)
        at_once = limits.AT_ONCE
        self._rows += [
            _cost("count a limit in Redis, one round trip", shared["one"], "PING", shared["ping"]),
            _cost(f"… each of {at_once} at once", shared["many"], f"{at_once} PINGs, one pipeline", shared["pings"]),
            _cost("count a limit in process", alone, "in Redis", shared["one"]),
        ]

    def _revoking(self, name: str, data: Path, url: str | None, project_id: str) -> None:
        alone = gates.revocations_ms(data, url, project_id, 0, self._pace.revokes)
        for count in GATES:
            took = gates.revocations_ms(data, url, project_id, count, self._pace.revokes)
            p99 = took[len(took) * 99 // 100]
            self._rows.append(
                Row(
                    f"revoke returns, {count} {'gate' if count == 1 else 'gates'}, {name}",
                    f"p50 {statistics.median(took):.1f} ms, p99 {p99:.1f} ms",
                    f"no gate: p50 {statistics.median(alone):.1f} ms",
                    f"{statistics.median(took) / statistics.median(alone):.1f}",
                    target="p99 ≤ 100 ms",
                    met=p99 <= 100,
                )
            )

    def _flood(self, server: Server, shop: Shop) -> None:
        path = f"/api/v1/checkout_sessions/{shop.sessions[0]}"
        good = [get(path, shop.key)]
        # Whoever knows the format can give junk a right checksum; then somebody has to be asked.
        unknown = [get(path, generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()) for _ in range(256)]
        junk = [get(path, verifying.junk_of(shop.key))]
        quiet, beside_junk, beside_unknown = Numbers(), Numbers(), Numbers()
        # A busy machine may not let it have its pace, so what it had is said.
        floods: dict[int, list[float]] = {id(beside_junk): [], id(beside_unknown): []}
        flood = Flood()
        try:
            self._stage.load(server, good, None)
            for _ in range(self._pace.rounds):
                self._stage.load(server, good, quiet)
                for requests, numbers in ((junk, beside_junk), (unknown, beside_unknown)):
                    flood.begin(server.port, requests, FLOOD_PER_SECOND, self._pace.seconds)
                    self._stage.load(server, good, numbers)
                    flooded = flood.end()
                    if flooded.odd:
                        raise Broken(f"the flood was not refused as it should be: {flooded}")
                    floods[id(numbers)].append(flooded.rate)
        finally:
            flood.close()
        for what, numbers, target in (
            (f"a good key beside {FLOOD_PER_SECOND:,} junk keys a second", beside_junk, 0.9),
            ("… beside as many unknown ones with a right checksum", beside_unknown, None),
        ):
            had = statistics.median(floods[id(numbers)])
            said = f"{statistics.median(numbers.rates):,.0f} req/s, {had:,.0f} refused"
            # All of the server's time, the junk's too, is shared among the good answers.
            self._rows.append(compared(what, numbers, quiet, against="alone", target=target, said=said))

    def _million(self) -> None:
        data = self._stage.directory / "million"
        data.mkdir()

        async def make() -> None:
            await (await open_migrated(load(data=str(data)), SystemClock())).close()

        run(make())
        count = self._pace.cached_keys
        promised = count == FULL.cached_keys  # of fewer, each bears more of what a dictionary keeps free
        million.seed(data / "tillgate.db", count)
        few = self._stage.directory / "few"
        few.mkdir()
        started = {}
        for place in (few, data):
            port = free_port()
            server = self._stage.serve("tillgate.cli", "serve", "--dev", "--data", str(place), "--port", port=port)
            started[place] = server.start_seconds
            server.close()
        took = million.remembered(data)
        self._rows += [
            Row(
                f"memory for each of {took.keys:,} remembered keys",
                f"{took.bytes_each:.0f} bytes",
                f"dictionary of digests and ids: {took.dictionary_bytes_each:.0f} bytes",
                f"{took.bytes_each / took.dictionary_bytes_each:.2f}",
                target="≤ 300 bytes" if promised else "–",
                met=took.bytes_each <= 300 if promised else None,
            ),
            Row(
                f"start with {count:,} keys",
                f"{started[data]:.2f} s",
                f"with none: {started[few]:.2f} s",
                f"{started[data] / started[few]:.2f}",
                target="≤ 2 s" if promised else "–",
                met=started[data] <= 2 if promised else None,
            ),
        ]


def _cost(
    what: str, measured: Sequence[float], against: str, baseline: Sequence[float], target_us: float | None = None
) -> Row:
    return Row(
        what,
        f"{statistics.median(measured):.1f} µs",
        f"{against}: {statistics.median(baseline):.1f} µs",
        spread(ratios(measured, baseline), percent=False),
        target=f"≤ {target_us:g} µs" if target_us else "–",
        met=reached([-one for one in measured], -target_us) if target_us else None,
    )
