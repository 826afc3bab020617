"""Every statement about issued documents."""

from typing import Any, Final, NamedTuple

import msgspec

from keyturn.database import Both
from tillgate.base.invariants import present
from tillgate.checkout.issued.model import DocumentKind, Facts, IssuedDocument, Paying
from tillgate.checkout.orders.model import Order
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.store import Row, Transaction

# The last number of a series is locked until the commit of what takes the next: so there is no gap, and no twin.
_NEXT_NUMBER: Final = (
    "INSERT INTO document_numbers (project_id, livemode, kind, last) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (project_id, livemode, kind) DO UPDATE SET last = document_numbers.last + 1 RETURNING last"
)
_COLUMNS: Final = (
    "id, project_id, livemode, kind, number, order_id, place, facts, seller_name, seller, logo, buyer_name, "
    "buyer_email, issued_at"
)
# Seller and buyer are copied as they are now, without coming by here.
_COPIED: Final = (
    f"INSERT INTO issued_documents ({_COLUMNS}) SELECT $4, p.id, $2, $3, {{number}}, $5, (SELECT COALESCE(MAX(place), "
    "0) + 1 FROM issued_documents WHERE order_id = $5 AND kind = $3), $6, p.name, p.settings, l.digest, c.name, "
    "c.email, $7 FROM {taken}projects p LEFT JOIN project_logos l ON l.project_id = p.id LEFT JOIN customers c ON "
    "c.id = $8 WHERE p.id = $1"
)
# At once where the database can: each statement there is a way over the network, and back, with the number locked.
_INSERT: Final = Both(
    sqlite=_COPIED.format(number="$9", taken=""),
    postgres=f"WITH taken AS ({_NEXT_NUMBER}) {_COPIED.format(number='taken.last', taken='taken, ')}",
)
# What is not in the order that was paid: its session, and what it was given a receipt of before.
_PAYING: Final = (
    "SELECT s.status, s.canceled_at, s.locale, (SELECT d.facts FROM issued_documents d WHERE d.order_id = $2 "
    "AND d.kind = 'receipt' ORDER BY d.place DESC LIMIT 1) AS facts FROM checkout_sessions s WHERE s.id = $1"
)
_OF_PLACE: Final = f"SELECT {_COLUMNS} FROM issued_documents WHERE order_id = $1 AND kind = $2 AND place = $3"
_LATEST: Final = (
    f"SELECT {_COLUMNS} FROM issued_documents WHERE order_id = $1 AND kind = $2 ORDER BY place DESC LIMIT 1"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM issued_documents WHERE id = $1"
_OF_NUMBER: Final = (
    "SELECT order_id FROM issued_documents WHERE project_id = $1 AND livemode = $2 AND kind = $3 AND number = $4"
)
_NAMES: Final = "SELECT kind, number, place FROM issued_documents WHERE order_id = $1 ORDER BY issued_at, id LIMIT $2"
_facts: Final = msgspec.json.Decoder(Facts)


class NewDocument(NamedTuple):
    """What is issued.

    Attributes:
        customer_id: whose name and address are copied.
    """

    id: str
    project_id: str
    livemode: bool
    kind: DocumentKind
    facts: Facts
    customer_id: str | None


class Named(NamedTuple):
    """What a list shows of a document."""

    kind: DocumentKind
    number: int
    place: int


async def paying(tx: Transaction, order: Order) -> tuple[Paying, Facts | None]:
    """The session of an order, whose row is held, and what the order's newest receipt says."""
    row = present(await tx.fetch_one(_PAYING, order.session_id, order.id), "the session of an order")
    session = Paying(SessionStatus(row[0]), row[1], order.price, order.payment, row[2])
    return session, _facts.decode(row[3]) if row[3] is not None else None


async def insert(tx: Transaction, new: NewDocument, now: int) -> None:
    """Draw the next number, and keep the document under it; the row of the order's session is held."""
    series = (new.project_id, new.livemode, new.kind.value)
    facts = msgspec.json.encode(new.facts).decode()
    params: tuple[Any, ...] = (*series, new.id, new.facts.order_id, facts, now, new.customer_id)
    if tx.dialect == "sqlite":
        row = present(await tx.fetch_one(_NEXT_NUMBER, *series), "the next number of a series")
        params = (*params, row[0])
    await tx.execute(_INSERT, *params)


async def of_place(tx: Transaction, order_id: str, kind: DocumentKind, place: int) -> IssuedDocument | None:
    """A document of an order by its place among those of its kind."""
    return _document(await tx.fetch_one(_OF_PLACE, order_id, kind.value, place))


async def latest(tx: Transaction, order_id: str, kind: DocumentKind) -> IssuedDocument | None:
    """The newest document of this kind of an order."""
    return _document(await tx.fetch_one(_LATEST, order_id, kind.value))


async def by_id(tx: Transaction, document_id: str) -> IssuedDocument | None:
    """A document, in any project."""
    return _document(await tx.fetch_one(_BY_ID, document_id))


async def order_of_number(
    tx: Transaction, project_id: str, livemode: bool, kind: DocumentKind, number: int
) -> str | None:
    """The id of the order that has the document with this number in its series."""
    row = await tx.fetch_one(_OF_NUMBER, project_id, livemode, kind.value, number)
    return str(row[0]) if row is not None else None


async def names(tx: Transaction, order_id: str, limit: int) -> list[Named]:
    """Up to ``limit`` documents of an order, oldest first."""
    return [Named(DocumentKind(row[0]), row[1], row[2]) for row in await tx.fetch_all(_NAMES, order_id, limit)]


def _document(row: Row | None) -> IssuedDocument | None:
    if row is None:
        return None
    return IssuedDocument(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        kind=DocumentKind(row["kind"]),
        number=row["number"],
        order_id=row["order_id"],
        place=row["place"],
        facts=_facts.decode(row["facts"]),
        seller_name=row["seller_name"],
        seller=row["seller"],
        logo=row["logo"],
        buyer_name=row["buyer_name"],
        buyer_email=row["buyer_email"],
        issued_at=row["issued_at"],
    )
