"""What restricts a key beyond its scopes: networks, origins, apps, rate limit and expiry."""

import functools
import ipaddress
import re
from collections.abc import Iterable
from math import ceil
from typing import Final

from keyturn.errors import InvalidApp, InvalidExpiry, InvalidLimit, InvalidNetwork, InvalidOrigin
from keyturn.instants import checked_instant
from keyturn.limiting.gcra import PER_SECOND_MIN, UNITS, Limit
from keyturn.suffixes import is_public_suffix

NETWORKS_MAX: Final = 50
ORIGINS_MAX: Final = 50
# A host has at most 253 characters (RFC 1035, 2.3.4); a scheme and a port come to it.
ORIGIN_LENGTH_MAX: Final = 300
APPS_MAX: Final = 50
# Android's own bound; Apple's is 155.
APP_LENGTH_MAX: Final = 255
PER_SECOND_MAX: Final = 1_000_000.0
BURST_MAX: Final = 10_000_000

# Of a public key, instead of origins: pages of every origin, and whatever sends none, such as an app.
ANY_ORIGIN: Final = "*"

_PER: Final = {unit[0]: float(seconds) for unit, seconds in UNITS.items()}
_RATE: Final = re.compile(rf"(\d{{1,7}}(?:\.\d{{1,3}})?)(?:/({'|'.join(_PER)}))?", re.ASCII)

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN: Final = re.compile(
    rf"(https?)://((?:\*\.)?(?:{_LABEL}\.){{0,126}}{_LABEL}|\[[0-9a-f:.]{{2,45}}\])(?::(\d{{1,5}}))?/?",
    re.ASCII | re.IGNORECASE,
)
# What apps and browser extensions send, whose pages come with them: such an origin is exact, without port and wildcard.
_PACKAGED: Final = re.compile(
    rf"(?:capacitor|ionic|tauri|chrome-extension|moz-extension|safari-web-extension)://(?:{_LABEL}\.){{0,9}}{_LABEL}/?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")
APP_FORM: Final = r"[A-Za-z][A-Za-z0-9_-]{0,99}(?:\.[A-Za-z0-9_-]{1,100}){1,20}"
_APP: Final = re.compile(APP_FORM, re.ASCII)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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


@functools.lru_cache(maxsize=10_000)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, networks))


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
    return any(found in network for network in _parsed(tuple(networks)) if network.version == found.version)


def coarse(address: str | None) -> str | None:
    """The network an address lies in, an IPv4 /24 or an IPv6 /48: enough to know a server by, too little for a person.
    None for what is no address."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Web origins as a browser sends them (RFC 6454, 6.2), each once: scheme, host, and the port unless it is the
    scheme's own. ``https://*.example.com`` stands for exactly one more label. Plain http is for this machine only. Apps
    and extensions have ``capacitor://localhost``, ``ionic://``, ``tauri://``, ``chrome-extension://`` and their like.

    Raises:
        InvalidOrigin: one is no such origin, or there are too many.
    """
    checked = [_checked_origin(text.strip()) for text in origins]
    if len(checked) > ORIGINS_MAX:
        raise InvalidOrigin(f"a key has at most {ORIGINS_MAX} origins")
    return tuple(dict.fromkeys(checked))


def _checked_origin(text: str) -> str:
    if len(text) <= ORIGIN_LENGTH_MAX and _PACKAGED.fullmatch(text):
        return text.lower().removesuffix("/")
    match = _ORIGIN.fullmatch(text) if len(text) <= ORIGIN_LENGTH_MAX else None
    if match is None:
        raise InvalidOrigin(
            f"{text[:80]!r} is no web origin: expected scheme, host and perhaps a port, such as "
            "https://shop.example, https://*.shop.example, http://localhost:3000 or capacitor://localhost; no "
            "path, and names beyond ASCII "
            "in their xn-- form"
        )
    scheme, host, port = match[1].lower(), match[2].lower(), match[3]
    if port is not None and not 1 <= int(port) <= 65_535:
        raise InvalidOrigin(f"{text[:80]!r}: a port is 1 to 65535")
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError as error:
            raise InvalidOrigin(f"{text[:80]!r}: this is no IPv6 address") from error
    if scheme == "http" and host not in _LOCAL and not host.endswith(".localhost"):
        raise InvalidOrigin(
            f"{text[:80]!r}: plain http is for development on this machine only (http://localhost:3000); use https"
        )
    if host.startswith("*.") and is_public_suffix(host.removeprefix("*.")):
        raise InvalidOrigin(
            f"{text[:80]!r} covers every site under {host.removeprefix('*.')}, a public suffix; use your own domain, "
            "such as https://*.shop.example"
        )
    shown_port = f":{int(port)}" if port is not None and int(port) != _DEFAULT_PORTS[scheme] else ""
    return f"{scheme}://{host}{shown_port}"


def origin_patterns(origin: str) -> tuple[str, ...]:
    """What a key may have been given to let this origin in: itself, and with its first label left open."""
    scheme, separator, rest = origin.partition("://")
    label, dot, parent = rest.partition(".")
    return (origin, f"{scheme}{separator}*.{parent}") if dot and label else (origin,)


def is_origin_among(origin: str | None, origins: tuple[str, ...]) -> bool:
    """Whether a request's ``Origin`` is one of a key's."""
    if origin is None:
        return False
    return ANY_ORIGIN in origins or any(pattern in origins for pattern in origin_patterns(origin))


def checked_apps(apps: Iterable[str]) -> tuple[str, ...]:
    """Mobile app identifiers, each once: an iOS bundle identifier or an Android package name.

    Raises:
        InvalidApp: one has not that form, or there are too many.
    """
    checked = [text.strip() for text in apps]
    for text in checked:
        if len(text) > APP_LENGTH_MAX or _APP.fullmatch(text) is None:
            raise InvalidApp(
                f"{text[:80]!r} is no app identifier: expected a bundle identifier or a package name, such as "
                "com.yourcompany.yourapp"
            )
    if len(checked) > APPS_MAX:
        raise InvalidApp(f"a key has at most {APPS_MAX} app identifiers")
    return tuple(dict.fromkeys(checked))


def checked_limit(per_second: float, burst: int) -> Limit:
    """A key's own pace.

    Raises:
        InvalidLimit: a number is not positive, or larger than makes sense.
    """
    if not PER_SECOND_MIN <= per_second <= PER_SECOND_MAX:
        raise InvalidLimit(f"a rate is above 0 and at most {PER_SECOND_MAX:.0f} a second")
    if not 1 <= burst <= BURST_MAX:
        raise InvalidLimit(f"a burst is 1 to {BURST_MAX}")
    return Limit(per_second, burst)


def checked_expiry(at: int | None, now: int, otherwise: str = "") -> int | None:
    """When a key ends, in Unix milliseconds; None for never.

    Args:
        otherwise: what to do instead of letting it end in the past.

    Raises:
        InvalidExpiry: it does not lie in the future, or beyond what can be said in every time zone.
    """
    if at is None:
        return None
    if at <= now:
        raise InvalidExpiry(f"a key's expiry must lie in the future{otherwise}")
    try:
        return checked_instant(at)
    except ValueError as error:
        raise InvalidExpiry(f"a key's expiry: {error}") from error


def parse_rate(text: str) -> float:
    """Requests a second out of ``5/s``, ``300/m``, ``1000/h``, ``5000/d`` or ``5``.

    Raises:
        InvalidLimit: it is written otherwise.
    """
    count, per = _rate_of(text)
    return count / per


def parse_limit(rate: str, burst: int | None = None) -> Limit:
    """A limit that means what its rate says: ``6/m`` lets six pass at once, unless it is told otherwise.

    Raises:
        InvalidLimit: the rate is written otherwise than :func:`parse_rate` takes it, or makes no sense.
    """
    count, per = _rate_of(rate)
    return checked_limit(count / per, burst if burst is not None else max(ceil(count), 1))


def _rate_of(text: str) -> tuple[float, float]:
    match = _RATE.fullmatch(text.strip()) if len(text) <= 40 else None
    if match is None:
        raise InvalidLimit(f"{text[:40]!r} is no rate: expected a number with /s, /m, /h or /d, such as 5/s")
    return float(match[1]), _PER[match[2] or "s"]
