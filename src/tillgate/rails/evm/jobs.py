"""What is done in the background for live mode: addresses are looked at ahead, and tokens compared."""

import contextlib
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from tillgate.base.clock import DAY_MS, MINUTE_MS, Clock
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import AlarmKind
from tillgate.rails.evm.feeds.operations import read_feeds
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import Network, NetworkError, Token
from tillgate.rails.evm.networks.probing import read_decimals
from tillgate.rails.evm.node import AccountUse, Malformed, Node, NodeError, NodeRefused
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.treasury.looking import find_factories
from tillgate.rails.evm.wallets.model import READ_AHEAD
from tillgate.rails.evm.wallets.reading_ahead import read_ahead
from tillgate.store import Database, Sealer, SealingError, Transaction
from tillgate.store.jobs import Job, Kind

COMPARE: Final = "tokens.compare"
READ_FEEDS: Final = "rates.read_feeds"
READ_AHEAD_EVERY_MS: Final = MINUTE_MS
READ_FEEDS_EVERY_MS: Final = MINUTE_MS
_SECONDS_MAX: Final = 120

_log: Final = structlog.get_logger("networks")


def kinds(database: Database, sealer: Sealer, clock: Clock) -> list[Kind]:
    """The jobs about networks and wallets. They do nothing where there are none."""

    async def in_use(tx: Transaction) -> list[Network]:
        return [one for one in await records.every(tx) if one.paused_at is None]

    async def with_tokens(tx: Transaction) -> list[tuple[Network, list[str]]]:
        found = []
        for network in await in_use(tx):
            tokens = await records.tokens_of(tx, network.chain_id)
            usable = [one.address.lower() for one in tokens if one.changed_at is None and not one.is_coin]
            found.append((network, usable))
        return found

    async def look_ahead(_: Job) -> None:
        await find_factories(database, sealer, clock, again=False)
        networks = await database.read(with_tokens)
        if not networks:
            return
        since = max(network.joined_at for network, _ in networks)
        async with contextlib.AsyncExitStack() as stack:
            looks = [
                _Look(await stack.enter_async_context(operations.opened(database, sealer, network)), tokens)
                for network, tokens in networks
            ]
            await read_ahead(database, sealer, clock, looks, networks_since=since)

    async def compare(_: Job) -> None:
        await find_factories(database, sealer, clock, again=True)
        for network in await database.read(in_use):
            try:
                await _compare(database, sealer, clock, network)
            except (NodeError, NetworkError, SealingError) as error:
                _log.warning("tokens.not_compared", network=network.name, detail=str(error))

    async def feeds(_: Job) -> None:
        await read_feeds(database, sealer, clock)

    return [
        Kind(READ_FEEDS, feeds, at_once=1, every_ms=READ_FEEDS_EVERY_MS, seconds_max=_SECONDS_MAX),
        Kind(READ_AHEAD, look_ahead, at_once=1, every_ms=READ_AHEAD_EVERY_MS, seconds_max=_SECONDS_MAX),
        Kind(COMPARE, compare, at_once=1, every_ms=DAY_MS, seconds_max=_SECONDS_MAX),
    ]


class _Look:
    """Asks the nodes of a network what they know of addresses, and what these have of the network's tokens. One that
    somebody has used is lost for good, so that two nodes have to say so where there are two."""

    def __init__(self, nodes: Nodes, tokens: Sequence[str]) -> None:
        self._nodes = nodes
        self._tokens = tokens

    async def __call__(self, addresses: Sequence[str]) -> Sequence[AccountUse]:
        written = [one.lower() for one in addresses]
        first, told = await self._nodes.ask(lambda node: self._node_with_uses(node, written))
        used = [at for at, use in enumerate(told) if not use.is_fresh]
        others = [node for node in self._nodes.all if node is not first]
        if not used or not others:
            return told
        # Where no other one answers now, nothing is known of these, and the next round asks again.
        _, again = await Nodes(others).ask(lambda node: self._node_with_uses(node, [written[at] for at in used]))
        if any(use.is_fresh for use in again):
            raise Malformed("expected the same of an address from two nodes: one says that it was used, one does not")
        return told

    async def _node_with_uses(self, node: Node, addresses: list[str]) -> tuple[Node, list[AccountUse]]:
        uses = await node.account_uses(addresses)
        for token in self._tokens:
            made_up = f"0x{secrets.token_hex(20)}"
            try:
                *held, of_nobody = await node.token_balances(token, [*addresses, made_up])
            except NodeRefused:
                # A contract that answers for no balance says nothing of an address.
                continue
            if not of_nobody:
                uses = [
                    use._replace(has_tokens=use.has_tokens or some > 0) for use, some in zip(uses, held, strict=True)
                ]
        return node, uses


async def _compare(database: Database, sealer: Sealer, clock: Clock, network: Network) -> None:
    """Compare what the contracts of a network's tokens say with what was pinned."""
    found = await database.read(lambda tx: records.tokens_of(tx, network.chain_id))
    # The coin has no contract that could say anything else.
    tokens = [one for one in found if not one.is_coin]
    async with operations.opened(database, sealer, network) as nodes:
        for token in tokens:
            address = token.address
            try:
                decimals = await nodes.ask(lambda node, address=address: read_decimals(node, address))  # type: ignore[misc]
            except NetworkError:
                # No contract, or none that says decimals: not what was pinned either.
                decimals = -1
            if decimals != token.decimals:
                _log.error(
                    "tokens.changed",
                    network=network.name,
                    token=address,
                    pinned=token.decimals,
                    found=decimals if decimals >= 0 else None,
                    detail="the token is offered to no new session until its contract says what was pinned",
                )
            await database.write(partial(_note, token=token, decimals=decimals, now=clock.now()))


async def _note(tx: Transaction, *, token: Token, decimals: int, now: int) -> None:
    """Keep what a token's contract says, with the alarm that this is, or that is over with it."""
    await records.note_decimals(tx, token.chain_id, token.address, decimals, now)
    if decimals == token.decimals:
        await alarms.end(tx, token.chain_id, AlarmKind.TOKEN_CHANGED, token.address)
        return
    found = str(decimals) if decimals >= 0 else ""
    detail = {"symbol": token.symbol, "token": token.address, "pinned": str(token.decimals), "found": found}
    await alarms.see(tx, token.chain_id, AlarmKind.TOKEN_CHANGED, now, subject=token.address, detail=detail)
