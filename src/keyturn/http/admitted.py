"""What an application answers to somebody with a key, on its way to the client.

Where an answer goes on after its first piece, or is a web socket, it is ended as soon as the key is refused: the
application's task is canceled, server-sent events end as a stream does, and a web socket is closed with 1008 and the
refusal's code.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from keyturn.admission.layer import KeyLayer, Stream
from keyturn.admission.verifying import Presented
from keyturn.database import StoreError
from keyturn.http.denials import UNAVAILABLE, Headers, denied
from keyturn.keys.model import KnownKey, Need, Refused

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger("keyturn")


class Judged(msgspec.Struct, frozen=True, gc=False):
    """What a request was admitted by: enough to judge it again.

    Attributes:
        epoch: the gate's, before it was judged.
    """

    key: KnownKey
    presented: Presented
    need: Need | None
    epoch: int | None


class AdmittedAnswer:
    """One answer."""

    __slots__ = (
        "_canceled",
        "_judged",
        "_layer",
        "_more",
        "_over",
        "_refusal",
        "_send",
        "_started",
        "_stream",
        "_task",
        "_task_canceled",
    )

    def __init__(self, layer: KeyLayer, judged: Judged, more: Headers, send: Send) -> None:
        """
        Args:
            more: headers added to the application's own, but for those that it sets itself; ``Vary`` adds up.
        """
        self._layer = layer
        self._judged = judged
        self._more = more
        self._send = send
        self._task: asyncio.Task[Any] | None = None
        self._stream: Stream | None = None
        self._started: Any = None
        self._over = False
        self._canceled = False
        self._task_canceled = False
        self._refusal: Refused | None = None

    async def run(self, app: App, scope: Scope, receive: Receive) -> None:
        """Have the application answer."""
        self._task = asyncio.current_task()
        try:
            await app(scope, receive, self._pass_on)
        except BaseException:
            if not self._canceled:
                raise
        finally:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close()
        if self._canceled:
            if self._task is not None and self._task_canceled and self._task.uncancel() > 0:
                raise asyncio.CancelledError  # somebody else wants that, too
            await self._close(scope["type"])

    def _pass_on(self, message: Any) -> Awaitable[None]:
        """The application's ``send``. A start and one body, which is nearly every answer, cost no coroutine."""
        kind = message["type"]
        if self._stream is None and not self._canceled:
            if kind == "http.response.start":
                self._started = message
                return self._send(self._with_more(message))
            if kind == "http.response.body" and not message.get("more_body"):
                self._over = True
                return self._send(message)
        return self._watch(kind, message)

    async def _watch(self, kind: str, message: Any) -> None:
        goes_on = kind == "websocket.accept" or (kind == "http.response.body" and message.get("more_body"))
        if goes_on and self._stream is None and not self._canceled and self._layer.gate.runs:
            await self._open()
        elif not goes_on and kind in ("http.response.body", "websocket.close"):
            self._over = True
        if self._canceled:
            raise _Ended
        if self._stream is not None and not self._stream.goes_on:
            self._end(None)
            raise _Ended
        await self._send(self._with_more(message) if kind == "websocket.accept" else message)

    def _with_more(self, message: Any) -> Any:
        if not self._more:
            return message
        headers = list(message.get("headers", ()))
        own: Iterable[bytes] = dict(headers)
        if not b"".join(own).islower():
            own = [name.lower() for name in own]
        headers += [one for one in self._more if one[0] == b"vary" or one[0] not in own]
        return {**message, "headers": headers}

    async def _open(self) -> None:
        judged = self._judged
        try:
            opened = await self._layer.open_stream(
                judged.key, judged.presented, judged.need, judged_at=judged.epoch, end=self._end
            )
        except StoreError as error:
            _log.error("an answer was ended, for the store does not answer: %s", error)
            self._end(None)
            return
        if isinstance(opened, Refused):
            self._end(opened)
        elif self._canceled:
            opened.close()
        else:
            self._stream = opened

    def _end(self, refusal: Refused | None) -> None:
        if not self._canceled:
            self._canceled = True
            self._refusal = refusal
            # It does not cancel itself: the exception that follows is enough, and is all that is to be caught.
            if self._task is not None and self._task is not asyncio.current_task():
                self._task_canceled = True
                self._task.cancel()

    async def _close(self, kind: str) -> None:
        """Say that it is over, as far as the application has not."""
        if self._over:
            return
        # The client or its connection may be gone, which is as good.
        with contextlib.suppress(Exception):
            if kind == "websocket":
                code = denied(self._refusal).code if self._refusal is not None else UNAVAILABLE.code
                await self._send({"type": "websocket.close", "code": 1008, "reason": code})
            elif not _is_bounded(self._started):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            # Of what is shorter than was announced the server closes the connection.


class _Ended(OSError):
    """Nothing is sent any more: the key of the request is refused by now."""


def _is_bounded(started: Any) -> bool:
    """Whether an answer has said how long it will be."""
    return started is not None and any(name.lower() == b"content-length" for name, _ in started.get("headers", ()))
