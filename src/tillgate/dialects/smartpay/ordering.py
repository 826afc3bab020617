"""An order as Smartpay's callers describe one, whether a shopper is to confirm it or a token pays for it."""

import contextlib
from typing import Any, Final

import msgspec

from tillgate.base.clock import DAY_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.money import Money
from tillgate.base.problems import Problem, Verbatim
from tillgate.base.text import checked_email
from tillgate.checkout.orders.model import LineItemKind
from tillgate.checkout.orders.operations import NewLineItem
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.sessions.opening import NewSession
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import CURRENCY, required
from tillgate.dialects.smartpay.errors import Documented
from tillgate.dialects.smartpay.records import Kept, as_came
from tillgate.dialects.smartpay.shapes import ITEMS_MAX, CreateOrder, CreateSession, Item

LIFETIME_SECONDS: Final = 7 * DAY_MS // 1_000


class Described(msgspec.Struct, frozen=True):
    """What is opened for it, and what this language keeps of it.

    Attributes:
        email: the customer's, by which they are known; None where ``customerInfo`` has none that is one.
    """

    session: NewSession
    kept: Kept
    email: str | None


class _Priced(msgspec.Struct, frozen=True):
    """The items as lines of this server, and what they come to."""

    lines: tuple[NewLineItem, ...]
    minor: int


def described(body: CreateSession | CreateOrder) -> Described:
    """The order of a body.

    Raises:
        InvalidInput, Documented: a part is missing or wrong, or the amount is not what the parts come to.
    """
    amount = required(body.amount, "amount")
    checking.yen(body.currency)
    priced = _priced(required(body.items, "items"))
    customer_info = checking.document(required(body.customer_info, "customerInfo"), "customerInfo")
    shipping_info = required(body.shipping_info, "shippingInfo")
    fee = checking.shipping(shipping_info)
    if priced.minor + fee != amount:
        raise Documented(
            "request.invalid",
            f"amount: expected {priced.minor + fee}, which the items (discounts taken off) and shippingInfo.feeAmount "
            f"come to; it is {amount}.",
            code="invalid_body",
        )
    automatic = checking.automatic(body.capture_method, "captureMethod")
    return Described(
        NewSession(
            line_items=priced.lines,
            currency=CURRENCY,
            shipping_amount=str(Money(fee, CURRENCY)) if fee else None,
            metadata=checking.metadata(body.metadata) or None,
            expires_in_seconds=LIFETIME_SECONDS,
            capture_method=CaptureMethod.AUTOMATIC if automatic else CaptureMethod.MANUAL,
            reference=checking.text(body.reference, "reference", checking.REFERENCE_MAX),
        ),
        Kept(
            description=checking.text(body.description, "description", checking.DESCRIPTION_MAX),
            items=as_came(body.items or []),
            customer_info=as_came(customer_info),
            shipping_info=as_came(shipping_info),
        ),
        _email_of(customer_info),
    )


def _email_of(customer_info: dict[str, Any]) -> str | None:
    for name in ("emailAddress", "email"):
        given = customer_info.get(name)
        if isinstance(given, str):
            # What is none is kept, as all of customerInfo is, and names nobody.
            with contextlib.suppress(InvalidInput):
                return checked_email(given)
    return None


def _priced(items: list[dict[str, Any]]) -> _Priced:
    if not 1 <= len(items) <= ITEMS_MAX:
        raise InvalidInput(Verbatim("items"), Problem.COUNT, minimum=1, maximum=ITEMS_MAX, count=len(items))
    lines, total = [], 0
    for at, one in enumerate(items):
        field = f"items[{at}]"
        checking.document(one, field)
        try:
            item = msgspec.convert(one, Item)
        except msgspec.ValidationError as error:
            raise Documented("request.invalid", f"{field}: {error}", code="invalid_body") from error
        amount = required(item.amount, f"{field}.amount")
        checking.yen(item.currency, Verbatim(f"{field}.currency"))
        quantity = 1 if item.quantity is None else item.quantity
        kind = LineItemKind(item.kind or "product")
        name = required(item.name, f"{field}.name")
        lines.append(NewLineItem(name, str(Money(amount, CURRENCY)), quantity, kind, None))
        total += -amount * quantity if kind is LineItemKind.DISCOUNT else amount * quantity
    return _Priced(tuple(lines), total)
