"""The simulated rail: prices rounded up, addresses that nobody can pay, outcomes on command."""

from fractions import Fraction
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.base.money import INTEGER_DIGITS_MAX, MINOR_DIGITS, Money
from tillgate.rails.port import Observation
from tillgate.rails.simulated import OUTCOMES, SIMULATED_CHAIN_ID, Outcome, SimulatedRail, observations_for

prices = st.builds(
    Money, st.integers(1, 10**INTEGER_DIGITS_MAX), st.sampled_from(["JPY", "BHD", "USD", *sorted(MINOR_DIGITS)])
)


@given(prices, st.sampled_from(["2500.00", "3333.33", "1999.97", "0.07"]))
def test_the_crypto_amount_never_undercharges(price: Money, rate: str) -> None:
    """Rounded up, by less than one atomic unit: with 0, 2 and 3 minor digits alike, at rates that do not divide."""
    # At the fixed price every amount divides, so that nothing would ever be rounded.
    rates = {digits: Fraction(10**18) / (Fraction(rate) * 10**digits) for digits in range(4)}
    with mock.patch("tillgate.rails.simulated.rail._ATOMIC_PER_MINOR", rates):
        terms = SimulatedRail().quote("pay_x", price)
    exact = Fraction(price.minor, 10 ** MINOR_DIGITS[price.currency]) / Fraction(rate) * 10**terms.asset_decimals
    assert exact <= terms.amount_atomic < exact + 1


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (Money(250_000, "USD"), 10**18),
        (Money(1, "USD"), 4 * 10**12),
        (Money(1, "JPY"), 4 * 10**14),
        (Money(1, "BHD"), 4 * 10**11),
    ],
)
def test_one_test_ether_is_2500_of_any_currency(price: Money, amount: int) -> None:
    """Fixed, so that tests of merchants are repeatable."""
    assert SimulatedRail().quote("pay_x", price).amount_atomic == amount


def test_terms_can_be_mistaken_for_no_real_ones() -> None:
    """A development chain, and an address that no wallet reads as one."""
    terms = SimulatedRail().quote("pay_x", Money(100, "USD"))
    assert terms.chain_id == SIMULATED_CHAIN_ID == 1337
    assert terms.address.startswith("test:")
    assert terms == SimulatedRail().quote("pay_x", Money(100, "USD"))
    assert terms.address != SimulatedRail().quote("pay_y", Money(100, "USD")).address


@given(st.sampled_from(Outcome), st.integers(4, 10**30))
def test_from_nothing_an_outcome_shows_what_it_says(outcome: Outcome, required: int) -> None:
    """One transfer of just the right size, or none."""
    shown = observations_for(outcome, required=required, seen=[])
    total = sum(one.amount_atomic for one in shown)
    match outcome:
        case Outcome.FAILED | Outcome.AUTHORIZED | Outcome.DECLINED | Outcome.REORGED:
            assert shown == []
        case Outcome.UNDERPAID:
            assert 0 < total < required
        case Outcome.OVERPAID:
            assert total > required
        case _:
            assert total == required
    assert all(one.confirmed is (outcome is not Outcome.DETECTED) for one in shown)


@given(st.integers(4, 10**20), st.sampled_from([Outcome.PAID, Outcome.LATE, Outcome.OVERPAID]))
def test_what_was_seen_is_confirmed_and_topped_up(required: int, outcome: Outcome) -> None:
    """Nothing that a buyer sent is shown twice or forgotten."""
    seen = [Observation("0xa", 0, required // 4, False), Observation("0xb", 0, required // 4, True)]
    shown = observations_for(outcome, required=required, seen=seen)
    assert shown[:2] == [one._replace(confirmed=True) for one in seen]
    assert len(shown) == 3
    wanted = required if outcome is not Outcome.OVERPAID else required + required // 2
    assert sum(one.amount_atomic for one in shown) == wanted


def test_every_transaction_is_a_new_one() -> None:
    """Their hashes do not repeat."""
    hashes = {observations_for(Outcome.PAID, required=5, seen=[])[0].tx_hash for _ in range(100)}
    assert len(hashes) == 100
    assert all(len(one) == 66 for one in hashes)


def test_the_outcomes_are_the_documented_ten() -> None:
    """What the API offers."""
    assert OUTCOMES == (
        "detected", "paid", "underpaid", "overpaid", "late", "failed", "authorized", "declined", "top_up", "reorged",
    )  # fmt: skip
