"""Every statement about customers who are being erased."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import with_list
from tillgate.checkout.customers.model import Customer
from tillgate.store import Transaction
from tillgate.store.erasing import Person

# Few enough that their objects are named in one statement.
ORDERS_MAX: Final = 50
OBJECTS_MAX: Final = 5_000

_ADD: Final = (
    "INSERT INTO customer_erasures (customer_id, project_id, livemode, email, name, place, after) "
    "VALUES ($1, $2, $3, $4, $5, '', '')"
)
_STANDING: Final = (
    "SELECT customer_id, project_id, livemode, email, name, place, after FROM customer_erasures WHERE customer_id = $1"
)
_MOVE: Final = "UPDATE customer_erasures SET place = $2, after = $3 WHERE customer_id = $1"
_DROP: Final = "DELETE FROM customer_erasures WHERE customer_id = $1"
_ORDERS: Final = "SELECT id, session_id FROM orders WHERE customer_id = $1 AND id > $2 ORDER BY id LIMIT $3"
_OF_ORDERS: Final = with_list(
    "SELECT id FROM payments WHERE order_id IN {list} UNION SELECT id FROM refunds WHERE order_id IN {list} "
    "UNION SELECT t.id FROM transactions t JOIN payments p ON p.id = t.payment_id WHERE p.order_id IN {list} LIMIT $2"
)


class Erasure(NamedTuple):
    """How far the erasing of a customer has come.

    Attributes:
        place: the table that is looked at; empty while their orders are.
        after: the last row of it that was.
    """

    person: Person
    project_id: str
    livemode: bool
    place: str
    after: tuple[str, ...]


class OrderedPage(NamedTuple):
    """What belongs to a page of a customer's orders.

    Attributes:
        last: the last of these orders; None where there are no more.
    """

    object_ids: Sequence[str]
    last: str | None


async def add(tx: Transaction, customer: Customer) -> None:
    """Keep who a locked customer was, until every other row was looked at."""
    await tx.execute(_ADD, customer.id, customer.project_id, customer.livemode, customer.email, customer.name)


async def standing(tx: Transaction, customer_id: str) -> Erasure | None:
    """How far it has come; None once it is done."""
    row = await tx.fetch_one(_STANDING, customer_id)
    if row is None:
        return None
    person = Person(row["customer_id"], row["email"], row["name"])
    after = tuple(msgspec.json.decode(row["after"], type=list[str])) if row["after"] else ()
    return Erasure(person, row["project_id"], bool(row["livemode"]), row["place"], after)


async def move(tx: Transaction, customer_id: str, place: str, after: Sequence[str]) -> None:
    """Write down how far it has come."""
    await tx.execute(_MOVE, customer_id, place, msgspec.json.encode(list(after)).decode())


async def drop(tx: Transaction, customer_id: str) -> None:
    """It is done: nothing tells any more who they were."""
    await tx.execute(_DROP, customer_id)


async def objects_after(tx: Transaction, customer_id: str, after: str) -> OrderedPage:
    """The next orders of a customer, and their sessions, payments, refunds and transactions."""
    rows = await tx.fetch_all(_ORDERS, customer_id, after, ORDERS_MAX)
    if not rows:
        return OrderedPage([], None)
    orders = [row["id"] for row in rows]
    found = await tx.fetch_all(_OF_ORDERS, msgspec.json.encode(orders).decode(), OBJECTS_MAX)
    theirs = [*orders, *(row["session_id"] for row in rows), *(row["id"] for row in found)]
    return OrderedPage(theirs, orders[-1] if len(rows) == ORDERS_MAX else None)
