"""Templates, static files' addresses, and the few words that templates put numbers into."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from tillgate.access import price_set_by, returns_of
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, from_rfc3339, to_rfc3339

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The wordmark's gate: two posts, a raised bar.
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" '
    'fill="#14614a"/><path d="M8 25V12M24 25v-7M8 14l17-6" stroke="#fff" stroke-width="3" '
    'stroke-linecap="round" fill="none"/></svg>'
)


def environment() -> Environment:
    """The templates of this room. Everything is escaped; a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("tillgate.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "static": static_url,
        "icon": "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode(),
    }
    made.filters |= {
        "rfc3339": to_rfc3339,
        "from_rfc3339": from_rfc3339,
        "utc": utc,
        "utc_seconds": utc_seconds,
        "ago": ago,
        "pretty_json": pretty_json,
        "words": words,
        "duration": duration,
        "price_set_by": price_set_by,
        "returns": returns_of,
    }
    return made


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """Where a static file is served; its address changes with its content, so it may be cached for ever."""
    content = files("tillgate").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def utc(at: int) -> str:
    """``21 Nov 2026, 22:30 UTC``."""
    then = _EPOCH + timedelta(milliseconds=at)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M} UTC"


def utc_seconds(at: int) -> str:
    """``21 Nov 2026, 22:30:05 UTC``."""
    then = _EPOCH + timedelta(milliseconds=at)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M:%S} UTC"


def ago(at: int, now: int) -> str:
    """How far from now, in one unit: ``just now``, ``5 minutes ago``, ``in 3 hours``."""
    distance = abs(now - at)
    if distance < MINUTE_MS:
        return "just now" if at <= now else "in under a minute"
    for length, unit in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if distance >= length:
            count = distance // length
            amount = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{amount} ago" if at <= now else f"in {amount}"
    raise AssertionError(distance)


def duration(milliseconds: int) -> str:
    """``12 ms``, ``3.4 s``."""
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


def pretty_json(text: str | bytes | msgspec.Raw) -> str:
    """JSON as people read it."""
    raw = text.encode() if isinstance(text, str) else bytes(text)
    return msgspec.json.format(raw, indent=2).decode()


def words(name: str) -> str:
    """``paid_late`` as it is written in a sentence."""
    return name.replace("_", " ")
