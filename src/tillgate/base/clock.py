"""Instants: Unix milliseconds inside, RFC 3339 in UTC outside."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

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


def to_rfc3339(at: int) -> str:
    """``2024-11-01T12:00:00.000Z``: always UTC, always milliseconds."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds") + "Z"


def from_rfc3339(text: str) -> int:
    """Unix milliseconds of an RFC 3339 timestamp (its section 5.6); finer digits are cut off.

    Raises:
        ValueError: the text is not such a timestamp, or names an instant that does not exist.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("expected an RFC 3339 timestamp such as 2024-11-01T12:00:00Z")
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    at = datetime.fromisoformat(f"{day}T{clock}{zone}")
    return (at - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "0").ljust(3, "0")[:3])
