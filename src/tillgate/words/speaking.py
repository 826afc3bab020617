"""A language at work: sentences with their values, plural forms, and amounts and dates as its readers write them."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from markupsafe import Markup

from keyturn.words import ENGLISH, Language, Sentences
from tillgate.base.clock import SECOND_MS
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.base.problems import Field
from tillgate.words.isolating import isolated
from tillgate.words.languages import catalogue, locale_of
from tillgate.words.reading import plain_amount

# The code stands beside every English amount, so a sign that several currencies share misleads nobody.
_ENGLISH_SIGNS: Final = {
    "AUD": "$",
    "BRL": "R$",
    "CAD": "$",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "$",
    "NGN": "₦",
    "NZD": "$",
    "PHP": "₱",
    "SGD": "$",
    "TRY": "₺",
    "TWD": "$",
    "UAH": "₴",
    "USD": "$",
    "VND": "₫",
}


class Price(NamedTuple):
    """A fiat amount for type of different sizes.

    Attributes:
        figure: the number with its sign, where the currency has one: ``$1,234.50``, ``1.234,50 €``.
        code: ISO 4217, to stand beside the figure.
        text: the whole in a sentence: ``$1,234.50 USD``, ``1.234,50 €``.
    """

    figure: str
    code: str
    text: str

    def __str__(self) -> str:
        return self.text


class Words(Sentences):
    """A language, bound: what a template or a mail is handed to word everything with."""

    def __init__(self, language: Language, sentences: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(language, sentences)
        self.locale = locale_of(language.tag)

    def html(self, sentence: str, /, **values: object) -> Markup:
        """The sentence for a template: its own tags stand, and its values are escaped."""
        return Markup(self._found(sentence)).format_map(self._isolated(values))  # noqa: S704 - ours, not a stranger's

    def html_many(self, one: str, many: str, count: int, /, **values: object) -> Markup:
        """As :meth:`say_many`, for a template."""
        found = Markup(self._found_many(one, many, count))  # noqa: S704 - ours, not a stranger's
        return found.format_map(self._isolated(values) | {"count": self.number(count)})

    def price(self, money: Money) -> Price:
        """A fiat amount with all of its currency's minor digits, as a shop of the reader's writes it.

        English has the code beside every amount. Elsewhere the sign is CLDR's, which no two currencies share.
        """
        if self.language is ENGLISH:
            figure = f"{_ENGLISH_SIGNS.get(money.currency, '')}{self.decimal(str(money))}"
            return Price(figure, money.currency, f"{figure} {money.currency}")
        pattern = self.locale.currency_formats["standard"].pattern
        digits = MINOR_DIGITS[money.currency]
        text = _in_currency(str(money), money.currency, _with_digits(pattern, digits), self.locale)
        sign = get_currency_symbol(money.currency, self.locale)
        # No second code where CLDR itself writes the code.
        has_sign = sign != money.currency
        return Price(text if has_sign else self.decimal(str(money)), money.currency, text)

    def decimal(self, number: str) -> str:
        """A decimal string in groups, with all of its digits: ``1,234.50``, ``1.234,50``."""
        _, _, decimals = number.partition(".")
        pattern = f"#,##0.{'0' * len(decimals)}" if decimals else "#,##0"
        return format_decimal(Decimal(number), format=pattern, locale=self.locale)

    def typed(self, money: Money) -> str:
        """A fiat amount as the reader would type it into a field: with their decimal sign, and without groups."""
        return self.coins(str(money))

    def read(self, typed: str, currency: str, *, field: Field) -> str:
        """What the reader typed into a field for an amount, as a decimal string of the wire; see
        :func:`tillgate.words.reading.plain_amount`.

        Raises:
            InvalidInput: it could be two amounts.
        """
        symbols = self.locale.number_symbols["latn"]
        group = symbols["group"] if symbols["group"] in ".," else None
        return plain_amount(typed, currency, field=field, point=symbols["decimal"], group=group)

    def rate(self, number: str, currency: str) -> str:
        """What one of something costs, with all of the digits that its price has."""
        _, _, decimals = number.partition(".")
        if self.language is ENGLISH:
            return f"{_ENGLISH_SIGNS.get(currency, '')}{self.decimal(number)}"
        pattern = self.locale.currency_formats["standard"].pattern
        return _in_currency(number, currency, _with_digits(pattern, len(decimals)), self.locale)

    def number(self, number: int) -> str:
        """A whole number in groups."""
        return format_decimal(number, locale=self.locale)

    def coins(self, number: str) -> str:
        """An amount of a coin: exact and without groups, with the language's decimal sign.

        ``number`` is what a wallet takes, and stays what is copied.
        """
        whole, point, fraction = number.partition(".")
        return f"{whole}{self.locale.number_symbols['latn']['decimal']}{fraction}" if point else whole

    def date(self, milliseconds: int, zone: tzinfo = UTC) -> str:
        """The day of an instant: ``Nov 30, 2026``, ``30.11.2026``."""
        return format_date(_instant(milliseconds, zone).date(), locale=self.locale)

    def time(self, milliseconds: int, zone: tzinfo = UTC) -> str:
        """An instant to the minute, with its zone."""
        at = _instant(milliseconds, zone)
        return f"{format_datetime(at, 'medium', tzinfo=zone, locale=self.locale)} {at.tzname()}"

    def _isolated(self, values: Mapping[str, object]) -> dict[str, object]:
        return {name: isolated(value, self.language.right_to_left) for name, value in values.items()}


@cache
def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words(language, catalogue(language.tag))


def _with_digits(pattern: str, digits: int) -> str:
    """CLDR's pattern of a language with the digits of ISO 4217, which are those of the books."""
    return pattern.replace("0.00", f"0.{'0' * digits}" if digits else "0")


def _in_currency(number: str, currency: str, pattern: str, locale: Locale) -> str:
    text = format_currency(Decimal(number), currency, format=pattern, locale=locale, currency_digits=False)
    sign = get_currency_symbol(currency, locale)
    # Between lines that run from right to left, the last letter of ``US$`` would come to stand first.
    return text.replace(sign, f"\u200e{sign}\u200e") if text.startswith("\u200f") and sign.isascii() else text


def _instant(milliseconds: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(milliseconds / SECOND_MS, zone)
