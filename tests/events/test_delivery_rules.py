"""What an attempt leads to, when the next one is, and how many may be under way: pure rules."""

import pytest

from tests.makers import NEW_YEAR
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.events.deliveries.model import (
    ENDPOINT_IN_FLIGHT_MAX,
    Attempt,
    DeliveryStatus,
    capacity,
    next_step,
    retry_after,
    share,
)
from tillgate.events.endpoints.model import EVENTS_MAX, OVERLAP_MAX_SECONDS, checked_events, checked_overlap
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.signing import SigningSecret, signature_headers

ATTEMPTS_MAX, GAPS_MS = NATIVE_STYLE.attempts_max, NATIVE_STYLE.gaps_ms


def attempt(number: int, status: int | None, retry_after_ms: int | None = None) -> Attempt:
    return Attempt(number=number, attempted_at=0, duration_ms=1, response_status=status, retry_after_ms=retry_after_ms)


@pytest.mark.parametrize(
    ("status", "succeeded", "gone"),
    [
        (None, False, False), (199, False, False), (200, True, False), (204, True, False), (299, True, False),
        (300, False, False), (302, False, False), (410, False, True), (411, False, False), (500, False, False),
    ],
)  # fmt: skip
def test_an_attempt_succeeds_with_a_2xx_alone(status: int | None, succeeded: bool, gone: bool) -> None:
    """And 410 is the one answer after which there is no other attempt."""
    made = attempt(1, status)
    assert (made.succeeded, made.gone) == (succeeded, gone)


def test_failed_attempts_are_repeated_after_the_documented_gaps() -> None:
    """After 1 minute, 10 minutes, 1, 6 and 24 hours; after the sixth the delivery is abandoned; a success ends it."""
    gaps = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS]
    for number, gap in enumerate(gaps, 1):
        assert next_step(attempt(number, 500), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS) == (
            DeliveryStatus.PENDING,
            NEW_YEAR + gap,
        )
        assert next_step(attempt(number, 200), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS) == (DeliveryStatus.DELIVERED, NEW_YEAR)
    assert next_step(attempt(6, 500), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS) == (DeliveryStatus.ABANDONED, NEW_YEAR)
    # Of a schedule that has become shorter, the attempt after its last gap is the last.
    for number, status in ((2, DeliveryStatus.PENDING), (3, DeliveryStatus.ABANDONED)):
        assert next_step(attempt(number, 500), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS[:2])[0] is status
    assert next_step(attempt(7, None), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS) == (DeliveryStatus.ABANDONED, NEW_YEAR)
    assert next_step(attempt(6, 200), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS) == (DeliveryStatus.DELIVERED, NEW_YEAR)


@pytest.mark.parametrize(
    ("asked_ms", "waits_ms"),
    [(None, MINUTE_MS), (0, MINUTE_MS), (MINUTE_MS + 1, MINUTE_MS + 1), (DAY_MS, DAY_MS), (DAY_MS + 1, DAY_MS)],
)
def test_a_receiver_puts_a_retry_off_and_never_forward(asked_ms: int | None, waits_ms: int) -> None:
    """At most by a day."""
    assert next_step(attempt(1, 429, asked_ms), ATTEMPTS_MAX, NEW_YEAR, GAPS_MS)[1] == NEW_YEAR + waits_ms


@pytest.mark.parametrize(
    ("status", "header", "asked_ms"),
    [
        (429, "0", 0),
        (503, "120", 120_000),
        (503, " 7 ", 7_000),
        (429, "9" * 24, DAY_MS),
        (503, "86400", DAY_MS),
        (503, "86401", DAY_MS),
        (503, "9" * 100, DAY_MS),
        (503, "9" * 101, None),
        (503, "000000000001" + "9", 1_000),
        (500, "120", None),
        (503, None, None),
        (503, "", None),
        (503, "-1", None),
        (503, "1.5", None),
        (503, "１２", None),
        (429, "٣", None),
        (200, "120", None),
        (503, "soon", None),
        # 2026-01-01T00:00:00Z is now.
        (503, "Thu, 01 Jan 2026 00:02:00 GMT", 2 * MINUTE_MS),
        (503, "Thu, 01 Jan 2026 01:02:00 +0100", 2 * MINUTE_MS),
        (503, "Thu, 01 Jan 2026 00:02:00 -0000", 2 * MINUTE_MS),
        (503, "Wed, 31 Dec 2025 23:59:59 GMT", 0),
        (503, "Fri, 01 Jan 2027 00:00:00 GMT", DAY_MS),
        (503, "Thu, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(status: int, header: str | None, asked_ms: int | None) -> None:
    """Of a 429 or 503 alone (RFC 9110, 10.2.3); what is neither form asks for nothing."""
    assert retry_after(status, header, NEW_YEAR) == asked_ms


def test_free_slots_are_shared_by_sixteen_endpoints() -> None:
    """At most ten each, and never none: the next endpoint finds one, however many receivers hang."""
    assert [share(free) for free in (0, 1, 16, 31, 32, 159, 160, 10_000)] == [1, 1, 1, 1, 2, 9, 10, 10]


@pytest.mark.parametrize(
    ("in_flight", "failing", "places", "more"),
    [
        (0, False, ENDPOINT_IN_FLIGHT_MAX, 10), (9, False, ENDPOINT_IN_FLIGHT_MAX, 1), (10, False, 10, 0),
        (11, False, 10, 0), (1, False, 3, 2), (0, True, 10, 1), (1, True, 10, 0), (2, True, 10, 0),
    ],
)  # fmt: skip
def test_an_endpoint_gets_what_its_slots_leave(in_flight: int, failing: bool, places: int, more: int) -> None:
    """One at a time while it fails."""
    assert capacity(in_flight, failing=failing, places=places) == more


def test_an_overlap_lasts_at_most_seven_days() -> None:
    """Zero ends the old secret at once; beyond either bound it is refused by name."""
    for seconds in (0, 1, OVERLAP_MAX_SECONDS):
        assert checked_overlap(seconds) == seconds
    for wrong in (-1, OVERLAP_MAX_SECONDS + 1):
        with pytest.raises(InvalidInput) as caught:
            checked_overlap(wrong)
        error = caught.value
        assert (error.field, error.problem) == (("overlap_seconds",), Problem.SECONDS_OUT_OF_RANGE)
        assert error.values == {"minimum": 0, "maximum": 604_800, "given": wrong}


def test_subscriptions_are_kept_once_and_without_what_a_pattern_holds() -> None:
    """In the order given, patterns first; ``*`` is all there is to say."""
    assert checked_events(["order.paid", "session.paid", "order.paid"]) == ("order.paid", "session.paid")
    assert checked_events(["session.paid", "order.paid", "session.*"]) == ("session.*", "order.paid")
    assert checked_events(["order.paid", "*"]) == ("*",)
    assert checked_events(["order.paid"] * EVENTS_MAX) == ("order.paid",)
    for wrong, problem in (
        ([], Problem.NO_EVENT_TYPES),
        (["order.paid"] * (EVENTS_MAX + 1), Problem.TOO_MANY),
        (["order.lost"], Problem.UNKNOWN_EVENT_TYPE),
    ):
        with pytest.raises(InvalidInput) as caught:
            checked_events(wrong)
        assert (caught.value.field, caught.value.problem) == (("events",), problem)
        if problem is Problem.TOO_MANY:
            assert caught.value.values == {"maximum": EVENTS_MAX, "count": EVENTS_MAX + 1}


def test_headers_carry_one_signature_of_each_secret() -> None:
    """Newest first, in both dialects, under the names that receivers look for."""
    new, old = SigningSecret.new(), SigningSecret.new()
    both = signature_headers([new, old], event_id="evt_1", body=b"{}", timestamp=7)
    first, second = (one.headers(event_id="evt_1", body=b"{}", timestamp=7) for one in (new, old))
    assert set(both) == set(first) == {
        "X-Webhook-Signature", "X-Webhook-Timestamp", "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
    assert both["webhook-signature"] == f"{first['webhook-signature']} {second['webhook-signature']}"
    assert both["X-Webhook-Signature"] == (
        f"{first['X-Webhook-Signature']},{second['X-Webhook-Signature'].removeprefix('t=7,')}"
    )
    assert (both["webhook-id"], both["webhook-timestamp"]) == ("evt_1", "7")
