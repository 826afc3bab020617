"""Every statement about orders."""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypedDict, Unpack

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.invariants import present
from tillgate.base.pages import PageRequest, Period, since, until
from tillgate.checkout import metadata_records
from tillgate.checkout.kept import KeptForm, kept_forms
from tillgate.checkout.orders.model import Discount, Fulfillment, LineItem, Order, OrderStatus
from tillgate.checkout.payments.records import (
    JOINED_COLUMNS,
    is_reopened,
    payment_from,
    transfers_of,
    with_transactions,
)
from tillgate.store import Row, Transaction
from tillgate.store.lists import counted, newest_first

_COLUMNS: Final = (
    "o.id, o.project_id, o.livemode, o.session_id, o.customer_id, o.status, o.fulfillment, o.reference, "
    "o.unique_reference, o.currency, o.line_items, o.discounts, o.shipping_minor, o.total_minor, o.metadata, "
    "o.created_at, o.updated_at, s.expires_at, o.client_reference_id, o.customer_stated"
)
# The deadline is the session's, the money the payment's: neither is kept twice.
_SELECT: Final = (
    f"SELECT {_COLUMNS}, {JOINED_COLUMNS} FROM orders o JOIN checkout_sessions s ON s.id = o.session_id "
    "JOIN payments p ON p.session_id = o.session_id"
)
_INSERT: Final = (
    "INSERT INTO orders (id, project_id, livemode, session_id, customer_id, status, fulfillment, reference, "
    "unique_reference, claimed_reference, currency, line_items, discounts, shipping_minor, total_minor, metadata, "
    "created_at, updated_at, client_reference_id, customer_stated) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19) "
    "ON CONFLICT DO NOTHING"
)
_BY_ID: Final = f"{_SELECT} WHERE o.id = $1 AND o.project_id = $2 AND o.livemode = $3"
_LOCK: Final = (
    "SELECT 1 FROM checkout_sessions WHERE id = "
    "(SELECT session_id FROM orders WHERE id = $1 AND project_id = $2 AND livemode = $3)"
)
_LOCKED: Final = Both(sqlite=_LOCK, postgres=f"{_LOCK} FOR UPDATE")
_OF_SESSION: Final = f"{_SELECT} WHERE o.session_id = $1"
_BY_IDS: Final = with_list(f"{_SELECT} WHERE o.id IN {{list}} AND o.project_id = $2 AND o.livemode = $3")
_CUSTOMERS_OF_SESSIONS: Final = with_list(
    "SELECT session_id, customer_id FROM orders WHERE session_id IN {list} AND customer_id IS NOT NULL"
)
# One look into the index of each customer, however much they have ordered.
_LATEST_OF: Final = with_list(
    f"{_SELECT} WHERE o.id IN (SELECT (SELECT MAX(n.id) FROM orders n WHERE n.customer_id = c.id) FROM customers c "
    "WHERE c.id IN {list}) AND o.project_id = $2 AND o.livemode = $3"
)
_HAS_PAID: Final = (
    "SELECT 1 FROM orders WHERE customer_id = $1 AND status IN ('paid', 'refunded') AND NOT customer_stated LIMIT 1"
)
_NEWEST: Final = (
    f"{_SELECT} WHERE o.project_id = $1 AND o.livemode = $2 AND o.id < $3 AND o.id >= $5 AND o.created_at >= $4"
)
_NEWEST_KEPT: Final = (
    "SELECT o.id, o.kept FROM orders o "
    "WHERE o.project_id = $1 AND o.livemode = $2 AND o.id < $3 AND o.id >= $5 AND o.created_at >= $4"
)
_OLDER: Final = f"{_SELECT} WHERE o.project_id = $1 AND o.livemode = $2 AND o.id < $3 ORDER BY o.id DESC LIMIT $4"
_NEWER: Final = f"{_SELECT} WHERE o.project_id = $1 AND o.livemode = $2 AND o.id > $3 ORDER BY o.id LIMIT $4"
# The columns of the indexes that a list may be sorted by.
_SORTS: Final = {
    "created": (),
    "amount": ("o.currency", "o.total_minor"),
    "status": ("o.status",),
    "fulfillment": ("o.fulfillment",),
}
_COUNTED: Final = "SELECT 1 FROM orders o WHERE o.project_id = $1 AND o.livemode = $2"
_COUNTED_BY_SESSION: Final = _COUNTED.replace("orders o", "orders o JOIN checkout_sessions s ON s.id = o.session_id")
_FILTERED: Final = ("id", "status", "fulfillment", "reference", "session_id", "customer_id", "currency")
_RELEASE_REFERENCES: Final = with_list(
    "UPDATE orders SET claimed_reference = NULL WHERE session_id IN {list} AND claimed_reference IS NOT NULL"
)
_CLAIMS: Final = "SELECT id, status FROM orders WHERE project_id = $1 AND livemode = $2 AND claimed_reference = $3"
_MOVE: Final = (
    "UPDATE orders SET status = $1, updated_at = $2, kept = NULL, "
    "claimed_reference = CASE WHEN $1 IN ('canceled', 'refunded') THEN NULL ELSE claimed_reference END "
    "WHERE id = $3 AND status = $4"
)
_RELINE: Final = "UPDATE orders SET line_items = $1, total_minor = $2, updated_at = $3, kept = NULL WHERE id = $4"
_DISCOUNT: Final = "UPDATE orders SET discounts = $1, total_minor = $2, updated_at = $3, kept = NULL WHERE id = $4"
_TOUCH: Final = "UPDATE orders SET updated_at = $1, kept = NULL WHERE id = $2"
_UPDATE: Final = "UPDATE orders SET fulfillment = $1, metadata = $2, updated_at = $3, kept = NULL WHERE id = $4"

_line_items: Final = msgspec.json.Decoder(tuple[LineItem, ...])
_discounts: Final = msgspec.json.Decoder(tuple[Discount, ...])
_encoder: Final = msgspec.json.Encoder()
_COUNT_IN_REVIEW: Final = (
    "SELECT COUNT(*) AS found FROM (SELECT 1 FROM orders "
    "WHERE project_id = $1 AND livemode = $2 AND status = 'review' LIMIT $3) AS listed"
)


class ListPosition(NamedTuple):
    """A position in the list of all orders, and which way to read from there.

    Attributes:
        order_id: the order that stands there, which is not read; None for the end of the list.
        newer: whether to read towards newer orders.
    """

    order_id: str | None
    newer: bool


class StoredOrder(NamedTuple):
    """All that is stored of an order that has seen no money. Equal ones make equal orders, so that what is formed of
    one may be remembered by it."""

    columns: tuple[Any, ...]

    @property
    def id(self) -> str:
        return str(self.columns[0])

    @property
    def characters(self) -> int:
        """How much there is of what a caller says the length of."""
        return sum(len(one) for one in self.columns if isinstance(one, str))

    def order(self) -> Order:
        return _order(self.columns)


class OrderFilters(TypedDict, total=False):
    """What a list of orders may be narrowed to; ``created_after`` is inclusive, ``created_before`` is not.
    ``session_status`` and ``link_id`` are the session's."""

    id: str | None
    status: OrderStatus | None
    session_status: StrEnum | None
    link_id: str | None
    fulfillment: Fulfillment | None
    reference: str | None
    session_id: str | None
    customer_id: str | None
    created_after: int | None
    created_before: int | None
    currency: str | None
    amount_minor: int | None


async def insert(tx: Transaction, order: Order) -> bool:
    """Keep a new order; False if its reference is to be unique and is not."""
    changed = await tx.execute(
        _INSERT,
        order.id,
        order.project_id,
        order.livemode,
        order.session_id,
        order.customer_id,
        order.status.value,
        order.fulfillment.value,
        order.reference,
        order.unique_reference,
        order.reference if order.unique_reference else None,
        order.currency,
        _encoder.encode(order.line_items).decode(),
        _discounts_text(order.discounts),
        order.shipping_minor,
        order.total_minor,
        order.metadata,
        order.created_at,
        order.client_reference_id,
        order.customer_stated,
    )
    if changed == 1:
        await metadata_records.keep(tx, order)
    return changed == 1


async def claims(tx: Transaction, project_id: str, livemode: bool, reference: str) -> tuple[str, OrderStatus] | None:
    """Which order of this project and mode claims a reference, and where it stands."""
    row = await tx.fetch_one(_CLAIMS, project_id, livemode, reference)
    return (row["id"], OrderStatus(row["status"])) if row is not None else None


async def release_references(tx: Transaction, session_ids: Sequence[str]) -> None:
    """Release what the orders of locked sessions claim."""
    if session_ids:
        await tx.execute(_RELEASE_REFERENCES, msgspec.json.encode(session_ids).decode())


async def by_id(tx: Transaction, project_id: str, livemode: bool, order_id: str) -> Order | None:
    """One order of this project and mode."""
    row = await tx.fetch_one(_BY_ID, order_id, project_id, livemode)
    return (await _with_transfers(tx, [_order(row)]))[0] if row is not None else None


class Beside(NamedTuple):
    """A column of a table that a language keeps beside orders, read in the same statement.

    Attributes:
        table, key, column: names in the schema, written in the code that owns the table.
    """

    table: str
    key: str
    column: str


@lru_cache(maxsize=8)
def _by_id_beside(beside: Beside) -> str:
    column = f"(SELECT b.{beside.column} FROM {beside.table} b WHERE b.{beside.key} = o.id)"
    return _BY_ID.replace(" FROM orders o ", f", {column} AS beside FROM orders o ", 1)


async def by_id_beside(
    tx: Transaction, project_id: str, livemode: bool, order_id: str, beside: Beside
) -> tuple[Order, str | None] | None:
    """One order of this project and mode, and what a language keeps beside it; that is None where there is nothing."""
    row = await tx.fetch_one(_by_id_beside(beside), order_id, project_id, livemode)
    if row is None:
        return None
    columns: tuple[Any, ...] = tuple(row)  # type: ignore[arg-type]
    return (await _with_transfers(tx, [_order(columns[:-1])]))[0], columns[-1]


async def stored(tx: Transaction, project_id: str, livemode: bool, order_id: str) -> StoredOrder | Order | None:
    """The same as it is stored, for as long as it has seen no money."""
    row = await tx.fetch_one(_BY_ID, order_id, project_id, livemode)
    if row is None:
        return None
    columns: tuple[Any, ...] = tuple(row)  # type: ignore[arg-type]
    if columns[5] == OrderStatus.OPEN and not is_reopened(columns[20:]):
        return StoredOrder(columns)
    return (await _with_transfers(tx, [_order(columns)]))[0]


async def latest_of(tx: Transaction, project_id: str, livemode: bool, customer_ids: Sequence[str]) -> list[Order]:
    """The newest order of each of several customers of this project and mode who have any, in no order."""
    if not customer_ids:
        return []
    rows = await tx.fetch_all(_LATEST_OF, msgspec.json.encode(customer_ids).decode(), project_id, livemode)
    return await _with_transfers(tx, [_order(row) for row in rows])


async def locked(tx: Transaction, project_id: str, livemode: bool, order_id: str) -> Order | None:
    """The same, and nobody else changes it, its payment or its session until this transaction ends."""
    # The session's row stands for all of it, so that nobody waits in a circle.
    await tx.fetch_one(_LOCKED, order_id, project_id, livemode)
    return await by_id(tx, project_id, livemode, order_id)


async def of_session(tx: Transaction, session_id: str) -> Order:
    """The order of a session; whoever changes it holds that session's row."""
    row = present(await tx.fetch_one(_OF_SESSION, session_id), "the order of a session")
    return (await _with_transfers(tx, [_order(row)]))[0]


async def by_ids(tx: Transaction, project_id: str, livemode: bool, order_ids: Sequence[str]) -> list[Order]:
    """Several orders of this project and mode, in no order."""
    if not order_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(order_ids).decode(), project_id, livemode)
    return await _with_transfers(tx, [_order(row) for row in rows])


async def customers_of_sessions(tx: Transaction, session_ids: Sequence[str]) -> dict[str, str]:
    """The ids of who orders, by session id; those are missing where nobody is known."""
    if not session_ids:
        return {}
    rows = await tx.fetch_all(_CUSTOMERS_OF_SESSIONS, msgspec.json.encode(session_ids).decode())
    return {row["session_id"]: row["customer_id"] for row in rows}


async def has_paid(tx: Transaction, customer_id: str) -> bool:
    """Whether an order of this customer was paid; one that a buyer only said is theirs does not count."""
    return await tx.fetch_one(_HAS_PAID, customer_id) is not None


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, **filters: Unpack[OrderFilters]
) -> list[Order]:
    """Up to ``limit + 1`` orders, newest first, that match what is given."""
    rows = await _newest(tx, _NEWEST, project_id, livemode, page, filters)
    return await _with_transfers(tx, [_order(row) for row in rows])


async def page_from(
    tx: Transaction, project_id: str, livemode: bool, position: ListPosition, limit: int
) -> list[Order]:
    """Up to ``limit + 1`` orders on one side of a position, the nearest first."""
    at = position.order_id if position.order_id is not None else "" if position.newer else PageRequest().before
    rows = await tx.fetch_all(_NEWER if position.newer else _OLDER, project_id, livemode, at, limit + 1)
    return await _with_transfers(tx, [_order(row) for row in rows])


async def count(tx: Transaction, project_id: str, livemode: bool, most: int, **filters: Unpack[OrderFilters]) -> int:
    """How many orders match what is given, counted up to ``most``."""
    of_session = any(filters.get(name) is not None for name in ("session_status", "link_id"))
    period = Period(filters.get("created_after"), filters.get("created_before"))
    select, params = _COUNTED_BY_SESSION if of_session else _COUNTED, [project_id, livemode]
    conditions = _conditions(filters)
    return await counted(tx, select, params, conditions, prefix=ids.ORDER, period=period, most=most, by="o.id")


async def newest_kept(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    public_url: str,
    **filters: Unpack[OrderFilters],
) -> list[KeptForm]:
    """The same orders in their kept forms."""
    return kept_forms(await _newest(tx, _NEWEST_KEPT, project_id, livemode, page, filters), public_url)


async def move(tx: Transaction, order: Order, to: OrderStatus, now: int) -> int:
    """Move an order out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, order.id, order.status.value)


async def discount(tx: Transaction, order: Order, now: int) -> None:
    """Write what is taken off an order whose session's row is held, and what is left to pay."""
    await tx.execute(_DISCOUNT, _discounts_text(order.discounts), order.total_minor, now, order.id)


async def touch(tx: Transaction, order_id: str, now: int) -> None:
    """What belongs to an order has changed, though its own row has not."""
    await tx.execute(_TOUCH, now, order_id)


async def update(tx: Transaction, order: Order) -> None:
    """Write what the merchant may change of an order whose session's row is held."""
    await tx.execute(_UPDATE, order.fulfillment.value, order.metadata, order.updated_at, order.id)
    await metadata_records.replace(tx, order)


async def reline(tx: Transaction, order: Order, now: int) -> None:
    """Write the lines of an order whose session's row is held."""
    await tx.execute(_RELINE, _encoder.encode(order.line_items).decode(), order.total_minor, now, order.id)


def _discounts_text(discounts: tuple[Discount, ...]) -> str | None:
    return _encoder.encode(discounts).decode() if discounts else None


async def _newest(
    tx: Transaction, select: str, project_id: str, livemode: bool, page: PageRequest, filters: OrderFilters
) -> list[Row]:
    created_after, created_before = filters.get("created_after"), filters.get("created_before")
    oldest = since(ids.ORDER, created_after)
    params = [project_id, livemode, until(ids.ORDER, page.before, created_before), created_after or 0, oldest]
    conditions = {**_conditions(filters), "o.created_at < {}": created_before}
    sql, params = newest_first(select, params, conditions, by="o.id", page=page, sorts=_SORTS)
    return await tx.fetch_all(sql, *params)


def _conditions(filters: OrderFilters) -> dict[str, Any]:
    """The conditions of what a list is narrowed to, but for the period."""
    return {
        **{f"o.{name} = {{}}": filters.get(name) for name in _FILTERED},
        "o.total_minor = {}": filters.get("amount_minor"),
        "s.status = {}": filters.get("session_status"),
        "s.link_id = {}": filters.get("link_id"),
    }


async def _with_transfers(tx: Transaction, orders: list[Order]) -> list[Order]:
    # An open order has seen no money, unless it was reversed.
    moved = [one.payment.id for one in orders if one.status is not OrderStatus.OPEN or one.payment.reopened]
    if not moved:
        return orders
    transfers = await transfers_of(tx, moved)
    return [
        msgspec.structs.replace(order, payment=with_transactions(order.payment, transfers[order.payment.id]))
        if order.payment.id in transfers
        else order
        for order in orders
    ]


def _order(row: Row | tuple[Any, ...]) -> Order:
    columns = row[:20]
    return Order(
        id=columns[0],
        project_id=columns[1],
        livemode=bool(columns[2]),
        session_id=columns[3],
        customer_id=columns[4],
        status=OrderStatus(columns[5]),
        fulfillment=Fulfillment(columns[6]),
        reference=columns[7],
        unique_reference=bool(columns[8]),
        currency=columns[9],
        line_items=_line_items.decode(columns[10]),
        discounts=_discounts.decode(columns[11]) if columns[11] is not None else (),
        shipping_minor=columns[12],
        total_minor=columns[13],
        metadata=columns[14],
        created_at=columns[15],
        updated_at=columns[16],
        expires_at=columns[17],
        client_reference_id=columns[18],
        customer_stated=bool(columns[19]),
        payment=payment_from(row[20:], columns[3]),
    )


async def count_in_review(tx: Transaction, project_id: str, livemode: bool, most: int) -> int:
    """How many orders wait for the merchant's decision, counted up to ``most``."""
    row = await tx.fetch_one(_COUNT_IN_REVIEW, project_id, livemode, most)
    return int(row["found"]) if row is not None else 0
