"""Orders, payments and refunds, each as a list: what was bought, by whom, for how much, and where it stands."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import customers_by_id, list_customers
from tillgate.checkout.orders.model import Fulfillment, Order, OrderStatus
from tillgate.checkout.orders.operations import list_orders, orders_by_id
from tillgate.checkout.payments.model import PaymentState, RecordedPayment
from tillgate.checkout.payments.operations import list_payments
from tillgate.checkout.refunds.model import Refund, RefundStatus
from tillgate.checkout.refunds.operations import list_refunds
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.operations import sessions_by_id
from tillgate.dashboard.calls import READ, Call, View
from tillgate.dashboard.filters import Filters, filters_of, saved_beside
from tillgate.dashboard.forms import USUAL_CURRENCIES
from tillgate.store import Transaction

ORDERS: Final = "/dashboard/orders"
PAYMENTS: Final = "/dashboard/payments"
REFUNDS: Final = "/dashboard/refunds"


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


async def list_of_orders(call: Call) -> Response:
    """Orders, newest first."""
    filters = await filters_of(call, "status", "fulfillment", "customer", "q")

    async def operation(tx: Transaction) -> Page[Sale]:
        return await orders_page(tx, call.principal, filters)

    found = await call.read(operation) if not filters.problems else Page[Sale]([], False)
    return await _page(call, "orders", filters, found, ORDERS, statuses=list(OrderStatus))


async def list_of_payments(call: Call) -> Response:
    """Payments, newest first."""
    filters = await filters_of(call, "status")

    async def operation(tx: Transaction) -> Page[Sale]:
        return await payments_page(tx, call.principal, filters)

    found = await call.read(operation) if not filters.problems else Page[Sale]([], False)
    return await _page(call, "payments", filters, found, PAYMENTS, statuses=list(PaymentState))


async def list_of_refunds(call: Call) -> Response:
    """Refunds, newest first."""
    filters = await filters_of(call, "status")

    async def operation(tx: Transaction) -> Page[Sale]:
        return await refunds_page(tx, call.principal, filters)

    found = await call.read(operation) if not filters.problems else Page[Sale]([], False)
    return await _page(call, "refunds", filters, found, REFUNDS, statuses=list(RefundStatus))


async def orders_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of orders that match."""
    wanted, customer_id, reference = filters.values.get("q"), filters.id("customer", ids.CUSTOMER), None
    if wanted is not None and ids.is_id(ids.ORDER, wanted):
        orders = await orders_by_id(tx, principal, [wanted])
        return Page(await _sales(tx, principal, [(one.id, one) for one in orders.values()]), False)
    # An address has an at sign; nothing else is looked for by both.
    if wanted is not None and "@" in wanted:
        customers = await list_customers(tx, principal, page=1, limit=1, email=wanted)
        if not customers.data or customer_id not in (None, customers.data[0].id):
            return Page([], False)
        customer_id = customers.data[0].id
    elif wanted is not None:
        reference = wanted
    found = await list_orders(
        tx,
        principal,
        filters.page,
        status=filters.one("status", OrderStatus),
        fulfillment=filters.one("fulfillment", Fulfillment),
        reference=reference,
        customer_id=customer_id,
        created_after=filters.created_after,
        created_before=filters.created_before,
        currency=filters.currency,
        amount_minor=filters.amount_minor,
    )
    return Page(await _sales(tx, principal, [(one.id, one) for one in found.data]), found.has_more)


async def orders_chosen(tx: Transaction, principal: Principal, order_ids: list[str]) -> Page[Sale]:
    """Those orders, newest first."""
    found = await orders_by_id(tx, principal, [one for one in order_ids if ids.is_id(ids.ORDER, one)])
    rows = [(one, found[one]) for one in sorted(found, reverse=True)]
    return Page(await _sales(tx, principal, rows), False)


async def payments_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of payments that match, with what their sessions say of them."""
    found = await list_payments(
        tx,
        principal,
        filters.page,
        state=filters.one("status", PaymentState),
        created_after=filters.created_after,
        created_before=filters.created_before,
        currency=filters.currency,
        amount_minor=filters.amount_minor,
    )
    orders = await orders_by_id(tx, principal, [one.order_id for one in found.data])
    sessions = await sessions_by_id(tx, principal, [one.payment.session_id for one in found.data])
    sales = await _sales(tx, principal, [(one.payment.id, orders[one.order_id]) for one in found.data])
    rows = zip(sales, found.data, strict=True)
    return Page(
        [sale._replace(session=sessions[one.payment.session_id], payment=one) for sale, one in rows], found.has_more
    )


async def refunds_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of refunds that match."""
    found = await list_refunds(
        tx,
        principal,
        filters.page,
        status=filters.one("status", RefundStatus),
        created_after=filters.created_after,
        created_before=filters.created_before,
        currency=filters.currency,
        amount_minor=filters.amount_minor,
    )
    orders = await orders_by_id(tx, principal, list({one.order_id for one in found.data}))
    by_id: Mapping[str, Refund] = {one.id: one for one in found.data}
    sales = await _sales(tx, principal, [(one.id, orders[one.order_id]) for one in found.data])
    return Page([one._replace(refund=by_id[one.id]) for one in sales], found.has_more)


async def _sales(tx: Transaction, principal: Principal, found: Iterable[tuple[str, Order]]) -> list[Sale]:
    rows = list(found)
    wanted = list({order.customer_id for _, order in rows if order.customer_id is not None})
    customers = await customers_by_id(tx, principal, wanted)
    return [Sale(id, order, customers.get(order.customer_id or "")) for id, order in rows]


async def _page(
    call: Call, noun: str, filters: Filters, found: Page[Sale], root: str, *, statuses: list[str]
) -> Response:
    return call.page(
        f"sales/{noun}.html",
        status_code=filters.draft.status_code,
        section=noun,
        found=found,
        filters=filters,
        kept=await saved_beside(call, noun),
        draft=filters.draft,
        status=filters.values.get("status"),
        statuses=statuses,
        root=root,
        currencies=USUAL_CURRENCIES,
    )


VIEWS: Final = (
    View("GET", ORDERS, list_of_orders, READ),
    View("GET", PAYMENTS, list_of_payments, READ),
    View("GET", REFUNDS, list_of_refunds, READ),
)
