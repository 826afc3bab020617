"""The baseline: the least that an ASGI application can do, under uvicorn set up as `tillgate serve` does.

python -m bench.hello PORT SETTINGS   SETTINGS is JSON for uvicorn.Config; nothing of Tillgate is imported
"""

import asyncio
import json
import sys
from typing import Any

import uvicorn
import uvloop


async def hello(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def main() -> None:
    config = uvicorn.Config(hello, host="127.0.0.1", port=int(sys.argv[1]), **json.loads(sys.argv[2]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
