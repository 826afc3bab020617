"""Price feeds on a network: contracts with the interface of Chainlink's aggregators, and when what they answer is
believed. Pure: answers in, a price or a reason out.

The interface: https://docs.chain.link/data-feeds/api-reference
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.rails.evm.node import BLOCK_SECONDS_MAX, Malformed
from tillgate.rails.evm.rates.model import JUMP
from tillgate.rails.port import decimal_of

# latestRoundData() and decimals().
LATEST_ROUND_DATA: Final = "0xfeaf968c"
DECIMALS: Final = "0x313ce567"
FEED_DECIMALS_MAX: Final = 18
FEEDS_MAX: Final = 100
AGE_MS_DEFAULT: Final = 25 * HOUR_MS
# A node's newest block, and this machine's clock, may be this far ahead of each other.
AHEAD_MS: Final = MINUTE_MS
# Two nodes that stand at different blocks may answer with two rounds, which are this share apart at most.
APART: Final = Fraction(1, 100)
# After a sequencer's outage prices move before the feed does.
UP_FOR_MS: Final = HOUR_MS

_WORD: Final = 64
_SIGN: Final = 1 << 255


class FeedTrouble(Exception):
    """What a feed answers cannot be used; the message says why."""


class Round(NamedTuple):
    """What a feed answers.

    Attributes:
        answer: the price in the feed's smallest unit, as signed as the contract has it.
        started_at, updated_at: Unix milliseconds.
    """

    round_id: int
    answer: int
    started_at: int
    updated_at: int


class Feed(NamedTuple):
    """A feed as it is kept. Instants are Unix milliseconds.

    Attributes:
        base: a currency, or a network's coin; or the symbol of a token, of which the feed says whether it is worth its
            currency.
        uptime_address: the contract that says whether the network's sequencer is up; None where it has none.
        low, high: between these a token is worth its currency; None of a currency's or a coin's feed.
        value, as_of: the last price that was believed.
        waiting: a price far from it that was seen once.
        trouble: why the last answer was not believed; None where it was.
    """

    chain_id: int
    address: str
    base: str
    quote: str
    decimals: int
    age_ms_max: int
    uptime_address: str | None = None
    low: str | None = None
    high: str | None = None
    value: str | None = None
    as_of: int | None = None
    waiting: str | None = None
    trouble: str | None = None
    read_at: int | None = None

    @property
    def name(self) -> str:
        """What it is the price of."""
        return f"{self.base}/{self.quote}"

    @property
    def is_of_token(self) -> bool:
        """It says whether a token is worth its currency."""
        return self.low is not None

    def problem(self, now: int) -> str | None:
        """Why what it says cannot be used now; None where it can."""
        if self.trouble is not None:
            return f"the feed {self.name} cannot be believed: {self.trouble}"
        if self.as_of is None or now >= self.as_of + self.age_ms_max:
            return f"the feed {self.name} is too old"
        return None

    def is_off_peg(self, now: int) -> bool:
        """It can be believed, and says that the token is not worth its currency."""
        if self.low is None or self.high is None or self.value is None or self.problem(now) is not None:
            return False
        return not Fraction(self.low) <= Fraction(self.value) <= Fraction(self.high)


class Price(NamedTuple):
    """A price that is believed.

    Attributes:
        value: an exact decimal.
        as_of: since when the feed says it, Unix milliseconds.
    """

    value: str
    as_of: int


class Before(NamedTuple):
    """What is known of a feed from its earlier looks.

    Attributes:
        value: the last price that was believed.
        waiting: a price far from that one, which was seen once.
    """

    value: str | None = None
    waiting: str | None = None


class Jumped(FeedTrouble):
    """The price is far from the last one: it is believed when the next look says it again.

    Attributes:
        waiting: it, as a decimal.
    """

    def __init__(self, before: str, waiting: str) -> None:
        super().__init__(
            f"it moved from {before} to {waiting}, by more than a fifth, and is believed when it is seen again"
        )
        self.waiting = waiting


def parsed_round(told: str) -> Round:
    """The five words that ``latestRoundData`` answers with.

    Raises:
        Malformed: they are none.
    """
    if len(told) != 2 + 5 * _WORD:
        raise Malformed("expected the five words of latestRoundData: it is no price feed")
    words = [int(told[at : at + _WORD], 16) for at in range(2, len(told), _WORD)]
    if max(words[2:4]) > BLOCK_SECONDS_MAX:
        raise Malformed("expected instants in seconds of latestRoundData")
    answer = words[1] - 2 * _SIGN if words[1] >= _SIGN else words[1]
    return Round(words[0], answer, words[2] * SECOND_MS, words[3] * SECOND_MS)


def parsed_decimals(told: str) -> int:
    """The decimals of a feed.

    Raises:
        Malformed: it says none, or more than any feed has.
    """
    if len(told) != 2 + _WORD or int(told, 16) > FEED_DECIMALS_MAX:
        raise Malformed(f"expected decimals of at most {FEED_DECIMALS_MAX}: it is no price feed")
    return int(told, 16)


def believed(told: Sequence[Round], decimals: int, before: Before, *, age_ms_max: int, now: int) -> Price:
    """The price that one or several nodes answer with.

    Raises:
        Jumped: it is far from the last one, and was not seen so before.
        FeedTrouble: it cannot be used: zero or less, from the future, too old, or nodes disagree.
    """
    for one in told:
        if one.answer <= 0:
            raise FeedTrouble(f"it answers with {decimal_or_sign(one.answer)}, and a price is above zero")
        if one.updated_at > now + AHEAD_MS:
            raise FeedTrouble("it answers with a time in the future")
        if now - one.updated_at > age_ms_max:
            raise FeedTrouble(
                f"its price is {(now - one.updated_at) // HOUR_MS} hours old, and at most {age_ms_max // HOUR_MS} are "
                "taken"
            )
    low, high = min(one.answer for one in told), max(one.answer for one in told)
    same_round = len({one.round_id for one in told}) == 1
    if low != high and (same_round or high - low > low * APART):
        raise FeedTrouble("two nodes answer with different prices")
    oldest = min(told, key=lambda one: one.updated_at)
    price = Fraction(oldest.answer, 10**decimals)
    value = decimal_of(price)
    if before.value is not None and _far(price, Fraction(before.value)):
        seen = before.waiting is not None and not _far(price, Fraction(before.waiting))
        if not seen:
            raise Jumped(before.value, value)
    return Price(value, oldest.updated_at)


def require_up(told: Sequence[Round], now: int) -> None:
    """The sequencer of a rollup is up, and has been for an hour: an uptime feed answers 0, since ``started_at``.

    Raises:
        FeedTrouble: it is not.
    """
    for one in told:
        if one.answer != 0 or not one.started_at:
            raise FeedTrouble("the network's sequencer is down")
        if now - one.started_at < UP_FOR_MS:
            raise FeedTrouble("the network's sequencer has been up for less than an hour")


def decimal_or_sign(answer: int) -> str:
    """A feed's useless answer, bounded."""
    return "zero" if answer == 0 else "a negative number"


def _far(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) > other * JUMP
