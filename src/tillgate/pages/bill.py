"""What a buyer pays for, line by line, where there is more to say than the price."""

from typing import NamedTuple

from tillgate.base.money import Money
from tillgate.checkout.orders.model import LineItemKind, Order
from tillgate.checkout.orders.operations import UNNAMED
from tillgate.words import Words


class BillLine(NamedTuple):
    """One line.

    Attributes:
        label: what it is; a promotion code as the merchant writes it, if ``is_code``.
        quantity: how many, where it is more than one.
        amount: of all of them; with a minus where it is taken off.
    """

    label: str
    amount: str
    quantity: int | None = None
    is_code: bool = False


def bill_of(order: Order, title: str | None, code: str | None, words: Words) -> tuple[BillLine, ...]:
    """The order's lines, its shipping and what is taken off; nothing where the price says it all.

    Args:
        title: what the page calls the whole, and no line need repeat.
        code: what is taken off by, if it is a promotion code.
    """

    def amount(minor: int, *, off: bool = False) -> str:
        figure = words.price(Money(minor, order.currency)).figure
        return f"−{figure}" if off else figure

    whole = words.say("Price")
    only = len(order.line_items) == 1
    lines = [
        BillLine(
            whole if only and one.name in (UNNAMED, title) else one.name,
            amount(one.amount_minor, off=one.kind is LineItemKind.DISCOUNT),
            one.quantity if one.quantity > 1 else None,
        )
        for one in order.line_items
    ]
    if order.shipping_minor:
        lines.append(BillLine(words.say("Shipping"), amount(order.shipping_minor)))
    for discount in order.discounts:
        by = code if discount.promotion_code_id is not None else None
        lines.append(BillLine(by or discount.name, amount(discount.amount_minor, off=True), is_code=by is not None))
    return () if len(lines) == 1 and lines[0].label == whole and lines[0].quantity is None else tuple(lines)
