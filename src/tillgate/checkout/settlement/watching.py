"""Live payments and the chains that their money comes on: which addresses are looked for, and what follows from a
transfer to one."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from tillgate.base.clock import DAY_MS
from tillgate.base.invariants import present
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.choosing import follow_the_buyer
from tillgate.checkout.settlement import records
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.observing import observe
from tillgate.rails.port import Observation
from tillgate.store import Transaction

# Addresses that are looked for at once; all others in the slow round. A session lives a week at most.
LATELY_MS: Final = 14 * DAY_MS
LATELY_MAX: Final = 20_000


class LivePayments:
    """The checkout as :class:`~tillgate.rails.evm.books.Receivers`."""

    def __init__(self, context: CheckoutContext) -> None:
        self._context = context

    async def is_awaited(self, tx: Transaction, now: int) -> bool:
        return await records.is_awaited(tx, now - LATELY_MS)

    async def lately(self, tx: Transaction, now: int) -> list[str]:
        return await records.lately(tx, now - LATELY_MS, LATELY_MAX)

    async def every(self, tx: Transaction, after: str, limit: int) -> list[str]:
        return await records.every(tx, after, limit)

    async def observe(
        self, tx: Transaction, recipient: str, seen: Sequence[tuple[str, Observation]]
    ) -> Sequence[str | None]:
        payment_id = await records.quoted(tx, recipient)
        if payment_id is None:
            return [None] * len(seen)
        session = present(await sessions.locked_by_payment(tx, payment_id), "the session of a payment")
        terms = session.payment.terms
        offered = [(one.chain_id, one.asset) for one in terms.options] or [(terms.chain_id, terms.asset)]
        # What was not offered there, another token or another network, is nobody's payment: a person assigns it.
        assets = [_asset_of(offered, one.chain_id, token) for token, one in seen]
        observed = [
            one._replace(asset=asset) for (_, one), asset in zip(seen, assets, strict=True) if asset is not None
        ]
        if observed:
            now = self._context.clock.now()
            if observed[0].asset != terms.asset:
                # That what is asked for follows the money is an event, and what the money counts is held before any.
                await hold_counters(tx, [session])
            session = await follow_the_buyer(self._context, tx, session, observed[0].asset, now)
            await observe(self._context, tx, session, observed, now)
        return [payment_id if asset is not None else None for asset in assets]


def _asset_of(offered: Sequence[tuple[int, str]], chain_id: int, token: str) -> str | None:
    """The offered asset that a token of a network is."""
    ending = f"/erc20:{token}"
    return next((asset for one, asset in offered if one == chain_id and asset.lower().endswith(ending)), None)


def addresses_of(
    project_id: str, *, livemode: bool | None = None
) -> Callable[[Transaction, Sequence[str]], Coroutine[Any, Any, list[str]]]:
    """Which of some addresses belong to a project's payments on networks: to explain a transaction to its merchant.

    Args:
        livemode: only those of this mode; None for both.
    """

    async def ours(tx: Transaction, addresses: Sequence[str]) -> list[str]:
        return await records.of_project(tx, project_id, addresses, livemode)

    return ours
