"""One indexed read behind HTTP and nothing else: no key, no routes, no form of an answer. What reading alone leaves of
the hello.

python -m bench.bare_read PORT SETTINGS DATABASE
"""

import asyncio
import json
import sqlite3
import sys
from typing import Any

import msgspec
import uvicorn
import uvloop

from tillgate.checkout.sessions.records import _BY_ID

_CONTENT_TYPE = (b"content-type", b"application/json")


class BareRead:
    """Answers every GET with the columns of the session whose id its path ends with."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._statement = _BY_ID.replace("$", "?")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        row = self._connection.execute(self._statement, (scope["path"].rpartition("/")[2],)).fetchone()
        body = msgspec.json.encode(row)
        length = (b"content-length", str(len(body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": 200 if row is not None else 404,
                "headers": [_CONTENT_TYPE, length],
            }
        )
        await send({"type": "http.response.body", "body": body})


def main() -> None:
    settings = json.loads(sys.argv[2]) | {"lifespan": "off"}
    config = uvicorn.Config(BareRead(sys.argv[3]), host="127.0.0.1", port=int(sys.argv[1]), **settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
