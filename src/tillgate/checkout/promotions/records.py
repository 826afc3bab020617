"""Every statement about promotion codes."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period
from tillgate.base.text import folded
from tillgate.checkout import metadata_records
from tillgate.checkout.coupons.model import Uses
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = (
    "id, project_id, livemode, coupon_id, code, first_time_transaction, one_per_customer, minimum_minor, currency, "
    "expires_at, redemptions_max, reserved, redeemed, active, metadata, created_at, updated_at"
)
_INSERT: Final = (
    f"INSERT INTO promotion_codes ({_COLUMNS}, word, code_folded) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) "
    "ON CONFLICT DO NOTHING"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM promotion_codes WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(
    f"SELECT {_COLUMNS} FROM promotion_codes WHERE id IN {{list}} AND project_id = $2 AND livemode = $3"
)
# Of several with one word, one is on at most: that one is meant, or else the newest.
_BY_CODE: Final = (
    f"SELECT {_COLUMNS} FROM promotion_codes WHERE project_id = $1 AND livemode = $2 AND word = $3 "
    "ORDER BY active DESC, id DESC LIMIT 1"
)
_NEWEST: Final = f"SELECT {_COLUMNS} FROM promotion_codes WHERE project_id = $1 AND livemode = $2"
# The counters are not among it: they change on their own, whoever changes the rest. A code claims its word while it is
# on, and its own id while it is off.
_UPDATE: Final = (
    "UPDATE promotion_codes SET active = $1, metadata = $2, updated_at = $3, "
    "code_folded = CASE WHEN $1 THEN word ELSE id END WHERE id = $4"
)


async def insert(tx: Transaction, promotion: PromotionCode) -> bool:
    """Keep a new promotion code; False if another one that is on reads the same."""
    minimum = promotion.minimum
    changed = await tx.execute(
        _INSERT,
        promotion.id,
        promotion.project_id,
        promotion.livemode,
        promotion.coupon_id,
        promotion.code,
        promotion.first_time_transaction,
        promotion.one_per_customer,
        minimum.minor if minimum is not None else None,
        minimum.currency if minimum is not None else None,
        promotion.expires_at,
        promotion.uses.most,
        promotion.uses.reserved,
        promotion.uses.redeemed,
        promotion.active,
        promotion.metadata,
        promotion.created_at,
        promotion.updated_at,
        folded(promotion.code),
        folded(promotion.code) if promotion.active else promotion.id,
    )
    if changed == 1:
        await metadata_records.keep(tx, promotion)
    return changed == 1


async def by_id(tx: Transaction, project_id: str, livemode: bool, promotion_code_id: str) -> PromotionCode | None:
    """One promotion code of this project and mode."""
    row = await tx.fetch_one(_BY_ID, promotion_code_id, project_id, livemode)
    return _promotion(row) if row is not None else None


async def by_ids(
    tx: Transaction, project_id: str, livemode: bool, promotion_code_ids: Sequence[str]
) -> list[PromotionCode]:
    """Several promotion codes of this project and mode, in no order."""
    if not promotion_code_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(promotion_code_ids).decode(), project_id, livemode)
    return [_promotion(row) for row in rows]


async def by_code(tx: Transaction, project_id: str, livemode: bool, code_folded: str) -> PromotionCode | None:
    """The promotion code of this project and mode that reads like this: the one that is on, or else the newest."""
    row = await tx.fetch_one(_BY_CODE, project_id, livemode, code_folded)
    return _promotion(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, promotion_code_id: str) -> PromotionCode | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, promotion_code_id, project_id, livemode)
    return _promotion(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    active: bool | None,
    coupon_id: str | None,
    code_folded: str | None,
    period: Period,
) -> list[PromotionCode]:
    """Up to ``limit + 1`` promotion codes, newest first, that match what is given."""
    filters = {"active = {}": active, "coupon_id = {}": coupon_id, "word = {}": code_folded}
    sql, params = newest_within(
        _NEWEST, [project_id, livemode], filters, prefix=ids.PROMOTION_CODE, page=page, period=period
    )
    rows = await tx.fetch_all(sql, *params)
    return [_promotion(row) for row in rows]


async def update(tx: Transaction, promotion: PromotionCode) -> None:
    """Write what may be changed of a locked promotion code.

    Raises:
        UniqueViolation: it is switched on, and another one that is on reads the same.
    """
    await tx.execute(_UPDATE, promotion.active, promotion.metadata, promotion.updated_at, promotion.id)
    await metadata_records.replace(tx, promotion)


def _promotion(row: Row) -> PromotionCode:
    minimum = row["minimum_minor"]
    return PromotionCode(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        coupon_id=row["coupon_id"],
        code=row["code"],
        first_time_transaction=bool(row["first_time_transaction"]),
        one_per_customer=bool(row["one_per_customer"]),
        minimum=Money(minimum, row["currency"]) if minimum is not None else None,
        expires_at=row["expires_at"],
        uses=Uses(most=row["redemptions_max"], reserved=row["reserved"], redeemed=row["redeemed"]),
        active=bool(row["active"]),
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
