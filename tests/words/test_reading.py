"""Amounts as people type them, in their own language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.base.errors import InvalidInput
from tillgate.base.money import MINOR_DIGITS, Money, parse_amount
from tillgate.base.problems import Problem
from tillgate.words import LANGUAGES, words_in
from tillgate.words.reading import plain_amount, plain_percentage

EN, DE, FR, ES, BR, JA, AR = LANGUAGES


@pytest.mark.parametrize(
    ("language", "typed", "currency", "amount"),
    [
        (EN, "7.50", "USD", "7.50"),
        (EN, "7,50", "USD", "7.50"),
        (DE, "7,50", "EUR", "7.50"),
        (DE, "7.50", "EUR", "7.50"),
        (DE, "8.", "EUR", "8"),
        (DE, "8,", "EUR", "8"),
        (EN, ".5", "USD", "0.5"),
        (FR, ",5", "EUR", "0.5"),
        (DE, "1.234,50", "EUR", "1234.50"),
        (DE, "1,234.50", "EUR", "1234.50"),
        (EN, "1,234.50", "USD", "1234.50"),
        (EN, "1.234,50", "USD", "1234.50"),
        (FR, "1\u202f234,50 €", "EUR", "1234.50"),
        (FR, "1 234,50", "EUR", "1234.50"),
        (DE, "1'234.50", "CHF", "1234.50"),
        (DE, "1’234’567.50", "CHF", "1234567.50"),
        (EN, "1,234", "USD", "1234"),
        (DE, "1.234", "EUR", "1234"),
        (EN, "1,500", "USD", "1500"),
        (BR, "1.234", "BRL", "1234"),
        (EN, "1,234,567", "USD", "1234567"),
        (DE, "1.234.567", "EUR", "1234567"),
        (EN, "12,34,567.00", "INR", "1234567.00"),
        (JA, "￥１，２００", "JPY", "1200"),
        (JA, "１２００", "JPY", "1200"),
        (AR, "١٢٫٥٠", "EUR", "12.50"),
        (AR, "١٬٢٣٤٫٥٠", "EUR", "1234.50"),
        (EN, "$7.50", "USD", "7.50"),
        (EN, "USD 7.50", "USD", "7.50"),
        (DE, "7,50 eur", "EUR", "7.50"),
        (ES, "\u200f7,50 €", "EUR", "7.50"),
        (EN, "0.125", "USD", "0.125"),
        (EN, "1.5000", "USD", "1.5000"),
        (EN, "12.500", "KWD", "12.500"),
        (AR, "12.500", "KWD", "12.500"),
        (EN, "1234.567", "USD", "1234.567"),
        # What is no number stays what it is, and is refused as such.
        (EN, "-7", "USD", "-7"),
        (EN, "7e3", "USD", "7e3"),
        (EN, "1,23,4", "USD", "1,23,4"),
        (EN, "1.2.3", "USD", "1.2.3"),
        (EN, "1,2,3.4.5", "USD", "1,2,3.4.5"),
        (EN, "seven", "USD", "seven"),
        (EN, ".", "USD", "."),
        (EN, "", "USD", ""),
        (EN, "½", "USD", "½"),
        (EN, "7 EUR", "USD", "7 EUR"),
        (EN, "9" * 1_000, "USD", "9" * 1_000),
    ],
)
def test_an_amount_is_read_as_its_reader_writes_it(language: str, typed: str, currency: str, amount: str) -> None:
    """Either decimal sign and any groups where there is no doubt, digits of any script, and the currency's sign."""
    assert words_in(LANGUAGES[language]).read(typed, currency, field="amount") == amount


@pytest.mark.parametrize(
    ("language", "typed", "currency", "readings"),
    [
        (EN, "1.234", "USD", ("1234.00",)),
        (DE, "1,234", "EUR", ("1234.00",)),
        (DE, "1,200", "EUR", ("1200.00", "1.20")),
        (EN, "1.500", "USD", ("1500.00", "1.50")),
        (JA, "1.000", "JPY", ("1000", "1")),
        (DE, "1.234", "KWD", ("1234.000", "1.234")),
        (EN, "1,234", "KWD", ("1234.000", "1.234")),
    ],
)
def test_what_could_be_two_amounts_is_asked_about(
    language: str, typed: str, currency: str, readings: tuple[str, ...]
) -> None:
    """Nobody pays a thousand times too much because of a comma."""
    with pytest.raises(InvalidInput) as refused:
        words_in(LANGUAGES[language]).read(typed, currency, field="amount")
    assert (refused.value.problem, refused.value.values["readings"]) == (Problem.AMOUNT_AMBIGUOUS, readings)
    for reading in readings:
        # What is proposed is accepted when it is typed.
        again = words_in(LANGUAGES[language]).typed(parse_amount(reading, currency, field="amount"))
        if currency != "KWD":
            assert words_in(LANGUAGES[language]).read(again, currency, field="amount") == reading


@given(
    minor=st.integers(1, 10**12 - 1),
    currency=st.sampled_from(sorted(MINOR_DIGITS)),
    tag=st.sampled_from(sorted(LANGUAGES)),
)
def test_what_a_page_writes_it_reads_again(minor: int, currency: str, tag: str) -> None:
    """The amount in a field, and the one in a sentence, come back as what they were, in each language."""
    money, words = Money(minor, currency), words_in(LANGUAGES[tag])
    typed = words.read(words.typed(money), currency, field="amount") if MINOR_DIGITS[currency] < 3 else str(money)
    assert parse_amount(typed, currency, field="amount") == money


@pytest.mark.parametrize(
    ("typed", "read"), [("12.5", "12.5"), ("12,5", "12.5"), ("12,5 %", "12.5"), ("100%", "100"), ("x", "x")]
)
def test_a_percentage_is_read_in_the_same_way(typed: str, read: str) -> None:
    """With either decimal sign, and with its own."""
    assert plain_percentage(typed, field="discount_percentage") == read


@given(st.text(max_size=100))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is typed is read, asked about, or left for the refusal."""
    try:
        plain = plain_amount(text, "USD", field="amount")
    except InvalidInput as refused:
        assert refused.problem is Problem.AMOUNT_AMBIGUOUS
        return
    assert plain == text or all(char in "0123456789." for char in plain)
