"""Payments in the project's figures: each change adds what it changes, in its own transaction.

The sums of a quarter of an hour are one row for all payments of a project and currency. It is written after the
payment's event, whose number is in one row as well, and which everybody holds until they commit. So nobody waits for
the figures who did not wait for the number, and nobody waits in a circle.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from tillgate.base.principal import Principal
from tillgate.checkout.figures import operations as figures
from tillgate.checkout.figures.model import VALUE_MAX, Figures, quarter_of
from tillgate.checkout.payments import records
from tillgate.checkout.payments.model import Payment, PaymentState, RecordedPayment
from tillgate.events import records as events
from tillgate.store import Transaction

# Sums and payments are written by few statements, and whoever waits for the event's number waits for few rows.
BATCH_MAX: Final = 100
_ENDED: Final = (PaymentState.EXPIRED, PaymentState.CANCELED, PaymentState.FAILED)


def figures_of(recorded: RecordedPayment) -> Figures:
    """What a payment adds to its project's figures as it stands: the sum over all payments is the sum of the books."""
    moved = _moved(recorded.payment)
    return moved._replace(succeeded=int(recorded.state is PaymentState.SUCCEEDED), ended=int(recorded.state in _ENDED))


async def count_change(tx: Transaction, before: RecordedPayment, after: RecordedPayment, now: int) -> None:
    """Add what a payment has changed to the figures; its event was written in this transaction."""
    if not after.counted:
        await _count(tx, after.project_id, after.livemode, [before])
    change = figures_of(after).minus(figures_of(before))
    await figures.add(tx, after.project_id, after.livemode, now, after.payment.price.currency, change)


async def count_batch(tx: Transaction) -> int:
    """Count a batch of the payments that no figures have, each by when it moved; says how many."""
    log = await records.log_to_count(tx)
    if log is None:
        return 0
    found = await records.locked_to_count(tx, *log, BATCH_MAX)
    await events.hold_sequence(tx, *log)
    await _count(tx, *log, found)
    return len(found)


def until(payment: Payment, at: int) -> Payment:
    """The payment with what was final by an instant."""
    return msgspec.structs.replace(
        payment,
        transfers=tuple(one for one in payment.transfers if one.confirmed_at is not None and one.confirmed_at <= at),
        returned=tuple(one for one in payment.returned if one.confirmed_at is not None and one.confirmed_at <= at),
    )


async def still_counting(tx: Transaction, principal: Principal) -> bool:
    """Whether earlier payments are not in the figures yet."""
    return await records.any_to_count(tx, principal.project_id, principal.livemode)


async def _count(tx: Transaction, project_id: str, livemode: bool, found: Sequence[RecordedPayment]) -> None:
    """Count payments of a project and mode: each sum is written once, whatever number of them add to it."""
    sums: dict[tuple[int, str], Figures] = defaultdict(Figures)
    for one in found:
        currency = one.payment.price.currency
        for quarter, part in _parts(one).items():
            sums[quarter, currency] = sums[quarter, currency].plus(part)
    for (quarter, currency), part in sorted(sums.items()):
        await figures.add_to(tx, project_id, livemode, quarter, currency, part)
    await records.set_counted(tx, [one.payment.id for one in found])


def _parts(recorded: RecordedPayment) -> dict[int, Figures]:
    parts: dict[int, Figures] = defaultdict(Figures)
    payment, whole = recorded.payment, figures_of(recorded)
    came = sorted(one.confirmed_at for one in payment.transfers if one.confirmed_at is not None)
    ended_at = came[-1] if came and whole.succeeded else recorded.updated_at
    parts[quarter_of(ended_at)] = Figures(whole.succeeded, whole.ended)
    moves = (*payment.transfers, *payment.returned)
    instants = sorted({one.confirmed_at for one in moves if one.confirmed_at is not None})
    for earlier, at in pairwise((-1, *instants)):
        part = _moved(until(payment, at)).minus(_moved(until(payment, earlier)))
        parts[quarter_of(at)] = parts[quarter_of(at)].plus(part)
    # What was captured and is not final yet.
    left = whole
    for part in parts.values():
        left = left.minus(part)
    parts[quarter_of(ended_at)] = parts[quarter_of(ended_at)].plus(left)
    return parts


def _moved(payment: Payment) -> Figures:
    return Figures(
        refunds=sum(one.confirmed_at is not None and bool(one.value_minor) for one in payment.returned),
        received_minor=min(payment.received_value.minor, VALUE_MAX),
        refunded_minor=min(payment.refunded_minor, VALUE_MAX),
    )
