"""Amounts as people type them, read into the plain decimal of the books: ``7,50``, ``8.``, ``1.234,50 €``, ``７５０``.

Where what was typed could be two amounts, nobody guesses: it is asked about.
"""

import re
import unicodedata
from typing import Final

from tillgate.base.errors import InvalidInput
from tillgate.base.money import MINOR_DIGITS
from tillgate.base.problems import Field, Problem

# Longer than any amount with its groups and its sign; what is longer is no amount and is not looked at.
TYPED_MAX: Final = 60

_SIGNS: Final = str.maketrans({"٫": ".", "٬": "'", "،": ",", "’": "'", "ʼ": "'", "、": ",", "。": ".", "_": None})
_NUMBER: Final = re.compile(r"[0-9]{0,60}(?:[.,'][0-9]{0,60}){0,60}", re.ASCII)


def plain_amount(text: str, currency: str, *, field: Field, point: str = ".", group: str | None = None) -> str:
    """What was typed as a decimal string of the wire, for :func:`tillgate.base.money.parse_amount` to judge.

    What is no number at all comes back as it is, and is refused there.

    Args:
        point, group: how the reader's language writes decimals and thousands; without ``group``, neither is taken for
            granted.

    Raises:
        InvalidInput: it could be read as two amounts, or as one that the reader's language would not write so.
    """
    code = currency if currency in MINOR_DIGITS else ""
    return _plain(text, code, MINOR_DIGITS.get(currency, 2), field, point, group)


def plain_percentage(text: str, *, field: Field) -> str:
    """A percentage with at most two decimals, in the same way; a percent sign may follow."""
    return _plain(text.strip().rstrip("%％٪"), "", 2, field, ".", None)


def _plain(text: str, code: str, digits: int, field: Field, point: str, group: str | None) -> str:
    number = _number(text, code)
    if number is None:
        return text
    signs = [char for char in number if char in ".,'"]
    if not signs:
        return number
    last = signs[-1]
    whole, _, fraction = number.rpartition(last)
    if len(signs) > 1 or last == "'":
        if last == "'" or signs.count(last) > 1:
            # Many of one kind set thousands apart, and nothing else does.
            return "".join(_groups(number, last)) if len(set(signs)) == 1 and _groups(number, last) else text
        others = set(signs) - {last}
        parts = _groups(whole, next(iter(others))) if len(others) == 1 else []
        return f"{''.join(parts)}.{fraction or '0'}" if parts else text
    decimal = f"{whole or '0'}.{fraction}" if fraction else whole or "0"
    if len(fraction) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return decimal
    # One sign before three digits: thousands in one language, decimals in another.
    thousands, fits = whole + fraction, len(fraction.rstrip("0")) <= digits
    if last == point and digits >= 3:
        return decimal
    if last == group and digits < 3:
        return thousands
    readings = [f"{thousands}.{'0' * digits}" if digits else thousands]
    if fits:
        kept = fraction[:digits]
        readings.append(f"{whole}.{kept}" if kept else whole)
    raise InvalidInput(field, Problem.AMOUNT_AMBIGUOUS, readings=tuple(readings))


def _number(text: str, code: str) -> str | None:
    """The digits with what stands between them, in ASCII; None where it is no number. White space, the currency's code
    and signs of currencies around it are left out."""
    if len(text) > TYPED_MAX:
        return None
    normal = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    kept = []
    for char in normal:
        category = unicodedata.category(char)
        if category == "Nd":
            kept.append(str(unicodedata.decimal(char)))
        elif category not in ("Zs", "Sc", "Cf"):
            kept.append(char)
    number = "".join(kept)
    if code and number[: len(code)].upper() == code:
        number = number[len(code) :]
    elif code and number[-len(code) :].upper() == code:
        number = number[: -len(code)]
    return number if any(char.isdigit() for char in number) and _NUMBER.fullmatch(number) else None


def _groups(number: str, sign: str) -> list[str]:
    """The groups of a whole number, if they are such: the first of up to three digits, the others of three, or of two
    before the last as in India."""
    parts = number.split(sign)
    if not 1 <= len(parts[0]) <= 3 or not all(part.isdigit() for part in parts):
        return []
    western = all(len(part) == 3 for part in parts[1:])
    indian = sign == "," and len(parts[-1]) == 3 and len(parts[0]) <= 2 and all(len(one) == 2 for one in parts[1:-1])
    return parts if western or indian else []
