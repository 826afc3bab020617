"""Every statement about customers."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.checkout.customers.model import Customer
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, livemode, email, name, reference, metadata, created_at, updated_at, email_stated"
_INSERT: Final = (
    f"INSERT INTO customers ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM customers WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(
    f"SELECT {_COLUMNS} FROM customers WHERE id IN {{list}} AND project_id = $2 AND livemode = $3"
)
_OF_PROJECT: Final = "FROM customers WHERE project_id = $1 AND livemode = $2"
_COUNT: Final = f"SELECT COUNT(*) AS count {_OF_PROJECT}"
_LIST: Final = f"SELECT {_COLUMNS} {_OF_PROJECT}"
_UPDATE: Final = (
    "UPDATE customers SET email = $1, name = $2, reference = $3, metadata = $4, updated_at = $5, email_stated = $6, "
    "kept = NULL WHERE id = $7"
)


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


async def matching(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    *,
    email: str | None,
    reference: str | None,
    limit: int,
    offset: int,
) -> list[Customer]:
    """Customers that match what is given, newest first."""
    matching, params = _matching(project_id, livemode, email, reference)
    bounds = f"ORDER BY id DESC LIMIT ${len(params) + 1} OFFSET ${len(params) + 2}"
    rows = await tx.fetch_all(f"{_LIST}{matching} {bounds}", *params, limit, offset)
    return [_customer(row) for row in rows]


async def count(tx: Transaction, project_id: str, livemode: bool, *, email: str | None, reference: str | None) -> int:
    """How many customers match what is given."""
    matching, params = _matching(project_id, livemode, email, reference)
    row = await tx.fetch_one(f"{_COUNT}{matching}", *params)
    return int(row["count"]) if row is not None else 0


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
    )


def _matching(project_id: str, livemode: bool, email: str | None, reference: str | None) -> tuple[str, list[Any]]:
    """Conditions and parameters: only what is asked for, so that its index answers."""
    conditions, params = "", list[Any]([project_id, livemode])
    for column, wanted in (("email", email), ("reference", reference)):
        if wanted is not None:
            params.append(wanted)
            conditions += f" AND {column} = ${len(params)}"
    return conditions, params


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
    )
