"""Giving money back: in part, again and again, never more than came."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final, NamedTuple, Unpack, assert_never

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.money import Money, parse_amount
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut_newest
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import checked_text
from tillgate.checkout import metadata_records
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import changed_metadata, checked_metadata
from tillgate.checkout.orders.model import DeliveryStatus, Order, shares
from tillgate.checkout.orders.operations import RecordedDelivery, get_order, record_delivery
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import Payment, RecordedPayment, TransactionKind, Transfer
from tillgate.checkout.refunds import records
from tillgate.checkout.refunds.model import (
    CONFIRM,
    DESTINATION_MAX,
    EDGES,
    EVENT_OF,
    HASH_MAX,
    SEND,
    Refund,
    RefundReason,
    RefundStatus,
    SentBy,
    to_api,
)
from tillgate.checkout.refunds.proving import USED, not_proved, require_found
from tillgate.checkout.refunds.records import RefundFilters
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.model import SessionStatus, excess, waits_for_decision
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement import deciding
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.events.types import REFUND_CREATED, REFUND_REORGANIZED, REFUND_UPDATED, EventType
from tillgate.rails.port import Block, Movement, MovementStatus, PayoutSeen, PayoutVerdict, RefundRequest
from tillgate.store import Transaction
from tillgate.store.jobs import enqueue

_REASONS: Final = {
    SessionStatus.UNDERPAID: RefundReason.UNDERPAID,
    SessionStatus.OVERPAID: RefundReason.OVERPAID,
    SessionStatus.EXPIRED: RefundReason.LATE,
}

Keep = Callable[[Refund], Awaitable[None]]


class _Sum(NamedTuple):
    """How much goes back: in minor units of the payment's currency, and in atomic units of its asset."""

    minor: int
    atomic: int


class NewRefund(NamedTuple):
    """What a merchant says about a refund to be.

    Attributes:
        amount: a decimal string in the payment's currency; all that is left where it is None.
    """

    payment_id: str
    reason: RefundReason
    amount: str | None = None
    destination: str | None = None
    metadata: dict[str, Any] | None = None


async def create_refund(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: NewRefund, keep: Keep | None = None
) -> Refund:
    """Give money of a payment back. Where its rail can send money, it is sent; else the refund is pending until the
    merchant says that they sent it.

    Args:
        keep: writes down what another language keeps of the refund, before its first event.

    Raises:
        InvalidInput: there is no such payment, or a field is wrong.
        Conflict: less is left of what came.
    """
    try:
        recorded = await payments.locked_payment(tx, principal, new.payment_id)
    except NotFound as error:
        raise InvalidInput("payment_id", Problem.NO_SUCH, noun="payment") from error
    payment = recorded.payment
    left = Money(payment.refundable_minor, payment.price.currency)
    amount = left if new.amount is None else parse_amount(new.amount, left.currency, field="amount")
    there = payment.refundable_atomic > 0
    if not there or amount.minor > left.minor:
        raise Conflict(
            Problem.REFUND_TOO_LARGE,
            field="amount",
            values={"left": left if there else None},
            code="refund_exceeds_received",
        )
    destination = None
    if new.destination is not None:
        destination = checked_text(new.destination, field="destination", length_max=DESTINATION_MAX)
        rail = context.paid_on_networks(payment.rail, livemode=recorded.livemode)
        if rail is not None:
            destination = await rail.destination(tx, recorded.project_id, destination)
    return await _refund(
        context,
        tx,
        recorded,
        _Sum(amount.minor, payment.refund_atomic(amount.minor)),
        new.reason,
        destination,
        checked_metadata(new.metadata),
        context.clock.now(),
        keep=keep,
    )


async def get_refund(tx: Transaction, principal: Principal, refund_id: str) -> Refund:
    """One refund.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    refund = await records.by_id(tx, principal.project_id, principal.livemode, refund_id)
    if refund is None:
        raise NotFound("refund", refund_id)
    return refund


async def get_sent_by(tx: Transaction, refund: Refund) -> SentBy | None:
    """The transaction that sent a refund that the caller may see, as far as it is known."""
    return await records.sent_by(tx, refund.id)


async def list_refunds(
    tx: Transaction, principal: Principal, page: PageRequest, **filters: Unpack[RefundFilters]
) -> Page[Refund]:
    """Refunds, newest first, that match what is given; ``created_after`` is inclusive, ``created_before`` is not."""
    checked_cursor(page, ids.REFUND)
    return cut_newest(await records.newest(tx, principal.project_id, principal.livemode, page, **filters), page)


async def count_refunds(tx: Transaction, principal: Principal, most: int, **filters: Unpack[RefundFilters]) -> int:
    """How many refunds match what is given, counted up to ``most``."""
    return await records.count(tx, principal.project_id, principal.livemode, most, **filters)


async def refunds_of(
    tx: Transaction, principal: Principal, owner: records.Owner, owner_ids: Sequence[str], each: int
) -> list[Refund]:
    """The newest refunds of several of the caller's payments or orders, at most ``each`` of each, newest first."""
    return await records.newest_of(tx, principal.project_id, principal.livemode, owner, owner_ids, each)


async def update_refund(
    context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str, metadata: dict[str, Any] | None
) -> Refund:
    """Merge a refund's metadata by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: there is too much of it.
    """
    refund, _ = await _locked(tx, principal, refund_id)
    text = changed_metadata(refund.metadata, metadata)
    if text == refund.metadata:
        return refund
    now = context.clock.now()
    await records.set_metadata(tx, refund_id, text, now)
    await metadata_records.set_metadata(tx, refund_id, refund.project_id, refund.livemode, text)
    changed = msgspec.structs.replace(refund, metadata=text, updated_at=now)
    await _emit(context, tx, changed, REFUND_UPDATED, now)
    return changed


async def settle_refund(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    refund_id: str,
    tx_hash: str,
    seen: PayoutSeen | None = None,
) -> Refund:
    """The merchant has sent the money of a pending refund. Of a payment that came on a network, the transaction has to
    be what was to be sent; the refund is pending until it is final there. What was settled already by this transaction
    stays as it is.

    Args:
        seen: what the network says of the transaction, looked at before by
            :func:`tillgate.checkout.refunds.confirming.look_at`.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: the transaction's name is none.
        Conflict: it is not pending, its rail sends it and will say so, or the transaction is not what was to be sent.
        Unavailable: the network does not answer.
    """
    name = checked_text(tx_hash, field="tx_hash", length_max=HASH_MAX)
    refund, recorded = await _locked(tx, principal, refund_id)
    now = context.clock.now()
    if await _settled_by(tx, refund, name):
        return refund
    pending = _pending(refund)
    if context.paid_on_networks(recorded.payment.rail, livemode=recorded.livemode) is None:
        return await _settle(context, tx, recorded, pending, name, None, now)
    found = require_found(pending, seen)
    going = present(
        await payment_records.transaction_by_id(tx, refund.project_id, refund.livemode, refund.transaction_id),
        "the transaction of a refund",
    )
    block = present(found.block, "the block of a transfer that was found")
    # As a network has it: others write capital letters.
    sent = await records.claim_sent(tx, refund.id, going.chain_id, name.lower(), found.places, block, now)
    if sent is None:
        raise not_proved(USED)
    await enqueue(
        tx, context.outbox.wake.jobs, kind=CONFIRM, key=refund.id, project_id=refund.project_id, payload={}, now=now
    )
    return await _put(context, tx, recorded, pending, sent, found, now)


async def observe_sent(context: CheckoutContext, tx: Transaction, looked_at: SentBy, seen: PayoutSeen) -> Refund:
    """What a network says by now of the transfer by which a refund was sent. What was looked at before the refund was
    settled by another one changes nothing.

    Raises:
        BrokenInvariant: there is no such refund.
    """
    found = present(await records.of_any_project(tx, looked_at.refund_id), "a refund that was sent")
    owner = (found.project_id, found.livemode)
    recorded = present(await payment_records.locked(tx, *owner, found.payment_id), "the payment of a refund")
    refund = present(await records.by_id(tx, *owner, found.id), "a refund that was sent")
    sent, now = await records.sent_by(tx, refund.id), context.clock.now()
    if sent is None or sent != looked_at or refund.status not in (RefundStatus.PENDING, RefundStatus.SUCCEEDED):
        return refund
    if seen.verdict is PayoutVerdict.FOUND and sent.place in seen.places:
        if seen.block == sent.block and sent.final_at is not None:
            return refund
        refund = await _removed(context, tx, recorded, refund, sent, seen, now)
        return await _put(context, tx, recorded, refund, sent, seen, now)
    return await _removed(context, tx, recorded, refund, sent, seen, now) if seen.is_gone else refund


async def _put(
    context: CheckoutContext,
    tx: Transaction,
    recorded: RecordedPayment,
    refund: Refund,
    sent: SentBy,
    seen: PayoutSeen,
    now: int,
) -> Refund:
    """Write where the transfer of a pending refund lies; the refund has succeeded once that is final."""
    sent = sent._replace(block=seen.block, gone_at=None, final_at=now if seen.is_final else None)
    await records.put_sent(tx, sent)
    if seen.is_final:
        return await _settle(context, tx, recorded, refund, sent.tx_hash, seen.block, now)
    await payment_records.put(tx, recorded.payment, refund.transaction_id, sent.tx_hash, seen.block, seen.confirmations)
    await _follow(context, tx, recorded.payment, now)
    return refund


async def _removed(
    context: CheckoutContext,
    tx: Transaction,
    recorded: RecordedPayment,
    refund: Refund,
    sent: SentBy,
    seen: PayoutSeen,
    now: int,
) -> Refund:
    """The block of a transfer is no part of its chain any more: what had succeeded is pending, and people are told."""
    if sent.block is None or (seen.block is not None and seen.block == sent.block):
        return refund
    succeeded = refund.status is RefundStatus.SUCCEEDED
    if seen.block is not None and not succeeded:
        # It was mined again before it counted, so nothing that was said is untrue.
        return refund
    await records.put_sent(tx, sent._replace(block=None, gone_at=now, final_at=None))
    await payment_records.put(tx, recorded.payment, refund.transaction_id, sent.tx_hash, None, 0)
    if not succeeded:
        await _emit(context, tx, refund, REFUND_REORGANIZED, now)
        await _follow(context, tx, recorded.payment, now)
        return refund
    await records.set_reorged(tx, refund.id)
    undone = msgspec.structs.replace(refund, reorged=True)
    return await _move(context, tx, recorded, undone, RefundStatus.PENDING, now)


async def observe_refund(context: CheckoutContext, tx: Transaction, refund_id: str, movement: Movement) -> Refund:
    """What a rail reports of a refund that it was asked for; once the refund has ended, it changes nothing.

    Raises:
        BrokenInvariant: there is no such refund.
    """
    found = present(await records.of_any_project(tx, refund_id), "the refund that a rail reports of")
    owner = (found.project_id, found.livemode)
    recorded = present(await payment_records.locked(tx, *owner, found.payment_id), "the payment of a refund")
    # What was read before the lock may be old by now.
    refund = present(await records.by_id(tx, *owner, refund_id), "the refund that a rail reports of")
    if refund.status is not RefundStatus.PENDING:
        return refund
    return await _moved(context, tx, recorded, refund, movement, context.clock.now())


async def cancel_refund(context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str) -> Refund:
    """Give a pending refund up; doing it again changes nothing.

    Raises:
        NotFound: it is not in the caller's project and mode.
        Conflict: it is not pending, or its rail was asked to send it, so that the money may have left.
    """
    refund, recorded = await _locked(tx, principal, refund_id)
    if refund.status is RefundStatus.CANCELED:
        return refund
    pending, sent = _pending(refund), await records.sent_by(tx, refund.id)
    if sent is not None and sent.block is not None:
        raise Conflict(
            "The transaction that sends this refund was seen on its network, so it cannot be canceled any more. It "
            "succeeds once the transaction is final.",
            code="refund_being_sent",
        )
    await records.drop_sent(tx, refund.id)
    return await _drop(context, tx, recorded, pending, RefundStatus.CANCELED, context.clock.now())


async def fail_delivery(
    context: CheckoutContext, tx: Transaction, principal: Principal, order_id: str, handed: RecordedDelivery
) -> Order:
    """Lines of a paid order could not be delivered: that is told, and what was paid for them goes back, as far as it is
    there: their price, with their share of tax and discounts. Where nothing of the order is delivered, all goes back.

    Raises:
        NotFound: the order is not in the caller's project and mode.
        InvalidInput: a line is not one of the order's, or a text is wrong.
        Conflict: the order is not paid, or a line was delivered.
    """
    order, failed = await record_delivery(context, tx, principal, order_id, handed)
    if not failed:
        return order
    recorded = await payments.locked_payment(tx, principal, order.payment.id)
    payment = recorded.payment
    minor = due_for_undelivered(order, payment, {one.id for one in failed})
    if not minor or not payment.refundable_atomic:
        return await get_order(tx, principal, order_id)
    whole = _Sum(minor, payment.refund_atomic(minor))
    await _refund(context, tx, recorded, whole, RefundReason.OTHER, None, None, context.clock.now())
    return await get_order(tx, principal, order_id)


def due_for_undelivered(order: Order, payment: Payment, failed: Collection[str]) -> int:
    """What goes back where these items of an order cannot be delivered, as far as it is there, in the minor unit: their
    price with their share of tax and discounts, and everything where nothing of the order is delivered."""
    others = [one.delivery for one in order.goods if one.id not in failed]
    if all(one is not None and one.status is DeliveryStatus.FAILED for one in others):
        return payment.refundable_minor
    shared = shares(order.basket, payment.received_value.minor)
    return min(sum(shared[one] for one in failed), payment.refundable_minor)


async def refund_order(
    context: CheckoutContext, tx: Transaction, principal: Principal, order_id: str, *, excess_only: bool
) -> Order:
    """The merchant's decision to give unusual money back.

    Args:
        excess_only: give back what is too much and take the rest as payment; else everything goes back, and the order
            ends without a sale.

    Raises:
        NotFound: the order is not in the caller's project and mode.
        Conflict: no money waits for a decision, or there is no excess.
    """
    order = await get_order(tx, principal, order_id)
    recorded = await payments.locked_payment(tx, principal, order.payment.id)
    payment, now = recorded.payment, context.clock.now()
    session = await get_session(tx, principal, payment.session_id)
    too_much = excess(session)
    if excess_only and not too_much:
        raise Conflict("Only an overpaid order has an excess to give back.", code="nothing_to_refund")
    if not payment.refundable_atomic or not (excess_only or waits_for_decision(session)):
        raise Conflict(
            f"This order is {order.status.value} and has no money to decide on; to give money of a paid order back, "
            "create a refund.",
            code="nothing_to_refund",
        )
    reason = RefundReason.OVERPAID if excess_only else _REASONS.get(session.status, RefundReason.OTHER)
    amount, atomic = payment.refundable_minor, payment.refundable_atomic
    if excess_only:
        amount, atomic = max(amount - payment.price.minor, 0), too_much
    # Before the first event, which is the refund's: what is left may be paid by it.
    await hold_counters(tx, [session])
    await deciding.decide_refund(tx, payment, now, ends=not excess_only)
    recorded = await payments.get_payment(tx, principal, payment.id)
    await _refund(context, tx, recorded, _Sum(amount, atomic), reason, None, None, now)
    if excess_only and session.status is SessionStatus.OVERPAID:
        await deciding.accept(context, tx, principal, payment.session_id)
    elif not excess_only:
        await deciding.give_up(context, tx, principal, payment.session_id)
    return await get_order(tx, principal, order_id)


async def _refund(
    context: CheckoutContext,
    tx: Transaction,
    recorded: RecordedPayment,
    amount: _Sum,
    reason: RefundReason,
    destination: str | None,
    metadata: str | None,
    now: int,
    *,
    keep: Keep | None = None,
) -> Refund:
    """Write a refund down, send it where its rail can, and let what depends on it follow."""
    payment = recorded.payment
    refund_id, transaction_id = ids.new_id(ids.REFUND), ids.new_id(ids.TRANSACTION)
    going = Transfer(
        tx_hash=None,
        ordinal=0,
        amount_atomic=amount.atomic,
        seen_at=now,
        confirmed_at=None,
        kind=TransactionKind.REFUND,
        value_minor=amount.minor,
    )
    refund = Refund(
        id=refund_id,
        project_id=recorded.project_id,
        livemode=recorded.livemode,
        payment_id=payment.id,
        order_id=recorded.order_id,
        transaction_id=transaction_id,
        status=RefundStatus.PENDING,
        amount=Money(amount.minor, payment.price.currency),
        reason=reason,
        destination=destination,
        metadata=metadata,
        created_at=now,
        updated_at=now,
    )
    await payment_records.add(tx, payment, going, transaction_id)
    await records.insert(tx, refund)
    if keep is not None:
        await keep(refund)
    await _emit(context, tx, refund, REFUND_CREATED, now)
    rail = context.rail_named(payment.rail, livemode=recorded.livemode)
    if rail is None or not rail.refunds:
        await _follow(context, tx, payment, now)
        return refund
    movement = await rail.refund(tx, RefundRequest(refund_id, payment.terms, going.amount_atomic, destination))
    if movement.status is MovementStatus.PENDING and rail.sends:
        await records.set_asked(tx, refund_id)
        refund = msgspec.structs.replace(refund, asked=True)
        await enqueue(
            tx, context.outbox.wake.jobs, kind=SEND, key=refund_id, project_id=recorded.project_id, payload={}, now=now
        )
    return await _moved(context, tx, recorded, refund, movement, now)


async def _moved(
    context: CheckoutContext, tx: Transaction, recorded: RecordedPayment, refund: Refund, movement: Movement, now: int
) -> Refund:
    """A pending refund after what its rail says of it."""
    match movement.status:
        case MovementStatus.DONE:
            return await _settle(context, tx, recorded, refund, movement.tx_hash, movement.block, now)
        case MovementStatus.FAILED:
            return await _drop(context, tx, recorded, refund, RefundStatus.FAILED, now)
        case MovementStatus.PENDING:
            if movement.tx_hash is not None:
                await payment_records.set_hash(tx, recorded.payment, refund.transaction_id, movement.tx_hash)
            await _follow(context, tx, recorded.payment, now)
            return refund
        case never:
            assert_never(never)


async def _settled_by(tx: Transaction, refund: Refund, name: str) -> bool:
    """Whether this refund was settled by a transaction of this name, and that stands."""
    sent = await records.sent_by(tx, refund.id)
    if sent is not None:
        return sent.gone_at is None and sent.tx_hash == name.lower()
    if refund.status is not RefundStatus.SUCCEEDED or refund.asked:
        return False
    going = await payment_records.transaction_by_id(tx, refund.project_id, refund.livemode, refund.transaction_id)
    return present(going, "the transaction of a refund").transfer.tx_hash == name


async def _settle(
    context: CheckoutContext,
    tx: Transaction,
    recorded: RecordedPayment,
    refund: Refund,
    tx_hash: str | None,
    block: Block | None,
    now: int,
) -> Refund:
    await payment_records.settle(tx, recorded.payment, refund.transaction_id, tx_hash, block, now)
    return await _move(context, tx, recorded, refund, RefundStatus.SUCCEEDED, now)


async def _drop(
    context: CheckoutContext, tx: Transaction, recorded: RecordedPayment, refund: Refund, to: RefundStatus, now: int
) -> Refund:
    # What goes nowhere may complete the payment, which counts a coupon and a link: they are held before any event.
    session = await sessions.by_id(tx, recorded.payment.session_id)
    await hold_counters(tx, [present(session, "the session of a payment")])
    await payment_records.drop(tx, recorded.payment, refund.transaction_id, now)
    return await _move(context, tx, recorded, refund, to, now)


async def _move(
    context: CheckoutContext, tx: Transaction, recorded: RecordedPayment, refund: Refund, to: RefundStatus, now: int
) -> Refund:
    """The one way in which a refund changes its state: a legal edge, one row, one event; its payment follows."""
    if to not in EDGES[refund.status] or await records.move(tx, refund, to, now) != 1:
        raise Conflict(f"A refund that is {refund.status.value} cannot become {to.value}.")
    moved = msgspec.structs.replace(refund, status=to, updated_at=now)
    await _emit(context, tx, moved, EVENT_OF[to], now)
    await _follow(context, tx, recorded.payment, now)
    return moved


async def _follow(context: CheckoutContext, tx: Transaction, payment: Payment, now: int) -> None:
    """Let a locked payment and its order show what has gone back by now."""
    await deciding.money_moved(context, tx, payment, now)


async def _locked(tx: Transaction, principal: Principal, refund_id: str) -> tuple[Refund, RecordedPayment]:
    """A refund and its payment, held until this transaction ends."""
    refund = await get_refund(tx, principal, refund_id)
    recorded = await payments.locked_payment(tx, principal, refund.payment_id)
    # What was read before the lock may be old by now.
    return await get_refund(tx, principal, refund_id), recorded


def _pending(refund: Refund) -> Refund:
    if refund.status is not RefundStatus.PENDING:
        raise Conflict(
            f"Only a pending refund can be settled or canceled; this one is {refund.status.value}.",
            code="refund_not_pending",
        )
    if refund.asked:
        raise Conflict(
            "This refund is being sent, and the money may have left already; it can be neither canceled nor recorded "
            "by hand. It ends once its network reports the outcome.",
            code="refund_being_sent",
        )
    return refund


async def _emit(context: CheckoutContext, tx: Transaction, refund: Refund, type: EventType, now: int) -> None:
    await emit_fact(context, tx, type, refund, to_api(refund), now=now)


async def count_pending(tx: Transaction, principal: Principal, most: int) -> int:
    """How many refunds have not ended, counted up to ``most``."""
    return await records.count_pending(tx, principal.project_id, principal.livemode, most)
