"""The one way in which a session changes its state, and what follows it: its order, its payment, their events."""

from typing import Final

import msgspec

from tillgate.base.errors import Conflict
from tillgate.base.invariants import ensure
from tillgate.base.problems import Problem
from tillgate.checkout.books import operations as books
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.kept import keep
from tillgate.checkout.links import operations as links
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments.model import Payment
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import (
    EDGES,
    EVENT_OF,
    CheckoutSession,
    SessionStatus,
    order_status,
    payment_state,
)
from tillgate.checkout.sessions.object import to_api
from tillgate.events.types import PAYMENT_UPDATED, SESSION_UPDATED, EventType
from tillgate.store import Transaction

# No edge leads out of these: each session is complete once.
_COMPLETE: Final = (SessionStatus.PAID, SessionStatus.PAID_LATE)


async def move(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    to: SessionStatus,
    *,
    paid_at: int | None,
    now: int,
    payment: Payment | None = None,
    expires_at: int | None = None,
) -> CheckoutSession:
    """Move a locked session: a legal edge, one row, one event. Its payment and its order follow.

    Args:
        payment, expires_at: what has changed of them together with the state.

    Raises:
        Conflict: no legal edge leads there.
    """
    if to not in EDGES[session.status]:
        raise Conflict(
            f"A session that is {session.status.value} cannot become {to.value}.", code="session_not_payable"
        )
    if await records.move(tx, session, to, paid_at=paid_at, now=now) != 1:
        raise Conflict(Problem.SESSION_CHANGED, code="session_changed")
    payment = session.payment if payment is None else payment
    if to is SessionStatus.PENDING:
        payment = msgspec.structs.replace(payment, reopened=True)
    moved = msgspec.structs.replace(
        session,
        status=to,
        paid_at=paid_at,
        updated_at=now,
        payment=payment,
        expires_at=session.expires_at if expires_at is None else expires_at,
    )
    await sync_records(context, tx, session, moved, now)
    await emit_event(context, tx, moved, EVENT_OF[to], now)
    return moved


async def waits_until(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, expires_at: int, now: int
) -> CheckoutSession:
    """Tell that a locked session, which goes on to wait, has another deadline; payment and order with it."""
    changed = msgspec.structs.replace(session, expires_at=expires_at)
    await sync_records(context, tx, session, changed, now)
    await emit_event(context, tx, changed, SESSION_UPDATED, now)
    return changed


async def sync_records(
    context: CheckoutContext,
    tx: Transaction,
    before: CheckoutSession,
    after: CheckoutSession,
    now: int,
    *,
    payment_event: EventType = PAYMENT_UPDATED,
) -> None:
    """Let a locked session's payment and order follow it, whether or not its own state has changed, and the place
    that its discount holds.

    Args:
        payment_event: the payment's event where its state stays as it is.
    """
    order = await orders.get_order_of_session(tx, after.id)
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    if order.discounts and after.status is not before.status:
        await _take_or_give_back(tx, after, now)
    if after.link_id is not None and after.status is not before.status and after.status in _COMPLETE:
        # What costs nothing is complete by a click, which can be refused; money that has come cannot.
        await links.count_completed(tx, after.link_id, within_limit=not after.price.minor)
    was, now_is = await payments.sync_payment(
        context,
        tx,
        before.payment,
        after.payment,
        payment_state(after),
        now,
        expires=(before.expires_at, after.expires_at),
        payment_event=payment_event,
    )
    synced = await orders.sync_order(
        context,
        tx,
        msgspec.structs.replace(order, payment=before.payment, expires_at=before.expires_at),
        msgspec.structs.replace(order, payment=after.payment, expires_at=after.expires_at),
        order_status(after),
        now,
        # A failed session's order is paid where its money was accepted.
        was_paid=before.paid_at is not None or before.status is SessionStatus.FAILED,
    )
    await books.book_change(tx, was, now_is, (order.totals, order.totals), now)
    if synced.status is OrderStatus.PAID and order.status is not OrderStatus.PAID:
        await orders.deliver_automatically(context, tx, synced, now)


async def emit_event(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, type: EventType, now: int
) -> None:
    """Write an event about a locked session."""
    await emit_fact(context, tx, type, session, to_api(session, context.settings.public_url), now=now)


async def keep_form(context: CheckoutContext, tx: Transaction, session: CheckoutSession) -> None:
    """Keep the form of a locked session whose money was written without an event about the session."""
    public_url = context.settings.public_url
    await keep(tx, session.id, msgspec.json.encode(to_api(session, public_url)), public_url)


async def _take_or_give_back(tx: Transaction, session: CheckoutSession, now: int) -> None:
    """Take the discount's place of a session that is paid, or give back that of one that has ended."""
    if session.status in _COMPLETE:
        taken = await redemptions.consume(tx, session.id, now=now)
        ensure(taken, "a paid session's discount had its place: a session that was expired has taken it again")
    elif session.status in (SessionStatus.EXPIRED, SessionStatus.FAILED):
        await redemptions.release(tx, [session.id], now=now)
    elif session.status is not SessionStatus.PENDING:
        # Money was seen. Where the place is somebody else's by now, that is told when the money is complete.
        await redemptions.renew_hold(tx, session.id, now=now)
