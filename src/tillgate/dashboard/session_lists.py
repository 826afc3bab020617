"""Sessions, as a list of their own and as transactions: who is paying what, and how far that is."""

from enum import StrEnum
from typing import Final

from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.orders.model import Fulfillment, OrderStatus
from tillgate.checkout.orders.operations import count_orders, list_orders, orders_by_id
from tillgate.checkout.orders.records import OrderFilters
from tillgate.checkout.payments.operations import page_of_orders
from tillgate.checkout.search.asking import Asked
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.operations import count_sessions, list_sessions, session_of_reference, sessions_by_id
from tillgate.checkout.sessions.records import SessionFilters
from tillgate.dashboard.filters import Filters, Keys
from tillgate.dashboard.listing import Listing
from tillgate.dashboard.sales import Sale, asked_of, narrowed, sales_of
from tillgate.store import Transaction

# What a transaction's id begins with in the language of Coin Moebius; the rest is its session's.
_TRANSACTION: Final = "tx"


class Todo(StrEnum):
    """What a merchant has to do about a session."""

    FULFIL = "fulfil"
    REVIEW = "review"


# The orders of those sessions.
_TO_DO: Final[dict[Todo, OrderFilters]] = {
    Todo.FULFIL: {"status": OrderStatus.PAID, "fulfillment": Fulfillment.UNFULFILLED},
    Todo.REVIEW: {"status": OrderStatus.REVIEW},
}


async def sessions_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of sessions that match."""
    asked = await asked_of(tx, principal, filters, ids.CHECKOUT_SESSION)
    if asked is None:
        return Page([], False)
    if (of_orders := _of_orders(filters, asked)) is None:
        found = await list_sessions(tx, principal, filters.page, **_of_sessions(filters, asked))
        return Page(await with_orders(tx, principal, found.data), found.has_more)
    page = await page_of_orders(tx, principal, filters.page, ids.CHECKOUT_SESSION)
    orders = await list_orders(tx, principal, page, **of_orders)
    return Page(await _rows(tx, principal, [one.session_id for one in orders.data]), orders.has_more)


async def count_of_sessions(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many sessions match, up to a number."""
    asked = await asked_of(tx, principal, filters, ids.CHECKOUT_SESSION)
    if asked is None:
        return 0
    if (of_orders := _of_orders(filters, asked)) is None:
        return await count_sessions(tx, principal, most, **_of_sessions(filters, asked))
    return await count_orders(tx, principal, most, **of_orders)


async def transactions_page(tx: Transaction, principal: Principal, filters: Filters) -> Page[Sale]:
    """A page of transactions that match: also the one that a reference code of a letter, as it is
    kept, or its own id names."""
    wanted = filters.values.get("q")
    if wanted is not None and (found := await session_of_reference(tx, principal, wanted)) is not None:
        return Page(await with_orders(tx, principal, [found]), False)
    return await sessions_page(tx, principal, _by_session(filters))


async def count_of_transactions(tx: Transaction, principal: Principal, filters: Filters, most: int) -> int:
    """How many transactions match, up to a number."""
    return await count_of_sessions(tx, principal, _by_session(filters), most)


def _by_session(filters: Filters) -> Filters:
    """The same filters, a transaction's id as its session's."""
    wanted = filters.values.get("q", "")
    if not ids.is_id(_TRANSACTION, wanted):
        return filters
    return filters._replace(values={**filters.values, "q": ids.renamed(ids.CHECKOUT_SESSION, wanted)})


def _of_sessions(filters: Filters, asked: Asked) -> SessionFilters:
    return {
        **narrowed(filters),
        "status": filters.one("status", SessionStatus),
        "link_id": filters.id("link", ids.PAYMENT_LINK),
        "id": asked.id,
        # Of these it is the orders that are asked.
        "customer_id": None,
        "reference": None,
    }


def _of_orders(filters: Filters, asked: Asked) -> OrderFilters | None:
    """What is asked of a session's order; None where that is nothing.

    Customer, reference and what is to be done are the order's. Its lists have an index for each, so they are read; an
    order is made with its session, and so is as old.
    """
    todo = filters.one("todo", Todo)
    if todo is None and asked.reference is None and asked.customer_id is None:
        return None
    return {
        **narrowed(filters),
        **(_TO_DO[todo] if todo is not None else {}),
        "session_status": filters.one("status", SessionStatus),
        "link_id": filters.id("link", ids.PAYMENT_LINK),
        "session_id": asked.id,
        "reference": asked.reference,
        "customer_id": asked.customer_id,
    }


async def _rows(tx: Transaction, principal: Principal, session_ids: list[str]) -> list[Sale]:
    found = await sessions_by_id(tx, principal, session_ids)
    return await with_orders(tx, principal, [found[one] for one in session_ids if one in found])


async def with_orders(tx: Transaction, principal: Principal, sessions: list[CheckoutSession]) -> list[Sale]:
    """Sessions as rows of a list: with their orders and customers, all of them read at once."""
    orders = await orders_by_id(tx, principal, [one.order_id for one in sessions])
    sales = await sales_of(tx, principal, [(one.id, orders[one.order_id]) for one in sessions])
    return [sale._replace(session=one) for sale, one in zip(sales, sessions, strict=True)]


def _price(row: Sale) -> Keys:
    return row.order.currency, row.order.total_minor


FILTERS: Final = ("status", "todo", "customer", "link", "q")
SESSIONS: Final = Listing(
    "/dashboard/sessions", "sessions/list.html", FILTERS, {"amount": _price}, sessions_page, count_of_sessions
)
TRANSACTIONS: Final = SESSIONS._replace(
    root="/dashboard/transactions",
    template="transactions/list.html",
    page=transactions_page,
    total=count_of_transactions,
)
