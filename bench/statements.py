"""The statements of one POST of a session, recorded from the product itself, for drivers that do nothing else.

So the baselines cannot drift from what they are compared with: what the operation sends is what they send.
"""

import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.postgres import Postgres
from keyturn.database import Both, Database, Row, Transaction
from tillgate.base import ids
from tillgate.base.clock import SystemClock
from tillgate.base.principal import Principal
from tillgate.checkout import CheckoutContext, CheckoutSettings
from tillgate.checkout.sessions.object import to_api
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.events.outbox import Outbox
from tillgate.events.wake import Wake
from tillgate.opening import STYLES
from tillgate.rails.port import Rails
from tillgate.rails.simulated import SimulatedRail
from tillgate.store import idempotency
from tillgate.store.idempotency import IdempotentRequest, StoredAnswer

GROUP = 32
PGBENCH_CLIENTS = 32
# What the operation is told its event's number is, so that it is found among the parameters.
SEQUENCE = 987_654_321

# What is fresh each time: ids and what they are part of, the idempotency key among them.
_UNIQUE = re.compile(r"(?:(cs|pay|ord|evt|key)_[0-9a-hjkmnp-tv-z]{26}|test:0x[0-9a-f]{40})")


class Statement(NamedTuple):
    """One statement with the parameters it was sent with."""

    sql: str
    params: tuple[Any, ...]
    rows: bool


class Driven(NamedTuple):
    """What a bare driver has reached: units a second, and its processor time for each where that is known."""

    rate: float
    cpu_us: float | None


class _Recording:
    """A transaction that keeps what goes through it."""

    def __init__(self, tx: Transaction, kept: list[Statement]) -> None:
        self._tx = tx
        self._kept = kept
        self._sequence = 0
        self.dialect = tx.dialect

    async def fetch_one(self, sql: Any, *params: Any) -> Row | None:
        self._keep(sql, params, rows=True)
        row = await self._tx.fetch_one(sql, *params)
        if row is None or "RETURNING last" not in self._kept[-1].sql:
            return row
        self._sequence = row["last"]
        return {"last": SEQUENCE, 0: SEQUENCE}

    async def fetch_all(self, sql: Any, *params: Any) -> list[Row]:
        self._keep(sql, params, rows=True)
        return await self._tx.fetch_all(sql, *params)

    async def execute(self, sql: Any, *params: Any) -> int:
        self._keep(sql, params, rows=False)
        return await self._tx.execute(sql, *(self._sequence if value == SEQUENCE else value for value in params))

    def given_out(self, name: str, number: int) -> None:
        self._tx.given_out(name, number)

    def after_commit(self, callback: Callable[[], None]) -> None:
        self._tx.after_commit(callback)

    def _keep(self, sql: Any, params: tuple[Any, ...], *, rows: bool) -> None:
        text = (sql.sqlite if self.dialect == "sqlite" else sql.postgres) if isinstance(sql, Both) else sql
        self._kept.append(Statement(text, params, rows))


async def record(database: Database, project_id: str, body: dict[str, Any], public_url: str) -> list[Statement]:
    """What opening the session that ``body`` asks for, under an idempotency key, sends to the database."""
    kept: list[Statement] = []
    context = CheckoutContext(
        CheckoutSettings(public_url), Rails(SimulatedRail(), None), SystemClock(), Outbox(Wake(), STYLES)
    )
    caller = Principal(project_id, False, "key", "key:bench")
    new = NewSession(
        amount=NewAmount(**body["amount"]), metadata=body.get("metadata"), success_url=body.get("successUrl")
    )

    request = IdempotentRequest(caller, ids.new_id("key"), "0" * 64, context.clock.now())

    async def operation(tx: Transaction) -> None:
        recording = _Recording(tx, kept)
        await idempotency.begin(recording, request)
        session = await open_session(context, recording, caller, new)
        answer = StoredAnswer(201, msgspec.json.encode(to_api(session, public_url)))
        await idempotency.finish(recording, request, answer)

    await database.write(operation, within_seconds=None)
    return kept


def bare_sqlite(path: Path, statements: list[Statement], seconds: float, begun_at: int) -> Driven:
    """Run them by `sqlite3` alone, 32 units to a commit; answers with what that came to.

    The ideal of a group commit: no queue, no thread, nobody waits for anybody.

    Args:
        begun_at: a number that no earlier call was given, so that ids are fresh.

    Raises:
        RuntimeError: a statement changed nothing, so this is not what the operation does.
    """
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")
    prepared = [(re.sub(r"\$(\d+)", r"?\1", one.sql), one.params, one.rows) for one in statements]
    units, begun, cpu_begun = 0, time.perf_counter(), time.process_time()
    while (took := time.perf_counter() - begun) < seconds:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(GROUP):
            number = f"{begun_at:05d}{units:021d}"
            units += 1
            sequence = 0
            for sql, params, rows in prepared:
                fresh = [
                    sequence
                    if value == SEQUENCE
                    else value[:-26] + number
                    if isinstance(value, str) and _UNIQUE.fullmatch(value)
                    else value
                    for value in params
                ]
                cursor = connection.execute(sql, fresh)
                if rows:
                    sequence = found[0] if (found := cursor.fetchone()) is not None else sequence
                elif cursor.rowcount != 1:
                    raise RuntimeError(f"the bare driver changed {cursor.rowcount} rows by: {sql}")
        connection.execute("COMMIT")
    connection.close()
    return Driven(units / took, (time.process_time() - cpu_begun) / units * 1e6)


def pgbench(postgres: Postgres, database: str, statements: list[Statement], directory: Path, seconds: float) -> Driven:
    """Run them by pgbench, 32 clients, prepared; answers with what that came to.

    Raises:
        RuntimeError: pgbench failed, or a transaction did.
    """
    lines = ["\\set high random(1, 2147483647)", "\\set low random(1, 2147483647)", "BEGIN;"]
    for one in statements:
        text = re.sub(r"\$(\d+)", lambda match, params=one.params: _literal(params[int(match[1]) - 1]), one.sql)  # type: ignore[misc]
        lines.append(f"{text} \\gset" if "RETURNING last" in text else f"{text};")
    lines.append("COMMIT;")
    script = directory / "session.sql"
    script.write_text("\n".join(lines) + "\n")
    command = [
        *(postgres.programs / "pgbench", "--no-vacuum", "--protocol=prepared", "--file", script),
        *("--client", str(PGBENCH_CLIENTS), "--time", str(max(round(seconds), 1)), postgres.url(database)),
    ]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or rate is None or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:]}{done.stdout[-500:]}")
    return Driven(float(rate[1]), None)


def _literal(value: Any) -> str:
    """A parameter as SQL text; what must be fresh each time is made from pgbench's variables."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value == SEQUENCE:
        return ":last"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    # pgbench takes every colon for a variable, in quotes too.
    text = str(value).replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    if _UNIQUE.fullmatch(str(value)):
        return f"(E'{text[:-26]}' || lpad(CAST(:high AS TEXT) || 'x' || CAST(:low AS TEXT), 26, '0'))"
    return f"E'{text}'"
