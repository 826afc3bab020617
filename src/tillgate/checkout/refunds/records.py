"""Every statement about refunds."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from keyturn.database import with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, since
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_first

_COLUMNS: Final = (
    "id, project_id, livemode, payment_id, order_id, transaction_id, status, amount_minor, currency, reason, "
    "destination, metadata, created_at, updated_at, asked"
)
_INSERT: Final = (
    f"INSERT INTO refunds ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM refunds WHERE id = $1 AND project_id = $2 AND livemode = $3"
_WHOSEVER: Final = f"SELECT {_COLUMNS} FROM refunds WHERE id = $1"
_NEWEST: Final = (
    f"SELECT {_COLUMNS} FROM refunds WHERE project_id = $1 AND livemode = $2 "
    "AND id < $3 AND id >= $5 AND created_at >= $4"
)
Owner = Literal["payment_id", "order_id"]
_NEWEST_OF: Final = {
    owner: with_list(
        f"SELECT {_COLUMNS} FROM (SELECT {_COLUMNS}, ROW_NUMBER() OVER (PARTITION BY {owner} ORDER BY id DESC) "
        f"AS place FROM refunds WHERE {owner} IN {{list}} AND project_id = $2 AND livemode = $3) AS numbered "
        "WHERE place <= $4 ORDER BY id DESC"
    )
    for owner in ("payment_id", "order_id")
}
_MOVE: Final = "UPDATE refunds SET status = $1, updated_at = $2 WHERE id = $3 AND status = $4"
_SET_ASKED: Final = "UPDATE refunds SET asked = TRUE WHERE id = $1"
_SET_METADATA: Final = "UPDATE refunds SET metadata = $1, updated_at = $2 WHERE id = $3"


async def insert(tx: Transaction, refund: Refund) -> None:
    """Keep a new refund; its transaction is written separately."""
    await tx.execute(
        _INSERT,
        refund.id,
        refund.project_id,
        refund.livemode,
        refund.payment_id,
        refund.order_id,
        refund.transaction_id,
        refund.status.value,
        refund.amount.minor,
        refund.amount.currency,
        refund.reason.value,
        refund.destination,
        refund.metadata,
        refund.created_at,
        refund.updated_at,
        refund.asked,
    )


async def by_id(tx: Transaction, project_id: str, livemode: bool, refund_id: str) -> Refund | None:
    """One refund of this project and mode."""
    row = await tx.fetch_one(_BY_ID, refund_id, project_id, livemode)
    return _refund(row) if row is not None else None


async def whosever(tx: Transaction, refund_id: str) -> Refund | None:
    """One refund, whosever it is; for its rail, which knows no project."""
    row = await tx.fetch_one(_WHOSEVER, refund_id)
    return _refund(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    status: RefundStatus | None,
    payment_id: str | None,
    order_id: str | None,
    created_after: int | None,
) -> list[Refund]:
    """Up to ``limit + 1`` refunds, newest first, that match what is given."""
    oldest = since(ids.REFUND, created_after)
    params = [project_id, livemode, page.before, created_after or 0, oldest]
    filters = {"status = {}": status, "payment_id = {}": payment_id, "order_id = {}": order_id}
    sql, params = newest_first(_NEWEST, params, filters, by="id", limit=page.limit)
    return [_refund(row) for row in await tx.fetch_all(sql, *params)]


async def newest_of(
    tx: Transaction, project_id: str, livemode: bool, owner: Owner, owner_ids: Sequence[str], each: int
) -> list[Refund]:
    """The newest refunds of several payments or orders, at most ``each`` of each, newest first."""
    if not owner_ids:
        return []
    wanted = msgspec.json.encode(owner_ids).decode()
    return [_refund(row) for row in await tx.fetch_all(_NEWEST_OF[owner], wanted, project_id, livemode, each)]


async def move(tx: Transaction, refund: Refund, to: RefundStatus, now: int) -> int:
    """Move a refund out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, refund.id, refund.status.value)


async def set_asked(tx: Transaction, refund_id: str) -> None:
    """The rail of a refund whose session's row is held was asked to send it."""
    await tx.execute(_SET_ASKED, refund_id)


async def set_metadata(tx: Transaction, refund_id: str, metadata: str | None, now: int) -> None:
    """Write the merchant's metadata of a refund whose session's row is held."""
    await tx.execute(_SET_METADATA, metadata, now, refund_id)


def _refund(row: Row) -> Refund:
    return Refund(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        transaction_id=row["transaction_id"],
        status=RefundStatus(row["status"]),
        amount=Money(row["amount_minor"], row["currency"]),
        reason=RefundReason(row["reason"]),
        destination=row["destination"],
        metadata=row["metadata"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        asked=bool(row["asked"]),
    )
