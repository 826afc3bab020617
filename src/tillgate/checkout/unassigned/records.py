"""Every statement about unassigned transfers."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest, since, until
from tillgate.checkout.unassigned.model import Arrival, UnassignedReason, UnassignedStatus, UnassignedTransfer
from tillgate.rails.port import Block
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_first

# A rail reports 200 transfers at once; one transaction may hold as many as fit into a block.
KNOWN_MAX: Final = 100_000

_COLUMNS: Final = (
    "id, project_id, livemode, chain_id, tx_hash, ordinal, network, asset, symbol, asset_decimals, currency, "
    "amount_atomic, sender, recipient, block_number, block_hash, block_mined_at, reason, status, doubted, "
    "suggested_order_id, decision, order_id, note, decided_at, told_at, created_at, updated_at"
)
_INSERT: Final = (
    f"INSERT INTO unassigned_transfers ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
    "$14, $15, $16, $17, $18, $19, $20, $21, NULL, NULL, NULL, NULL, NULL, $22, $22) "
    "ON CONFLICT (chain_id, tx_hash, ordinal) DO NOTHING"
)
_BY_HASH: Final = (
    f"SELECT {_COLUMNS} FROM unassigned_transfers WHERE project_id = $1 AND livemode = $2 AND tx_hash = $3 "
    "ORDER BY id DESC LIMIT $4"
)
# What a person decided stands; a reorganisation that takes the transfer away is shown all the same.
_SEE: Final = (
    "UPDATE unassigned_transfers SET block_number = $2, block_hash = $3, block_mined_at = $4, doubted = $5, "
    "status = CASE WHEN $6 = 'orphaned' THEN $6 ELSE COALESCE(decision, $6) END, updated_at = $7 WHERE id = $1"
)
_MARK_EMITTED: Final = "UPDATE unassigned_transfers SET told_at = $2 WHERE id = $1 AND told_at IS NULL"
_DECIDE: Final = (
    "UPDATE unassigned_transfers SET decision = $2, status = $2, order_id = $3, note = $4, decided_at = $5, "
    "updated_at = $5 WHERE id = $1 AND status = 'unassigned' AND decision IS NULL"
)
_ONE: Final = f"SELECT {_COLUMNS} FROM unassigned_transfers WHERE id = $1 AND project_id = $2 AND livemode = $3"
_ONE_LOCKED: Final = Both(sqlite=_ONE, postgres=f"{_ONE} FOR UPDATE")
_BY_TRANSFER: Final = (
    f"SELECT {_COLUMNS} FROM unassigned_transfers WHERE chain_id = $1 AND tx_hash = $2 AND ordinal = $3"
)
_PAYMENTS_OF: Final = with_list(
    "SELECT u.chain_id, u.tx_hash, u.ordinal, u.asset, p.id AS payment_id, p.session_id FROM unassigned_transfers u "
    "LEFT JOIN orders o ON o.id = u.order_id LEFT JOIN payments p ON p.session_id = o.session_id "
    "WHERE u.tx_hash IN {list} LIMIT $2"
)
_NEWEST: Final = (
    f"SELECT {_COLUMNS} FROM unassigned_transfers WHERE project_id = $1 AND livemode = $2 "
    "AND id < $3 AND id >= $5 AND created_at >= $4"
)
_COUNT_OPEN: Final = (
    "SELECT COUNT(*) AS found FROM (SELECT 1 FROM unassigned_transfers "
    "WHERE project_id = $1 AND livemode = $2 AND status = 'unassigned' LIMIT $3) AS listed"
)


class TransferKey(NamedTuple):
    """The identity of a transfer."""

    chain_id: int
    tx_hash: str
    ordinal: int


class Assigned(NamedTuple):
    """Whose a transfer is by now, which once fitted no payment; None where nobody has assigned it.

    Attributes:
        asset: CAIP-19 asset type of what moved.
    """

    asset: str
    payment_id: str | None
    session_id: str | None


async def add(
    tx: Transaction,
    arrival: Arrival,
    *,
    project_id: str,
    livemode: bool,
    reason: UnassignedReason,
    status: UnassignedStatus,
    suggested_order_id: str | None,
    now: int,
) -> None:
    """Write a transfer down that fits no payment; nothing where it is there already."""
    seen, block = arrival.seen, arrival.block
    await tx.execute(
        _INSERT,
        ids.new_id(ids.UNASSIGNED_TRANSFER),
        project_id,
        livemode,
        seen.chain_id,
        seen.reference,
        seen.ordinal,
        arrival.network,
        seen.asset,
        arrival.symbol,
        arrival.decimals,
        arrival.currency,
        str(seen.amount_atomic),
        arrival.sender,
        arrival.recipient,
        block.number,
        block.hash,
        block.mined_at,
        reason.value,
        status.value,
        seen.doubted,
        suggested_order_id,
        now,
    )


async def see(tx: Transaction, id: str, arrival: Arrival, status: UnassignedStatus, now: int) -> None:
    """Write down how a known transfer stands in its chain by now."""
    block = arrival.block
    await tx.execute(_SEE, id, block.number, block.hash, block.mined_at, arrival.seen.doubted, status.value, now)


async def mark_emitted(tx: Transaction, id: str, now: int) -> bool:
    """Its first event is being written; False where it was before."""
    return await tx.execute(_MARK_EMITTED, id, now) == 1


async def decide(
    tx: Transaction, id: str, decision: UnassignedStatus, *, order_id: str | None, note: str | None, now: int
) -> bool:
    """Write down what a person decided; False where it cannot be decided, or was."""
    return await tx.execute(_DECIDE, id, decision.value, order_id, note, now) == 1


async def by_id(tx: Transaction, project_id: str, livemode: bool, id: str) -> UnassignedTransfer | None:
    """One unassigned transfer of this project and mode."""
    row = await tx.fetch_one(_ONE, id, project_id, livemode)
    return _unassigned(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, id: str) -> UnassignedTransfer | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_ONE_LOCKED, id, project_id, livemode)
    return _unassigned(row) if row is not None else None


async def by_transfer(tx: Transaction, transfer_key: TransferKey) -> UnassignedTransfer | None:
    """The unassigned transfer of this identity, in any project; for its rail, which knows no project."""
    row = await tx.fetch_one(_BY_TRANSFER, transfer_key.chain_id, transfer_key.tx_hash, transfer_key.ordinal)
    return _unassigned(row) if row is not None else None


async def assigned(tx: Transaction, tx_hashes: Sequence[str]) -> dict[TransferKey, Assigned]:
    """Which transfers of these transactions fitted no payment when they came, and whose they are by now."""
    rows = await tx.fetch_all(_PAYMENTS_OF, msgspec.json.encode(tx_hashes).decode(), KNOWN_MAX)
    return {
        TransferKey(row["chain_id"], row["tx_hash"], row["ordinal"]): Assigned(
            row["asset"], row["payment_id"], row["session_id"]
        )
        for row in rows
    }


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    status: UnassignedStatus | None,
    created_after: int | None,
    created_before: int | None,
) -> list[UnassignedTransfer]:
    """Up to ``limit + 1`` unassigned transfers, newest first, that match what is given."""
    oldest = since(ids.UNASSIGNED_TRANSFER, created_after)
    params = [
        project_id,
        livemode,
        until(ids.UNASSIGNED_TRANSFER, page.before, created_before),
        created_after or 0,
        oldest,
    ]
    sql, params = newest_first(
        _NEWEST, params, {"status = {}": status, "created_at < {}": created_before}, by="id", page=page
    )
    return [_unassigned(row) for row in await tx.fetch_all(sql, *params)]


def _unassigned(row: Row) -> UnassignedTransfer:
    return UnassignedTransfer(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        chain_id=row["chain_id"],
        tx_hash=row["tx_hash"],
        ordinal=row["ordinal"],
        network=row["network"],
        asset=row["asset"],
        symbol=row["symbol"],
        asset_decimals=row["asset_decimals"],
        currency=row["currency"],
        amount_atomic=int(row["amount_atomic"]),
        sender=row["sender"],
        recipient=row["recipient"],
        block=Block(row["block_number"], row["block_hash"], row["block_mined_at"]),
        reason=UnassignedReason(row["reason"]),
        status=UnassignedStatus(row["status"]),
        doubted=bool(row["doubted"]),
        suggested_order_id=row["suggested_order_id"],
        decision=UnassignedStatus(row["decision"]) if row["decision"] is not None else None,
        order_id=row["order_id"],
        note=row["note"],
        decided_at=row["decided_at"],
        emitted_at=row["told_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def count_open(tx: Transaction, project_id: str, livemode: bool, most: int) -> int:
    """How many transfers wait for a person, counted up to ``most``."""
    row = await tx.fetch_one(_COUNT_OPEN, project_id, livemode, most)
    return int(row["found"]) if row is not None else 0


async def of_hash(
    tx: Transaction, project_id: str, livemode: bool, tx_hash: str, limit: int
) -> list[UnassignedTransfer]:
    """Up to ``limit`` transfers of this project and mode with a transaction hash, newest first."""
    return [_unassigned(row) for row in await tx.fetch_all(_BY_HASH, project_id, livemode, tx_hash, limit)]
