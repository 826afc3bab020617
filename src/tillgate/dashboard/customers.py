"""Customers: buyers whom the merchant knows."""

from typing import Final

from starlette.responses import Response

from tillgate.base.pages import LIMIT_DEFAULT, Page, PageRequest
from tillgate.checkout.customers.model import PAGE_MAX, Customer
from tillgate.checkout.customers.operations import NumberedPage, get_customer, list_customers
from tillgate.checkout.metadata import pairs
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import list_orders
from tillgate.dashboard.calls import READ, Call, Unusable, View
from tillgate.store import Transaction

CUSTOMERS: Final = "/dashboard/customers"
ORDERS_SHOWN_MAX: Final = 10


async def list_all(call: Call) -> Response:
    """Customers, newest first; those with an address or a reference where one is searched for."""
    number, wanted = _number(call.query("page")), call.query("q")
    # An address has an at sign; nothing else is searched for by both.
    email = wanted if wanted is not None and "@" in wanted else None
    reference = wanted if email is None else None

    async def operation(tx: Transaction) -> NumberedPage:
        return await list_customers(
            tx, call.principal, page=number, limit=LIMIT_DEFAULT, email=email, reference=reference
        )

    found = await call.read(operation)
    return call.page("customers/list.html", section="customers", found=found, wanted=wanted or "")


async def customer_page(call: Call) -> Response:
    """One customer, and what they ordered lately."""

    async def operation(tx: Transaction) -> tuple[Customer, Page[Order]]:
        customer = await get_customer(tx, call.principal, call.param("customer"))
        request = PageRequest(ORDERS_SHOWN_MAX)
        return customer, await list_orders(tx, call.principal, request, customer_id=customer.id)

    customer, orders = await call.read(operation)
    return call.page(
        "customers/detail.html",
        section="customers",
        customer=customer,
        metadata=pairs(customer.metadata),
        orders=orders,
    )


def _number(text: str | None) -> int:
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= PAGE_MAX and len(text) <= 5):
        raise Unusable(f"Expected a number from 1 to {PAGE_MAX}.")
    return int(text)


VIEWS: Final = (
    View("GET", CUSTOMERS, list_all, READ),
    View("GET", f"{CUSTOMERS}/{{customer}}", customer_page, READ),
)
