"""Every statement about redemptions, and about the counters of what is redeemed, which are theirs alone."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from tillgate.checkout.redemptions.model import Redemption, RedemptionStatus
from tillgate.store import Row, Transaction
from unitofwork import Both, with_list

Counted = Literal["coupons", "promotion_codes"]
# In this order everywhere, so that nobody waits in a circle.
COUNTED: Final[tuple[Counted, ...]] = ("coupons", "promotion_codes")

_COLUMNS: Final = (
    "session_id, coupon_id, promotion_code_id, customer_id, first_time_transaction, one_per_customer, status"
)
_INSERT: Final = (
    f"INSERT INTO redemptions ({_COLUMNS}, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
)
_OF_SESSIONS: Final = with_list(f"SELECT {_COLUMNS} FROM redemptions WHERE session_id IN {{list}} ORDER BY session_id")
_HELD: Final = Both(sqlite=_OF_SESSIONS.sqlite, postgres=f"{_OF_SESSIONS.postgres} FOR UPDATE")
_MOVE: Final = "UPDATE redemptions SET status = $1, updated_at = $2 WHERE session_id = $3 AND status = $4"
_DELETE: Final = "DELETE FROM redemptions WHERE session_id = $1"
_HAS_CODE: Final = (
    "SELECT 1 FROM redemptions WHERE customer_id = $1 AND status <> 'released' AND promotion_code_id = $2 "
    "AND session_id <> $3 LIMIT 1"
)
_HAS_FIRST: Final = (
    "SELECT 1 FROM redemptions WHERE customer_id = $1 AND status <> 'released' AND first_time_transaction "
    "AND session_id <> $2 LIMIT 1"
)
_IS_FREE: Final = "(redemptions_max IS NULL OR reserved + redeemed < redemptions_max)"
_TAKE: Final = {
    table: f"UPDATE {table} SET reserved = reserved + 1 WHERE id = $1 AND active AND {_IS_FREE} "
    "AND (expires_at IS NULL OR expires_at > $2)"
    for table in COUNTED
}
_RETAKE: Final = {
    table: f"UPDATE {table} SET reserved = reserved + 1 WHERE id = $1 AND (CAST($2 AS BOOLEAN) OR {_IS_FREE})"
    for table in COUNTED
}
_REDEEM: Final = {
    table: f"UPDATE {table} SET reserved = reserved - $2, redeemed = redeemed + $2 WHERE id = $1" for table in COUNTED
}
_FREE: Final = {table: f"UPDATE {table} SET reserved = reserved - $2 WHERE id = $1" for table in COUNTED}


async def insert(tx: Transaction, redemption: Redemption, now: int) -> None:
    """Keep a new redemption; its session is there already."""
    await tx.execute(
        _INSERT,
        redemption.session_id,
        redemption.coupon_id,
        redemption.promotion_code_id,
        redemption.customer_id,
        redemption.first_time_transaction,
        redemption.one_per_customer,
        redemption.status.value,
        now,
    )


async def held(tx: Transaction, session_ids: Sequence[str]) -> list[Redemption]:
    """The redemptions of sessions, which nobody else changes until this transaction ends."""
    if not session_ids:
        return []
    return [_redemption(row) for row in await tx.fetch_all(_HELD, msgspec.json.encode(session_ids).decode())]


async def of_sessions(tx: Transaction, session_ids: Sequence[str]) -> list[Redemption]:
    """The redemptions of sessions, to be looked at only."""
    if not session_ids:
        return []
    return [_redemption(row) for row in await tx.fetch_all(_OF_SESSIONS, msgspec.json.encode(session_ids).decode())]


async def move(tx: Transaction, redemption: Redemption, to: RedemptionStatus, now: int) -> int:
    """Move a redemption out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, redemption.session_id, redemption.status.value)


async def delete(tx: Transaction, redemption: Redemption) -> None:
    """Forget a held redemption, so that its session can have another."""
    await tx.execute(_DELETE, redemption.session_id)


async def has_code(tx: Transaction, customer_id: str, promotion_code_id: str, *, beside: str) -> bool:
    """Whether a customer holds or took a place by this code in another session than the one named."""
    return await tx.fetch_one(_HAS_CODE, customer_id, promotion_code_id, beside) is not None


async def has_first(tx: Transaction, customer_id: str, *, beside: str) -> bool:
    """Whether a customer holds or took a place of any first-time code in another session than the one named."""
    return await tx.fetch_one(_HAS_FIRST, customer_id, beside) is not None


async def take(tx: Transaction, table: Counted, object_id: str, now: int) -> bool:
    """Reserve one place if there is one for a new session; its row is held from here on."""
    return await tx.execute(_TAKE[table], object_id, now) == 1


async def retake(tx: Transaction, table: Counted, object_id: str, *, beyond_limit: bool) -> bool:
    """Reserve one place again for a session that had one, whether it is still offered to others or not."""
    return await tx.execute(_RETAKE[table], object_id, beyond_limit) == 1


async def redeem(tx: Transaction, table: Counted, object_id: str, count: int) -> None:
    """Turn reserved places into redeemed ones."""
    await tx.execute(_REDEEM[table], object_id, count)


async def free(tx: Transaction, table: Counted, object_id: str, count: int) -> None:
    """Give reserved places back."""
    await tx.execute(_FREE[table], object_id, count)


def _redemption(row: Row) -> Redemption:
    return Redemption(
        session_id=row["session_id"],
        coupon_id=row["coupon_id"],
        promotion_code_id=row["promotion_code_id"],
        customer_id=row["customer_id"],
        first_time_transaction=bool(row["first_time_transaction"]),
        one_per_customer=bool(row["one_per_customer"]),
        status=RedemptionStatus(row["status"]),
    )
