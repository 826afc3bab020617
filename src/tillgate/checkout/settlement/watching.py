"""Live payments and the chains that their money comes on: which addresses are looked for, and what follows from a
transfer to one."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from tillgate.base.clock import DAY_MS
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.settlement import records
from tillgate.checkout.settlement.observing import observe_payment
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
        found = await records.quoted(tx, recipient)
        if found is None:
            return [None] * len(seen)
        # What was not quoted there, another token or another network, is nobody's payment: a person assigns it.
        asset = found.asset.lower()
        fits = [one.chain_id == found.chain_id and asset.endswith(f"/erc20:{token}") for token, one in seen]
        observed = [one._replace(asset=found.asset) for (_, one), fit in zip(seen, fits, strict=True) if fit]
        if observed:
            await observe_payment(self._context, tx, found.payment_id, observed)
        return [found.payment_id if fit else None for fit in fits]


def addresses_of(project_id: str) -> Callable[[Transaction, Sequence[str]], Coroutine[Any, Any, list[str]]]:
    """Which of some addresses belong to a project's live payments: to explain a transaction to its merchant."""

    async def ours(tx: Transaction, addresses: Sequence[str]) -> list[str]:
        return await records.of_project(tx, project_id, addresses)

    return ours
