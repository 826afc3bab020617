"""Every statement about refunds."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypedDict, Unpack

import msgspec

from keyturn.database import with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period, since, until
from tillgate.checkout import metadata_records
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus, SentBy
from tillgate.rails.port import Block
from tillgate.store import Row, Transaction
from tillgate.store.lists import counted, newest_first

_COLUMNS: Final = (
    "id, project_id, livemode, payment_id, order_id, transaction_id, status, amount_minor, currency, reason, "
    "destination, metadata, created_at, updated_at, asked, reorged, confirmed_at"
)
_INSERT: Final = (
    f"INSERT INTO refunds ({_COLUMNS}, customer_id, reference) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
    "$12, $13, $14, $15, $16, $17, (SELECT customer_id FROM orders WHERE id = $5), "
    "(SELECT reference FROM orders WHERE id = $5))"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM refunds WHERE id = $1 AND project_id = $2 AND livemode = $3"
_OF_ANY_PROJECT: Final = f"SELECT {_COLUMNS} FROM refunds WHERE id = $1"
_NEWEST: Final = (
    f"SELECT {_COLUMNS} FROM refunds WHERE project_id = $1 AND livemode = $2 "
    "AND id < $3 AND id >= $5 AND created_at >= $4"
)
_COUNTED: Final = "SELECT 1 FROM refunds WHERE project_id = $1 AND livemode = $2"
# The columns of the indexes that a list may be sorted by.
_SORTS: Final = {"created": (), "amount": ("currency", "amount_minor"), "status": ("status",)}
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
_SET_REORGED: Final = "UPDATE refunds SET reorged = TRUE WHERE id = $1"
_SET_DESTINATION: Final = "UPDATE refunds SET destination = $1, confirmed_at = $2, updated_at = $2 WHERE id = $3"
_SET_METADATA: Final = "UPDATE refunds SET metadata = $1, updated_at = $2 WHERE id = $3"
_COUNT_PENDING: Final = (
    "SELECT COUNT(*) AS found FROM (SELECT 1 FROM refunds "
    "WHERE project_id = $1 AND livemode = $2 AND status = 'pending' LIMIT $3) AS listed"
)

_SENT_COLUMNS: Final = (
    "refund_id, chain_id, tx_hash, place, block_number, block_hash, block_mined_at, claimed_at, gone_at, final_at"
)
_SENT_BY: Final = f"SELECT {_SENT_COLUMNS} FROM refund_transfers WHERE refund_id = $1"
_CLAIM_SENT: Final = (
    f"INSERT INTO refund_transfers ({_SENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL) "
    "ON CONFLICT DO NOTHING"
)
_DROP_SENT: Final = "DELETE FROM refund_transfers WHERE refund_id = $1"
_PUT_SENT: Final = (
    "UPDATE refund_transfers SET block_number = $2, block_hash = $3, block_mined_at = $4, gone_at = $5, final_at = $6 "
    "WHERE refund_id = $1"
)
_FINAL_SENT: Final = (
    f"SELECT {_SENT_COLUMNS} FROM refund_transfers WHERE final_at IS NOT NULL AND (final_at, refund_id) > ($1, $2) "
    "ORDER BY final_at, refund_id LIMIT $3"
)

_FORGET_LINKS: Final = "DELETE FROM refund_links WHERE expires_at <= $1 OR refund_id = $2"
_KEEP_LINK: Final = "INSERT INTO refund_links (refund_id, token_digest, created_at, expires_at) VALUES ($1, $2, $3, $4)"
_OF_LINK: Final = "SELECT refund_id FROM refund_links WHERE token_digest = $1 AND expires_at > $2 AND tries <= $3"
_COUNT_TRY: Final = "UPDATE refund_links SET tries = tries + 1 WHERE token_digest = $1"
_END_LINK: Final = "DELETE FROM refund_links WHERE token_digest = $1"


class RefundFilters(TypedDict, total=False):
    """What a list of refunds may be narrowed to; ``created_after`` is inclusive, ``created_before`` is not.
    ``customer_id`` and ``reference`` are the order's."""

    id: str | None
    status: RefundStatus | None
    payment_id: str | None
    order_id: str | None
    customer_id: str | None
    reference: str | None
    created_after: int | None
    created_before: int | None
    currency: str | None
    amount_minor: int | None


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
        refund.reorged,
        refund.confirmed_at,
    )
    await metadata_records.keep(tx, refund)


async def by_id(tx: Transaction, project_id: str, livemode: bool, refund_id: str) -> Refund | None:
    """One refund of this project and mode."""
    row = await tx.fetch_one(_BY_ID, refund_id, project_id, livemode)
    return _refund(row) if row is not None else None


async def of_any_project(tx: Transaction, refund_id: str) -> Refund | None:
    """One refund, in any project; for its rail, which knows no project."""
    row = await tx.fetch_one(_OF_ANY_PROJECT, refund_id)
    return _refund(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    **filters: Unpack[RefundFilters],
) -> list[Refund]:
    """Up to ``limit + 1`` refunds, newest first, that match what is given."""
    created_after, created_before = filters.get("created_after"), filters.get("created_before")
    oldest = since(ids.REFUND, created_after)
    params = [project_id, livemode, until(ids.REFUND, page.before, created_before), created_after or 0, oldest]
    conditions = {**_conditions(filters), "created_at < {}": created_before}
    sql, params = newest_first(_NEWEST, params, conditions, by="id", page=page, sorts=_SORTS)
    return [_refund(row) for row in await tx.fetch_all(sql, *params)]


async def count(tx: Transaction, project_id: str, livemode: bool, most: int, **filters: Unpack[RefundFilters]) -> int:
    """How many refunds match what is given, counted up to ``most``."""
    period = Period(filters.get("created_after"), filters.get("created_before"))
    params, asked = [project_id, livemode], _conditions(filters)
    return await counted(tx, _COUNTED, params, asked, prefix=ids.REFUND, period=period, most=most)


def _conditions(filters: RefundFilters) -> dict[str, Any]:
    """The conditions of what a list is narrowed to, but for the period."""
    names = ("id", "status", "payment_id", "order_id", "customer_id", "reference", "currency", "amount_minor")
    return {f"{name} = {{}}": filters.get(name) for name in names}


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


async def set_reorged(tx: Transaction, refund_id: str) -> None:
    """A reorganisation has undone that a refund whose session's row is held had succeeded."""
    await tx.execute(_SET_REORGED, refund_id)


async def set_destination(tx: Transaction, refund_id: str, destination: str, now: int) -> None:
    """Write where a refund goes whose session's row is held, as its buyer confirmed it."""
    await tx.execute(_SET_DESTINATION, destination, now, refund_id)


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
        reorged=bool(row["reorged"]),
        confirmed_at=row["confirmed_at"],
    )


async def count_pending(tx: Transaction, project_id: str, livemode: bool, most: int) -> int:
    """How many refunds have not ended, counted up to ``most``."""
    row = await tx.fetch_one(_COUNT_PENDING, project_id, livemode, most)
    return int(row["found"]) if row is not None else 0


async def sent_by(tx: Transaction, refund_id: str) -> SentBy | None:
    """The transfer that a refund was sent by, as far as it is known."""
    row = await tx.fetch_one(_SENT_BY, refund_id)
    return _sent_by(row) if row is not None else None


async def claim_sent(
    tx: Transaction, refund_id: str, chain_id: int, tx_hash: str, places: Sequence[int], block: Block, now: int
) -> SentBy | None:
    """Keep the first of these movements that has sent no refund yet as the one of this refund, in place of an earlier
    one; None where each has sent another."""
    await tx.execute(_DROP_SENT, refund_id)
    for place in places:
        kept = await tx.execute(_CLAIM_SENT, refund_id, chain_id, tx_hash, place, *block, now)
        if kept == 1:
            return SentBy(refund_id, chain_id, tx_hash, place, block, now)
    return None


async def drop_sent(tx: Transaction, refund_id: str) -> None:
    """The refund was not sent by it after all."""
    await tx.execute(_DROP_SENT, refund_id)


async def put_sent(tx: Transaction, sent: SentBy) -> None:
    """Write where a transfer lies now."""
    block = sent.block if sent.block is not None else (None, None, None)
    await tx.execute(_PUT_SENT, sent.refund_id, *block, sent.gone_at, sent.final_at)


async def final_since(tx: Transaction, since: int, after: str, limit: int) -> list[SentBy]:
    """Up to ``limit`` transfers that were found to be final after this place in the order of their times."""
    return [_sent_by(row) for row in await tx.fetch_all(_FINAL_SENT, since, after, limit)]


def _sent_by(row: Row) -> SentBy:
    block = None
    if row["block_number"] is not None:
        block = Block(row["block_number"], row["block_hash"], row["block_mined_at"])
    return SentBy(
        row["refund_id"],
        row["chain_id"],
        row["tx_hash"],
        row["place"],
        block,
        row["claimed_at"],
        row["gone_at"],
        row["final_at"],
    )


async def keep_link(tx: Transaction, refund_id: str, token_digest: str, *, now: int, expires_at: int) -> None:
    """Keep the one link of a refund; forget its earlier one, and those that have lapsed."""
    await tx.execute(_FORGET_LINKS, now, refund_id)
    await tx.execute(_KEEP_LINK, refund_id, token_digest, now, expires_at)


async def refund_of_link(tx: Transaction, token_digest: str, now: int, tries_max: int) -> str | None:
    """The refund of a link that works."""
    row = await tx.fetch_one(_OF_LINK, token_digest, now, tries_max)
    return str(row["refund_id"]) if row is not None else None


async def count_try(tx: Transaction, token_digest: str) -> None:
    """An address was entered with a link."""
    await tx.execute(_COUNT_TRY, token_digest)


async def end_link(tx: Transaction, token_digest: str) -> int:
    """A link has done its work; 0 if it had before."""
    return await tx.execute(_END_LINK, token_digest)
