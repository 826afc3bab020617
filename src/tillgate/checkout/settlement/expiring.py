"""Sessions end by themselves when their time is up, and by their merchant before it; authorisations lapse."""

import asyncio
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.errors import Conflict
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.moving import move
from tillgate.checkout.settlement import capturing
from tillgate.store import Database, Transaction

LOOK_SECONDS: Final = 1.0
EXPIRE_BATCH_MAX: Final = 100

_log = structlog.get_logger("sessions")


async def keep_expiring(database: Database, context: CheckoutContext) -> None:
    """Expire and lapse what is due until cancelled; what fell due while nobody ran is caught up at once."""

    async def anything(tx: Transaction) -> bool:
        now = context.clock.now()
        return await records.any_to_expire(tx, now) or await capturing.any_to_lapse(tx, now)

    async def batch(tx: Transaction) -> int:
        return await expire_due(context, tx) + await capturing.lapse_due(context, tx)

    while True:
        try:
            while await database.read(anything):
                if not await database.write(batch):
                    break  # others hold what is left
        except StoreUnavailable:
            pass  # said once by what watches the database; it is tried again
        except Exception:
            _log.exception("sessions.expiry_failed")
        await asyncio.sleep(LOOK_SECONDS)


async def expire(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """End a pending session before its time; doing it again changes nothing.

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


async def expire_due(context: CheckoutContext, tx: Transaction) -> int:
    """Expire a batch of pending sessions whose time is up; answers with how many."""
    now = context.clock.now()
    due = await records.to_expire(tx, now, EXPIRE_BATCH_MAX)
    await expire_all(context, tx, due, now)
    return len(due)


async def expire_all(context: CheckoutContext, tx: Transaction, due: list[CheckoutSession], now: int) -> None:
    """Expire locked pending sessions whose time is up."""
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    await redemptions.release(tx, [session.id for session in due], now=now)
    # Each event locks its project's sequence: in one order everywhere, so that nobody waits in a circle.
    for session in sorted(due, key=lambda one: (one.project_id, one.livemode)):
        await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now)


async def expire_now(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """Expire a locked session, its clock run down to now where it had time left."""
    expires_at = min(now, session.expires_at)
    if expires_at < session.expires_at:
        await records.set_expiry(tx, session.id, expires_at)
    return await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now, expires_at=expires_at)
