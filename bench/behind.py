"""A small Starlette application, bare or behind Keyturn's middleware.

python -m bench.behind PORT SETTINGS [DATABASE_URL]   SETTINGS is JSON for uvicorn.Config; without a database, bare
"""

import asyncio
import functools
import json
import sys
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from keyturn import Limit
from keyturn.admission.layer import open_key_layer
from keyturn.admission.needs import OPEN, needs
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.http.proxies import LOOPBACK

SCOPE = "invoices:read"
# Counted as always, against a limit that nobody reaches.
OPEN_LAYER = functools.partial(open_key_layer, scopes=[SCOPE], limit=Limit(1e6, 1_000_000))


@needs(SCOPE)
async def invoices(_: Request) -> JSONResponse:
    return JSONResponse([{"id": "inv_1", "total": "49.00"}, {"id": "inv_2", "total": "12.00"}])


@needs(OPEN)
async def ready(_: Request) -> JSONResponse:
    return JSONResponse({"ready": True})


def behind(app: Any, database_url: str) -> Any:
    """An application behind the middleware; without a database, as it is."""
    if not database_url:
        return app
    return KeyturnMiddleware(app, keys=functools.partial(OPEN_LAYER, database_url), plain_http_from=LOOPBACK)


def main() -> None:
    port, settings = int(sys.argv[1]), json.loads(sys.argv[2])
    app: Any = Starlette(routes=[Route("/invoices", invoices), Route("/", ready)])
    if len(sys.argv) > 3:
        app = behind(app, sys.argv[3])
    config = uvicorn.Config(app, host="127.0.0.1", port=port, **settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
