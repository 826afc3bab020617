"""Customers: buyers whom the merchant knows."""

from typing import Final

from starlette.responses import Response

from tillgate.access.audited import write_down_erasing
from tillgate.base.pages import Page, PageRequest, Period
from tillgate.base.principal import Principal
from tillgate.checkout.customers.erasing import erase_customer
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import get_customer, hold_customer, newest_customers
from tillgate.checkout.metadata import pairs
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import list_orders
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.filters import Filters, filters_of, saved_beside
from tillgate.store import Transaction

CUSTOMERS: Final = "/dashboard/customers"
ORDERS_SHOWN_MAX: Final = 10


async def list_all(call: Call) -> Response:
    """Customers, newest first; those of a period, or with an address or a reference where one is searched for."""
    filters = await filters_of(call, "q")
    if filters.values.keys() & {"currency", "amount"}:
        raise Unusable("Unknown filter.")

    async def operation(tx: Transaction) -> Page[Customer]:
        return await customers_page(tx, call.principal, filters)

    found = await call.read(operation) if not filters.problems else Page[Customer]([], False)
    return call.page(
        "customers/list.html",
        status_code=filters.draft.status_code,
        section="customers",
        found=found,
        filters=filters,
        kept=await saved_beside(call, "customers"),
        draft=filters.draft,
        root=CUSTOMERS,
    )


async def customers_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Customer]:
    """A page of customers that match."""
    wanted = filters.values.get("q")
    # An address has an at sign; nothing else is searched for by both.
    email = wanted if wanted is not None and "@" in wanted else None
    return await newest_customers(
        tx,
        principal,
        filters.page,
        email=email,
        reference=wanted if email is None else None,
        period=Period(filters.created_after, filters.created_before),
    )


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


async def confirm_erase(call: Call) -> Response:
    """Ask before erasing, and say what stays."""

    async def operation(tx: Transaction) -> Customer:
        return await get_customer(tx, call.principal, call.param("customer"))

    return call.page("customers/erase.html", section="customers", customer=await call.read(operation))


async def erase(call: Call) -> Response:
    """Erase a customer's personal data."""

    async def operation(tx: Transaction) -> Customer:
        id = call.param("customer")
        standing = (await hold_customer(tx, call.principal, id)).erased_at is None
        erased = await erase_customer(call.context.checkout, tx, call.principal, id)
        if standing:
            await write_down_erasing(tx, call.principal, call.context.clock.now(), id)
        return erased

    customer = await call.write(operation)
    return call.go(f"{CUSTOMERS}/{customer.id}", flash="customer_erased")


VIEWS: Final = (
    View("GET", CUSTOMERS, list_all, READ),
    View("GET", f"{CUSTOMERS}/{{customer}}", customer_page, READ),
    View("GET", f"{CUSTOMERS}/{{customer}}/erase", confirm_erase, SELL),
    View("POST", f"{CUSTOMERS}/{{customer}}/erase", erase, SELL),
)
