"""Typed ids: a prefix that says what it is, and a ULID that sorts by time.

ULID as in https://github.com/ulid/spec: 48 bits of Unix milliseconds and 80 random bits in
Crockford's base 32, lower case here. Within one millisecond each id is the one before it plus a
random 64-bit step, so ids of one process sort by creation and still cannot be guessed.
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

PROJECT = "prj"
USER = "usr"
INVITATION = "inv"
SIGN_IN = "sgn"
PASSKEY = "psk"
CUSTOMER = "cus"
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
EVENT = "evt"
WEBHOOK_ENDPOINT = "we"
DELIVERY = "dlv"
ATTEMPT = "att"
JOB = "job"
REQUEST = "req"
WALLET = "wal"
NETWORK = "net"

_HALF = (1 << 40) - 1
_BLOCK = struct.Struct("256Q")

_lock = threading.Lock()
_last = 0
_words: Iterator[int] = iter(())


def new_ulid() -> str:
    """A fresh ULID, greater than every one this process made before."""
    global _last
    milliseconds = time.time_ns() // 1_000_000
    with _lock:
        if milliseconds > _last >> 80:
            # The highest random bit is zero: room for those that follow within the millisecond.
            value = (milliseconds << 80) | (_word() << 15) | (_word() >> 49)
        else:
            value = _last + 1 + _word()
        _last = value
    return _text(value)


def _word() -> int:
    """64 random bits, under the lock. They are asked of the system in blocks: an id is on the way of every request."""
    global _words
    for word in _words:
        return word
    _words = iter(_BLOCK.unpack(os.urandom(_BLOCK.size)))
    return next(_words)


def _forget() -> None:
    """Two processes must not draw from one block, nor wait for a lock that nobody holds any more."""
    global _lock, _words
    _lock, _words = threading.Lock(), iter(())


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


@lru_cache(maxsize=4)
def _instant(milliseconds: int) -> str:
    """The first ten characters, which all ids of a millisecond have in common."""
    return "".join([_PAIRS[(milliseconds >> shift) & 1023] for shift in range(40, -1, -10)])


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
