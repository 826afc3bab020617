"""Which URLs webhooks may go to."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from tillgate.base.errors import InvalidInput
from tillgate.base.text import checked_url
from tillgate.events.deliveries.guard import AddressGuard

# Top-level names under which nobody is found.
_NO_NAMES: Final = frozenset({"invalid", "onion"})
_HOST_LENGTH_MAX: Final = 253
_LABEL_MAX: Final = 63
_OTHERWISE_WRITTEN: Final = "the host is neither a host name nor an IPv4 address of four decimal numbers in ASCII."
# Resolvers and certificates know no others; the underscore is there because some names have one all the same.
_NOT_IN_NAMES: Final = re.compile(r"[^0-9A-Za-z._-]", re.ASCII)


def checked_target(url: str, *, http_loopback: bool, guard: AddressGuard) -> str:
    """A URL that webhooks may go to. A host name is judged again whenever it is connected to.

    Raises:
        InvalidInput: it is not https (or, in development, plain http to this machine), names an address that is not
            public, or nothing could ever be delivered to it.
    """
    checked = checked_url(url, param="url", http_loopback=http_loopback)
    problem = _never_reached(checked)
    if problem is not None:
        raise InvalidInput(f"url: {problem}", param="url")
    if not guard.allows_host(urlsplit(checked).hostname or ""):
        raise InvalidInput(
            "url: expected a public address; an operator may allow a network in TILLGATE_WEBHOOK_NETWORKS.",
            param="url",
        )
    return checked


def _never_reached(url: str) -> str | None:
    """Why nothing that is sent to this URL could arrive; None where it may."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port == 0:
        return "port 0 cannot be connected to; omit it, or use the receiver's port."
    if "#" in url:
        return "a fragment (#…) is never sent; remove it, or put it into the query."
    if "[" in parts.netloc:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return "the host in brackets is not an IPv6 address."
        return "an IPv6 address with a zone is valid on one machine only." if "%" in host else None
    if host.endswith("."):
        return "a host with a trailing dot matches no certificate; omit the dot."
    if _ends_in_number(host):
        return _OTHERWISE_WRITTEN if not _is_ipv4(host) else None
    # Judged as it is sent, too: IDNA takes other dots for dots, and a host that looked like a name is then an address.
    try:
        target = httpx.URL(url)
        # The first of these writes it for DNS, the second reads what is written so: both refuse what is no name.
        name = target.raw_host.decode("ascii")
        _ = target.host
    except (httpx.InvalidURL, UnicodeError):
        return "the host name cannot be resolved (IDNA)."
    if _ends_in_number(name):
        return _OTHERWISE_WRITTEN
    last = name.rpartition(".")[2]
    if last in _NO_NAMES:
        return f"names under .{last} are never found in public DNS (RFC 6761, RFC 7686)."
    if len(name) > _HOST_LENGTH_MAX or not all(1 <= len(label) <= _LABEL_MAX for label in name.split(".")):
        return f"a host has at most {_HOST_LENGTH_MAX} characters, and 1 to {_LABEL_MAX} between two dots (RFC 1035)."
    if _NOT_IN_NAMES.search(name):
        return "a host name consists of letters, digits, hyphens and dots."
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
