"""Money: integers inside, decimal strings outside, each currency with its own minor digits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.api.errors import WORDS
from tillgate.base.errors import InvalidInput
from tillgate.base.money import INTEGER_DIGITS_MAX, MINOR_DIGITS, Money, parse_amount, parse_currency
from tillgate.base.problems import Problem

currencies = st.sampled_from(sorted(MINOR_DIGITS))


def test_the_currencies_know_their_minor_digits() -> None:
    """ISO 4217: two for most, none for the yen, three for the dinar."""
    samples = {code: MINOR_DIGITS[code] for code in ("USD", "EUR", "GBP", "JPY", "KRW", "BHD", "KWD", "TND")}
    assert samples == {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3, "TND": 3}
    assert all(len(code) == 3 and code.isupper() and code.isascii() for code in MINOR_DIGITS)
    assert len(MINOR_DIGITS) > 140


@pytest.mark.parametrize(
    ("text", "currency", "minor", "written"),
    [
        ("99.00", "USD", 9_900, "99.00"),
        ("9", "USD", 900, "9.00"),
        ("9.5", "EUR", 950, "9.50"),
        ("0.01", "USD", 1, "0.01"),
        ("1500", "JPY", 1_500, "1500"),
        ("1", "JPY", 1, "1"),
        ("1.5", "BHD", 1_500, "1.500"),
        ("0.001", "KWD", 1, "0.001"),
        ("007", "USD", 700, "7.00"),
        ("0" * 39 + "1", "USD", 100, "1.00"),  # as long as a text may be
        ("999999999999.99", "USD", 99_999_999_999_999, "999999999999.99"),
        ("999999999999.999", "BHD", 999_999_999_999_999, "999999999999.999"),
    ],
)
def test_an_amount_is_read_and_written_in_its_currencys_digits(
    text: str, currency: str, minor: int, written: str
) -> None:
    """Fewer decimals may be given; all of them are shown."""
    money = parse_amount(text, currency, field="fiat_amount")
    assert money == Money(minor, currency)
    assert str(money) == written


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1e9", "USD"),
        ("1E2", "USD"),
        ("-1", "USD"),
        ("+1", "USD"),
        ("0", "USD"),
        ("0.00", "USD"),
        ("0", "JPY"),
        ("10.005", "USD"),
        ("10.00000", "USD"),
        ("1.0", "JPY"),
        ("1.0000", "BHD"),
        (" 1", "USD"),
        ("1 ", "USD"),
        ("1\n", "USD"),
        ("1.00\n", "USD"),
        ("\t1", "USD"),
        ("１", "USD"),
        ("١", "USD"),
        ("1²", "USD"),
        ("1_000", "USD"),
        ("1,000", "USD"),
        ("1,50", "EUR"),
        ("1.", "USD"),
        (".5", "USD"),
        (".", "USD"),
        ("1.2.3", "USD"),
        ("", "USD"),
        ("$5", "USD"),
        ("5 USD", "USD"),
        ("0x10", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1\0", "USD"),
        ("1000000000000", "USD"),
        ("9" * 30, "USD"),
        ("9" * 100_000, "USD"),
        ("0" * 100_000 + "1", "USD"),
    ],
)
def test_anything_but_a_plain_positive_decimal_is_refused(text: str, currency: str) -> None:
    """No exponent, sign, symbol, separator, other script's digits or surplus decimals; the field is named."""
    with pytest.raises(InvalidInput) as caught:
        parse_amount(text, currency, field="fiat_amount")
    assert caught.value.field == ("fiat_amount",)
    assert WORDS.message(caught.value).startswith("fiatAmount: ")
    assert len(WORDS.message(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "currency", "may_be_zero", "problem", "values"),
    [
        ("0" * 40 + "1", "USD", False, Problem.NOT_AN_AMOUNT, {"example": "99.00", "may_be_zero": False}),
        ("1e3", "JPY", True, Problem.NOT_AN_AMOUNT, {"example": "99", "may_be_zero": True}),
        ("1.234", "USD", False, Problem.DECIMALS, {"currency": "USD", "digits": 2, "given": 3, "example": "99.00"}),
        ("1.5", "JPY", False, Problem.DECIMALS, {"currency": "JPY", "digits": 0, "given": 1, "example": "99"}),
        ("1" * 13, "USD", False, Problem.AMOUNT_TOO_LARGE, {"digits": 12}),
        ("0.00", "USD", False, Problem.AMOUNT_ZERO, {}),
    ],
)
def test_a_refused_amount_comes_with_what_its_words_need(
    text: str, currency: str, may_be_zero: bool, problem: Problem, values: dict[str, Any]
) -> None:
    """An example in the currency's own digits, how many there may be, and how many there are."""
    with pytest.raises(InvalidInput) as caught:
        parse_amount(text, currency, field="fiat_amount", may_be_zero=may_be_zero)
    assert (caught.value.problem, dict(caught.value.values)) == (problem, values)


@given(st.integers(min_value=1, max_value=10**INTEGER_DIGITS_MAX - 1), currencies)
def test_writing_and_reading_an_amount_gives_it_back(minor: int, currency: str) -> None:
    """For every currency: what is shown can be sent in again and means the same."""
    money = Money(minor, currency)
    assert parse_amount(str(money), currency, field="fiat_amount") == money


@given(st.text(max_size=50), currencies)
def test_no_text_makes_an_amount_that_is_not_positive(text: str, currency: str) -> None:
    """Whatever comes in: a positive amount that fits 64 bits, or a refusal."""
    try:
        money = parse_amount(text, currency, field="fiat_amount")
    except InvalidInput:
        return
    assert 0 < money.minor < 2**63
    assert text.isascii()


@given(st.from_regex(r"\A[0-9]{1,14}(\.[0-9]{0,4})?\s?\Z"), currencies)
def test_digits_are_read_as_exactly_what_they_say(text: str, currency: str) -> None:
    """No rounding: the amount in minor units is the text's digits."""
    try:
        money = parse_amount(text, currency, field="fiat_amount")
    except InvalidInput:
        return
    whole, _, decimals = text.partition(".")
    digits = MINOR_DIGITS[currency]
    assert money.minor == int(whole) * 10**digits + int(decimals.ljust(digits, "0") or "0")


@pytest.mark.parametrize("code", ["", "usd", "US", "USDD", "XXX", "XAU", "EURO", "ＵＳＤ", "USD\n", " USD", "BTC"])
def test_a_currency_that_does_not_exist_is_refused(code: str) -> None:
    """ISO 4217 codes in capitals, nothing else; a mere slip of case is pointed at."""
    with pytest.raises(InvalidInput) as caught:
        parse_currency(code, field="fiat_currency")
    assert caught.value.field == ("fiat_currency",)
    assert caught.value.values == {"suggestion": "USD" if code == "usd" else None}
    assert ("Write it in capitals: USD." in WORDS.message(caught.value)) == (code == "usd")


def test_every_listed_currency_is_accepted() -> None:
    """The list is what is checked against."""
    assert [parse_currency(code, field="x") for code in MINOR_DIGITS] == list(MINOR_DIGITS)
