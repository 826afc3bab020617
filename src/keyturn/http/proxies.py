"""Where a request really came from, behind proxies. What a proxy says is believed only if the proxy is trusted."""

import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Final

from keyturn.errors import InvalidNetwork
from keyturn.keys.restrictions import Network, is_within

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
# Who adds itself to the list may add no more than this.
HOPS_MAX: Final = 20
# The longest that one can be: an IPv6 address with a zone, brackets and a port, and white space around it.
ADDRESS_MAX: Final = 100


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
        Raises:
            InvalidNetwork: one is no network.
        """
        self.ranges = checked_ranges(ranges)
        # Of few machines, again and again: whether it lies there is worked out once.
        self.has: Callable[[str | None], bool] = functools.lru_cache(maxsize=10_000)(self._has)

    def _has(self, address: str | None) -> bool:
        return bool(self.ranges) and is_within(address, self.ranges)


def client_address(peer: str | None, forwarded_for: str | None, trusted: Networks) -> str | None:
    """The right-most address that is no trusted proxy's own: everything left of it could have been made up.

    Args:
        peer: whoever the connection came from.
        forwarded_for: the ``X-Forwarded-For`` header, which counts only if the peer is a trusted proxy.

    Returns:
        None where a trusted proxy names something that is no address; a key that is bound to networks is then refused.
    """
    if forwarded_for is None or not trusted.has(peer):
        return peer
    found = peer
    for hop in reversed(forwarded_for.rsplit(",", HOPS_MAX)[-HOPS_MAX:]):
        found = _bare(hop)
        if found is None or not trusted.has(found):
            return found
    return found


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
