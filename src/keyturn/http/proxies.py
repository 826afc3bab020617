"""Where a request really came from, and how, behind proxies. What a proxy says is believed only if it is trusted.

:func:`client_of` is the one reading of it, for Keyturn's server, its middleware, forward-auth and Tillgate.
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final

import msgspec

from keyturn.connections import UNIX
from keyturn.errors import InvalidNetwork
from keyturn.keys.restrictions import Network, is_within

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_PORT: Final = re.compile(r":[0-9]{1,5}\Z")
# Who adds itself to the list may add no more than this.
HOPS_MAX: Final = 20
# The longest that one can be: an IPv6 address with a zone, brackets and a port, and white space around it.
ADDRESS_MAX: Final = 100

_TLS: Final = frozenset({"https", "wss"})
_CLEAR: Final = frozenset({"http", "ws"})


def checked_ranges(texts: Iterable[str]) -> tuple[str, ...]:
    """Networks of this installation's own machines, in CIDR form.

    Raises:
        InvalidNetwork: one is no IPv4 or IPv6 network.
    """
    checked: list[Network] = []
    for text in texts:
        try:
            checked.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise InvalidNetwork(
                f"{text[:60]!r} is no network: expected an address or a range such as 10.1.0.0/16"
            ) from error
    return tuple(dict.fromkeys(map(str, checked)))


class Networks:
    """Some networks, and whether an address lies in them; the answer for each address is remembered."""

    def __init__(self, ranges: Iterable[str]) -> None:
        """
        Args:
            ranges: ``unix`` among them is whoever speaks through a Unix socket.

        Raises:
            InvalidNetwork: one is no network.
        """
        given = tuple(one.strip() for one in ranges)
        self.unix = UNIX in given
        self.ranges = checked_ranges(one for one in given if one != UNIX)
        # Of few machines, again and again: whether it lies there is worked out once.
        self.has: Callable[[str | None], bool] = functools.lru_cache(maxsize=10_000)(self._has)

    def _has(self, address: str | None) -> bool:
        if address == UNIX:
            return self.unix
        return bool(self.ranges) and is_within(address, self.ranges)


class Transport(Enum):
    """How a request left its client."""

    TLS = "tls"
    CLEAR = "clear"
    """In clear text: the connection says so itself, or every proxy on the way."""
    UNKNOWN = "unknown"
    """The proxies do not say, or not with one voice. It is not accepted as TLS, nor is anything concluded from it."""


# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_OVER_TLS: Final = Transport.TLS


class Client(msgspec.Struct, frozen=True, gc=False):
    """Who sent a request, as far as that is known.

    Attributes:
        address: None where a trusted proxy names something that is no address; a key that is bound to networks is then
            refused.
        named: whether this is the client's own address. It is a proxy's where that says how its client came, but not
            from where.
    """

    address: str | None
    transport: Transport
    named: bool = True

    def is_secure(self, plain_http_from: Networks) -> bool:
        """Whether a key that it sends was safe on the way: over TLS, or from where that is not asked for."""
        return self.transport is _OVER_TLS or (self.named and plain_http_from.has(self.address))


@functools.lru_cache(maxsize=1_000)
def direct_client(peer: str | None, scheme: str | None, trusted: Networks) -> Client:
    """Who sent a request that says nothing of proxies: the same one for each request of a connection."""
    return client_of(peer, scheme, None, None, trusted)


def client_by_headers(
    peer: str | None, scheme: str | None, headers: Mapping[bytes, bytes], trusted: Networks
) -> Client:
    """Who sent a request with these headers, by name in lower case."""
    addresses, schemes = headers.get(b"x-forwarded-for"), headers.get(b"x-forwarded-proto")
    if addresses is None and schemes is None:
        return direct_client(peer, scheme, trusted)
    return client_of(
        peer,
        scheme,
        addresses.decode("latin-1") if addresses is not None else None,
        schemes.decode("latin-1") if schemes is not None else None,
        trusted,
    )


def client_of(
    peer: str | None, scheme: str | None, forwarded_for: str | None, forwarded_proto: str | None, trusted: Networks
) -> Client:
    """Who sent a request.

    The client is the right-most address of ``X-Forwarded-For`` that is no trusted proxy's own: everything left of it
    could have been made up. ``X-Forwarded-Proto`` is read at the same place, counted from the right, for whoever adds
    an address adds its scheme. A single scheme is the word of one proxy for the whole way. Where the list ends before
    the client's place, or is longer than the list of addresses, all of its entries have to agree.

    Args:
        peer: whoever the connection came from.
        scheme: the connection's own; None where the connection is a proxy's that asks about another request.
        forwarded_for, forwarded_proto: the headers, which count only if the peer is a trusted proxy. One that came more
            than once is handed in joined by ``", "`` (RFC 9110, 5.3).
    """
    if not trusted.has(peer) or (forwarded_for is None and forwarded_proto is None):
        own = _transport(scheme)
        if own is Transport.CLEAR and trusted.has(peer):
            # A proxy that forwards nothing, or somebody on its machine.
            own = Transport.UNKNOWN
        return Client(peer, own)
    hops = forwarded_for.rsplit(",", HOPS_MAX)[-HOPS_MAX:] if forwarded_for is not None else []
    place, address = _clients_place(hops, trusted) if hops else (0, peer)
    if forwarded_proto is None:
        return Client(address, Transport.TLS if scheme in _TLS else Transport.UNKNOWN)
    schemes = forwarded_proto.rsplit(",", HOPS_MAX)[-HOPS_MAX:]
    transports = [_transport(one.strip().lower()) for one in schemes]
    if len(set(transports)) == 1:
        return Client(address, transports[0], bool(hops))
    aligned = place < len(transports) <= len(hops)
    over_tls = aligned and transports[-1 - place] is Transport.TLS
    return Client(address, Transport.TLS if over_tls else Transport.UNKNOWN, bool(hops))


def _clients_place(hops: list[str], trusted: Networks) -> tuple[int, str | None]:
    """The client's place among the hops, counted from the right, and its address."""
    place, address = 0, None
    while place < len(hops):
        address = _bare(hops[-1 - place])
        if address is None or not trusted.has(address):
            return place, address
        place += 1
    return place - 1, address


def _transport(scheme: str | None) -> Transport:
    if scheme in _TLS:
        return Transport.TLS
    return Transport.CLEAR if scheme in _CLEAR else Transport.UNKNOWN


def is_own_host(host: str, *, also: str | None = None) -> bool:
    """Whether a ``Host`` header names this machine so that no other name can have led here: ``localhost``, an address,
    or a name that the operator gave it.

    What is answered to whoever speaks from this machine must ask this, too. A page in a browser on this machine speaks
    from here, and its own name can be made to resolve to 127.0.0.1 (DNS rebinding); an address needs no resolving.

    Args:
        host: the header, perhaps with a port.
        also: a name that is this server's.
    """
    name = host.rpartition(":")[0] if _PORT.search(host) else host
    name = name.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost") or (also is not None and name == also.lower()):
        return True
    return _bare(name) is not None


def _bare(hop: str) -> str | None:
    """An address without the port that some proxies add; None for what is none."""
    if len(hop) > ADDRESS_MAX:
        return None
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
