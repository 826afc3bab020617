"""Every statement about redemptions, and about the counters of what is redeemed, which are theirs alone."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.money import Money
from tillgate.base.pages import APART_MS, PageRequest, since, until
from tillgate.checkout.redemptions.model import RecordedRedemption, Redemption, RedemptionStatus
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_first

Counted = Literal["coupons", "promotion_codes"]
# In this order everywhere, so that nobody waits in a circle.
COUNTED: Final[tuple[Counted, ...]] = ("coupons", "promotion_codes")

_COLUMNS: Final = (
    "session_id, coupon_id, promotion_code_id, customer_id, first_time_transaction, one_per_customer, status"
)
_INSERT: Final = (
    f"INSERT INTO redemptions ({_COLUMNS}, created_at, updated_at, project_id, livemode, held_until) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)"
)
_OF_SESSIONS: Final = with_list(f"SELECT {_COLUMNS} FROM redemptions WHERE session_id IN {{list}} ORDER BY session_id")
_HELD: Final = Both(sqlite=_OF_SESSIONS.sqlite, postgres=f"{_OF_SESSIONS.postgres} FOR UPDATE")
_MOVE: Final = (
    "UPDATE redemptions SET status = $1, updated_at = $2, held_until = NULL WHERE session_id = $3 AND status = $4"
)
_HOLD_UNTIL: Final = "UPDATE redemptions SET held_until = $1 WHERE session_id = $2"
# Of a code that a buyer typed, and that others can use up meanwhile.
_HOLD_OF: Final = (
    "SELECT r.status, r.held_until FROM redemptions r JOIN coupons c ON c.id = r.coupon_id "
    "JOIN promotion_codes p ON p.id = r.promotion_code_id WHERE r.session_id = $1 "
    "AND (c.redemptions_max IS NOT NULL OR p.redemptions_max IS NOT NULL)"
)
_BRING_NEARER: Final = (
    "UPDATE redemptions SET held_until = held_until - $2 WHERE status = 'reserved' AND held_until IS NOT NULL "
    "AND session_id IN (SELECT id FROM checkout_sessions WHERE test_clock_id = $1)"
)
_DELETE: Final = "DELETE FROM redemptions WHERE session_id = $1"
_HAS_CODE: Final = (
    "SELECT 1 FROM redemptions WHERE customer_id = $1 AND status <> 'released' AND promotion_code_id = $2 "
    "AND session_id <> $3 LIMIT 1"
)
_HAS_FIRST: Final = (
    "SELECT 1 FROM redemptions WHERE customer_id = $1 AND status <> 'released' AND first_time_transaction "
    "AND session_id <> $2 LIMIT 1"
)
# What was taken off is the order's. Added to nothing, so that PostgreSQL looks each order up, and does not walk both
# indexes side by side to come to a page in the middle.
_RECORDED: Final = (
    "SELECT r.session_id, r.coupon_id, r.promotion_code_id, r.customer_id, r.first_time_transaction, "
    "r.one_per_customer, r.status, r.livemode, r.created_at, r.updated_at, o.id AS order_id, o.currency, o.discounts "
    "FROM redemptions r JOIN orders o ON o.session_id = r.session_id || ''"
)
_BY_SESSION: Final = f"{_RECORDED} WHERE r.session_id = $1 AND r.project_id = $2 AND r.livemode = $3"
_NEWEST: Final = (
    f"{_RECORDED} WHERE r.project_id = $1 AND r.livemode = $2 "
    "AND r.session_id < $3 AND r.session_id >= $5 AND r.created_at >= $4"
)
_OF_ORDER: Final = "r.session_id = (SELECT session_id FROM orders WHERE id = {})"
# A redemption has its session's name, and a buyer may type a code as long as that lives: a week at most.
_APART_MS: Final = APART_MS + 7 * DAY_MS
_HOLD: Final = {
    table: Both(
        sqlite=f"SELECT 1 FROM {table} WHERE id = $1",
        postgres=f"SELECT 1 FROM {table} WHERE id = $1 FOR NO KEY UPDATE",
    )
    for table in COUNTED
}
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


class _Off(msgspec.Struct, frozen=True):
    """Of an order's discount, what is looked at here."""

    amount_minor: int
    coupon_id: str | None = None


_discounts: Final = msgspec.json.Decoder(tuple[_Off, ...])


async def insert(
    tx: Transaction, project_id: str, livemode: bool, redemption: Redemption, now: int, *, held_until: int | None
) -> None:
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
        project_id,
        livemode,
        held_until,
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


async def by_session(tx: Transaction, project_id: str, livemode: bool, session_id: str) -> RecordedRedemption | None:
    """The redemption of a session of this project and mode."""
    row = await tx.fetch_one(_BY_SESSION, session_id, project_id, livemode)
    return _recorded(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    coupon_id: str | None,
    promotion_code_id: str | None,
    customer_id: str | None,
    session_id: str | None,
    order_id: str | None,
    status: RedemptionStatus | None,
    created_after: int | None,
    created_before: int | None,
) -> list[RecordedRedemption]:
    """Up to ``limit + 1`` redemptions, newest first, that match what is given."""
    before = ids.renamed(ids.CHECKOUT_SESSION, page.starting_after) if page.starting_after is not None else page.before
    oldest = since(ids.CHECKOUT_SESSION, created_after, apart_ms=_APART_MS)
    params = [project_id, livemode, until(ids.CHECKOUT_SESSION, before, created_before), created_after or 0, oldest]
    filters = {
        "r.coupon_id = {}": coupon_id,
        "r.promotion_code_id = {}": promotion_code_id,
        "r.customer_id = {}": customer_id,
        "r.session_id = {}": session_id,
        "r.status = {}": status,
        _OF_ORDER: order_id,
        "r.created_at < {}": created_before,
    }
    sql, params = newest_first(_NEWEST, params, filters, by="r.session_id", page=page)
    rows = await tx.fetch_all(sql, *params)
    return [_recorded(row) for row in rows]


async def move(tx: Transaction, redemption: Redemption, to: RedemptionStatus, now: int) -> int:
    """Move a redemption out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, redemption.session_id, redemption.status.value)


async def hold_until(tx: Transaction, session_id: str, at: int | None) -> None:
    """Say for how long a session holds its place; None for as long as it goes on."""
    await tx.execute(_HOLD_UNTIL, at, session_id)


async def hold_of(tx: Transaction, session_id: str) -> tuple[RedemptionStatus, int | None] | None:
    """Where a place of a session stands that it has by a code of limited use, and until when it is held."""
    row = await tx.fetch_one(_HOLD_OF, session_id)
    return (RedemptionStatus(row["status"]), row["held_until"]) if row is not None else None


async def bring_forward(tx: Transaction, clock_id: str, milliseconds: int) -> None:
    """Bring the ends nearer of what the sessions of a locked test clock hold for a while."""
    await tx.execute(_BRING_NEARER, clock_id, milliseconds)


async def delete(tx: Transaction, redemption: Redemption) -> None:
    """Forget a redemption, so that its session can have another."""
    await tx.execute(_DELETE, redemption.session_id)


async def has_code(tx: Transaction, customer_id: str, promotion_code_id: str, *, beside: str) -> bool:
    """Whether a customer holds or took a place by this code in another session than the one named."""
    return await tx.fetch_one(_HAS_CODE, customer_id, promotion_code_id, beside) is not None


async def has_first(tx: Transaction, customer_id: str, *, beside: str) -> bool:
    """Whether a customer holds or took a place of any first-time code in another session than the one named."""
    return await tx.fetch_one(_HAS_FIRST, customer_id, beside) is not None


async def hold(tx: Transaction, table: Counted, object_id: str) -> None:
    """Let nobody else count in it until this transaction ends."""
    await tx.fetch_one(_HOLD[table], object_id)


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


def _recorded(row: Row) -> RecordedRedemption:
    redemption = _redemption(row)
    off = sum(one.amount_minor for one in _discounts.decode(row["discounts"]) if one.coupon_id == redemption.coupon_id)
    return RecordedRedemption(
        redemption=redemption,
        livemode=bool(row["livemode"]),
        order_id=row["order_id"],
        off=Money(off, row["currency"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


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
