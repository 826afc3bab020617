"""Every statement about customers."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest, Period
from tillgate.checkout import metadata_records
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.words import beyond, words_of
from tillgate.store import Row, Transaction
from tillgate.store.lists import counted, newest_within

_COLUMNS: Final = (
    "id, project_id, livemode, email, name, reference, metadata, created_at, updated_at, email_stated, erased_at"
)
_INSERT: Final = (
    f"INSERT INTO customers ({_COLUMNS}, indexed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, TRUE) "
    "ON CONFLICT DO NOTHING"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM customers WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(
    f"SELECT {_COLUMNS} FROM customers WHERE id IN {{list}} AND project_id = $2 AND livemode = $3"
)
_OF_PROJECT: Final = "FROM customers WHERE project_id = $1 AND livemode = $2"
# Who was erased has neither an e-mail address nor a reference, and is found by their id alone.
_STANDING: Final = " AND erased_at IS NULL"
_ANY: Final = f"SELECT 1 {_OF_PROJECT}"
_LIST: Final = f"SELECT {_COLUMNS} {_OF_PROJECT}"
_UPDATE: Final = (
    "UPDATE customers SET email = $1, name = $2, reference = $3, metadata = $4, updated_at = $5, email_stated = $6, "
    "kept = NULL, indexed = TRUE, erased_at = $8 WHERE id = $7"
)
_ADD_WORDS: Final = Both(
    sqlite="INSERT INTO customer_words (customer_id, project_id, livemode, word) "
    "SELECT $2, $3, $4, value FROM json_each($1)",
    postgres="INSERT INTO customer_words (customer_id, project_id, livemode, word) SELECT $2, $3, $4, value "
    "FROM json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)) AS listed (value)",
)
_DROP_WORDS: Final = "DELETE FROM customer_words WHERE customer_id = $1"
_TO_INDEX: Final = "SELECT id FROM customers WHERE NOT indexed ORDER BY id LIMIT $1"
_LOCK_TO_INDEX: Final = with_list(f"SELECT {_COLUMNS} FROM customers WHERE id IN {{list}} AND NOT indexed ORDER BY id")
_LOCKED_TO_INDEX: Final = Both(sqlite=_LOCK_TO_INDEX.sqlite, postgres=f"{_LOCK_TO_INDEX.postgres} FOR NO KEY UPDATE")
_SET_INDEXED: Final = "UPDATE customers SET indexed = TRUE WHERE id = $1"
# The first word is found in the index, and the others among the words of whom that one has found.
_WITH_WORD: Final = (
    "SELECT customer_id FROM customer_words WHERE project_id = $1 AND livemode = $2 AND word >= $3 AND word < $4 "
    "ORDER BY word, customer_id LIMIT $5"
)
_WORDS_OF: Final = with_list("SELECT customer_id, word FROM customer_words WHERE customer_id IN {list}")


async def insert(tx: Transaction, customer: Customer) -> bool:
    """Keep a new customer; False if the e-mail address or the reference is taken."""
    changed = await tx.execute(
        _INSERT,
        customer.id,
        customer.project_id,
        customer.livemode,
        customer.email,
        customer.name,
        customer.reference,
        customer.metadata,
        customer.created_at,
        customer.updated_at,
        customer.email_stated,
    )
    if changed == 1:
        await _add_words(tx, customer)
        await metadata_records.keep(tx, customer)
    return changed == 1


async def by_id(tx: Transaction, project_id: str, livemode: bool, customer_id: str) -> Customer | None:
    """One customer of this project and mode."""
    row = await tx.fetch_one(_BY_ID, customer_id, project_id, livemode)
    return _customer(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, customer_id: str) -> Customer | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, customer_id, project_id, livemode)
    return _customer(row) if row is not None else None


async def by_ids(tx: Transaction, project_id: str, livemode: bool, customer_ids: Sequence[str]) -> list[Customer]:
    """Several customers of this project and mode, in no order."""
    if not customer_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(customer_ids).decode(), project_id, livemode)
    return [_customer(row) for row in rows]


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    email: str | None,
    reference: str | None,
    period: Period,
    offset: int = 0,
) -> list[Customer]:
    """Up to ``limit + 1`` customers, newest first, that match what is given; those before ``offset`` are passed
    over."""
    select, filters = _matching(_LIST, email, reference)
    params = [project_id, livemode]
    sql, params = newest_within(select, params, filters, prefix=ids.CUSTOMER, page=page, period=period)
    rows = await tx.fetch_all(f"{sql} OFFSET ${len(params) + 1}", *params, offset)
    return [_customer(row) for row in rows]


async def count(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    most: int,
    *,
    email: str | None,
    reference: str | None,
    period: Period,
) -> int:
    """How many customers match what is given, counted up to ``most``."""
    select, filters = _matching(_ANY, email, reference)
    return await counted(tx, select, [project_id, livemode], filters, prefix=ids.CUSTOMER, period=period, most=most)


async def update(tx: Transaction, customer: Customer) -> None:
    """Write what may be changed of a locked customer.

    Raises:
        UniqueViolation: the e-mail address or the reference is taken.
    """
    await tx.execute(
        _UPDATE,
        customer.email,
        customer.name,
        customer.reference,
        customer.metadata,
        customer.updated_at,
        customer.email_stated,
        customer.id,
        customer.erased_at,
    )
    await tx.execute(_DROP_WORDS, customer.id)
    await _add_words(tx, customer)
    await metadata_records.replace(tx, customer)


async def index_batch(tx: Transaction, limit: int) -> int:
    """Write the words of up to ``limit`` customers who have none yet; says how many."""
    wanted = [row["id"] for row in await tx.fetch_all(_TO_INDEX, limit)]
    for row in await tx.fetch_all(_LOCKED_TO_INDEX, msgspec.json.encode(wanted).decode()):
        await _add_words(tx, _customer(row))
        await tx.execute(_SET_INDEXED, row["id"])
    return len(wanted)


async def with_words(
    tx: Transaction, project_id: str, livemode: bool, beginnings: Sequence[str], looked_at: int
) -> list[str]:
    """The ids of customers who have words with all these beginnings, by the word that the longest of them begins; at
    most ``looked_at`` are compared with the others."""
    longest = max(beginnings, key=len)
    rows = await tx.fetch_all(_WITH_WORD, project_id, livemode, longest, beyond(longest), looked_at)
    found = list(dict.fromkeys(row["customer_id"] for row in rows))
    if len(beginnings) == 1 or not found:
        return found
    theirs: dict[str, list[str]] = {}
    for row in await tx.fetch_all(_WORDS_OF, msgspec.json.encode(found).decode()):
        theirs.setdefault(row["customer_id"], []).append(row["word"])
    return [one for one in found if all(any(word.startswith(part) for word in theirs[one]) for part in beginnings)]


async def _add_words(tx: Transaction, customer: Customer) -> None:
    words = words_of(customer.name, customer.email)
    if words:
        listed = msgspec.json.encode(words).decode()
        await tx.execute(_ADD_WORDS, listed, customer.id, customer.project_id, customer.livemode)


def _matching(select: str, email: str | None, reference: str | None) -> tuple[str, dict[str, Any]]:
    """A statement and its filters: only what is asked for, so that its index answers."""
    standing = _STANDING if email is None and reference is None else ""
    return select + standing, {"email = {}": email, "reference = {}": reference}


def _customer(row: Row) -> Customer:
    return Customer(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        email=row["email"],
        name=row["name"],
        reference=row["reference"],
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        email_stated=bool(row["email_stated"]),
        erased_at=row["erased_at"],
    )
