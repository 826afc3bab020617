"""Adding, pausing and resuming networks; adding tokens and accepting them; and opening the nodes of a network.

Nodes are asked before a transaction begins, never in one.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.clock import SECOND_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.money import parse_currency
from tillgate.base.text import checked_url
from tillgate.rails.evm import records as watched
from tillgate.rails.evm.addresses import AddressError, parse_address
from tillgate.rails.evm.networks import records
from tillgate.rails.evm.networks.catalogue import KnownNetwork, catalogue, known_chain
from tillgate.rails.evm.networks.model import (
    COIN_DECIMALS,
    CONFIRMATIONS_MAX,
    DEVELOPMENT_CHAIN_ID,
    NETWORKS_MAX,
    SIMULATED_CHAIN_ID,
    SYSTEM_ADDRESS,
    TOKENS_MAX,
    URLS_MAX,
    Finality,
    Network,
    NetworkError,
    Token,
    checked_name,
    checked_symbol,
)
from tillgate.rails.evm.networks.probing import SLOWER_MAX, Probed, knows, probe, read_decimals, together
from tillgate.rails.evm.node import Node, NodeError, NodeRefused, Tag
from tillgate.rails.evm.rpc import DEADLINE_SECONDS, Nodes, NodeUrl, RpcNode, UrlNotUsable
from tillgate.rails.port import COIN
from tillgate.store import Database, Sealer, SealingError, Transaction

# Of a network that the catalogue does not know, where nothing else is said.
CONFIRMATIONS_DEFAULT: Final = 64


class NewNetwork(NamedTuple):
    """What an operator says of a network.

    Attributes:
        chain_id: what its nodes have to say; needed where the catalogue does not know the name.
        confirmations, finality: at most one of the two.
    """

    name: str
    urls: Sequence[str]
    chain_id: int | None = None
    confirmations: int | None = None
    finality: Finality | None = None
    explorer: str | None = None


class Added(NamedTuple):
    """The outcome.

    Attributes:
        is_new: else it was there before, and has other nodes now.
        probed: what each node was found to be.
        notes: what the operator should know.
    """

    network: Network
    is_new: bool
    probed: list[Probed]
    tokens: list[Token]
    notes: list[str]


class Asked(NamedTuple):
    """What nodes have answered of a network that is to be added: fit to be written down."""

    network: Network
    urls: list[NodeUrl]
    probed: list[Probed]
    tokens: list[Token]
    notes: list[str]


async def ask(new: NewNetwork, now: int, *, dev: bool = False) -> Asked:
    """Ask the nodes of a network what they are. Nothing is written.

    Args:
        dev: the chain of development nodes is taken.

    Raises:
        NetworkError: the request or a node cannot be used.
    """
    name = checked_name(new.name)
    known = catalogue().get(name)
    chain_id = _expected_chain(new, known, dev=dev)
    finality, confirmations = _finality(new, known)
    explorer = _explorer(new.explorer, known)
    urls = _urls(new.urls)
    nodes = [RpcNode(url) for url in urls]
    notes: list[str] = []
    try:
        genesis = known.genesis if known else None
        usual = known.block_ms if known else SECOND_MS
        probed = [await probe(one, chain_id=chain_id, genesis=genesis, block_ms=usual) for one in nodes]
        limits = together(probed)
        genesis = next((one.genesis for one in probed if one.genesis), genesis)
        if genesis is None:
            notes.append("no node holds the first block, so it was not compared")
        if not knows(probed, finality):
            notes.append(
                f"not every node knows the tag {finality.value}: where one does not, {confirmations} confirmations are "
                "waited for"
            )
        if known is not None and limits.block_ms > SLOWER_MAX * usual:
            notes.append(
                f"blocks come every {limits.block_ms / SECOND_MS:g} seconds here, and every {usual / SECOND_MS:g} "
                "seconds usually: has the chain, or this node, come to a stop?"
            )
        tokens = await _known_tokens(Nodes(nodes), known, notes)
    finally:
        for one in nodes:
            await one.close()
    if len(urls) == 1:
        notes.append("there is one node: what it says is compared with nobody. Add a second one of another provider")
    network = Network(
        id=ids.new_id(ids.NETWORK),
        name=name,
        title=known.title if known else name,
        chain_id=chain_id,
        genesis_hash=genesis,
        finality=finality,
        confirmations=confirmations,
        exchange_label=known.exchange_label if known else name,
        coin=known.coin if known else "ETH",
        explorer=explorer,
        is_testnet=known.is_testnet if known else chain_id == DEVELOPMENT_CHAIN_ID,
        limits=limits,
        paused_at=None,
        joined_at=now,
        created_at=now,
        updated_at=now,
    )
    return Asked(network, urls, probed, tokens, notes)


async def add(tx: Transaction, sealer: Sealer, asked: Asked) -> Added:
    """Keep a network whose nodes were asked, and its well-known tokens. One that is there gets these nodes instead.

    Raises:
        NetworkError: the name or the chain is another network's, or there are too many.
    """
    network = asked.network
    sealed = sealer.seal(msgspec.json.encode([one.reveal() for one in asked.urls]).decode())
    before = await records.by_name(tx, network.name)
    if before is None:
        other = await records.by_chain(tx, network.chain_id)
        if other is not None:
            raise NetworkError(f"the chain {network.chain_id} is there already, as {other.name}")
        if await records.count(tx) >= NETWORKS_MAX:
            raise NetworkError(f"there are {NETWORKS_MAX} networks, and no more are taken")
        await records.insert(tx, network, sealed)
    else:
        if before.chain_id != network.chain_id:
            raise NetworkError(
                f"{network.name} is the chain {before.chain_id}, and these nodes follow {network.chain_id}"
            )
        network = network._replace(
            id=before.id, paused_at=before.paused_at, joined_at=before.joined_at, created_at=before.created_at
        )
        await records.update(tx, network, sealed)
        await watched.keep_nodes(tx, network.chain_id, [one.masked for one in asked.urls])
    for token in asked.tokens:
        await records.add_token(tx, token, network.updated_at)
    tokens = await records.tokens_of(tx, network.chain_id)
    return Added(network, before is None, asked.probed, tokens, asked.notes)


async def pause(tx: Transaction, name: str, now: int) -> tuple[Network, bool]:
    """Offer nothing on a network; what was offered there is watched on. Answers with whether that is new.

    Raises:
        NetworkError: there is no such network.
    """
    network = await named(tx, name)
    return network._replace(paused_at=network.paused_at or now), await records.pause(tx, network.id, now)


async def resume(tx: Transaction, name: str, now: int) -> tuple[Network, bool]:
    """Offer it again.

    Raises:
        NetworkError: there is no such network.
    """
    network = await named(tx, name)
    return network._replace(paused_at=None), await records.resume(tx, network.id, now)


async def named(tx: Transaction, name: str) -> Network:
    """The network with this name.

    Raises:
        NetworkError: there is none.
    """
    found = await records.by_name(tx, name)
    if found is not None:
        return found
    names = ", ".join(one.name for one in await records.every(tx)) or "none yet"
    raise NetworkError(f"there is no network {name[:64]!r}. There are: {names}", field="network")


async def masked_urls(tx: Transaction, sealer: Sealer, network: Network) -> list[str]:
    """The URLs of its nodes as they may be shown."""
    return [one.masked for one in await _opened(tx, sealer, network)]


async def _opened(tx: Transaction, sealer: Sealer, network: Network) -> list[NodeUrl]:
    sealed = await records.sealed_urls(tx, network.id)
    if sealed is None:
        return []
    try:
        return [NodeUrl(text) for text in msgspec.json.decode(sealer.open(sealed), type=list[str])]
    except (msgspec.DecodeError, UrlNotUsable, SealingError) as error:
        raise NetworkError(
            f"the URLs of {network.name} were lost with the secret key: give them again with tillgate networks add"
        ) from error


@contextlib.asynccontextmanager
async def opened(
    database: Database, sealer: Sealer, network: Network, *, deadline_seconds: float = DEADLINE_SECONDS
) -> AsyncIterator[Nodes]:
    """The nodes of a network, for some questions, each of which is answered within the deadline or fails."""

    async def look(tx: Transaction) -> list[NodeUrl]:
        return await _opened(tx, sealer, network)

    batches = network.limits.takes_batches
    nodes = [
        RpcNode(url, deadline_seconds=deadline_seconds, takes_batches=batches) for url in await database.read(look)
    ]
    try:
        yield Nodes(nodes)
    finally:
        for one in nodes:
            await one.close()


class NewToken(NamedTuple):
    """What an operator says of a token.

    Attributes:
        symbol: for one that the catalogue does not know; it is never read from the chain.
    """

    network: str
    address: str
    currency: str
    symbol: str | None = None


async def ask_token(database: Database, sealer: Sealer, new: NewToken) -> Token:
    """Ask the nodes of a network what a token is. Nothing is written.

    Raises:
        NetworkError: there is no such network or contract, or it cannot be used.
    """
    network = await database.read(lambda tx: named(tx, new.network))
    try:
        address = parse_address(new.address)
    except AddressError as error:
        raise NetworkError(f"the address of a token: {error}", field="address") from error
    if address == COIN:
        return await _ask_coin(database, sealer, network)
    if address.lower() == SYSTEM_ADDRESS:
        raise NetworkError(
            f"from this address the transfers of {network.coin} itself are logged (EIP-7708): it is no token. Take the "
            f"coin: tillgate tokens add --network {network.name} --coin",
            field="address",
        )
    try:
        currency = parse_currency(new.currency, field="currency")
    except InvalidInput as error:
        raise NetworkError("a token's currency is a code of ISO 4217, such as USD or EUR", field="currency") from error
    known = known_chain(network.chain_id)
    found = known.token(address) if known is not None else None
    if found is not None and found.currency != currency:
        raise NetworkError(
            f"{found.symbol} is worth {found.currency}, as the catalogue has it, and not {currency}", field="currency"
        )
    if found is None and new.symbol is None:
        raise NetworkError(
            "this token is not in the catalogue: say its symbol; it is never read from the chain", field="symbol"
        )
    async with opened(database, sealer, network) as nodes:
        try:
            decimals = await nodes.ask(lambda node: read_decimals(node, address))
        except NetworkError as error:
            raise NetworkError(str(error), field="address") from error
        except NodeError as error:
            raise NetworkError(f"no node of {network.name} answers: {error}") from error
    if found is not None and found.decimals != decimals:
        raise NetworkError(
            f"the contract of {found.symbol} says {decimals} decimals, and the catalogue {found.decimals}: these "
            "nodes follow another chain, or lie"
        )
    symbol = found.symbol if found is not None else checked_symbol(new.symbol or "")
    return Token(network.chain_id, address, symbol, decimals, currency, found is not None, None)


async def _ask_coin(database: Database, sealer: Sealer, network: Network) -> Token:
    """Ask the nodes of a network for what reading its coin needs.

    Raises:
        NetworkError: they do not tell a block with its transactions, or the state at a block's hash.
    """

    async def look(node: Node) -> None:
        head = await node.header_by_tag(Tag.LATEST)
        if head is None:
            raise NodeRefused("the node tells no newest block")
        await node.account_uses([COIN], head.hash)
        await node.sent_of_block(head.hash, [COIN])

    async with opened(database, sealer, network) as nodes:
        for node in nodes.all:
            try:
                await look(node)
            except NodeError as error:
                raise NetworkError(
                    f"{network.coin} of {network.name} cannot be read: a node does not tell the state of an address at "
                    f"a block's hash (EIP-1898), or a block with its transactions: {error}"
                ) from error
    return Token(network.chain_id, COIN, network.coin, COIN_DECIMALS, network.coin, False, None)


async def add_token(tx: Transaction, token: Token, now: int) -> bool:
    """Keep a token; whether it is new.

    Raises:
        NetworkError: there are too many, or it is there with another currency.
    """
    before = await records.token(tx, token.chain_id, token.address)
    if before is not None and (before.currency, before.decimals) != (token.currency, token.decimals):
        raise NetworkError(
            f"{before.symbol} is there with {before.decimals} decimals for {before.currency}; these are pinned: "
            "amounts were asked for with them"
        )
    if await records.count_tokens(tx, token.chain_id) >= TOKENS_MAX:
        raise NetworkError(f"there are {TOKENS_MAX} tokens of this network, and no more are taken")
    return await records.add_token(tx, token, now)


async def accept(
    tx: Transaction, project_id: str, network_name: str, address: str, *, accepted: bool, now: int
) -> Token:
    """Let a project take a token, or take it no longer.

    Raises:
        NetworkError: there is no such token on that network.
    """
    network = await named(tx, network_name)
    try:
        written = parse_address(address)
    except AddressError as error:
        raise NetworkError(f"the address of a token: {error}") from error
    token = await records.token(tx, network.chain_id, written)
    if token is None and written == COIN:
        raise NetworkError(
            f"{network.coin} of {network.name} is not taken here: the operator adds it with: tillgate tokens add "
            f"--network {network.name} --coin"
        )
    if token is None:
        raise NetworkError(
            f"there is no token {written} on {network.name}: the operator adds it with: tillgate tokens add --network "
            f"{network.name} --address {written} --currency USD"
        )
    await records.accept(tx, project_id, token, accepted=accepted, now=now)
    return token


def _expected_chain(new: NewNetwork, known: KnownNetwork | None, *, dev: bool) -> int:
    if known is not None:
        if new.chain_id not in (None, known.chain_id):
            raise NetworkError(f"{known.name} is the chain {known.chain_id}, and not {new.chain_id}", field="chain_id")
        return known.chain_id
    if new.chain_id is None:
        raise NetworkError(
            f"{new.name} is not in the catalogue: say its chain id. The catalogue has: " + ", ".join(catalogue()),
            field="chain_id",
        )
    if not 0 < new.chain_id < 2**53:
        raise NetworkError("a chain id is a whole number from 1 (EIP-155)", field="chain_id")
    if new.chain_id == SIMULATED_CHAIN_ID:
        raise NetworkError(f"the chain {SIMULATED_CHAIN_ID} is that of simulated payments", field="chain_id")
    if new.chain_id == DEVELOPMENT_CHAIN_ID and not dev:
        raise NetworkError(
            f"the chain {DEVELOPMENT_CHAIN_ID} is that of development nodes, whose money is worth nothing: it is taken "
            "under TILLGATE_DEV=1 alone",
            field="chain_id",
        )
    elsewhere = known_chain(new.chain_id)
    if elsewhere is not None:
        raise NetworkError(
            f"the chain {new.chain_id} is in the catalogue, as {elsewhere.name}: add it by that name", field="name"
        )
    return new.chain_id


def _finality(new: NewNetwork, known: KnownNetwork | None) -> tuple[Finality, int]:
    if new.confirmations is not None and new.finality not in (None, Finality.DEPTH):
        raise NetworkError("say either a number of confirmations or a tag, not both", field="confirmations")
    fallback = known.confirmations if known is not None else CONFIRMATIONS_DEFAULT
    if new.finality is Finality.DEPTH and new.confirmations is None:
        raise NetworkError("say how many confirmations are waited for", field="confirmations")
    if new.confirmations is not None:
        if not 1 <= new.confirmations <= CONFIRMATIONS_MAX:
            raise NetworkError(f"expected 1 to {CONFIRMATIONS_MAX} confirmations", field="confirmations")
        return Finality.DEPTH, new.confirmations
    if new.finality is not None:
        return new.finality, fallback
    return (known.finality if known is not None else Finality.FINALIZED), fallback


def _explorer(given: str | None, known: KnownNetwork | None) -> str | None:
    if given is None:
        return known.explorer if known is not None else None
    try:
        return checked_url(given, field="explorer", http_loopback=False).rstrip("/")
    except InvalidInput as error:
        raise NetworkError("the explorer is an https:// URL, such as https://etherscan.io", field="explorer") from error


def _urls(given: Sequence[str]) -> list[NodeUrl]:
    if not 1 <= len(given) <= URLS_MAX:
        raise NetworkError(f"a network has 1 to {URLS_MAX} nodes: give the URL of each", field="urls")
    try:
        urls = [NodeUrl(text) for text in given]
    except UrlNotUsable as error:
        raise NetworkError(str(error).rstrip("."), field="urls") from error
    if len(set(urls)) != len(urls):
        raise NetworkError(
            "the same URL was given twice: two nodes are compared with each other only if they differ", field="urls"
        )
    return urls


async def _known_tokens(nodes: Nodes, known: KnownNetwork | None, notes: list[str]) -> list[Token]:
    """The catalogue's tokens whose contracts say what the catalogue does."""
    found: list[Token] = []
    for one in known.tokens if known is not None else ():
        address = one.address
        try:
            decimals = await nodes.ask(lambda node, address=address: read_decimals(node, address))  # type: ignore[misc]
        except (NodeError, NetworkError) as error:
            notes.append(f"{one.symbol} is not offered: {error}")
            continue
        if decimals != one.decimals:
            notes.append(f"{one.symbol} is not offered: its contract says {decimals} decimals, not {one.decimals}")
            continue
        chain_id = known.chain_id if known is not None else 0
        found.append(Token(chain_id, one.address, one.symbol, decimals, one.currency, True, None))
    return found
