"""Limits on every connection of a server: how many there are, how long a request's parts take, how large its head is.

``keyturn serve`` and ``tillgate serve`` stand on :class:`keyturn.connections.server.LimitedServer`; what is here loads
no web server.
"""

from keyturn.connections.limits import (
    BODY_BYTES_PER_SECOND,
    FIELDS_MAX,
    HEAD_BYTES_MAX,
    OPEN_MAX,
    SECONDS_MAX,
    TARGET_BYTES_MAX,
    UNIX,
    ConnectionLimits,
    open_max,
)

__all__ = [
    "BODY_BYTES_PER_SECOND",
    "FIELDS_MAX",
    "HEAD_BYTES_MAX",
    "OPEN_MAX",
    "SECONDS_MAX",
    "TARGET_BYTES_MAX",
    "UNIX",
    "ConnectionLimits",
    "open_max",
]
