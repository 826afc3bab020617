"""Instants: Unix milliseconds inside, RFC 3339 in UTC outside."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

INSTANT_MIN = -62_135_596_800_000
"""0001-01-01T00:00:00Z, the first that RFC 3339 has a year for here."""
INSTANT_MAX = 253_370_764_799_999
"""The end of the year 9998: what is added to an instant, such as a day, still has a year of four digits (RFC 3339,
5.6), in every time zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Clock(Protocol):
    """Where an operation's idea of "now" comes from."""

    def now(self) -> int:
        """Unix milliseconds, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


# The same objects are read again and again, and so are their instants: half a megabyte at most.
@lru_cache(maxsize=4_000)
def to_rfc3339(at: int) -> str:
    """``2024-11-01T12:00:00.000Z``: always UTC, always milliseconds."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds") + "Z"


def from_rfc3339(text: str) -> int:
    """Unix milliseconds of an RFC 3339 timestamp (its section 5.6); finer digits are cut off.

    Raises:
        ValueError: the text is not such a timestamp, names an instant that does not exist, or one before the year 1 or
            after the year 9998, which could not be said in every time zone.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("expected an RFC 3339 timestamp such as 2024-11-01T12:00:00Z")
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    at = datetime.fromisoformat(f"{day}T{clock}{zone}")
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "0").ljust(3, "0")[:3])
    if not INSTANT_MIN <= milliseconds <= INSTANT_MAX:
        raise ValueError("expected an instant from the year 1 to the year 9998")
    return milliseconds
