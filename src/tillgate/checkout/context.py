"""What the checkout's operations work with."""

from typing import NamedTuple

from tillgate.base.clock import DAY_MS, MINUTE_MS, Clock
from tillgate.base.errors import Conflict
from tillgate.base.invariants import present
from tillgate.events.outbox import Outbox
from tillgate.rails.port import ManualRail, OfferingRail, PaymentTerms, PayoutLook, Rail, Rails
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
    """Handed to every operation that makes or moves something.

    Attributes:
        payouts: looks at what merchants have sent on networks; None where nothing is looked at.
    """

    settings: CheckoutSettings
    rails: Rails
    clock: Clock
    outbox: Outbox
    payouts: PayoutLook | None = None

    def rail(self, *, livemode: bool, on_networks: bool = False) -> Rail:
        """The rail of a mode.

        Args:
            on_networks: the project pays its test sessions on test networks.

        Raises:
            Conflict: live mode is not set up.
        """
        if not livemode:
            return self.rails.networks if on_networks and self.rails.networks is not None else self.rails.test
        if self.rails.live is None:
            raise Conflict(
                "Live mode is not set up on this server: it has no wallet for live payments. Use a test key, or ask "
                "the operator to set up a live rail.",
                code="live_mode_not_configured",
            )
        return self.rails.live

    def by_mail(self) -> ManualRail:
        """The rail of payments by mail, which serves both modes."""
        return present(self.rails.manual, "the rail of payments by mail")

    async def is_live(self, tx: Transaction, project_id: str) -> bool:
        """Whether live mode is set up for a project."""
        rails = self.rails
        if rails.live is None or rails.live is not rails.networks:
            return rails.live is not None
        return await rails.networks.is_set_up(tx, project_id, livemode=True)

    def rail_named(self, name: str, *, livemode: bool) -> Rail | None:
        """The rail that quoted a payment of a mode; None where it is not set up any more."""
        own: tuple[Rail | None, ...] = (self.rails.live,) if livemode else (self.rails.test, self.rails.networks)
        rails = (*own, self.rails.manual)
        return next((one for one in rails if one is not None and one.name == name), None)

    def paid_on_networks(self, name: str, *, livemode: bool) -> OfferingRail | None:
        """The rail that quoted a payment, where that came on a network on which refunds are looked for."""
        networks = self.rails.networks
        rail = self.rail_named(name, livemode=livemode)
        return networks if self.payouts is not None and rail is not None and rail is networks else None

    def rail_of(self, name: str, *, livemode: bool) -> Rail:
        """The same, for what cannot go on without it.

        Raises:
            Conflict: it is not set up any more.
        """
        found = self.rail_named(name, livemode=livemode)
        return found if found is not None else self.rail(livemode=livemode)

    async def looked_until(self, tx: Transaction, rail_name: str, terms: PaymentTerms, *, livemode: bool) -> int:
        """Up to when every network of these terms has been looked at; never where their rail is not set up any more."""
        rail, until = self.rail_named(rail_name, livemode=livemode), self.clock.now()
        if rail is None:
            return 0
        now = until
        for chain_id in terms.chain_ids:
            if rail.chain_ids and chain_id not in rail.chain_ids:
                return 0
            until = min(until, await rail.looked_until(tx, chain_id, now))
        return until
