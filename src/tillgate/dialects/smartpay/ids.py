"""Ids as Smartpay writes them: ``order_test_`` and 22 base62 characters, the same 128 bits as this server's own."""

import re
from typing import Final, TypeVar

import msgspec

from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem, Verbatim
from tillgate.dialects.smartpay.errors import Missing
from tillgate.wire.routing import Call

T = TypeVar("T", bound=msgspec.Struct)

# What Smartpay calls a payment is one capture: this server's transaction.
KINDS: Final = {
    ids.CHECKOUT_SESSION: "checkout",
    ids.ORDER: "order",
    ids.TRANSACTION: "payment",
    ids.REFUND: "refund",
    ids.LINE_ITEM: "li",
    ids.PAYMENT_TOKEN: "paytok",
    ids.COUPON: "coupon",
    ids.PROMOTION_CODE: "promotioncode",
    ids.WEBHOOK_ENDPOINT: "webhookendpoint",
    ids.EVENT: "evt",
}
_NOUNS: Final = {
    ids.CHECKOUT_SESSION: "checkout-session",
    ids.ORDER: "order",
    ids.TRANSACTION: "payment",
    ids.REFUND: "refund",
    ids.PAYMENT_TOKEN: "token",
    ids.COUPON: "coupon",
    ids.PROMOTION_CODE: "promotion-code",
    ids.WEBHOOK_ENDPOINT: "webhook-endpoint",
}
ID_FORM: Final = rf"[a-z]{{2,15}}_(test|live)_[0-9A-Za-z]{{{ids.BASE62_LENGTH}}}"
_ID: Final = re.compile(ID_FORM, re.ASCII)
_LENGTH_MAX: Final = 64


def is_id(text: str) -> bool:
    """Whether a text has the form of one of these ids, or of this server's own."""
    return len(text) <= _LENGTH_MAX and (_ID.fullmatch(text) is not None or ids.is_typed(text))


def spelled(id: str, *, livemode: bool) -> str:
    """An id of this server as Smartpay writes it."""
    kind = KINDS[id.partition("_")[0]]
    return f"{kind}_{'live' if livemode else 'test'}_{ids.spelled(id, 'base62')}"


def as_asked(call: Call, shown: T) -> T:
    """An answer about the object of a call's path, under its id as it was asked for: in this server's own writing
    where that was used."""
    return msgspec.structs.replace(shown, id=call.id) if ids.is_typed(call.id) else shown


def own(text: str, prefix: str, principal: Principal) -> str | None:
    """This server's id of a text that is one, in either writing; None where it is none, or of the other mode."""
    if len(text) > _LENGTH_MAX:
        return None
    if ids.is_id(prefix, text):
        return text
    mode = "live" if principal.livemode else "test"
    head = f"{KINDS[prefix]}_{mode}_"
    return ids.unspelled(prefix, text[len(head) :], "base62") if text.startswith(head) else None


def required(text: str, prefix: str, principal: Principal) -> str:
    """The same.

    Raises:
        Missing: it is none, or of the other mode.
    """
    found = own(text, prefix, principal)
    if found is None:
        raise Missing(_NOUNS[prefix])
    return found


def page(token: str | None, size: int, prefix: str, principal: Principal) -> PageRequest:
    """The page that a list's query asks for.

    Raises:
        InvalidInput: the token is none that a page of this list gave.
    """
    if token is None:
        return PageRequest(size)
    after = own(token, prefix, principal)
    if after is None:
        raise InvalidInput(Verbatim("pageToken"), Problem.NOT_AN_ID, prefix=KINDS[prefix])
    return PageRequest(size, after)
