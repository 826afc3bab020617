"""Who a shopper is, how an order is split into instalments, and what test payment methods do. Pure.

Shoppers exist in test mode alone: no live rail has shopper accounts or instalments.
"""

import calendar
import hashlib
import re
import secrets
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tillgate.base.clock import HOUR_MS, SECOND_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email

INSTALMENTS: Final = 3
CODE_DIGITS: Final = 6
# Longer than any number (ITU-T E.164, 6.1), with what people write between its digits.
PHONE_MAX: Final = 30
# How long somebody who signed in stays signed in, and how often at once.
ACCESS_TOKEN_LIFETIME_MS: Final = HOUR_MS
ACCESS_TOKENS_MAX: Final = 10
# What each of these tokens looks like; nothing else is looked up.
ACCESS_TOKEN_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ACCESS_TOKEN_BYTES: Final = 32

# Mobile numbers of Japan: 070, 080 or 090 and eight digits, or the same after +81.
_PHONE: Final = re.compile(r"(?:0|\+81)([789]0\d{8})", re.ASCII)
_BETWEEN: Final = str.maketrans("", "", " -()")


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has an account with a project, in test mode.

    Attributes:
        email: in lower case; unique within the project.
        phone: ``+81`` and ten digits; empty where it is not known.
        password: its hash, of one account with this address at most; empty for whoever signs up at a checkout, where a
            one-time code is asked for.
    """

    id: str
    project_id: str
    email: str
    phone: str
    password: str
    created_at: int


class Progress(NamedTuple):
    """How far a shopper has come at the checkout of one session, or of one payment token.

    Attributes:
        of: the session, or the payment token that the checkout is for.
        verified_at: when the one-time code was entered; None until then.
    """

    of: str
    email: str
    phone: str
    verified_at: int | None


class AccessToken:
    """What a shopper who has signed in shows: its text once, to them alone, and its digest wherever it is kept."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def new(cls) -> "AccessToken":
        """One that nobody has guessed: 256 random bits."""
        return cls(secrets.token_urlsafe(_ACCESS_TOKEN_BYTES))

    def reveal(self) -> str:
        """The text, for its holder."""
        return self._text

    @property
    def digest(self) -> str:
        """What is kept of it."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    def __repr__(self) -> str:
        return "AccessToken(…)"


class PaymentMethod(StrEnum):
    """Test payment methods. The first is in the vendor's own client; the others are this server's."""

    APPROVED = "pm_test_visaApproved"
    DECLINED = "pm_test_visaDeclined"
    EXPIRED = "pm_test_visaExpired"
    ACTION_REQUIRED = "pm_test_visaActionRequired"

    @property
    def is_refused(self) -> bool:
        """Whether an order that is paid with it is rejected."""
        return self in (PaymentMethod.DECLINED, PaymentMethod.EXPIRED)


class Instalment(NamedTuple):
    """A part of an order's price.

    Attributes:
        due_at: Unix milliseconds; the first is due at once.
        minor: in minor units of the order's currency.
    """

    due_at: int
    minor: int


def checked_test_email(email: str) -> str:
    """The address of a test shopper, in lower case.

    Raises:
        InvalidInput: it is none, or what stands before its @ does not end with ``+test``.
    """
    checked = checked_email(email)
    if not checked.rpartition("@")[0].endswith("+test"):
        raise InvalidInput("email", Problem.NOT_A_TEST_EMAIL)
    return checked


def checked_phone(phone: str) -> str:
    """A mobile number of Japan as ``+81`` and ten digits.

    Raises:
        InvalidInput: it is none.
    """
    found = _PHONE.fullmatch(phone.translate(_BETWEEN)) if len(phone) <= PHONE_MAX else None
    if found is None:
        raise InvalidInput("phone", Problem.NOT_A_PHONE)
    return f"+81{found[1]}"


def code_of(of: str, email: str) -> str:
    """The one-time code of a test checkout. It is no secret: the page shows it in the field where it is asked for."""
    digest = hashlib.sha256(f"{of} {email}".encode()).digest()
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def instalments_of(minor: int, now: int, zone: tzinfo = UTC) -> tuple[Instalment, ...]:
    """An amount in equal parts, a month apart, the first at once. What does not divide is in the first; together they
    are the whole amount.

    Args:
        zone: in which a month is counted. Where a month lacks the day, it is the last one it has.
    """
    rest, first = minor // INSTALMENTS, minor - minor // INSTALMENTS * (INSTALMENTS - 1)
    return tuple(
        Instalment(_months_later(now, months, zone), rest if months else first) for months in range(INSTALMENTS)
    )


def _months_later(at: int, months: int, zone: tzinfo) -> int:
    if months == 0:
        return at
    day = datetime.fromtimestamp(at / SECOND_MS, zone)
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = calendar.monthrange(year, month)[1]
    return int(day.replace(year=year, month=month, day=min(day.day, last)).timestamp()) * SECOND_MS
