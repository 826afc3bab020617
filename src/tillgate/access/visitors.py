"""How fast somebody who shows no credential may do what costs something, or guesses."""

import ipaddress
from math import ceil
from typing import Final

from keyturn import Allowance, Limit, RateLimiter

# Whoever has one IPv6 address has the whole network of it.
IPV6_NETWORK_BITS: Final = 64


class VisitorLimit:
    """One limit for one kind of thing, counted beside the keys' own."""

    def __init__(self, limiter: RateLimiter, name: str, limit: Limit | None) -> None:
        """
        Args:
            name: what is counted, apart from everything else that this limiter counts.
            limit: None for no limit.
        """
        self._limiter = limiter
        self._name = name
        self._limit = limit

    async def seconds_to_wait(self, *whose: str) -> int:
        """Count one more of these; zero where it may go ahead, or whole seconds until it could.

        Args:
            whose: what the limit is for, such as an address and what is asked of it there.
        """
        if self._limit is None:
            return 0
        taken = self._limiter.take(":".join((self._name, *whose)), self._limit)
        allowance = taken if isinstance(taken, Allowance) else await taken
        return ceil(allowance.retry_after_seconds)


def visitor(address: str | None) -> str:
    """Whom an address stands for: itself, or the IPv6 network that one customer of a provider has."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, IPV6_NETWORK_BITS), strict=False))
