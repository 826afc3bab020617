"""Looking at the next addresses of every wallet before they are given out: nobody may have used them on any network.

It is done in the background, so that no node is asked while a session is made. An address that somebody has used is
left out for good: money that is on it already could be taken for a payment.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from tillgate.base.clock import Clock
from tillgate.rails.evm.node import AccountUse, Malformed, NodeError
from tillgate.rails.evm.wallets import operations, records
from tillgate.rails.evm.wallets.model import FRESH_FOR_MS, NEXT_INDEX_MAX, READY, READY_MIN, Wallet, WalletError
from tillgate.rails.evm.wallets.records import Unlooked
from tillgate.store import Database, Sealer, SealingError, Transaction

# Addresses that a network is asked about at once, and wallets whose turn it is at once.
ASKED_AT_ONCE: Final = 50
WALLETS_AT_ONCE: Final = 100
# Addresses of a wallet that are left out in one round, because somebody has used them.
LEFT_OUT_MAX: Final = 100

_log: Final = structlog.get_logger("wallets")

Look = Callable[[Sequence[str]], Awaitable[Sequence[AccountUse]]]
"""Asks one network what it knows of addresses."""


async def read_ahead(
    database: Database, sealer: Sealer, clock: Clock, networks: Sequence[Look], *, networks_since: int
) -> int:
    """Let every wallet that serves new sessions have addresses ready; answers with how many were looked at.

    Args:
        networks: each is asked; where one does not answer, nothing is known of an address.
        networks_since: what was looked at before this instant was not looked at on all of them.
    """
    looked, after = 0, ""
    if not networks:
        return 0
    while True:

        async def page(tx: Transaction, after: str = after) -> list[Wallet]:
            return await records.page_of_current(tx, after, WALLETS_AT_ONCE)

        wallets = await database.read(page)
        for wallet in wallets:
            try:
                looked += await _fill(database, sealer, clock, networks, wallet, networks_since)
            except (NodeError, SealingError, WalletError) as error:
                _log.warning("wallets.not_read_ahead", wallet=wallet.fingerprint, detail=str(error))
        if len(wallets) < WALLETS_AT_ONCE:
            return looked
        after = wallets[-1].id


def fresh_since(now: int, networks_since: int) -> int:
    """Since when an address must have been looked at to be given out now."""
    return max(now - FRESH_FOR_MS, networks_since)


async def _fill(
    database: Database, sealer: Sealer, clock: Clock, networks: Sequence[Look], wallet: Wallet, networks_since: int
) -> int:
    begun = clock.now()
    since = fresh_since(begun, networks_since)

    async def missing(tx: Transaction) -> int:
        return await records.count_ready(tx, wallet, since)

    ready = await database.read(missing)
    looked = 0
    if ready >= READY_MIN:
        return 0
    left_out = 0
    while ready < READY:
        if left_out >= LEFT_OUT_MAX:
            _log.error(
                "wallets.many_addresses_used",
                wallet=wallet.fingerprint,
                count=left_out,
                detail="the next round goes on; use an account of its own for this project, or look at what its nodes "
                "say of its addresses",
            )
            return looked
        wanted = min(ASKED_AT_ONCE, READY - ready)

        async def known(tx: Transaction, wanted: int = wanted) -> list[Unlooked]:
            return await records.to_look_at(tx, wallet, since, wanted)

        found = await database.read(known)
        if not found:
            found = await _derive(database, sealer, wallet, wanted)
        if not found:
            return looked
        at = clock.now()
        fresh = await _look(networks, [one.address for one in found])

        async def note(tx: Transaction, found: list[Unlooked] = found, fresh: list[bool] = fresh, at: int = at) -> None:
            for one, is_fresh in zip(found, fresh, strict=True):
                await records.mark_looked_at(tx, wallet.id, one.address_index, fresh=is_fresh, now=at)

        await database.write(note)
        if used := [one.address_index for one, is_fresh in zip(found, fresh, strict=True) if not is_fresh]:
            _log.info("wallets.used_addresses_left_out", wallet=wallet.fingerprint, indexes=used[:20], count=len(used))
        looked += len(found)
        left_out += len(found) - sum(fresh)
        ready += sum(fresh)
    return looked


async def _derive(database: Database, sealer: Sealer, wallet: Wallet, count: int) -> list[Unlooked]:
    """The addresses after those that are known, written down."""

    async def operation(tx: Transaction) -> list[Unlooked]:
        first = max(await records.last_known(tx, wallet.id) + 1, wallet.next_index)
        number = min(count, NEXT_INDEX_MAX - first)
        if number <= 0:
            return []
        key = await operations.opened(tx, sealer, wallet)
        derived = [Unlooked(first + at, address) for at, address in enumerate(key.addresses(first, number))]
        for one in derived:
            await records.add_address(tx, wallet.id, one.address_index, one.address)
        return derived

    return await database.write(operation)


async def _look(networks: Sequence[Look], addresses: list[str]) -> list[bool]:
    """Which of these are fresh on every network.

    Raises:
        NodeError: a network says of an address made up now that somebody has used it, and so is believed in nothing.
    """
    fresh = [True] * len(addresses)
    for look in networks:
        made_up = f"0x{secrets.token_hex(20)}"
        *told, canary = await look([*addresses, made_up])
        if not canary.is_fresh:
            raise Malformed("expected an address that nobody has to be unused: the node says that every one is used")
        for at, use in enumerate(told):
            fresh[at] = fresh[at] and use.is_fresh
    return fresh
