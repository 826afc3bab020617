"""What a coupon takes off, and how codes are compared: the pure rules."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from tillgate.base.errors import InvalidInput
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.base.text import folded
from tillgate.checkout.coupons.model import AmountOff, PercentageOff, checked_discount, percentage_of
from tillgate.checkout.promotions.model import checked_code

subtotals = st.builds(Money, st.integers(1, 10**15), st.sampled_from(["USD", "JPY", "BHD"]))


@given(subtotals, st.integers(1, 10_000))
def test_a_percentage_is_rounded_for_the_merchant_and_by_less_than_one_unit(subtotal: Money, hundredths: int) -> None:
    """The discount is the exact part rounded down to the currency's smallest unit: never under-charged."""
    off = PercentageOff(hundredths).on(subtotal)
    assert off.currency == subtotal.currency
    assert 0 <= off.minor <= subtotal.minor
    assert off.minor * 10_000 <= subtotal.minor * hundredths < (off.minor + 1) * 10_000
    assert (off == subtotal) == (hundredths == 10_000)


@given(subtotals, st.integers(1, 10**15))
def test_an_amount_takes_off_what_it_says_and_never_more_than_there_is(subtotal: Money, minor: int) -> None:
    """What remains is the difference, down to nothing."""
    off = AmountOff(Money(minor, subtotal.currency)).on(subtotal)
    assert subtotal.minor - off.minor == max(subtotal.minor - minor, 0)


@given(st.integers(1, 10_000))
def test_a_percentage_is_shown_as_it_can_be_given(hundredths: int) -> None:
    """Its text, parsed again, is the same discount, and has no needless zeros."""
    text = percentage_of(PercentageOff(hundredths))
    assert text is not None
    assert checked_discount("percentage", None, None, text) == PercentageOff(hundredths)
    assert not (text.endswith("0") and "." in text) and not text.endswith(".")


@pytest.mark.parametrize(
    "text", ["0", "0.00", "100.01", "101", "-5", "+5", "1e1", "12.345", ".5", "5.", "5%", " 5", "\u0665", "", "1" * 99]
)
def test_what_is_no_percentage_is_refused(text: str) -> None:
    """Above 0 and up to 100, with at most two decimals; the field is named."""
    with pytest.raises(InvalidInput) as refused:
        checked_discount("percentage", None, None, text)
    assert refused.value.field == ("discount_percentage",)


@given(st.sampled_from(sorted(MINOR_DIGITS)), st.integers(1, 10**9))
def test_an_amount_in_any_currency_is_kept_exactly(currency: str, minor: int) -> None:
    """Decimal text in, minor units inside."""
    money = Money(minor, currency)
    assert checked_discount("amount", str(money), currency, None) == AmountOff(money)


@given(st.text(st.characters(categories=("L", "M", "N", "P")), min_size=1, max_size=20))
def test_a_code_reads_the_same_in_every_case(text: str) -> None:
    """Upper and lower case and the code itself are one code, and folding it again changes nothing."""
    try:
        code = checked_code(text)
    except InvalidInput:
        reject()
    assert folded(folded(code)) == folded(code) == folded(code.casefold())
    # A few letters (such as ŉ) have no way back from their upper case, by Unicode's own mapping.
    if code.upper().casefold() == code.casefold():
        assert folded(code.upper()) == folded(code)


def test_a_code_is_written_without_what_nobody_can_see() -> None:
    """Pasted from a mail, it may hold spaces of no width, soft hyphens and marks of direction."""
    assert checked_code("\u200bSPR\u00adING\u202e-26\ufeff") == "SPRING-26"


@pytest.mark.parametrize(
    "code", ["", "   ", "\u200b", "x" * 81, "TWO WORDS", "TAB\tBED", "NUL\0", "A\u00a0B", "\ud800"]
)
def test_what_no_buyer_can_type_reliably_is_no_code(code: str) -> None:
    """1 to 80 characters without spaces or control characters."""
    with pytest.raises(InvalidInput) as refused:
        checked_code(code)
    assert refused.value.field == ("code",)
