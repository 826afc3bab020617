"""Writing down money that fits no payment, and looking at it. What a person decides is in ``settlement.assigning``."""

from typing import NamedTuple

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.unassigned import records
from tillgate.checkout.unassigned.model import (
    Arrival,
    UnassignedReason,
    UnassignedStatus,
    UnassignedTransfer,
    to_api,
)
from tillgate.checkout.unassigned.records import TransferKey
from tillgate.events.types import (
    UNASSIGNED_TRANSFER_CREATED,
    UNASSIGNED_TRANSFER_UPDATED,
    EventType,
)
from tillgate.store import Transaction


class Owner(NamedTuple):
    """Whose the address is that money came to.

    Attributes:
        suggested_order_id: the order of the session that had it; None where it was nobody's.
    """

    project_id: str
    livemode: bool
    reason: UnassignedReason
    suggested_order_id: str | None


class PendingEvent(NamedTuple):
    """An event that is to be written about an unassigned transfer."""

    transfer: UnassignedTransfer
    type: EventType


async def note(tx: Transaction, arrival: Arrival, owner: Owner | None, now: int) -> PendingEvent | None:
    """Write down money that fits no payment, and how it stands in its chain. It is reported once it is final;
    a reorganisation that removes it later, or brings it back, is reported as well. Seen again, it changes nothing.

    Args:
        owner: None where the transfer is known already.

    Returns:
        What is to be told after all that is written by this transaction.
    """
    transfer_key = TransferKey(arrival.seen.chain_id, arrival.seen.reference, arrival.seen.ordinal)
    status = _status(arrival)
    before = await records.by_transfer(tx, transfer_key)
    if before is None:
        if status is UnassignedStatus.ORPHANED or owner is None:
            return None
        await records.add(
            tx,
            arrival,
            project_id=owner.project_id,
            livemode=owner.livemode,
            reason=owner.reason,
            status=status,
            suggested_order_id=owner.suggested_order_id,
            now=now,
        )
    elif before.block == arrival.block and before.status is _by_now(before, status):
        return None
    else:
        await records.see(tx, before.id, arrival, status, now)
    after = present(await records.by_transfer(tx, transfer_key), "an unassigned transfer that was just written")
    if after.emitted_at is None:
        is_new = after.status is UnassignedStatus.UNASSIGNED and await records.mark_emitted(tx, after.id, now)
        return PendingEvent(after, UNASSIGNED_TRANSFER_CREATED) if is_new else None
    has_moved = before is not None and before.status is not after.status
    return PendingEvent(after, UNASSIGNED_TRANSFER_UPDATED) if has_moved else None


async def get_unassigned(tx: Transaction, principal: Principal, id: str) -> UnassignedTransfer:
    """One unassigned transfer.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = None
    if ids.is_id(ids.UNASSIGNED_TRANSFER, id):
        found = await records.by_id(tx, principal.project_id, principal.livemode, id)
    if found is None:
        raise NotFound("unassigned transfer", id)
    return found


async def list_unassigned(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    status: UnassignedStatus | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
) -> Page[UnassignedTransfer]:
    """Unassigned transfers, newest first, that match what is given; ``created_after`` is inclusive, ``created_before``
    is not."""
    checked_cursor(page, ids.UNASSIGNED_TRANSFER)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        status=status,
        created_after=created_after,
        created_before=created_before,
    )
    return cut(found, page.limit)


async def emit(context: CheckoutContext, tx: Transaction, one: UnassignedTransfer, type: EventType, now: int) -> None:
    """Write an event about an unassigned transfer."""
    await emit_fact(context, tx, type, one, to_api(one), now=now)


def _status(arrival: Arrival) -> UnassignedStatus:
    if arrival.seen.reorged:
        return UnassignedStatus.ORPHANED
    return UnassignedStatus.UNASSIGNED if arrival.seen.confirmed else UnassignedStatus.CONFIRMING


def _by_now(before: UnassignedTransfer, status: UnassignedStatus) -> UnassignedStatus:
    """The status that a transfer has once it is seen so."""
    return status if status is UnassignedStatus.ORPHANED else before.decision or status


async def count_open(tx: Transaction, principal: Principal, most: int) -> int:
    """How many transfers wait for a person, counted up to ``most``."""
    return await records.count_open(tx, principal.project_id, principal.livemode, most)


async def unassigned_of_hash(
    tx: Transaction, principal: Principal, tx_hash: str, most: int
) -> list[UnassignedTransfer]:
    """The caller's newest transfers with a transaction hash, at most ``most``."""
    return await records.of_hash(tx, principal.project_id, principal.livemode, tx_hash, most)
