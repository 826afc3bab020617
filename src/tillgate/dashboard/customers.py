"""Customers: buyers whom the merchant knows."""

from typing import Final, NamedTuple, TypedDict

from starlette.responses import Response

from tillgate.access.audited import write_down_erasing
from tillgate.base.pages import Page, PageRequest, Period
from tillgate.base.principal import Principal
from tillgate.checkout.customers.erasing import erase_customer
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import count_customers, get_customer, hold_customer, newest_customers
from tillgate.checkout.metadata import pairs
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import latest_orders, list_orders
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.filters import ONLY_BY_TIME, Filters
from tillgate.dashboard.listing import Listing
from tillgate.store import Transaction

ROOT: Final = "/dashboard/customers"
ORDERS_SHOWN_MAX: Final = 10


class CustomerFilters(TypedDict):
    """What the list may be narrowed to."""

    email: str | None
    reference: str | None
    period: Period


class Buyer(NamedTuple):
    """A row of the list: a customer, and what they ordered last."""

    customer: Customer
    latest: Order | None

    @property
    def id(self) -> str:
        return self.customer.id


async def buyers_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Buyer]:
    """A page of customers that match, with their newest orders."""
    found = await customers_page(tx, principal, filters)
    latest = await latest_orders(tx, principal, [one.id for one in found.data])
    return Page([Buyer(one, latest.get(one.id)) for one in found.data], found.has_more)


async def customers_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Customer]:
    """A page of customers that match."""
    if filters.values.keys() & {"currency", "amount"}:
        raise Unusable("Unknown filter.")
    return await newest_customers(tx, principal, filters.page, **_asked(filters))


async def count_of_customers(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many customers match, up to a number."""
    return await count_customers(tx, principal, most, **_asked(filters))


def _asked(filters: Filters) -> CustomerFilters:
    wanted = filters.values.get("q")
    # An address has an at sign; nothing else is searched for by both.
    email = wanted if wanted is not None and "@" in wanted else None
    reference = wanted if email is None else None
    return {
        "email": email,
        "reference": reference,
        "period": Period(filters.created_after, filters.created_before),
    }


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
    return call.go(f"{ROOT}/{customer.id}", flash="customer_erased")


CUSTOMERS: Final = Listing(ROOT, "customers/list.html", ("q",), ONLY_BY_TIME, buyers_page, count_of_customers)
VIEWS: Final = (
    CUSTOMERS.view(),
    View("GET", f"{ROOT}/{{customer}}", customer_page, READ),
    View("GET", f"{ROOT}/{{customer}}/erase", confirm_erase, SELL),
    View("POST", f"{ROOT}/{{customer}}/erase", erase, SELL),
)
