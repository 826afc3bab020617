"""The limits as numbers, and how many connections the operating system's descriptors allow."""

import sys
from typing import Final, NamedTuple

# In the place of an address: who speaks through a Unix socket, which is whoever may open its file.
UNIX: Final = "unix"
HEAD_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 100
# RFC 9110, 4.1, recommends that at least 8,000 octets be supported.
TARGET_BYTES_MAX: Final = 8 * 1024
# The slowest that a body may come in, or an answer be taken, once the seconds that each is given have passed.
BODY_BYTES_PER_SECOND: Final = 1_000
# An idle connection costs about 10 kB.
OPEN_MAX: Final = 10_000
DESCRIPTORS_MAX: Final = 65_536
# The part of all connections that one client may hold, whatever its own limit is.
CLIENT_SHARE: Final = 4

IDLE_SECONDS: Final = 75
HEAD_SECONDS: Final = 10
BODY_SECONDS: Final = 10
PER_CLIENT_MAX: Final = 400
# What any of the seconds may be set to.
SECONDS_MAX: Final = 3_600


class ConnectionLimits(NamedTuple):
    """What an operator may set.

    Attributes:
        open_max: connections that a process holds; 0 for as many as its descriptors allow, at most 10,000.
        per_client_max: connections of one client (an IPv4 address or an IPv6 /64) to one process, never more than a
            quarter of all; 0 for that quarter. Trusted proxies are exempt.
        idle_seconds: how long a connection waits for its next request. Proxies keep theirs for 60 seconds as a rule; a
            server that closes first loses the request that was just sent.
        head_seconds: how long a request's head takes, from the opening of the connection or from its first byte.
        body_seconds: how long a body takes, and one second more for each 1,000 bytes of it that have come.
    """

    open_max: int = 0
    per_client_max: int = PER_CLIENT_MAX
    idle_seconds: int = IDLE_SECONDS
    head_seconds: int = HEAD_SECONDS
    body_seconds: int = BODY_SECONDS


def open_max(wanted: int, own: int, descriptors: int | None) -> int:
    """How many connections a process may hold.

    Args:
        wanted: what the operator set, 0 for what is possible.
        own: descriptors that the process needs beside them; never more than half of all are set aside.
        descriptors: how many it may have open; None where the system has no such limit.
    """
    possible = OPEN_MAX if descriptors is None else max(descriptors - min(own, descriptors // 2), 1)
    return min(wanted or OPEN_MAX, possible)


def descriptors() -> int | None:
    """How many descriptors this process may have open, after its soft limit was raised as far as the hard one allows.

    The soft limit is 1,024 on most systems for the sake of programs that use ``select``; this one does not.
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # a system whose real limit is lower than it says
            return soft
        return wanted
    return None if soft == resource.RLIM_INFINITY else soft
