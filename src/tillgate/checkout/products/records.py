"""Every statement about products."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest, Period
from tillgate.checkout import metadata_records
from tillgate.checkout.products.model import Price, Pricing, Product
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = (
    "id, project_id, livemode, name, description, pricing, currency, price_minor, price_min_minor, price_max_minor, "
    "active, metadata, created_at, updated_at, reference"
)
_INSERT: Final = (
    f"INSERT INTO products ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM products WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(
    f"SELECT {_COLUMNS} FROM products WHERE id IN {{list}} AND project_id = $2 AND livemode = $3"
)
_NEWEST: Final = f"SELECT {_COLUMNS} FROM products WHERE project_id = $1 AND livemode = $2"
_UPDATE: Final = (
    "UPDATE products SET name = $1, description = $2, pricing = $3, currency = $4, price_minor = $5, "
    "price_min_minor = $6, price_max_minor = $7, active = $8, metadata = $9, updated_at = $10, "
    "reference = $11, kept = NULL WHERE id = $12"
)
# Of each name one product by its id, and the twins that have it as their reference: three at most.
_NAMED: Final = with_list(
    f"SELECT {_COLUMNS} FROM products WHERE id IN {{list}} AND project_id = $2 "
    f"UNION ALL SELECT {_COLUMNS} FROM products WHERE project_id = $2 AND livemode IN (FALSE, TRUE) "
    "AND reference IN {list}"
)


async def insert(tx: Transaction, product: Product) -> None:
    """Keep a new product.

    Raises:
        UniqueViolation: another product of its project and mode has its reference.
    """
    price = product.price
    await tx.execute(
        _INSERT,
        product.id,
        product.project_id,
        product.livemode,
        product.name,
        product.description,
        price.pricing.value,
        price.currency,
        price.suggested,
        price.least,
        price.most,
        product.active,
        product.metadata,
        product.created_at,
        product.updated_at,
        product.reference,
    )
    await metadata_records.keep(tx, product)


async def by_id(tx: Transaction, project_id: str, livemode: bool, product_id: str) -> Product | None:
    """One product of this project and mode."""
    row = await tx.fetch_one(_BY_ID, product_id, project_id, livemode)
    return _product(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, product_id: str) -> Product | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, product_id, project_id, livemode)
    return _product(row) if row is not None else None


async def by_ids(tx: Transaction, project_id: str, livemode: bool, product_ids: Sequence[str]) -> list[Product]:
    """Several products of this project and mode, in no order."""
    if not product_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(product_ids).decode(), project_id, livemode)
    return [_product(row) for row in rows]


async def named(tx: Transaction, project_id: str, names: Sequence[str]) -> list[Product]:
    """The products of a project, in either mode, whose id or reference is one of ``names``; in no order, and twice
    where both are."""
    rows = await tx.fetch_all(_NAMED, msgspec.json.encode(names).decode(), project_id)
    return [_product(row) for row in rows]


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    active: bool | None,
    reference: str | None,
    period: Period,
) -> list[Product]:
    """Up to ``limit + 1`` products, newest first, that match what is given."""
    filters = {"active = {}": active, "reference = {}": reference}
    sql, params = newest_within(_NEWEST, [project_id, livemode], filters, prefix=ids.PRODUCT, page=page, period=period)
    rows = await tx.fetch_all(sql, *params)
    return [_product(row) for row in rows]


async def update(tx: Transaction, product: Product) -> None:
    """Write what may be changed of a locked product.

    Raises:
        UniqueViolation: another product of its project and mode has its reference.
    """
    price = product.price
    await tx.execute(
        _UPDATE,
        product.name,
        product.description,
        price.pricing.value,
        price.currency,
        price.suggested,
        price.least,
        price.most,
        product.active,
        product.metadata,
        product.updated_at,
        product.reference,
        product.id,
    )
    await metadata_records.replace(tx, product)


def _product(row: Row) -> Product:
    return Product(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        name=row["name"],
        description=row["description"],
        price=Price(
            pricing=Pricing(row["pricing"]),
            currency=row["currency"],
            suggested=row["price_minor"],
            least=row["price_min_minor"],
            most=row["price_max_minor"],
        ),
        active=bool(row["active"]),
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        reference=row["reference"],
    )
