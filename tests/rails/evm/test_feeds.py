"""Price feeds: what is believed of them, and what is not."""

from fractions import Fraction

import pytest

from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.rails.evm.feeds.model import (
    UP_FOR_MS,
    Before,
    FeedTrouble,
    Jumped,
    Round,
    believed,
    parsed_decimals,
    parsed_round,
    require_up,
)
from tillgate.rails.evm.node import Malformed

NOW = 1_700_000_000_000
GOOD = Round(7, 108_320_000, NOW - HOUR_MS, NOW - HOUR_MS)


def said(*told: Round, decimals: int = 8, before: Before = Before("1.08")) -> str:  # noqa: B008
    return believed(told, decimals, before, age_ms_max=25 * HOUR_MS - 1, now=NOW).value


def word(number: int) -> str:
    return f"{number % 2**256:064x}"


def test_an_answer_is_read_exactly() -> None:
    """As many decimals as the feed has, also eighteen; of two nodes at two rounds, the earlier."""
    assert said(GOOD) == "1.0832"
    assert said(Round(7, 1_083_200_000_000_000_001, 0, NOW), decimals=18) == "1.083200000000000001"
    assert said(GOOD, GOOD._replace(round_id=8, answer=108_400_000, updated_at=NOW)) == "1.0832"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([GOOD._replace(answer=0)], "zero"),
        ([GOOD._replace(answer=-108_320_000)], "negative"),
        ([GOOD._replace(updated_at=NOW + DAY_MS)], "future"),
        ([GOOD._replace(updated_at=NOW - 25 * HOUR_MS)], "25 hours old"),
        ([GOOD, GOOD._replace(answer=1_083_200_000)], "two nodes"),
        ([GOOD, GOOD._replace(round_id=8, answer=1_083_200_000)], "two nodes"),
        ([GOOD, GOOD._replace(answer=108_320_001)], "two nodes"),
        ([GOOD._replace(answer=1_083_200_000_000_000_000)], "more than a fifth"),
    ],
)
def test_a_bad_feed_is_not_believed(told: list[Round], reason: str) -> None:
    """Zero, a negative number, tomorrow, 25 hours old, tenfold from one of two nodes, eighteen decimals for eight."""
    with pytest.raises(FeedTrouble, match=reason):
        said(*told)


def test_a_jump_is_believed_when_it_is_seen_again() -> None:
    """The first look remembers it; another jump begins again; small moves need nothing."""
    jumped = GOOD._replace(answer=140_000_000)
    with pytest.raises(Jumped) as first:
        said(jumped)
    assert said(jumped, before=Before("1.08", first.value.waiting)) == "1.4"
    with pytest.raises(Jumped):
        said(GOOD._replace(answer=200_000_000), before=Before("1.08", "1.4"))
    assert Fraction(said(GOOD._replace(answer=129_600_000))) == Fraction("1.08") * Fraction(6, 5)
    assert said(jumped, before=Before()) == "1.4"


def test_a_sequencer_has_to_be_up_for_an_hour() -> None:
    """An uptime feed answers 0 for up, and since when."""
    up = Round(1, 0, NOW - UP_FOR_MS, NOW)
    require_up([up], NOW)
    for down in (up._replace(answer=1), up._replace(started_at=NOW - MINUTE_MS), up._replace(started_at=0)):
        with pytest.raises(FeedTrouble, match="sequencer"):
            require_up([down], NOW)


def test_words_that_are_no_feed_are_refused() -> None:
    """Too few, too many, an instant that no clock has; decimals of a contract that is none."""
    told = "0x" + word(7) + word(-1) + word(1) + word(2) + word(7)
    assert parsed_round(told) == Round(7, -1, 1_000, 2_000)
    for wrong in ("0x", told[:-2], told + "00", "0x" + word(7) + word(1) + word(2**200) + word(2) + word(7)):
        with pytest.raises(Malformed):
            parsed_round(wrong)
    assert parsed_decimals("0x" + word(8)) == 8
    for wrong in ("0x", "0x" + word(19), "0x" + word(2**255)):
        with pytest.raises(Malformed):
            parsed_decimals(wrong)
