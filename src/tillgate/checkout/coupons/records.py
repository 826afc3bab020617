"""Every statement about coupons."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period
from tillgate.checkout import metadata_records
from tillgate.checkout.coupons.model import AmountOff, Coupon, PercentageOff, Uses
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = (
    "id, project_id, livemode, name, description, amount_minor, currency, percentage_hundredths, expires_at, "
    "redemptions_max, reserved, redeemed, active, metadata, created_at, updated_at"
)
_INSERT: Final = (
    f"INSERT INTO coupons ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM coupons WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(f"SELECT {_COLUMNS} FROM coupons WHERE id IN {{list}} AND project_id = $2 AND livemode = $3")
_NEWEST: Final = f"SELECT {_COLUMNS} FROM coupons WHERE project_id = $1 AND livemode = $2"
# The counters are not among it: they change on their own, whoever changes the rest.
_UPDATE: Final = (
    "UPDATE coupons SET name = $1, description = $2, active = $3, metadata = $4, updated_at = $5 WHERE id = $6"
)


async def insert(tx: Transaction, coupon: Coupon) -> None:
    """Keep a new coupon."""
    discount = coupon.discount
    off = discount.off if isinstance(discount, AmountOff) else None
    await tx.execute(
        _INSERT,
        coupon.id,
        coupon.project_id,
        coupon.livemode,
        coupon.name,
        coupon.description,
        off.minor if off is not None else None,
        off.currency if off is not None else None,
        discount.hundredths if isinstance(discount, PercentageOff) else None,
        coupon.expires_at,
        coupon.uses.most,
        coupon.uses.reserved,
        coupon.uses.redeemed,
        coupon.active,
        coupon.metadata,
        coupon.created_at,
        coupon.updated_at,
    )
    await metadata_records.keep(tx, coupon)


async def by_id(tx: Transaction, project_id: str, livemode: bool, coupon_id: str) -> Coupon | None:
    """One coupon of this project and mode."""
    row = await tx.fetch_one(_BY_ID, coupon_id, project_id, livemode)
    return _coupon(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, coupon_id: str) -> Coupon | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, coupon_id, project_id, livemode)
    return _coupon(row) if row is not None else None


async def by_ids(tx: Transaction, project_id: str, livemode: bool, coupon_ids: Sequence[str]) -> list[Coupon]:
    """Several coupons of this project and mode, in no order."""
    if not coupon_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(coupon_ids).decode(), project_id, livemode)
    return [_coupon(row) for row in rows]


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, *, active: bool | None, period: Period
) -> list[Coupon]:
    """Up to ``limit + 1`` coupons, newest first, that match what is given."""
    sql, params = newest_within(
        _NEWEST, [project_id, livemode], {"active = {}": active}, prefix=ids.COUPON, page=page, period=period
    )
    rows = await tx.fetch_all(sql, *params)
    return [_coupon(row) for row in rows]


async def update(tx: Transaction, coupon: Coupon) -> None:
    """Write what may be changed of a locked coupon."""
    await tx.execute(
        _UPDATE, coupon.name, coupon.description, coupon.active, coupon.metadata, coupon.updated_at, coupon.id
    )
    await metadata_records.replace(tx, coupon)


def _coupon(row: Row) -> Coupon:
    return Coupon(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        name=row["name"],
        description=row["description"],
        discount=(
            AmountOff(Money(row["amount_minor"], row["currency"]))
            if row["amount_minor"] is not None
            else PercentageOff(row["percentage_hundredths"])
        ),
        expires_at=row["expires_at"],
        uses=Uses(most=row["redemptions_max"], reserved=row["reserved"], redeemed=row["redeemed"]),
        active=bool(row["active"]),
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
