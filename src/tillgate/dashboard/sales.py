"""Orders, payments and refunds, each as a list: what was bought, by whom, for how much, and where it stands."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypedDict

from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import customers_by_id
from tillgate.checkout.orders.model import Fulfillment, Order, OrderStatus
from tillgate.checkout.orders.operations import count_orders, list_orders, orders_by_id
from tillgate.checkout.payments.model import PaymentState, RecordedPayment
from tillgate.checkout.payments.operations import count_payments, list_payments
from tillgate.checkout.refunds.model import Refund, RefundStatus
from tillgate.checkout.refunds.operations import count_refunds, list_refunds
from tillgate.checkout.search.asking import Asked, asked_by
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.operations import sessions_by_id
from tillgate.dashboard.filters import Filters, Keys
from tillgate.dashboard.listing import Listing
from tillgate.store import Transaction


class Narrowed(TypedDict):
    """What each of these lists may be narrowed to."""

    created_after: int | None
    created_before: int | None
    currency: str | None
    amount_minor: int | None


class Meant(Narrowed):
    """What is asked of the list's rows beside their state: also which of them a text or a customer means."""

    id: str | None
    reference: str | None
    customer_id: str | None


class Sale(NamedTuple):
    """A row of a list: an order, and what of it the list is about.

    Attributes:
        id: of what the list is about.
        customer: who bought; None where nobody is known.
        session, payment: of the order; in a list of payments alone.
        refund: in a list of refunds alone.
    """

    id: str
    order: Order
    customer: Customer | None
    session: CheckoutSession | None = None
    payment: RecordedPayment | None = None
    refund: Refund | None = None


async def asked_of(tx: Transaction, principal: Principal, filters: Filters, prefix: str) -> Asked | None:
    """What the filters say of the customer and by ``q``; None where they exclude each other.

    Args:
        prefix: of the ids that the list is about.
    """
    wanted, customer_id = filters.values.get("q"), filters.id("customer", ids.CUSTOMER)
    return await asked_by(tx, principal, wanted, customer_id, prefix=prefix)


async def orders_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of orders that match."""
    asked = await asked_of(tx, principal, filters, ids.ORDER)
    if asked is None:
        return Page([], False)
    status, fulfillment = filters.one("status", OrderStatus), filters.one("fulfillment", Fulfillment)
    wanted = _meant(filters, asked)
    found = await list_orders(tx, principal, filters.page, status=status, fulfillment=fulfillment, **wanted)
    return Page(await sales_of(tx, principal, [(one.id, one) for one in found.data]), found.has_more)


async def count_of_orders(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many orders match, up to a number."""
    asked = await asked_of(tx, principal, filters, ids.ORDER)
    if asked is None:
        return 0
    status, fulfillment = filters.one("status", OrderStatus), filters.one("fulfillment", Fulfillment)
    wanted = _meant(filters, asked)
    return await count_orders(tx, principal, most, status=status, fulfillment=fulfillment, **wanted)


async def orders_chosen(tx: Transaction, principal: Principal, order_ids: list[str]) -> Page[Sale]:
    """Those orders, newest first."""
    found = await orders_by_id(tx, principal, [one for one in order_ids if ids.is_id(ids.ORDER, one)])
    rows = [(one, found[one]) for one in sorted(found, reverse=True)]
    return Page(await sales_of(tx, principal, rows), False)


async def payments_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of payments that match, with what their sessions say of them."""
    asked = await asked_of(tx, principal, filters, ids.PAYMENT)
    if asked is None:
        return Page([], False)
    state = filters.one("status", PaymentState)
    found = await list_payments(tx, principal, filters.page, state=state, **_meant(filters, asked))
    orders = await orders_by_id(tx, principal, [one.order_id for one in found.data])
    sessions = await sessions_by_id(tx, principal, [one.payment.session_id for one in found.data])
    sales = await sales_of(tx, principal, [(one.payment.id, orders[one.order_id]) for one in found.data])
    rows = zip(sales, found.data, strict=True)
    return Page(
        [sale._replace(session=sessions[one.payment.session_id], payment=one) for sale, one in rows], found.has_more
    )


async def count_of_payments(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many payments match, up to a number."""
    asked = await asked_of(tx, principal, filters, ids.PAYMENT)
    if asked is None:
        return 0
    state = filters.one("status", PaymentState)
    return await count_payments(tx, principal, most, state=state, **_meant(filters, asked))


async def refunds_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of refunds that match."""
    asked = await asked_of(tx, principal, filters, ids.REFUND)
    if asked is None:
        return Page([], False)
    status = filters.one("status", RefundStatus)
    found = await list_refunds(tx, principal, filters.page, status=status, **_meant(filters, asked))
    orders = await orders_by_id(tx, principal, list({one.order_id for one in found.data}))
    by_id: Mapping[str, Refund] = {one.id: one for one in found.data}
    sales = await sales_of(tx, principal, [(one.id, orders[one.order_id]) for one in found.data])
    return Page([one._replace(refund=by_id[one.id]) for one in sales], found.has_more)


async def count_of_refunds(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many refunds match, up to a number."""
    asked = await asked_of(tx, principal, filters, ids.REFUND)
    if asked is None:
        return 0
    status = filters.one("status", RefundStatus)
    return await count_refunds(tx, principal, most, status=status, **_meant(filters, asked))


async def sales_of(tx: Transaction, principal: Principal, found: Iterable[tuple[str, Order]]) -> list[Sale]:
    """Rows about what has these ids, each of an order: with who bought, all of them read at once."""
    rows = list(found)
    wanted = list({order.customer_id for _, order in rows if order.customer_id is not None})
    customers = await customers_by_id(tx, principal, wanted)
    return [Sale(id, order, customers.get(order.customer_id or "")) for id, order in rows]


def narrowed(filters: Filters) -> Narrowed:
    """What any of these lists is narrowed to."""
    return {
        "created_after": filters.created_after,
        "created_before": filters.created_before,
        "currency": filters.currency,
        "amount_minor": filters.amount_minor,
    }


def _meant(filters: Filters, asked: Asked) -> Meant:
    return {**narrowed(filters), "id": asked.id, "reference": asked.reference, "customer_id": asked.customer_id}


def _price(row: Sale) -> Keys:
    return row.order.currency, row.order.total_minor


ORDERS: Final = Listing(
    "/dashboard/orders",
    "sales/orders.html",
    ("status", "fulfillment", "customer", "q"),
    {
        "amount": _price,
        "status": lambda row: (row.order.status.value,),
        "fulfillment": lambda row: (row.order.fulfillment.value,),
    },
    orders_page,
    count_of_orders,
)
PAYMENTS: Final = Listing(
    "/dashboard/payments",
    "sales/payments.html",
    ("status", "customer", "q"),
    {"amount": _price, "status": lambda row: (row.payment.state.value,)},
    payments_page,
    count_of_payments,
)
REFUNDS: Final = Listing(
    "/dashboard/refunds",
    "sales/refunds.html",
    ("status", "customer", "q"),
    {
        "amount": lambda row: (row.refund.amount.currency, row.refund.amount.minor),
        "status": lambda row: (row.refund.status.value,),
    },
    refunds_page,
    count_of_refunds,
)

VIEWS: Final = tuple(listing.view() for listing in (ORDERS, PAYMENTS, REFUNDS))
