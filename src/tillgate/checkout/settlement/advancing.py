"""Putting a test clock forward: the deadlines of its sessions come nearer, and what is due then happens at once."""

from tillgate.base.principal import Principal
from tillgate.checkout.clocks import operations as clocks
from tillgate.checkout.clocks.model import TestClock, checked_advance
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.settlement import capturing, expiring
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.store import Transaction


async def advance(
    context: CheckoutContext, tx: Transaction, principal: Principal, clock_id: str, seconds: int
) -> TestClock:
    """Put a clock forward, and do what falls due for its sessions thereby.

    Nothing that has happened is dated otherwise: not the time goes, the deadline comes. Money that is complete keeps
    the verdict on whether it was in time.

    Raises:
        NotFound: the clock is not in the caller's project, or the caller is in live mode.
        InvalidInput: it is not between a second and a year.
    """
    milliseconds = checked_advance(seconds)
    clock = await clocks.put_forward(context, tx, principal, clock_id, milliseconds)
    await records.bring_forward(tx, clock.id, milliseconds)
    await redemptions.shorten_holds(tx, clock.id, milliseconds)
    now = context.clock.now()
    # All rows are held before the first event, which locks its project's sequence.
    over = await records.to_expire_of_clock(tx, clock.id, now)
    lapsed = await records.to_lapse_of_clock(tx, clock.id, now)
    held = await records.to_free_of_clock(tx, clock.id, now)
    await hold_counters(tx, [*over, *lapsed, *held])
    await redemptions.release(tx, [one.id for one in held], now=now)
    await expiring.expire_looked_at(context, tx, over, now)
    await capturing.lapse_all(context, tx, lapsed, now)
    return clock
