"""Setting and removing rates, and what a price can be converted by."""

from typing import NamedTuple

from tillgate.base.errors import InvalidInput
from tillgate.base.money import parse_currency
from tillgate.rails.evm.feeds import records as feed_records
from tillgate.rails.evm.networks.model import COIN_TYPES
from tillgate.rails.evm.rates import records
from tillgate.rails.evm.rates.model import (
    EVERY_PROJECT,
    MANUAL,
    RATES_MAX,
    VALID_MS_DEFAULT,
    Rate,
    RateError,
    Rates,
    checked_value,
)
from tillgate.store import Transaction


class NewRate(NamedTuple):
    """What somebody says that one unit of a currency is worth in another.

    Attributes:
        project_id: empty for every project.
    """

    base: str
    quote: str
    value: str
    valid_ms: int = VALID_MS_DEFAULT
    project_id: str = EVERY_PROJECT


def checked(new: NewRate, now: int) -> Rate:
    """The rate as it would be kept.

    Raises:
        RateError: the currencies or the number cannot be used.
    """
    base, quote = _currency(new.base, "base"), _currency(new.quote, "quote")
    if base == quote:
        raise RateError(f"one {base} is one {base}: name two currencies", field="quote")
    value = checked_value(new.value)
    return Rate(new.project_id, base, quote, value, MANUAL, now, now + new.valid_ms)


async def set_rate(tx: Transaction, rate: Rate) -> Rate | None:
    """Keep a rate, in force at once; the one that it replaces, if any.

    Raises:
        RateError: there are too many, or a feed says it.
    """
    await records.lock_pair(tx, rate.project_id, rate.base, rate.quote)
    if not rate.project_id and await feed_records.between(tx, rate.base, rate.quote) is not None:
        raise RateError(
            f"a feed says what {rate.base} is in {rate.quote}: remove it first, or set the rate of one project"
        )
    before = await records.between(tx, rate.project_id, rate.base, rate.quote)
    if before is None and await records.count(tx, rate.project_id) >= RATES_MAX:
        raise RateError(f"there are {RATES_MAX} rates, and no more are taken: remove one first")
    await records.replace(tx, rate)
    return before


async def remove_rate(tx: Transaction, project_id: str, base: str, quote: str) -> None:
    """Remove the rate between two currencies. Sessions that were opened with it keep it.

    Raises:
        RateError: there is none.
    """
    if not await records.remove(tx, project_id, base, quote):
        whose = "this project has" if project_id else "the installation has"
        raise RateError(f"{whose} no rate between {base[:3]} and {quote[:3]}")


async def rates_of(tx: Transaction, project_id: str, now: int) -> Rates:
    """What a project's prices can be converted by now."""
    return Rates(await records.of_project(tx, project_id), now)


def _currency(code: str, field: str) -> str:
    if code in COIN_TYPES:
        return code
    try:
        return parse_currency(code, field=field)
    except InvalidInput as error:
        raise RateError(
            "expected an ISO 4217 code in capital letters, such as EUR, or a network's coin, such as ETH", field=field
        ) from error
