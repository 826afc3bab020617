"""What the moves of several sessions count, held before the first of them moves.

Each event locks its project's sequence, and whoever waits for that holds nothing that others need before they can wait
for it too. So a transaction locks in one order: a test clock, sessions with their payments, unassigned transfers, a
customer, the wallet that an address is taken from, redemptions, coupons, promotion codes, payment links, and the
sequence last.
"""

from collections.abc import Sequence

from tillgate.checkout.links import operations as links
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.store import Transaction


async def hold_counters(tx: Transaction, sessions: Sequence[CheckoutSession]) -> None:
    """Hold the counters of the coupons, the codes and the links of locked sessions."""
    await redemptions.hold_counters(tx, [one.id for one in sessions])
    await links.hold_links(tx, [one.link_id for one in sessions if one.link_id is not None])
