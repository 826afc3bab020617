"""A rate between two currencies, and which rates a price can be converted by now. Exact decimals, never floats."""

import re
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, to_rfc3339
from tillgate.rails.evm.networks.model import NetworkError
from tillgate.rails.port import LockedRate, RateLeg

# Whose rates serve every project.
EVERY_PROJECT: Final = ""
MANUAL: Final = "manual"
# Of one project, and of the installation.
RATES_MAX: Final = 200
VALUE_DIGITS_MAX: Final = 18
VALID_MS_DEFAULT: Final = DAY_MS
VALID_MS_MIN: Final = MINUTE_MS
VALID_MS_MAX: Final = 366 * DAY_MS
VALID_FORM: Final = "a whole number of minutes, hours or days from 1m to 366d, such as 90m, 24h or 7d"
# A new rate that is further from the old one than this share of it wants a confirmation.
JUMP: Final = Fraction(1, 5)

_VALUE: Final = re.compile(r"(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII)
_SPAN: Final = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS_MS: Final = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
# Where two rates lead from one currency to another, this one between them is looked for first.
_PIVOT: Final = "USD"


class RateError(NetworkError):
    """A rate cannot be set or used so; the message says why and what to do."""


class RateState(StrEnum):
    """Whether a rate can be used."""

    VALID = "valid"
    EXPIRED = "expired"
    DOUBTED = "doubted"


class Rate(NamedTuple):
    """A rate as it is kept. Instants are Unix milliseconds.

    Attributes:
        project_id: empty where it serves every project that has none of its own for these two currencies.
        value: units of ``quote`` for one unit of ``base``, as a decimal.
        as_of: since when its source says it.
        valid_until: from then on it is not used.
        trouble: why its source cannot be believed now; None where it can.
    """

    project_id: str
    base: str
    quote: str
    value: str
    source: str
    as_of: int
    valid_until: int
    trouble: str | None = None

    @property
    def pair(self) -> frozenset[str]:
        """Both currencies."""
        return frozenset((self.base, self.quote))

    def state(self, now: int) -> RateState:
        """Whether it can be used now."""
        if self.trouble is not None:
            return RateState.DOUBTED
        return RateState.VALID if now < self.valid_until else RateState.EXPIRED

    def problem(self, now: int) -> str | None:
        """Why it cannot be used now; None where it can."""
        if self.state(now) is RateState.VALID:
            return None
        if self.trouble is not None:
            return f"the rate between {self.base} and {self.quote} cannot be believed: {self.trouble}"
        return f"the rate between {self.base} and {self.quote} ran out at {to_rfc3339(self.valid_until)}"

    def differs_widely(self, before: "Rate") -> bool:
        """Whether it is so far from an earlier rate of the same two currencies that somebody should look again."""
        old = Fraction(before.value) if before.base == self.base else 1 / Fraction(before.value)
        return abs(Fraction(self.value) - old) > old * JUMP


class Unusable(NamedTuple):
    """Why no rate leads from one currency to another now."""

    reason: str
    is_missing: bool


class Rates:
    """The rates of a project: its own, and for all other pairs those of the installation."""

    def __init__(self, found: Sequence[Rate], now: int) -> None:
        self._now = now
        self._by_pair: dict[frozenset[str], Rate] = {}
        # A project's own come last, and replace the others.
        for rate in sorted(found, key=lambda one: one.project_id != EVERY_PROJECT):
            self._by_pair[rate.pair] = rate

    def lock(self, base: str, quote: str) -> LockedRate | Unusable:
        """The rate from one currency to another: the one between the two, in either direction, or over a third
        currency, where both have to be usable. One between the two that has run out is not passed by over a third."""
        direct = self._by_pair.get(frozenset((base, quote)))
        if direct is not None:
            return self._locked(base, quote, direct)
        problem: Unusable | None = None
        for third in self._between(base, quote):
            legs = (self._by_pair[frozenset((base, third))], self._by_pair[frozenset((third, quote))])
            found = self._locked(base, quote, *legs)
            if isinstance(found, LockedRate):
                return found
            problem = problem or found
        return problem or Unusable(f"there is no rate between {base} and {quote}", is_missing=True)

    def _between(self, base: str, quote: str) -> list[str]:
        near = [{*pair} - {base} for pair in self._by_pair if base in pair]
        thirds = {one for rest in near for one in rest if frozenset((one, quote)) in self._by_pair}
        return sorted(thirds, key=lambda one: (one != _PIVOT, one))

    def _locked(self, base: str, quote: str, *legs: Rate) -> LockedRate | Unusable:
        problems = [told for one in legs if (told := one.problem(self._now)) is not None]
        if problems:
            return Unusable(" and ".join(problems), is_missing=False)
        return LockedRate(
            base, quote, tuple(RateLeg(one.base, one.quote, one.value, one.source, one.as_of) for one in legs)
        )


def checked_value(text: str) -> str:
    """A rate's decimal without zeros at either end.

    Raises:
        RateError: it is no plain decimal number above zero, or has too many digits.
    """
    match = _VALUE.fullmatch(text)
    if match is None:
        raise RateError(
            f"a rate is a decimal number such as 1.0832, with at most {VALUE_DIGITS_MAX} digits on either side of the "
            "point",
            field="rate",
        )
    whole, decimals = match[1].lstrip("0") or "0", (match[2] or "").rstrip("0")
    value = f"{whole}.{decimals}" if decimals else whole
    if value == "0":
        raise RateError("a rate is above zero", field="rate")
    return value


def checked_span(text: str) -> int:
    """How long a rate is valid, in milliseconds.

    Raises:
        RateError: it has another form, or is too short or too long.
    """
    match = _SPAN.fullmatch(text)
    span = int(match[1]) * _UNITS_MS[match[2]] if match is not None else 0
    if not VALID_MS_MIN <= span <= VALID_MS_MAX:
        raise RateError(f"expected {VALID_FORM}", field="valid")
    return span
