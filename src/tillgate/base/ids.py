"""Typed ids: a prefix that says what it is, and a ULID that sorts by time.

ULID as in https://github.com/ulid/spec: 48 bits of Unix milliseconds and 80 random bits in
Crockford's base 32, lower case here. Within one millisecond the first half of the random bits goes
up by a random 24-bit step and the second half, 40 bits, is drawn again: ids of one process sort by
creation, and each still takes 64 bits to be guessed from the one before it.
"""

import os
import re
import struct
import threading
import time
from collections.abc import Iterator
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
PATTERN = "[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}"
_TYPED = re.compile(PATTERN)
_ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_HEX = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Python reads a number in base 32 with the letters that Crockford leaves out.
_TO_BASE_32 = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 62^22 is more than 2^128: an id with leading zeros has them here, too.
BASE62_LENGTH = 22
_HALF_OF_BASE62 = 62**11
_BASE62_PAIRS = [first + second for first in _BASE62 for second in _BASE62]
_FIVE_PAIRS = 3_844**5
_BASE62_OF_PAIR = {pair: digits for digits, pair in enumerate(_BASE62_PAIRS)}

PROJECT = "prj"
USER = "usr"
INVITATION = "inv"
SIGN_IN = "sgn"
PASSKEY = "psk"
CUSTOMER = "cus"
SHOPPER = "shp"
PRODUCT = "prod"
COUPON = "cou"
PROMOTION_CODE = "promo"
REDEMPTION = "rdm"
TEST_CLOCK = "clk"
PAYMENT_LINK = "pl"
CHECKOUT_SESSION = "cs"
ORDER = "ord"
LINE_ITEM = "li"
PAYMENT = "pay"
TRANSACTION = "txn"
REFUND = "re"
UNASSIGNED_TRANSFER = "ut"
PAYMENT_TOKEN = "ptok"  # noqa: S105 — what its ids begin with
EVENT = "evt"
WEBHOOK_ENDPOINT = "we"
DELIVERY = "dlv"
ATTEMPT = "att"
JOB = "job"
MAIL = "mail"
ALERT = "alrt"
REQUEST = "req"
WALLET = "wal"
NETWORK = "net"
TEMPLATE = "tpl"
TEMPLATE_HOOK = "thk"
RENDER = "rnd"
DOCUMENT = "doc"
EMBED_KEY = "emk"
EMBED_CATALOG = "ecat"
EMBED_SESSION = "ems"

# What the ids that callers meet are of, for who has sent one in the place of another.
NOUNS = {
    PROJECT: "project",
    CUSTOMER: "customer",
    PRODUCT: "product",
    COUPON: "coupon",
    PROMOTION_CODE: "promotion code",
    REDEMPTION: "redemption",
    TEST_CLOCK: "test clock",
    PAYMENT_LINK: "payment link",
    CHECKOUT_SESSION: "checkout session",
    ORDER: "order",
    LINE_ITEM: "line item",
    PAYMENT: "payment",
    TRANSACTION: "transaction",
    REFUND: "refund",
    UNASSIGNED_TRANSFER: "unassigned transfer",
    PAYMENT_TOKEN: "payment token",
    EVENT: "event",
    WEBHOOK_ENDPOINT: "webhook endpoint",
    DELIVERY: "delivery",
    ALERT: "alert",
    REQUEST: "request",
    RENDER: "render",
    DOCUMENT: "document",
}

_HALF = (1 << 40) - 1
_STEP = (1 << 24) - 1
_DRAWN = 256
_BLOCK = struct.Struct(f"{_DRAWN}Q")
# A random byte is each character with the same chance: there are eight times as many bytes.
_CHARACTERS = (_ALPHABET * 8).encode()
_EIGHTS = re.compile(r"[0-9a-z]{8}")

_lock = threading.Lock()
_last = 0
_high = 0
_head = ""
_draws: Iterator[tuple[int, str]] = iter(())


def new_ulid() -> str:
    """A fresh ULID, greater than every one this process made before."""
    global _last, _high, _head, _draws
    milliseconds = time.time_ns() // 1_000_000
    with _lock:
        drawn = next(_draws, None)
        if drawn is None:
            _draws = _drawn()
            drawn = next(_draws)
        word, low = drawn
        if milliseconds <= _last:
            _high += 1 + (word & _STEP)
            milliseconds = _last if _high <= _HALF else _last + 1
        if milliseconds > _last:
            # The highest random bit is zero: room for those that follow within the millisecond.
            _last, _high, _head = milliseconds, word >> 25, _instant(milliseconds)
        head, high = _head, _high
    pairs = _PAIRS
    return f"{head}{pairs[high >> 30]}{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}{low}"


def _drawn() -> Iterator[tuple[int, str]]:
    """64 random bits, and eight random characters of 5 bits each, many times. They are asked of the system in blocks:
    an id is on the way of every request."""
    text = os.urandom(8 * _DRAWN).translate(_CHARACTERS).decode("ascii")
    words = _BLOCK.unpack(os.urandom(_BLOCK.size))
    return zip(words, _EIGHTS.findall(text), strict=True)


def _forget() -> None:
    """Two processes must not draw from one block, nor wait for a lock that nobody holds any more."""
    global _lock, _draws
    _lock, _draws = threading.Lock(), iter(())


os.register_at_fork(after_in_child=_forget)


def first_id(prefix: str, milliseconds: int) -> str:
    """The least id that carries this instant, in Unix milliseconds; none was ever given."""
    return f"{prefix}_{_text(milliseconds << 80)}"


def _text(value: int) -> str:
    pairs, high, low = _PAIRS, value >> 40 & _HALF, value & _HALF
    return (
        f"{_instant(value >> 80)}"
        f"{pairs[high >> 30]}{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 30]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


def _instant(milliseconds: int) -> str:
    """The first ten characters, which all ids of a millisecond have in common."""
    return f"{_second(milliseconds >> 10)}{_PAIRS[milliseconds & 1023]}"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """The first eight characters, which all ids of about a second have in common."""
    return "".join([_PAIRS[(seconds >> shift) & 1023] for shift in range(30, -1, -10)])


def new_id(prefix: str) -> str:
    """A fresh id such as ``cs_01j…``: the prefix, ``_`` and 26 characters."""
    return f"{prefix}_{new_ulid()}"


def renamed(prefix: str, id: str) -> str:
    """An id with the same ULID and another prefix: of what there is exactly one of for each of the other."""
    return f"{prefix}_{id.partition('_')[2]}"


def is_typed(text: str) -> bool:
    """Whether ``text`` has the form of any such id."""
    return _TYPED.fullmatch(text) is not None


def is_id(prefix: str, text: str) -> bool:
    """Whether ``text`` has the form of such an id; it says nothing about its existence."""
    head, _, ulid = text.partition("_")
    return head == prefix and _ULID.fullmatch(ulid) is not None


def spelled(id: str, spelling: str) -> str:
    """An id's 128 bits in another document's writing: ``base62`` (22 characters), ``hex`` (32) or ``uuid`` (RFC 9562's
    text of them). :func:`unspelled` gives the id back.

    Raises:
        ValueError: it is no id, or there is no such spelling.
    """
    ulid = id.partition("_")[2]
    if _ULID.fullmatch(ulid) is None:
        raise ValueError("not an id")
    value = int(ulid.translate(_TO_BASE_32), 32)
    match spelling:
        case "base62":
            return _base62(value)
        case "hex":
            return f"{value:032x}"
        case "uuid":
            text = f"{value:032x}"
            return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        case _:
            raise ValueError(f"there is no spelling {spelling!r}")


def unspelled(prefix: str, text: str, spelling: str) -> str | None:
    """The id that :func:`spelled` wrote so; None where the text is written otherwise. One id has one writing: capital
    letters in ``hex`` and ``uuid`` are none, nor is a number beyond 128 bits."""
    match spelling:
        case "base62":
            value = _from_base62(text) if len(text) == BASE62_LENGTH else None
        case "hex":
            value = int(text, 16) if _HEX.fullmatch(text) else None
        case "uuid":
            value = int(text.replace("-", ""), 16) if _UUID.fullmatch(text) else None
        case _:
            raise ValueError(f"there is no spelling {spelling!r}")
    return f"{prefix}_{_text(value)}" if value is not None and value < 1 << 128 else None


def _base62(value: int) -> str:
    # In two halves, each below 2^64, and two digits at a time: ids are written in every answer.
    upper, lower = divmod(value, _HALF_OF_BASE62)
    return _eleven(upper) + _eleven(lower)


def _eleven(value: int) -> str:
    value, last = divmod(value, 62)
    value, fifth = divmod(value, 3_844)
    value, fourth = divmod(value, 3_844)
    value, third = divmod(value, 3_844)
    first, second = divmod(value, 3_844)
    pairs = _BASE62_PAIRS
    return f"{pairs[first]}{pairs[second]}{pairs[third]}{pairs[fourth]}{pairs[fifth]}{_BASE62[last]}"


def _from_base62(text: str) -> int | None:
    # Two digits at a time, and five pairs before a number needs more than 64 bits: an id is in the path of every read.
    of = _BASE62_OF_PAIR
    try:
        upper = of[text[:2]] * 3_844 + of[text[2:4]]
        upper = ((upper * 3_844 + of[text[4:6]]) * 3_844 + of[text[6:8]]) * 3_844 + of[text[8:10]]
        lower = of[text[10:12]] * 3_844 + of[text[12:14]]
        lower = ((lower * 3_844 + of[text[14:16]]) * 3_844 + of[text[16:18]]) * 3_844 + of[text[18:20]]
        return (upper * _FIVE_PAIRS + lower) * 3_844 + of[text[20:]]
    except KeyError:
        return None
