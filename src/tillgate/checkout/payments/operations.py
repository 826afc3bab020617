"""Reading payments and transactions, and the one function that moves payments."""

from collections.abc import Sequence
from typing import Any, Final, Unpack

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut, cut_newest, no_cursor
from tillgate.base.principal import Principal
from tillgate.checkout import metadata_records
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.kept import KeptForm, keep
from tillgate.checkout.metadata import changed_metadata
from tillgate.checkout.payments import counting, records
from tillgate.checkout.payments.model import (
    EDGES,
    EVENT_OF,
    Payment,
    PaymentState,
    RecordedPayment,
    RecordedTransaction,
    TransactionKind,
    changed,
)
from tillgate.checkout.payments.object import to_api
from tillgate.checkout.payments.records import PaymentFilters
from tillgate.events.types import PAYMENT_UPDATED, EventType
from tillgate.rails.port import Moved
from tillgate.store import Transaction

# Transfers of one transaction of which it is said what they count as.
COUNTED_MAX: Final = 50


async def get_payment(tx: Transaction, principal: Principal, payment_id: str) -> RecordedPayment:
    """One payment.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await records.by_id(tx, principal.project_id, principal.livemode, payment_id)
    if found is None:
        raise NotFound("payment", payment_id)
    return found


async def locked_payment(tx: Transaction, principal: Principal, payment_id: str) -> RecordedPayment:
    """The same, and nobody else changes it, its order or its session until this transaction ends.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = (
        await records.locked(tx, principal.project_id, principal.livemode, payment_id)
        if ids.is_id(ids.PAYMENT, payment_id)
        else None
    )
    if found is None:
        raise NotFound("payment", payment_id)
    return found


async def payments_by_id(
    tx: Transaction, principal: Principal, payment_ids: Sequence[str]
) -> dict[str, RecordedPayment]:
    """Several payments by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, payment_ids)
    return {one.payment.id: one for one in found}


async def list_payments(
    tx: Transaction, principal: Principal, page: PageRequest, **filters: Unpack[PaymentFilters]
) -> Page[RecordedPayment]:
    """Payments, newest first, that match what is given; ``created_after`` is inclusive, ``created_before`` is not."""
    checked_cursor(page, ids.PAYMENT)
    if records.of_orders(filters):
        page = await page_of_orders(tx, principal, page, ids.PAYMENT)
    return cut_newest(await records.newest(tx, principal.project_id, principal.livemode, page, **filters), page)


async def page_of_orders(tx: Transaction, principal: Principal, page: PageRequest, prefix: str) -> PageRequest:
    """The page of orders that begins where this page of their payments or sessions does.

    Args:
        prefix: of the ids of these.

    Raises:
        InvalidInput: what the page goes on from is not in the caller's project and mode.
    """
    checked_cursor(page, prefix)
    cursor = page.starting_after or page.ending_before
    if cursor is None:
        return page
    order_id = await records.order_of(tx, principal.project_id, principal.livemode, cursor)
    if order_id is None:
        raise no_cursor(prefix, page.sort)
    if page.starting_after is not None:
        return page._replace(starting_after=order_id)
    return page._replace(ending_before=order_id)


async def count_payments(tx: Transaction, principal: Principal, most: int, **filters: Unpack[PaymentFilters]) -> int:
    """How many payments match what is given, counted up to ``most``."""
    return await records.count(tx, principal.project_id, principal.livemode, most, **filters)


async def list_kept_payments(
    tx: Transaction, principal: Principal, page: PageRequest, public_url: str, **filters: Unpack[PaymentFilters]
) -> Page[KeptForm]:
    """The same payments in their kept forms."""
    checked_cursor(page, ids.PAYMENT)
    if records.of_orders(filters):
        page = await page_of_orders(tx, principal, page, ids.PAYMENT)
    project_id, livemode = principal.project_id, principal.livemode
    return cut(await records.newest_kept(tx, project_id, livemode, page, public_url, **filters), page.limit)


async def update_payment(
    context: CheckoutContext, tx: Transaction, principal: Principal, payment_id: str, metadata: dict[str, Any] | None
) -> RecordedPayment:
    """Merge a payment's metadata by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: there is too much of it.
    """
    before = await locked_payment(tx, principal, payment_id)
    text = changed_metadata(before.metadata, metadata)
    if text == before.metadata:
        return before
    now = context.clock.now()
    after = before._replace(metadata=text, updated_at=now)
    await records.set_metadata(tx, payment_id, text, now)
    await metadata_records.set_metadata(tx, payment_id, after.project_id, after.livemode, text)
    await emit_event(context, tx, PAYMENT_UPDATED, after, before=before, now=now)
    return after


async def get_transaction(tx: Transaction, principal: Principal, transaction_id: str) -> RecordedTransaction:
    """One movement of money.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await records.transaction_by_id(tx, principal.project_id, principal.livemode, transaction_id)
    if found is None:
        raise NotFound("transaction", transaction_id)
    return found


async def transactions_by_id(
    tx: Transaction, principal: Principal, transaction_ids: Sequence[str]
) -> dict[str, RecordedTransaction]:
    """Several movements of money by their ids; none outside the caller's project and mode."""
    found = await records.transactions_by_id(tx, principal.project_id, principal.livemode, transaction_ids)
    return {one.id: one for one in found}


async def transactions_of_hash(tx: Transaction, principal: Principal, tx_hash: str, most: int) -> list[str]:
    """The ids of the caller's newest movements of money with a transaction hash, at most ``most``."""
    return await records.of_hash(tx, principal.project_id, principal.livemode, tx_hash, most)


async def counted_of_hash(tx: Transaction, principal: Principal, tx_hash: str) -> list[RecordedTransaction]:
    """What the transfers of a transaction on a network count as, of the caller's payments alone; the newest of them,
    where it has more than :data:`COUNTED_MAX`."""
    wanted = await records.of_hash(tx, principal.project_id, principal.livemode, tx_hash, COUNTED_MAX)
    return await records.transactions_by_id(tx, principal.project_id, principal.livemode, wanted)


def counted_as(counted: Sequence[RecordedTransaction], moved: Moved) -> RecordedTransaction | None:
    """Which of them a movement is; None where it belongs to no payment of the caller's."""
    if moved.payment_id is None or moved.asset is None:
        return None
    ending = f"/erc20:{moved.asset.lower()}"
    return next(
        (
            one
            for one in counted
            if (one.payment_id, one.transfer.amount_atomic) == (moved.payment_id, moved.amount_atomic)
            and one.asset.lower().endswith(ending)
        ),
        None,
    )


async def payments_of_address(tx: Transaction, principal: Principal, address: str) -> list[str]:
    """The ids of the caller's payments that were given this address."""
    return await records.of_address(tx, principal.project_id, principal.livemode, address)


async def transactions_of_payments(
    tx: Transaction, principal: Principal, payment_ids: Sequence[str], each: int
) -> list[RecordedTransaction]:
    """What moved last for several of the caller's payments, newest first, at most so much for ``each``."""
    return await records.newest_of_payments(tx, principal.project_id, principal.livemode, payment_ids, each)


async def list_transactions(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    payment_id: str | None = None,
    order_id: str | None = None,
    kind: TransactionKind | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
) -> Page[RecordedTransaction]:
    """Movements of money, newest first, that match what is given; ``created_after`` is inclusive, ``created_before`` is
    not."""
    checked_cursor(page, ids.TRANSACTION)
    found = await records.newest_transactions(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        payment_id=payment_id,
        order_id=order_id,
        kind=kind,
        created_after=created_after,
        created_before=created_before,
    )
    return cut_newest(found, page)


async def sync_payment(
    context: CheckoutContext,
    tx: Transaction,
    before: Payment,
    after: Payment,
    to: PaymentState,
    now: int,
    *,
    expires: tuple[int, int],
    payment_event: EventType = PAYMENT_UPDATED,
) -> tuple[RecordedPayment, RecordedPayment]:
    """The one way in which a payment changes: a legal edge and its event, or a change without one and its event. What
    it was and is, for the books.

    Args:
        before, after: the payment as it was and as it is; its session's row is held.
        expires: the session's deadline before and after.
        payment_event: the event of a change that moves nothing.
    """
    found = await records.of_session(tx, before.session_id)
    was = found._replace(payment=before, expires_at=expires[0])
    now_is = found._replace(payment=after, expires_at=expires[1])
    if to is not found.state:
        if to not in EDGES[found.state]:
            raise Conflict(f"A payment that is {found.state.value} cannot become {to.value}.")
        if await records.move(tx, after.id, found.state, to, now) != 1:
            raise Conflict("The payment was changed by another request. Read it again, then decide.")
        now_is = now_is._replace(state=to, updated_at=now)
        await emit_event(context, tx, EVENT_OF[to], now_is, before=was, now=now)
    elif changed(was, now_is):
        await records.touch(tx, after.id, now)
        await emit_event(context, tx, payment_event, now_is._replace(updated_at=now), before=was, now=now)
    else:
        await keep(tx, after.id, msgspec.json.encode(to_api(now_is)), context.settings.public_url)
    return was, now_is


async def emit_event(
    context: CheckoutContext,
    tx: Transaction,
    type: EventType,
    recorded: RecordedPayment,
    *,
    before: RecordedPayment,
    now: int,
) -> None:
    """Write an event about a payment whose session's row is held."""
    await emit_fact(context, tx, type, recorded, to_api(recorded), before=to_api(before), now=now)
    await counting.count_change(tx, before, recorded, now)
