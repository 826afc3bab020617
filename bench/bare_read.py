"""One indexed read behind HTTP and nothing else: no key, no routes, no form of an answer. What reading alone leaves of
the hello. ``/kept/ID`` reads what a GET reads where its answer is kept, ``/first/N`` the first N rows.

python -m bench.bare_read PORT SETTINGS DATABASE   DATABASE is SQLite's file, or PostgreSQL's URL
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import uvicorn
import uvloop

from keyturn.database.postgres import CONNECTIONS_MIN
from tillgate.checkout import kept
from tillgate.checkout.sessions.records import _BY_ID, _SELECT

CONNECTIONS_MAX = 32

_STATEMENTS = {
    "": _BY_ID,
    "kept": kept.SESSION.one,
    "first": f"{_SELECT} ORDER BY s.id DESC LIMIT $1",
}
_CONTENT_TYPE = (b"content-type", b"application/json")

Read = Callable[[str, str | int], Awaitable[list[Any]]]


def _of_sqlite(path: str) -> Read:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    statements = {kind: statement.replace("$", "?") for kind, statement in _STATEMENTS.items()}

    async def read(kind: str, wanted: str | int) -> list[Any]:
        return connection.execute(statements[kind], (wanted,)).fetchall()

    return read


async def _of_postgres(url: str) -> Read:
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS_MIN, max_size=CONNECTIONS_MAX, reset=_leave_as_it_is)

    async def read(kind: str, wanted: str | int) -> list[Any]:
        async with pool.acquire() as connection:
            return [tuple(row) for row in await connection.fetch(_STATEMENTS[kind], wanted)]

    return read


async def _leave_as_it_is(_: Any) -> None:
    """Nothing was set on the connection that a reset would have to undo."""


class BareRead:
    """Answers every GET with the columns of the sessions that its path names."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        above, _, wanted = scope["path"].rpartition("/")
        kind = above.removeprefix("/")
        rows = await self._read(kind, int(wanted) if kind == "first" else wanted)
        if kind == "kept" and rows:
            body = rows[0][2][kept.STAMP_BYTES :]
        else:
            body = msgspec.json.encode(rows)
        headers = [_CONTENT_TYPE, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if rows else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _serve(port: int, settings: dict[str, Any], database: str) -> None:
    read = await _of_postgres(database) if database.startswith("postgres") else _of_sqlite(database)
    config = uvicorn.Config(BareRead(read), host="127.0.0.1", port=port, **(settings | {"lifespan": "off"}))
    await uvicorn.Server(config).serve()


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]))


if __name__ == "__main__":
    main()
