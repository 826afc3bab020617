"""What narrows a key beyond its scopes: where it may be used from, how fast, and until when."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from keyturn.errors import InvalidLimit, InvalidNetwork
from keyturn.limiting import PER_SECOND_MIN, Limit

NETWORKS_MAX: Final = 50
PER_SECOND_MAX: Final = 1_000_000.0
BURST_MAX: Final = 10_000_000

_PER: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0}
_RATE: Final = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)(?:/(s|m|h))?", re.ASCII)


def checked_networks(networks: Iterable[str]) -> tuple[str, ...]:
    """Networks in CIDR form, each once; a single address is a network of one.

    Raises:
        InvalidNetwork: one is no IPv4 or IPv6 network, has bits set beyond its prefix, or there are too many.
    """
    checked: list[str] = []
    for text in networks:
        try:
            checked.append(str(ipaddress.ip_network(text.strip())))
        except ValueError as error:
            raise InvalidNetwork(
                f"{text[:60]!r} is no network: expected an address or a range such as 203.0.113.0/24 or 2001:db8::/32"
            ) from error
    if len(checked) > NETWORKS_MAX:
        raise InvalidNetwork(f"a key has at most {NETWORKS_MAX} networks")
    return tuple(dict.fromkeys(checked))


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address inside of IPv6 counts as what it is.

    What is no address lies nowhere.
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in map(ipaddress.ip_network, networks) if network.version == found.version)


def checked_limit(per_second: float, burst: int) -> Limit:
    """A key's own pace.

    Raises:
        InvalidLimit: a number is not positive, or larger than makes sense.
    """
    if not PER_SECOND_MIN <= per_second <= PER_SECOND_MAX:
        raise InvalidLimit(f"a rate lies above 0 and is at most {PER_SECOND_MAX:.0f} a second")
    if not 1 <= burst <= BURST_MAX:
        raise InvalidLimit(f"a burst is 1 to {BURST_MAX}")
    return Limit(per_second, burst)


def parse_rate(text: str) -> float:
    """Requests a second out of ``5/s``, ``300/m``, ``1000/h`` or ``5``.

    Raises:
        InvalidLimit: it is written otherwise.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise InvalidLimit(f"{text[:40]!r} is no rate: expected a number with /s, /m or /h, such as 5/s")
    return float(match[1]) / _PER[match[2] or "s"]
