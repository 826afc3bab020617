"""Refunds that their rail has left pending go out: asked for outside of any transaction, until they have ended."""

from typing import Final, NamedTuple

from tillgate.base.clock import SECOND_MS
from tillgate.base.invariants import present
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.refunds import records
from tillgate.checkout.refunds.model import SEND, RefundStatus
from tillgate.checkout.refunds.operations import observe_refund
from tillgate.rails.port import Rail, RefundRequest
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Again, Job, Kind

# How long after a refund was found under way its rail is asked again.
ASK_AGAIN_MS: Final = 30 * SECOND_MS


class _Outgoing(NamedTuple):
    rail: Rail
    request: RefundRequest


def kind(context: CheckoutContext, database: Database) -> Kind:
    """The job of each refund that its rail sends."""

    async def outgoing(tx: Transaction, refund_id: str) -> _Outgoing | None:
        refund = present(await records.of_any_project(tx, refund_id), "the refund of a job")
        if refund.status is not RefundStatus.PENDING:
            return None
        owner = (refund.project_id, refund.livemode)
        payment = present(await payments.by_id(tx, *owner, refund.payment_id), "the payment of a refund").payment
        rail = context.rail_named(payment.rail, livemode=refund.livemode)
        if rail is None or not rail.sends:
            return None
        going = present(
            await payments.transaction_by_id(tx, *owner, refund.transaction_id), "the transaction of a refund"
        )
        request = RefundRequest(refund.id, payment.terms, going.transfer.amount_atomic, refund.destination)
        return _Outgoing(rail, request)

    async def run(job: Job) -> Again | None:
        found = await database.read(lambda tx: outgoing(tx, job.key))
        if found is None:
            return None
        movement = await found.rail.send_refund(found.request)
        refund = await database.write(lambda tx: observe_refund(context, tx, job.key, movement))
        return Again(ASK_AGAIN_MS) if refund.status is RefundStatus.PENDING else None

    return Kind(SEND, run, at_once=8, per_project=2)
