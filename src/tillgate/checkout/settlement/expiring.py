"""Sessions end when their time is up and their rail has looked that far; authorizations lapse.

A payment may lie in a block that nobody has read yet. So a session waits until its network has been looked at past the
deadline: money that was in time is never told to be late. What it holds of others ends by the clock all the same.
"""

from typing import Final

from tillgate.base.errors import Conflict
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.payments import records as payments
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.moving import move, waits_until
from tillgate.store import Transaction

EXPIRE_BATCH_MAX: Final = 100


async def expire(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """End a pending session before its time; doing it again changes nothing.

    Its deadline is now. Where its rail has not looked that far, it is pending until that is so.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: money was seen for it, or it has ended otherwise.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status is SessionStatus.EXPIRED:
        return session
    if session.status is not SessionStatus.PENDING:
        raise Conflict(
            f"Only a pending session can be expired; this one is {session.status.value}.", code="session_not_pending"
        )
    return await expire_now(context, tx, session, context.clock.now())


async def expire_now(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """Run the clock of a locked pending session down to now where it had time left, and expire it if that can be."""
    expires_at = min(now, session.expires_at)
    if (
        await context.looked_until(tx, session.payment.rail, session.payment.terms, livemode=session.livemode)
        >= expires_at
    ):
        if expires_at < session.expires_at:
            await records.set_expiry(tx, session.id, expires_at)
        await _release(tx, [session], now)
        return await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now, expires_at=expires_at)
    if expires_at == session.expires_at:
        return session
    await records.set_expiry(tx, session.id, expires_at)
    await _release(tx, [session], now)
    return await waits_until(context, tx, session, expires_at, now)


async def networks(context: CheckoutContext, tx: Transaction) -> list[records.Looked]:
    """The networks that sessions are paid on, and how far each has been looked at."""
    rails, now, found = context.rails, context.clock.now(), []
    served = ((False, rails.test), (True, rails.live), (False, rails.networks))
    for livemode, rail in (*served, (False, rails.manual), (True, rails.manual)):
        if rail is None:
            continue
        groups = [str(one) for one in rail.chain_ids] or await payments.offered_networks(tx)
        chains = {chain_id for group in groups for chain_id in payments.chains_of(group)}
        looked = {chain_id: min(now, await rail.looked_until(tx, chain_id, now)) for chain_id in chains}
        found += [
            records.Looked(livemode, rail.name, group, min(looked[one] for one in payments.chains_of(group)))
            for group in groups
        ]
    return found


async def any_due(tx: Transaction, project_id: str, found: list[records.Looked], now: int) -> bool:
    """Whether there is something to expire or to give back in a project.

    Args:
        found: the networks.
    """
    for network in found:
        if await records.any_to_expire(tx, project_id, network):
            return True
    return await records.any_holding(tx, project_id, now)


async def expire_due(context: CheckoutContext, tx: Transaction, project_id: str) -> int:
    """Expire a batch of a project's pending sessions whose time is up and whose network has been looked at past their
    deadline; answers with how many."""
    now = context.clock.now()
    due: list[CheckoutSession] = []
    for network in await networks(context, tx):
        due += await records.to_expire(tx, project_id, network, EXPIRE_BATCH_MAX - len(due))
    await expire_all(context, tx, due, now)
    return len(due)


async def expire_all(context: CheckoutContext, tx: Transaction, due: list[CheckoutSession], now: int) -> None:
    """Expire locked pending sessions whose time is up."""
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    await _release(tx, due, now)
    # Each event locks its project's sequence: in one order everywhere, so that nobody waits in a circle.
    for session in sorted(due, key=lambda one: (one.project_id, one.livemode)):
        await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now)


async def expire_one(context: CheckoutContext, tx: Transaction, session_id: str) -> None:
    """The same for one session, where its time is up: expire it, or give back what it holds of others."""
    now = context.clock.now()
    session = await records.locked(tx, session_id)
    if session is None or session.status is not SessionStatus.PENDING or session.expires_at > now:
        return
    if (
        await context.looked_until(tx, session.payment.rail, session.payment.terms, livemode=session.livemode)
        >= session.expires_at
    ):
        await expire_all(context, tx, [session], now)
    else:
        await _release(tx, [session], now)


async def release_due(context: CheckoutContext, tx: Transaction, project_id: str) -> int:
    """Give back what a batch of a project's sessions holds of others whose time is up, though their rail has not looked
    that far; answers with how many."""
    now = context.clock.now()
    holding = await records.to_release(tx, project_id, now, EXPIRE_BATCH_MAX)
    await _release(tx, holding, now)
    return len(holding)


async def release_held(context: CheckoutContext, tx: Transaction, project_id: str) -> int:
    """Give back a batch of a project's places that buyers held by a code for long enough, while no money was seen;
    answers with how many."""
    now = context.clock.now()
    over = await records.to_free(tx, project_id, now, EXPIRE_BATCH_MAX)
    await redemptions.release(tx, over, now=now)
    return len(over)


async def release_held_of(context: CheckoutContext, tx: Transaction, session_id: str) -> None:
    """The same for one session."""
    now = context.clock.now()
    await redemptions.release(tx, await records.one_to_free(tx, session_id, now), now=now)


async def expire_looked_at(context: CheckoutContext, tx: Transaction, over: list[CheckoutSession], now: int) -> None:
    """Expire those of some locked pending sessions, whose time is up, that their rails have looked past; of the others,
    what they hold is given back. Their counters are held."""
    looked = {
        one.id: await context.looked_until(tx, one.payment.rail, one.payment.terms, livemode=one.livemode)
        >= one.expires_at
        for one in over
    }
    await _release(tx, [one for one in over if not looked[one.id]], now)
    await expire_all(context, tx, [one for one in over if looked[one.id]], now)


async def _release(tx: Transaction, sessions: list[CheckoutSession], now: int) -> None:
    """Give back the places and the references that locked sessions hold."""
    session_ids = [session.id for session in sessions]
    await redemptions.release(tx, session_ids, now=now)
    await orders.release_references(tx, session_ids)
