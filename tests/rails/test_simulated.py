"""The simulated rail: prices rounded up, addresses that nobody can pay, transfers on command."""

from fractions import Fraction
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.base.money import INTEGER_DIGITS_MAX, MINOR_DIGITS, Money
from tillgate.checkout.settlement.simulating import OUTCOMES
from tillgate.rails.port import TEST_CHAIN_ID
from tillgate.rails.simulated import SimulatedRail

prices = st.builds(
    Money, st.integers(1, 10**INTEGER_DIGITS_MAX), st.sampled_from(["JPY", "BHD", "USD", *sorted(MINOR_DIGITS)])
)


@given(prices, st.sampled_from(["2500.00", "3333.33", "1999.97", "0.07"]))
def test_the_crypto_amount_never_undercharges(price: Money, rate: str) -> None:
    """Rounded up, by less than one atomic unit: with 0, 2 and 3 minor digits alike, at rates that do not divide."""
    # At the fixed price every amount divides, so that nothing would ever be rounded.
    rates = {digits: Fraction(10**18) / (Fraction(rate) * 10**digits) for digits in range(4)}
    with mock.patch("tillgate.rails.simulated.rail._ATOMIC_PER_MINOR", rates):
        terms = SimulatedRail().example_terms(price)
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
    assert SimulatedRail().example_terms(price).amount_atomic == amount


def test_nothing_of_it_can_be_mistaken_for_a_real_chains() -> None:
    """A development chain, an address that no wallet reads as one, and hashes that no explorer takes for one."""
    rail = SimulatedRail()
    terms = rail.example_terms(Money(100, "USD"))
    assert terms.chain_id == TEST_CHAIN_ID == 1337
    assert terms.address.startswith("test:")
    hashes = {rail.send(terms, 1, confirmed=True, now=0).tx_hash for _ in range(100)}
    assert len(hashes) == 100
    assert all(one is not None and one.startswith("test:0x") for one in hashes)


def test_a_transfer_is_confirmed_and_dropped_as_itself() -> None:
    """Seen again it is the same transfer, in the block in which it first was."""
    rail = SimulatedRail()
    terms = rail.example_terms(Money(100, "USD"))
    seen = rail.send(terms, 5, confirmed=False, now=1_000)
    assert (seen.block, seen.confirmations, seen.confirmed) == (None, 0, False)
    final = rail.confirm(seen, now=2_000)
    assert final.block is not None
    assert (final.reference, final.amount_atomic, final.block.mined_at) == (seen.reference, 5, 2_000)
    assert rail.confirm(final, now=9_000) == final
    gone = rail.drop(final)
    assert (gone.reference, gone.confirmed, gone.reorged) == (seen.reference, False, True)


def test_the_outcomes_are_the_documented_ones() -> None:
    """What the API offers."""
    assert OUTCOMES == (
        "detected", "paid", "underpaid", "overpaid", "late", "failed", "authorized", "declined", "top_up", "reorged",
        "dust",
    )  # fmt: skip
