"""Webhooks go to public addresses only: a merchant's URL must not make this server speak to its neighbours.

The name is resolved here, each address is checked, and the connection is made to the very address that was
checked; so a name that answers differently the second time (DNS rebinding) gains nothing. TLS still proves
the name.
"""

import asyncio
import functools
import ipaddress
import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

from tillgate.base.invariants import present
from tillgate.events.deliveries.connections import Connections
from tillgate.events.deliveries.names import IPAddress, Names, NotResolved

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: Final[tuple[IPNetwork, ...]] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
# More than deliveries are ever under way at once: one that waited for a connection would use up its time.
CONNECTIONS_MAX: Final = 288
# Test sends have connections of their own, so that however many of them hang, no delivery waits.
TEST_CONNECTIONS_MAX: Final = 64

# IPv4 inside of IPv6 by translation (RFC 6052); what is inside is what is reached.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
# All that IANA has given out as global unicast. Beside it `is_global` passes what it does not know, such as the old
# site-local addresses (fec0::/10), which are somebody's inner network where they are in use.
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# Inside of it, or of IPv4, and nobody's receiver: documentation, protocol assignments, the old 6to4 relays.
_NOBODYS: Final[tuple[IPNetwork, ...]] = (
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
)


class AddressGuard:
    """Says which addresses webhooks may go to: every public one, and the networks that the operator named."""

    def __init__(self, allowed: Iterable[IPNetwork] = ()) -> None:
        self._allowed = tuple(allowed)

    def allows(self, address: IPAddress) -> bool:
        """Whether a connection may be made to this address.

        Private, loopback, link-local, metadata-service, shared (CGNAT), multicast and reserved addresses are not
        public, nor is an IPv6 form that only wraps one of them.
        """
        reached = _reached(address)
        if any(reached.version == network.version and reached in network for network in self._allowed):
            return True
        if reached.version == 6 and reached not in _UNICAST:
            return False
        if any(reached.version == network.version and reached in network for network in _NOBODYS):
            return False
        return reached.is_global and not reached.is_multicast and not reached.is_reserved

    def allows_host(self, host: str) -> bool:
        """Whether a URL's host may be one: a name is judged when it is resolved, an address at once."""
        try:
            return self.allows(ipaddress.ip_address(host))
        except ValueError:
            return True


def _reached(address: IPAddress) -> IPAddress:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64_LOCAL:
        return ipaddress.IPv4Address("0.0.0.0")  # noqa: S104 — stands for "nowhere public"
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return address


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves, checks, and connects to what was checked."""

    def __init__(self, guard: AddressGuard, names: Names, payer: str) -> None:
        """
        Args:
            payer: on whose account names are looked up.
        """
        self._guard = guard
        self._names = names
        self._payer = payer
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._names.addresses(host, self._payer)
        except NotResolved as error:
            raise httpcore.ConnectError(str(error)) from error
        public = [address for address in addresses if self._guard.allows(address)]
        if not public:
            raise httpcore.ConnectError(
                "the host is not at a public address; an operator may allow its network in TILLGATE_WEBHOOK_NETWORKS"
            )
        failure: Exception | None = None
        for address in public:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise present(failure, "why no address of several could be reached")

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("webhooks go over TCP")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The authorities that certificates are checked against; read once, as that takes 20 ms."""
    return httpx.create_ssl_context()


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """Connects to allowed addresses only."""

    def __init__(self, guard: AddressGuard, names: Names, open_max: int, kept_max: int) -> None:
        ssl_context = _trusted()
        super().__init__(verify=ssl_context)
        self._names = names
        # httpx has no public way to name a network backend; its transport is a thin shell around this pool.
        self._pool = Connections(  # type: ignore[assignment]
            ssl_context, lambda payer: _GuardedNetwork(guard, names, payer), open_max=open_max, kept_max=kept_max
        )

    async def aclose(self) -> None:
        await super().aclose()
        await self._names.close()


def guarded_transport(
    guard: AddressGuard, names: Names | None = None, *, open_max: int = CONNECTIONS_MAX, kept_max: int | None = None
) -> httpx.AsyncHTTPTransport:
    """An httpx transport that connects to allowed addresses only.

    Args:
        names: looks names up, and is closed with it; by default as the system says.
        open_max: how many requests are under way at once.
        kept_max: how many connections are kept for the next request; by default a quarter of them.
    """
    return _GuardedTransport(guard, names or Names(), open_max, open_max // 4 if kept_max is None else kept_max)
