"""Live payments and the chains that their money comes on: which addresses are looked for, and what follows from a
transfer to one."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from tillgate.base.clock import DAY_MS
from tillgate.base.invariants import present
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.choosing import changes_choice, choose_what_arrived
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement import records
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.observing import observe
from tillgate.checkout.settlement.records import Quoted
from tillgate.checkout.unassigned import operations as unassigned
from tillgate.checkout.unassigned import records as unassigned_records
from tillgate.checkout.unassigned.model import Arrival, UnassignedReason
from tillgate.checkout.unassigned.records import TransferKey
from tillgate.rails.port import COIN, Observation, OfferingRail, Sighted, TokenInfo, is_coin
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

    async def waiting(self, tx: Transaction, now: int) -> list[str]:
        grace = now - self._context.settings.late_grace_ms
        return await records.waiting(tx, now - LATELY_MS, grace, LATELY_MAX)

    async def every(self, tx: Transaction, after: str, limit: int) -> list[str]:
        return await records.every(tx, after, limit)

    async def observe(self, tx: Transaction, recipient: str, seen: Sequence[Sighted]) -> Sequence[str | None]:
        quoted = await records.quoted(tx, recipient)
        known = await unassigned_records.assigned(tx, sorted({one.seen.reference for one in seen}))
        places = [TransferKey(one.seen.chain_id, one.seen.reference, one.seen.ordinal) for one in seen]
        # In one order, and before anything else is locked.
        wanted = {known[place].session_id for place in places if place in known}
        wanted |= {quoted.session_id} if quoted is not None else set()
        held = {id: present(await sessions.locked(tx, id), "a session") for id in sorted(filter(None, wanted))}
        own = held[quoted.session_id] if quoted is not None else None
        # What was not offered there, another token or another network, is nobody's payment: a person assigns it. So is
        # what came before the address was given out.
        assets = [
            _asset_of(own, one) if own is not None and place not in known else None
            for one, place in zip(seen, places, strict=True)
        ]
        now = self._context.clock.now()
        emitted = [
            await self._note(tx, recipient, one, quoted, now, is_known=place in known)
            for one, place, asset in zip(seen, places, assets, strict=True)
            if asset is None
        ]
        found: dict[str, list[Observation]] = {}
        owners: list[str | None] = []
        for one, place, asset in zip(seen, places, assets, strict=True):
            theirs = known.get(place)
            session_id = quoted.session_id if quoted is not None and asset is not None else None
            if theirs is not None and theirs.session_id is not None:
                session_id, asset = theirs.session_id, theirs.asset
            owners.append(held[session_id].payment.id if session_id is not None else None)
            if session_id is not None and asset is not None:
                found.setdefault(session_id, []).append(one.seen._replace(asset=asset))
        # That what is asked for follows the money is an event, and what the money counts is held before any.
        if len(found) > 1 or any(changes_choice(held[id].payment, observed[0]) for id, observed in found.items()):
            await hold_counters(tx, [held[id] for id in sorted(found)])
        for session_id, observed in sorted(found.items()):
            session = await choose_what_arrived(self._context, tx, held[session_id], observed[0], now)
            await observe(self._context, tx, session, observed, now)
        for transfer in emitted:
            if transfer is not None:
                await unassigned.emit(self._context, tx, transfer.transfer, transfer.type, now)
        return owners

    async def _note(
        self, tx: Transaction, recipient: str, one: Sighted, quoted: Quoted | None, now: int, *, is_known: bool
    ) -> unassigned.PendingEvent | None:
        """Write down a transfer that fits no payment."""
        rail, block = self._context.rails.networks, one.seen.block
        token = await rail.token_info(tx, one.seen.chain_id, one.token) if rail is not None else None
        if rail is None or token is None or block is None:
            return None
        owner = None
        if not is_known:
            owner = await self._owner(tx, rail, recipient, one, quoted, token)
            if owner is None:
                return None
        arrival = Arrival(
            seen=one.seen._replace(asset=token.asset),
            block=block,
            sender=one.sender,
            recipient=one.recipient,
            network=token.network,
            symbol=token.symbol,
            decimals=token.decimals,
            currency=token.currency,
        )
        return await unassigned.note(tx, arrival, owner, now)

    async def _owner(
        self, tx: Transaction, rail: OfferingRail, recipient: str, one: Sighted, quoted: Quoted | None, token: TokenInfo
    ) -> unassigned.Owner | None:
        """Whose money it is; None where it left, or only moved from one address of its owner to another."""
        if quoted is None:
            project_id = await rail.owner_of(tx, recipient)
            if project_id is None:
                return None
            owner = unassigned.Owner(project_id, token.livemode, UnassignedReason.NO_SESSION, None)
        else:
            session = await sessions.by_id(tx, quoted.session_id)
            chains = {chain_id for chain_id, _ in _offered(present(session, "the session of a payment"))}
            reason = UnassignedReason.TOKEN_NOT_OFFERED
            if one.seen.chain_id not in chains:
                reason = UnassignedReason.NETWORK_NOT_OFFERED
            owner = unassigned.Owner(quoted.project_id, quoted.livemode, reason, quoted.order_id)
        if await rail.owner_of(tx, one.sender) == owner.project_id:
            return None
        return owner


def _offered(session: CheckoutSession) -> list[tuple[int, str]]:
    terms = session.payment.terms
    return [(one.chain_id, one.asset) for one in terms.options] or [(terms.chain_id, terms.asset)]


def _asset_of(session: CheckoutSession, sighted: Sighted) -> str | None:
    """The asset that a token, or the coin, was offered as when its block was made, or was counted as before."""
    payment, one, token = session.payment, sighted.seen, sighted.token
    offered = _offered(session)
    offered += [
        (earlier.option.chain_id, earlier.option.asset)
        for earlier in payment.terms.earlier
        if one.block is None
        or one.block.mined_at < earlier.until
        or any((own.reference, own.ordinal) == (one.reference, one.ordinal) for own in payment.dropped)
    ]
    for chain, asset in offered:
        is_it = is_coin(asset) if token == COIN else asset.lower().endswith(f"/erc20:{token}")
        if is_it and chain == one.chain_id:
            return asset
    return None


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
