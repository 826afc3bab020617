"""Exchange rates: exact, locked with the session, and never needed where a token is worth the price's currency."""

import asyncio
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rails.evm.offered import TOKENS, LiveBeside, offering
from tests.shop import Shop, ShopBeside, still_shop, still_shop_beside
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.rails.evm.rates import operations, records
from tillgate.rails.evm.rates.model import Rate, RateError, Rates, Unusable, checked_span, checked_value
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.rails.port import LockedRate, decimal_of

__all__ = ["still_shop", "still_shop_beside"]

NOW = 1_700_000_000_000


def rate(base: str, quote: str, value: str, *, valid_ms: int = DAY_MS, project_id: str = "") -> Rate:
    return Rate(project_id, base, quote, value, "manual", NOW - HOUR_MS, NOW + valid_ms)


def locked(found: Rates, base: str, quote: str) -> LockedRate:
    one = found.lock(base, quote)
    assert isinstance(one, LockedRate), one
    return one


def refused(found: Rates, base: str, quote: str) -> Unusable:
    one = found.lock(base, quote)
    assert isinstance(one, Unusable), one
    return one


def test_a_rate_leads_both_ways_exactly_and_over_a_third_currency() -> None:
    """The other direction is the exact inverse, which no decimal says; over a third currency both legs are multiplied,
    and kept with their source and age."""
    found = Rates([rate("EUR", "USD", "1.0832"), rate("USD", "JPY", "151.25"), rate("GBP", "JPY", "191")], NOW)
    assert locked(found, "EUR", "USD").value == "1.0832"
    back = locked(found, "USD", "EUR")
    assert back.exactly == 1 / Fraction("1.0832") and back.value == "0.923190546528"
    cross = locked(found, "JPY", "EUR")
    assert cross.exactly == 1 / (Fraction("151.25") * Fraction("1.0832"))
    assert [(leg.base, leg.quote, leg.source, leg.as_of) for leg in cross.legs] == [
        ("USD", "JPY", "manual", NOW - HOUR_MS),
        ("EUR", "USD", "manual", NOW - HOUR_MS),
    ]
    assert refused(found, "GBP", "EUR").is_missing and refused(found, "CHF", "USD").is_missing


def test_a_rate_that_has_run_out_is_not_used_nor_passed_by() -> None:
    """Neither leg of a cross rate may have run out, and a rate between two currencies that has is not replaced by one
    over a third."""
    old = rate("EUR", "USD", "1.0832", valid_ms=0)
    found = Rates([old, rate("USD", "JPY", "151"), rate("EUR", "JPY", "163")], NOW)
    assert "between EUR and USD ran out at 2023-11-14T22:13:20.000Z" in refused(found, "USD", "EUR").reason
    assert locked(found, "EUR", "JPY").value == "163"
    crossed = Rates([old, rate("USD", "JPY", "151")], NOW)
    assert "between EUR and USD ran out" in refused(crossed, "EUR", "JPY").reason


def test_a_projects_own_rate_goes_before_the_installations() -> None:
    """Also where it has run out, and whichever direction each was said in."""
    every, own = rate("EUR", "USD", "1.08"), rate("USD", "EUR", "0.5", project_id="proj_1")
    assert locked(Rates([every, own], NOW), "EUR", "USD").value == "2"
    assert not refused(Rates([own._replace(valid_until=NOW), every], NOW), "EUR", "USD").is_missing


@given(st.decimals(min_value="0.000001", max_value="100000", places=6))
def test_a_rates_decimal_is_exact(value: Any) -> None:
    """What was said is what is shown, but for zeros at its ends."""
    text = f"{value:f}"
    assert Fraction(decimal_of(Fraction(text))) == Fraction(checked_value(text)) == Fraction(text)


@pytest.mark.parametrize("text", ["", "0", "0.000", "-1", "1e3", "1,08", "nan", "1." + "0" * 19, "9" * 19, " 1", "١"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Zero, a sign, a comma, an exponent, other digits than ASCII, and more of them than are kept."""
    with pytest.raises(RateError):
        checked_value(text)


@pytest.mark.parametrize("text", ["", "0m", "24", "1.5h", "367d", "-1h", "24H", "9999999d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """It is a whole number of minutes, hours or days, within bounds."""
    assert (checked_span("90m"), checked_span("24h"), checked_span("7d")) == (90 * MINUTE_MS, DAY_MS, 7 * DAY_MS)
    with pytest.raises(RateError):
        checked_span(text)


@pytest.fixture
def live(still_shop_beside: ShopBeside) -> Iterator[LiveBeside]:
    with offering(still_shop_beside) as opened:
        yield opened


def said(live: LiveBeside, base: str, quote: str, value: str, valid_ms: int = DAY_MS) -> None:
    """Set a rate as the command does."""
    rate = operations.checked(NewRate(base, quote, value, valid_ms), live.shop.clock.now())
    live.run(live.shop.database.write, lambda tx: operations.set_rate(tx, rate))


def asked(live: LiveBeside, value: str, currency: str, status: int = 201) -> Any:
    answer = live.request("POST", "/checkout_sessions", json={"amount": {"value": value, "currency": currency}})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_price_in_another_currency_is_paid_at_the_rate_that_was_locked(live: LiveBeside) -> None:
    """Amounts are rounded up in each token's smallest unit; the session and its order keep rate, source and age, also
    when another rate is set; what comes counts as the fraction of its own amount; one that has run out takes the offer
    away and says why, while prices in the tokens' own currency never need one."""
    none = asked(live, "49.99", "EUR", 409)["error"]
    assert none["code"] == "currency_not_accepted" and "tillgate rates set EUR USD RATE" in none["message"]
    own = asked(live, "49.99", "USD")
    assert all("exchangeRate" not in one for one in own["paymentOptions"])
    said(live, "USD", "EUR", "0.923190546528")

    session = asked(live, "49.99", "EUR")
    six, wei = session["paymentOptions"]
    worth = Fraction("49.99") / Fraction("0.923190546528")
    assert int(six["amountAtomic"]) == -(-worth * 10**6 // 1) == 54_149_169
    assert int(wei["amountAtomic"]) == -(-worth * 10**18 // 1)
    assert six["exchangeRate"]["base"] == "EUR" and six["exchangeRate"]["quote"] == "USD"
    assert six["exchangeRate"]["value"] == "1.0832" and session["ethPriceUsd"] is None
    assert six["exchangeRate"]["lockedUntil"] == session["expiresAt"]
    [leg] = six["exchangeRate"]["legs"]
    assert (leg["base"], leg["quote"], leg["value"], leg["source"]) == ("USD", "EUR", "0.923190546528", "manual")
    said(live, "EUR", "USD", "2", MINUTE_MS)
    live.shop.clock.ahead_ms = MINUTE_MS
    assert "the rate between EUR and USD ran out at 20" in asked(live, "49.99", "EUR", 409)["error"]["message"]
    assert len(asked(live, "49.99", "USD")["paymentOptions"]) == 2
    again = live.request("GET", f"/checkout_sessions/{session['id']}").json()
    order = live.request("GET", f"/orders/{session['orderId']}").json()
    assert again["paymentOptions"] == session["paymentOptions"]
    assert order["exchangeRate"] == six["exchangeRate"]
    most = live.tell(session["address"], TOKENS[0], int(six["amountAtomic"]) - 1, confirmed=False)
    live.tell(session["address"], TOKENS[0], 1, confirmed=True)
    live.tell_again(session["address"], most, confirmed=True)
    paid = live.request("GET", f"/checkout_sessions/{session['id']}").json()
    assert (paid["status"], paid["fiatReceived"]) == ("paid", {"amount": "49.99", "currency": "EUR"})
    assert paid["exceptions"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_order_in_euros_is_paid_in_a_euro_token_and_in_a_dollar_token(still_shop_beside: ShopBeside) -> None:
    """One for one without a rate, at the locked rate with one, and in parts of both; one token is offered before the
    other, and without a rate alone."""
    with offering(still_shop_beside, second="EUR") as live:
        [euro] = asked(live, "40.00", "EUR")["paymentOptions"]
        assert euro["symbol"] == "TWEI" and euro["amount"] == "40" and "exchangeRate" not in euro
        said(live, "EUR", "USD", "1.0832")
        session = asked(live, "40.00", "EUR")
        euro, dollar = session["paymentOptions"]
        assert (euro["symbol"], euro["amount"], dollar["symbol"], dollar["amount"]) == ("TWEI", "40", "TSIX", "43.328")
        part = live.tell(session["address"], TOKENS[1], 10 * 10**18, confirmed=False)
        live.tell(session["address"], TOKENS[0], 32_496_000, confirmed=True)
        live.tell_again(session["address"], part, confirmed=True)
        paid = live.request("GET", f"/checkout_sessions/{session['id']}").json()
        assert (paid["status"], paid["fiatReceived"]) == ("paid", {"amount": "40.00", "currency": "EUR"})


@pytest.mark.anyio
async def test_two_who_set_a_rate_at_once_leave_one(still_shop: Shop) -> None:
    """In either direction, also where there was one: each of them succeeds, and the pair has one rate."""
    database = still_shop.database
    for _ in range(3):
        said = [rate("EUR", "USD", "1.1"), rate("USD", "EUR", "0.9"), rate("EUR", "USD", "1.2")]
        ready = asyncio.Barrier(len(said))

        async def both(one: Rate, ready: asyncio.Barrier = ready) -> None:
            await ready.wait()
            await database.write(lambda tx: operations.set_rate(tx, one))

        await asyncio.gather(*map(both, said))
        [kept] = await database.read(lambda tx: records.every(tx, 10))
        assert kept in said
