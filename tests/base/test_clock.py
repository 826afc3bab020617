"""Instants: Unix milliseconds inside, RFC 3339 in UTC outside."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import instants as keyturns
from tillgate.base.clock import INSTANT_MAX, INSTANT_MIN, SystemClock, from_rfc3339, to_rfc3339

instants = st.integers(min_value=INSTANT_MIN, max_value=INSTANT_MAX)


@given(instants)
def test_an_instant_survives_the_round_trip(at: int) -> None:
    """What is shown is read as the very same millisecond, in every year that is taken."""
    shown = to_rfc3339(at)
    assert from_rfc3339(shown) == at
    assert len(shown) == 24


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-11-01T12:00:00Z", 1_730_462_400_000),
        ("2024-11-01t12:00:00z", 1_730_462_400_000),
        ("2024-11-01 12:00:00Z", 1_730_462_400_000),
        ("2024-11-01T14:00:00+02:00", 1_730_462_400_000),
        ("2024-11-01T06:30:00-05:30", 1_730_462_400_000),
        ("2024-11-01T12:00:00-00:00", 1_730_462_400_000),
        ("2024-11-01T12:00:00.5Z", 1_730_462_400_500),
        ("2024-11-01T12:00:00.123456789Z", 1_730_462_400_123),
        ("1970-01-01T00:00:00.000Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0001-01-01T00:00:00Z", INSTANT_MIN),
        ("9998-12-31T23:59:59.999Z", INSTANT_MAX),
    ],
)
def test_the_ways_of_rfc_3339_are_read(text: str, at: int) -> None:
    """Section 5.6: either case, any offset, any number of decimals; finer than milliseconds is cut off."""
    assert from_rfc3339(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-11-01",
        "2024-11-01T12:00:00",
        "2024-11-01T12:00Z",
        "2024-11-01T12:00:00Z\n",
        "2024-11-01T12:00:00+0200",
        "2024-11-01T12:00:00.Z",
        "2024-11-01T12:00:00.1234567890Z",
        "2024-13-01T12:00:00Z",
        "2024-02-30T12:00:00Z",
        "2024-11-01T25:00:00Z",
        "2024-11-01T12:00:00+24:00",
        "0000-01-01T00:00:00Z",
        # In UTC these are of the years 0 and 10000, which nobody could be told.
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-01:00",
        "9999-01-01T00:00:00Z",
        "２024-11-01T12:00:00Z",
        "1730462400",
        "yesterday",
    ],
)
def test_what_is_no_timestamp_is_a_value_error(text: str) -> None:
    """Dates alone, times without a zone, days that do not exist, Unix seconds."""
    with pytest.raises(ValueError):
        from_rfc3339(text)


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any input is an instant or a ValueError."""
    try:
        from_rfc3339(text)
    except ValueError:
        return


def test_it_is_shown_in_utc_with_milliseconds() -> None:
    """``2024-11-01T12:00:00.000Z``, as Crypto Checkout's webhooks have it."""
    assert to_rfc3339(1_730_462_400_000) == "2024-11-01T12:00:00.000Z"
    assert to_rfc3339(1_730_462_400_007) == "2024-11-01T12:00:00.007Z"
    assert to_rfc3339(-62_135_596_800_000) == "0001-01-01T00:00:00.000Z"


def test_the_machines_clock_tells_unix_milliseconds() -> None:
    """It agrees with two other ways to ask."""
    now = SystemClock().now()
    assert abs(now - time.time() * 1_000) < 5_000
    assert abs(now - datetime.now(UTC).timestamp() * 1_000) < 5_000


@given(instants | st.integers(INSTANT_MIN - 10**15, INSTANT_MAX + 10**15))
def test_both_houses_know_the_same_instants(at: int) -> None:
    """The key layer, which knows nothing of Tillgate, takes and says what Tillgate does."""
    assert (keyturns.INSTANT_MIN, keyturns.INSTANT_MAX) == (INSTANT_MIN, INSTANT_MAX)
    if INSTANT_MIN <= at <= INSTANT_MAX:
        assert keyturns.checked_instant(at) == at
        assert keyturns.to_rfc3339(at) == to_rfc3339(at)
    else:
        with pytest.raises(ValueError, match="9998"):
            keyturns.checked_instant(at)
