"""Amounts as JSON numbers, exact in every currency: written and read as decimal text, never as a float."""

from decimal import Decimal
from typing import Final

import msgspec

from tillgate.base.money import Money

# More digits than any amount has; what goes beyond is no amount, and is not written out.
_DIGITS_MAX: Final = 40


def to_number(amount: Money) -> msgspec.Raw:
    """An amount as a JSON number: ``29.99``, ``1500`` for yen, ``0.125`` for dinars."""
    return msgspec.Raw(str(amount).encode())


def to_text(number: Decimal) -> str:
    """A number out of a body as the decimal text that the checkout takes; what can be no amount stays malformed."""
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS_MAX or len(number.as_tuple().digits) > _DIGITS_MAX:
        return ""
    return format(number, "f")
