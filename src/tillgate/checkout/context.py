"""What the checkout's operations work with."""

from typing import NamedTuple

from tillgate.base.clock import DAY_MS, MINUTE_MS, Clock
from tillgate.base.errors import Conflict
from tillgate.events.outbox import Outbox
from tillgate.rails.port import PaymentTerms, Rail, Rails
from tillgate.store import Transaction


class CheckoutSettings(NamedTuple):
    """What an operator may set.

    Attributes:
        public_url: where buyers reach this server, without a slash at the end.
        session_lifetime_ms: how long a session waits for money unless it says otherwise itself.
        late_grace_ms: how long after its expiry a payment still makes a session ``paid_late``.
    """

    public_url: str
    session_lifetime_ms: int = 60 * MINUTE_MS
    late_grace_ms: int = DAY_MS


class CheckoutContext(NamedTuple):
    """Handed to every operation that makes or moves something."""

    settings: CheckoutSettings
    rails: Rails
    clock: Clock
    outbox: Outbox

    def rail(self, *, livemode: bool) -> Rail:
        """The rail of a mode.

        Raises:
            Conflict: live mode is not set up.
        """
        if not livemode:
            return self.rails.test
        if self.rails.live is None:
            raise Conflict(
                "Live mode is not set up on this server: it has no wallet for live payments. Use a test key, or ask "
                "the operator to set up a live rail.",
                code="live_mode_not_configured",
            )
        return self.rails.live

    async def looked_until(self, tx: Transaction, terms: PaymentTerms, *, livemode: bool) -> int:
        """Up to when the network of these terms has been looked at; never where its rail is not set up any more."""
        rail, now = self.rails.live if livemode else self.rails.test, self.clock.now()
        if rail is None or terms.chain_id not in rail.chain_ids:
            return 0
        return min(now, await rail.looked_until(tx, terms.chain_id, now))
