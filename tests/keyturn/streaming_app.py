"""An application whose answers go on: server-sent events, a web socket, and a download of a known length.

KEYTURN_DATABASE_URL=sqlite:///keys.db uvicorn tests.keyturn.streaming_app:app
"""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from keyturn.admission.layer import open_key_layer
from keyturn.admission.needs import OPEN, needs
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.http.proxies import LOOPBACK

TICK_SECONDS = 0.01
finished: list[str] = []


class Answer(StreamingResponse):
    """Notes when the application has come to its end; a generator that waits to be asked again hears of no end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            finished.append(scope["path"].strip("/"))


async def ticking() -> AsyncIterator[bytes]:
    while True:
        yield b"data: tick\n\n"
        await asyncio.sleep(TICK_SECONDS)


@needs("streams:read")
async def events(request: Request) -> Answer:
    return Answer(ticking(), media_type="text/event-stream")


@needs("streams:read")
async def quiet(request: Request) -> Answer:
    """One event, and then nothing for as long as nothing happens."""

    async def one() -> AsyncIterator[bytes]:
        yield b"data: tick\n\n"
        await asyncio.Event().wait()

    return Answer(one(), media_type="text/event-stream")


@needs("streams:read")
async def download(request: Request) -> Answer:
    return Answer(ticking(), headers={"content-length": "1000000000"})


@needs("streams:read")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        await websocket.send_text("tick")
        await websocket.receive_text()
    finally:
        finished.append("socket")


@needs(OPEN)
async def told(request: Request) -> PlainTextResponse:
    """What has come to its end."""
    return PlainTextResponse(" ".join(finished))


app = KeyturnMiddleware(
    Starlette(
        routes=[
            Route("/events", events),
            Route("/quiet", quiet),
            Route("/download", download),
            Route("/finished", told),
            WebSocketRoute("/socket", socket),
        ]
    ),
    keys=partial(open_key_layer, os.environ.get("KEYTURN_DATABASE_URL", "sqlite:///keys.db"), scopes=["streams:read"]),
    plain_http_from=LOOPBACK,
)
