"""Which URLs webhooks may go to."""

import ipaddress
import re
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.base.text import checked_url
from tillgate.events.deliveries.guard import AddressGuard

# Top-level names under which nobody is found.
_NO_NAMES: Final = frozenset({"invalid", "onion"})
_HOST_LENGTH_MAX: Final = 253
_LABEL_MAX: Final = 63
# Resolvers and certificates know no others; the underscore is there because some names have one all the same.
_NOT_IN_NAMES: Final = re.compile(r"[^0-9A-Za-z._-]", re.ASCII)


def checked_target(url: str, *, http_loopback: bool, guard: AddressGuard) -> str:
    """A URL that webhooks may go to. A host name is judged again whenever it is connected to.

    Raises:
        InvalidInput: it is not https (or, in development, plain http to this machine), names an address that is not
            public, or nothing could ever be delivered to it.
    """
    checked = checked_url(url, field="url", http_loopback=http_loopback)
    never = _never_reached(checked)
    if never is not None:
        raise InvalidInput("url", never[0], **never[1])
    if not guard.allows_host(urlsplit(checked).hostname or ""):
        raise InvalidInput("url", Problem.URL_NOT_PUBLIC)
    return checked


def _never_reached(url: str) -> tuple[Problem, dict[str, Any]] | None:
    """Why nothing that is sent to this URL could arrive; None where it may."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port == 0:
        return Problem.URL_PORT_ZERO, {}
    if "#" in url:
        return Problem.URL_FRAGMENT, {}
    if "[" in parts.netloc:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return Problem.URL_NOT_IPV6, {}
        return (Problem.URL_ZONE, {}) if "%" in host else None
    if host.endswith("."):
        return Problem.URL_TRAILING_DOT, {}
    if _ends_in_number(host):
        return (Problem.URL_NUMERIC_HOST, {}) if not _is_ipv4(host) else None
    # Judged as it is sent, too: IDNA takes other dots for dots, and a host that looked like a name is then an address.
    try:
        target = httpx.URL(url)
        # The first of these writes it for DNS, the second reads what is written so: both refuse what is no name.
        name = target.raw_host.decode("ascii")
        _ = target.host
    except (httpx.InvalidURL, UnicodeError):
        return Problem.URL_NOT_IDNA, {}
    if _ends_in_number(name):
        return Problem.URL_NUMERIC_HOST, {}
    last = name.rpartition(".")[2]
    if last in _NO_NAMES:
        return Problem.URL_RESERVED_NAME, {"last": last}
    if len(name) > _HOST_LENGTH_MAX or not all(1 <= len(label) <= _LABEL_MAX for label in name.split(".")):
        return Problem.URL_HOST_LENGTH, {"host_maximum": _HOST_LENGTH_MAX, "label_maximum": _LABEL_MAX}
    if _NOT_IN_NAMES.search(name):
        return Problem.URL_HOST_CHARACTERS, {}
    return None


def _ends_in_number(host: str) -> bool:
    """As the URL standard has it (3.1.5, "ends in a number"): resolvers take 127.1, 2130706433 and 0x7f.1 for
    addresses, and no certificate holds for one written so."""
    last = host.rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
