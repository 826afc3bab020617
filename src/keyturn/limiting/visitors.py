"""Whom an address stands for, and how much of a publishable key's limit is theirs."""

import ipaddress
from typing import Final

from keyturn.limiting.gcra import Limit

# Whoever has one IPv6 address has the whole network of it (RFC 6177).
IPV6_NETWORK_BITS: Final = 64


def visitor(address: str | None) -> str:
    """Whom an address stands for: itself, or the IPv6 network that one customer of a provider has."""
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, IPV6_NETWORK_BITS), strict=False))


def share_of(most: Limit, limit: Limit | None) -> Limit:
    """What one visitor may do with a key: so much, but never more than half of what the key may."""
    if limit is None:
        return most
    return Limit(min(most.per_second, limit.per_second / 2), max(min(most.burst, limit.burst // 2), 1))
