"""What a person decides about money that fits no payment: it belongs to an order, or went back."""

import msgspec

from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.money import parse_amount
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import checked_text
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import get_order
from tillgate.checkout.payments import records as payments
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.observing import settle
from tillgate.checkout.unassigned import records
from tillgate.checkout.unassigned.model import NOTE_MAX, UnassignedStatus, UnassignedTransfer
from tillgate.checkout.unassigned.operations import emit, get_unassigned
from tillgate.events.types import UNASSIGNED_TRANSFER_ASSIGNED, UNASSIGNED_TRANSFER_RETURNED
from tillgate.store import Transaction

_S = UnassignedStatus


async def assign(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    id: str,
    order_id: str,
    *,
    value: str | None = None,
) -> UnassignedTransfer:
    """Count a transfer for an order. The order waits for the merchant's decision then: nothing is paid by it before
    they accept. Doing it again changes nothing.

    Args:
        value: what it is worth, a decimal string in the order's currency; where the token is worth that currency, its
            amount where it is None.

    Raises:
        NotFound: the transfer is not in the caller's project and mode.
        InvalidInput: the order is not, or what the transfer is worth is not said.
        Conflict: it is not final, is orphaned, or was decided already; or the order takes no money.
    """
    found = await get_unassigned(tx, principal, id)
    try:
        order = await get_order(tx, principal, order_id)
    except NotFound as error:
        raise InvalidInput("order_id", Problem.NO_SUCH, noun="order") from error
    session = present(await sessions.locked(tx, order.session_id), "the session of an order")
    found = present(await records.locked(tx, principal.project_id, principal.livemode, id), "a transfer just read")
    if found.decision is _S.ASSIGNED and found.order_id == order.id:
        return found
    _require_open(found)
    worth, now = _worth(found, order, value), context.clock.now()
    await hold_counters(tx, [session])
    await _decide(tx, found, _S.ASSIGNED, order_id=order.id, note=None, now=now)
    payment = await payments.assign(
        tx, session.payment, found.observed(), value_minor=worth, asset_decimals=found.asset_decimals, now=now
    )
    # An earlier decision was not about this money.
    payment = msgspec.structs.replace(payment, unexpected=True, decision=None)
    await payments.write(tx, payment, now)
    if context.rails.networks is not None:
        await context.rails.networks.assigned(tx, found.chain_id, found.tx_hash, found.ordinal, payment.id)
    await settle(context, tx, session, payment, now)
    decided = await get_unassigned(tx, principal, id)
    await emit(context, tx, decided, UNASSIGNED_TRANSFER_ASSIGNED, now)
    return decided


async def mark_returned(
    context: CheckoutContext, tx: Transaction, principal: Principal, id: str, note: str | None = None
) -> UnassignedTransfer:
    """Say that the money went back, which a person has seen to. Doing it again changes nothing.

    Raises:
        NotFound: the transfer is not in the caller's project and mode.
        InvalidInput: the note is no text.
        Conflict: it is not final, is orphaned, or was assigned.
    """
    words = checked_text(note, field="note", length_max=NOTE_MAX) if note is not None else None
    await get_unassigned(tx, principal, id)
    found = present(await records.locked(tx, principal.project_id, principal.livemode, id), "a transfer just read")
    if found.decision is _S.RETURNED:
        return found
    _require_open(found)
    now = context.clock.now()
    await _decide(tx, found, _S.RETURNED, order_id=None, note=words, now=now)
    decided = await get_unassigned(tx, principal, id)
    await emit(context, tx, decided, UNASSIGNED_TRANSFER_RETURNED, now)
    return decided


def _require_open(found: UnassignedTransfer) -> None:
    if found.status is not _S.UNASSIGNED or found.decision is not None:
        raise Conflict(
            f"Only a transfer that is final and open can be assigned or marked returned; this one is "
            f"{found.status.value}.",
            code="transfer_not_open",
        )


def _worth(found: UnassignedTransfer, order: Order, value: str | None) -> int:
    payment = order.payment
    if not payment.price.minor or payment.authorization is not None:
        raise Conflict("This order takes no money from a network.", code="transfer_not_open")
    if value is not None:
        return parse_amount(value, payment.price.currency, field="value").minor
    worth = found.worth_minor(payment.price.currency)
    if worth is None:
        raise InvalidInput("value", Problem.REQUIRED)
    if not worth:
        raise InvalidInput("value", Problem.AMOUNT_ZERO)
    return worth


async def _decide(
    tx: Transaction,
    found: UnassignedTransfer,
    decision: UnassignedStatus,
    *,
    order_id: str | None,
    note: str | None,
    now: int,
) -> None:
    if not await records.decide(tx, found.id, decision, order_id=order_id, note=note, now=now):
        _require_open(msgspec.structs.replace(found, decision=decision))
