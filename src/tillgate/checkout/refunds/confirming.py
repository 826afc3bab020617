"""Refunds that merchants have sent on networks: looked at before they are settled, until they are final, and for a
while after that. Networks are asked outside of any transaction."""

from functools import partial
from typing import Final

from tillgate.base.clock import DAY_MS, MINUTE_MS, SECOND_MS
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.refunds import records
from tillgate.checkout.refunds.model import CONFIRM, Refund, RefundStatus, SentBy
from tillgate.checkout.refunds.operations import get_refund, observe_sent
from tillgate.rails.port import Block, PayoutAsked, PayoutSeen
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Again, Job, Kind, enqueue

# Between two looks at a refund that waits for its confirmations: seconds after it was sent, longer later.
ASK_MS_MIN: Final = 2 * SECOND_MS
ASK_MS_MAX: Final = 5 * MINUTE_MS
_SHARE_OF_AGE: Final = 10
# After so long in no block nobody waits for it any more: its merchant settles it by another transaction, or cancels.
GONE_MS_MAX: Final = 7 * DAY_MS
# For how long a refund that has succeeded is looked at again, in case a reorganisation goes below finality.
WATCHED_MS: Final = DAY_MS
RECHECK: Final = "refunds.recheck"
RECHECK_EVERY_MS: Final = MINUTE_MS
PAGE: Final = 200
PAGES_MAX: Final = 50


async def is_looked_at(context: CheckoutContext, tx: Transaction, principal: Principal, refund_id: str) -> bool:
    """Whether a network says of the caller's refund that it was sent.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    refund = await get_refund(tx, principal, refund_id)
    return refund.status is RefundStatus.PENDING and await _asked(context, tx, refund, "", None) is not None


async def look_at(
    context: CheckoutContext, database: Database, principal: Principal, refund_id: str, tx_hash: str
) -> PayoutSeen | None:
    """What the network says of a transaction by which the caller's refund was sent, before that is settled by it; None
    where there is nothing to look at: whoever settles it says why.

    Raises:
        NotFound: the refund is not in the caller's project and mode.
    """

    async def read(tx: Transaction) -> PayoutAsked | None:
        refund = await get_refund(tx, principal, refund_id)
        if refund.status is not RefundStatus.PENDING or refund.destination is None:
            return None
        return await _asked(context, tx, refund, tx_hash, None)

    asked = await database.read(read)
    return await context.payouts.look(asked) if asked is not None and context.payouts is not None else None


async def _asked(
    context: CheckoutContext, tx: Transaction, refund: Refund, tx_hash: str, known: Block | None
) -> PayoutAsked | None:
    """What has to have been sent; None where it is not on a network."""
    owner = (refund.project_id, refund.livemode)
    payment = present(await payments.by_id(tx, *owner, refund.payment_id), "the payment of a refund").payment
    going = present(await payments.transaction_by_id(tx, *owner, refund.transaction_id), "the transaction of a refund")
    if context.paid_on_networks(payment.rail, livemode=refund.livemode) is None or refund.destination is None:
        return None
    return PayoutAsked(
        going.chain_id,
        going.asset,
        refund.destination,
        going.transfer.amount_atomic,
        refund.created_at,
        tx_hash,
        known,
    )


def kinds(context: CheckoutContext, database: Database) -> list[Kind]:
    """The jobs of refunds that were sent on networks."""
    jobs = _Jobs(context, database)
    return [
        Kind(CONFIRM, jobs.confirm, at_once=4, per_project=2),
        Kind(RECHECK, jobs.recheck, at_once=1, every_ms=RECHECK_EVERY_MS, seconds_max=120),
    ]


class _Jobs:
    """What runs in the background, over one database."""

    def __init__(self, context: CheckoutContext, database: Database) -> None:
        self._context = context
        self._database = database

    async def confirm(self, job: Job) -> Again | None:
        """Look at a refund that was sent, until it has succeeded."""
        found, payouts = await self._database.read(lambda tx: self._sent(tx, job.key)), self._context.payouts
        if found is None or payouts is None:
            return None
        by, asked = found
        seen = await payouts.look(asked)
        refund = await self._database.write(lambda tx: observe_sent(self._context, tx, by, seen))
        now = self._context.clock.now()
        if refund.status is not RefundStatus.PENDING or (by.gone_at is not None and now - by.gone_at > GONE_MS_MAX):
            return None
        since = by.gone_at if by.gone_at is not None else by.claimed_at
        return Again(min(max((now - since) // _SHARE_OF_AGE, ASK_MS_MIN), ASK_MS_MAX))

    async def recheck(self, _: Job) -> None:
        """Look whether the blocks of those that succeeded lately are still there."""
        since, after = self._context.clock.now() - WATCHED_MS, ""
        for _page in range(PAGES_MAX):
            page = await self._database.read(partial(records.final_since, since=since, after=after, limit=PAGE))
            gone = await self._gone(page)
            if gone:
                await self._database.write(partial(self._queue, gone=gone))
            if len(page) < PAGE:
                break
            since, after = present(page[-1].final_at, "when a final transfer became so"), page[-1].refund_id

    async def _sent(self, tx: Transaction, refund_id: str) -> tuple[SentBy, PayoutAsked] | None:
        refund, by = await records.of_any_project(tx, refund_id), await records.sent_by(tx, refund_id)
        if refund is None or by is None:
            return None
        asked = await _asked(self._context, tx, refund, by.tx_hash, by.block)
        return (by, asked) if asked is not None else None

    async def _gone(self, page: list[SentBy]) -> list[SentBy]:
        gone: list[SentBy] = []
        payouts = self._context.payouts
        if payouts is None:
            return gone
        for chain_id in sorted({one.chain_id for one in page}):
            blocks = {one.block for one in page if one.chain_id == chain_id and one.block is not None}
            replaced = set(await payouts.replaced(chain_id, sorted(blocks)))
            gone += [one for one in page if one.chain_id == chain_id and one.block in replaced]
        return sorted(gone, key=lambda one: one.refund_id)

    async def _queue(self, tx: Transaction, *, gone: list[SentBy]) -> None:
        now = self._context.clock.now()
        for one in gone:
            refund = present(await records.of_any_project(tx, one.refund_id), "a refund that was sent")
            await enqueue(
                tx,
                self._context.outbox.wake.jobs,
                kind=CONFIRM,
                key=refund.id,
                project_id=refund.project_id,
                payload={},
                now=now,
            )
