"""Amounts and times for a person's eyes, in the pages' own language, English."""

from math import ceil
from typing import Final, NamedTuple

from tillgate.base.clock import DAY_MS, HOUR_MS, SECOND_MS
from tillgate.base.money import Money

# The code stands beside every amount, so a sign that several currencies share misleads nobody.
_SIGNS: Final = {
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
    """A fiat amount in parts, for type of different sizes.

    Attributes:
        sign: ``$``, or nothing where a currency has no sign that is known well enough.
        number: grouped in thousands, with all of the currency's minor digits: ``1,234.50``.
        code: ISO 4217.
    """

    sign: str
    number: str
    code: str

    def __str__(self) -> str:
        return f"{self.sign}{self.number} {self.code}"


def price(money: Money) -> Price:
    """The amount as a shop writes it: ``$1,234.50 USD``, ``¥1,200 JPY``, ``12.500 KWD``."""
    return Price(_SIGNS.get(money.currency, ""), grouped(str(money)), money.currency)


def grouped(number: str) -> str:
    """A decimal string with its thousands set apart: ``1,234.50``."""
    whole, point, decimals = number.partition(".")
    return f"{int(whole):,}{point}{decimals}"


def units(atomic: int, decimals: int) -> str:
    """Atomic units as the exact decimal number a wallet asks for: no grouping, no trailing zeros."""
    whole, rest = divmod(atomic, 10**decimals)
    fraction = f"{rest:0{decimals}d}".rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def spoken(seconds: int) -> str:
    """How long to wait, rounded up: ``6 seconds``, ``a minute``, ``5 minutes``."""
    if seconds < 60:
        return "a second" if seconds <= 1 else f"{seconds} seconds"
    minutes = ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def time_left(milliseconds: int) -> str:
    """``59:03``, ``3:59:03`` or ``2 d 3 h``; ``0:00`` once it is over. ``checkout.js`` counts on in this form."""
    if milliseconds >= DAY_MS:
        days, rest = divmod(milliseconds, DAY_MS)
        return f"{days} d {rest // HOUR_MS} h"
    minutes, seconds = divmod(max(milliseconds, 0) // SECOND_MS, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
