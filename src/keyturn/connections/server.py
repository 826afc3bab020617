"""uvicorn's server with limits on its connections, and that says once it listens."""

import asyncio
import functools
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from keyturn.connections.counting import OpenConnections
from keyturn.connections.handshake import Handshake
from keyturn.connections.limits import ConnectionLimits, descriptors, open_max
from keyturn.connections.protocol import LimitedProtocol

# uvicorn's main loop turns ten times a second.
_TURNS_PER_SWEEP = 10


def open_connections(
    limits: ConnectionLimits,
    *,
    is_trusted: Callable[[str], bool],
    report: Callable[[str], None],
    prefix: str,
    own_descriptors: int,
) -> OpenConnections:
    """The connections of this process, of which there are none yet; its soft limit on open files is raised.

    Args:
        is_trusted, report, prefix: see :class:`OpenConnections`.
        own_descriptors: how many the process needs beside its connections.
    """
    possible = descriptors()
    return OpenConnections(
        limits._replace(open_max=open_max(limits.open_max, own_descriptors + _open_now(), possible)),
        is_trusted=is_trusted,
        report=report,
        prefix=prefix,
        descriptors=possible,
    )


def _open_now() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if Path(folder).is_dir():
            return len(os.listdir(folder))
    return 0


class LimitedServer(uvicorn.Server):
    """uvicorn under limits."""

    def __init__(self, config: uvicorn.Config, connections: OpenConnections) -> None:
        super().__init__(config)
        self.opened = connections

    async def startup(self, sockets: Any = None) -> None:
        # TLS begins once a connection is counted (keyturn.connections.handshake); uvicorn listens in clear.
        tls, self.config.ssl = self.config.ssl, None
        self.config.http_protocol_class = functools.partial(_protocol, self.opened, tls)  # type: ignore[assignment]
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        if counter % _TURNS_PER_SWEEP == 0:
            self.opened.sweep()
        return await super().on_tick(counter)


def _protocol(connections: OpenConnections, tls: ssl.SSLContext | None, **given: Any) -> asyncio.Protocol:
    http = LimitedProtocol(connections, **given)
    return http if tls is None else Handshake(connections, tls, http)
