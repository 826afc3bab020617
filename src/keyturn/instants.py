"""Instants: Unix milliseconds inside, RFC 3339 in UTC outside, and none that could not be said again."""

from datetime import UTC, datetime, timedelta
from typing import Final

INSTANT_MIN: Final = -62_135_596_800_000
"""0001-01-01T00:00:00Z, the first that RFC 3339 has a year for here."""
INSTANT_MAX: Final = 253_370_764_799_999
"""The end of the year 9998: what is added to an instant, such as a day or an overlap, still has a year of four digits
(RFC 3339, 5.6), in every time zone."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = _EPOCH.replace(tzinfo=None)


def to_rfc3339(at: int) -> str:
    """``2024-11-01T12:00:00.000Z``: always UTC, always milliseconds."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds") + "Z"


def from_datetime(at: datetime) -> int:
    """Unix milliseconds of an instant with a zone; finer digits are cut off. Not bounded."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def checked_instant(at: int) -> int:
    """The instant, if it can be said in every time zone.

    Raises:
        ValueError: it lies before the year 1 or after the year 9998.
    """
    if not INSTANT_MIN <= at <= INSTANT_MAX:
        raise ValueError("expected an instant from the year 1 to the year 9998")
    return at
