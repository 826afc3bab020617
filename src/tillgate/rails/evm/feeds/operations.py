"""Adding feeds, and reading them in the background. Nodes are asked before a transaction begins, never in one."""

import asyncio
from fractions import Fraction
from typing import Final, NamedTuple

import structlog

from tillgate.base.clock import Clock
from tillgate.base.money import MINOR_DIGITS
from tillgate.rails.evm.addresses import AddressError, parse_address
from tillgate.rails.evm.feeds import records
from tillgate.rails.evm.feeds.model import (
    DECIMALS,
    FEEDS_MAX,
    LATEST_ROUND_DATA,
    Before,
    Feed,
    FeedTrouble,
    Jumped,
    Round,
    believed,
    parsed_decimals,
    parsed_round,
    require_up,
)
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.catalogue import known_chain
from tillgate.rails.evm.networks.model import COIN_TYPES, Network, NetworkError, checked_symbol
from tillgate.rails.evm.node import Node, NodeError
from tillgate.rails.evm.rates import records as rate_records
from tillgate.rails.evm.rates.model import EVERY_PROJECT, Rate, RateError, checked_value
from tillgate.rails.evm.rates.operations import rates_of
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.port import LockedRate
from tillgate.store import Database, Sealer, SealingError, Transaction

# Of each feed, this number of nodes is asked; more tell nothing more.
NODES_ASKED: Final = 2
FEED_SECONDS_MAX: Final = 15.0

_log: Final = structlog.get_logger("rates")


async def read_feeds(database: Database, sealer: Sealer, clock: Clock) -> None:
    """Read every feed once, and keep what is believed; what is not takes its rate away."""
    feeds = await database.read(records.every)
    by_chain = {one.chain_id: one for one in await database.read(network_records.every)}
    for chain_id in sorted({one.chain_id for one in feeds}):
        network = by_chain.get(chain_id)
        if network is None:
            continue
        try:
            async with networks.opened(database, sealer, network) as nodes:
                for feed in (one for one in feeds if one.chain_id == chain_id):
                    await _read(database, clock, network, nodes, feed)
        except (NetworkError, SealingError) as error:
            _log.warning("rates.feeds_not_read", network=network.name, detail=str(error))


async def _read(database: Database, clock: Clock, network: Network, nodes: Nodes, feed: Feed) -> None:
    try:
        async with asyncio.timeout(FEED_SECONDS_MAX):
            read = await asked(nodes, feed, clock)
    except (NodeError, TimeoutError) as error:
        # What was believed stands until it is too old.
        _log.warning("rates.feed_not_read", network=network.name, feed=feed.name, detail=str(error))
        return
    if read.trouble is not None and read.trouble != feed.trouble:
        _log.warning("rates.feed_not_believed", network=network.name, feed=feed.name, detail=read.trouble)
    await database.write(lambda tx: keep(tx, network, read))


async def asked(nodes: Nodes, feed: Feed, clock: Clock) -> Feed:
    """The feed with what its contract says now, or with why that is not believed.

    Raises:
        NodeError: no node answers.
    """
    told, up = await _answers(nodes, feed)
    now = clock.now()
    try:
        require_up(up, now)
        if any(decimals != feed.decimals for _, decimals in told):
            raise FeedTrouble(f"its contract says other decimals than {feed.decimals}")
        rounds = [one for one, _ in told]
        price = believed(rounds, feed.decimals, Before(feed.value, feed.waiting), age_ms_max=feed.age_ms_max, now=now)
    except Jumped as trouble:
        return feed._replace(waiting=trouble.waiting, trouble=str(trouble), read_at=now)
    except FeedTrouble as trouble:
        return feed._replace(waiting=None, trouble=str(trouble), read_at=now)
    return feed._replace(value=price.value, as_of=price.as_of, waiting=None, trouble=None, read_at=now)


async def keep(tx: Transaction, network: Network, feed: Feed) -> None:
    """Keep what a feed said, and the rate that follows from it."""
    await rate_records.lock_pair(tx, EVERY_PROJECT, feed.base, feed.quote)
    if not await records.note(tx, feed) or feed.is_of_token:
        return
    if feed.value is not None and feed.as_of is not None:
        rate = Rate(
            EVERY_PROJECT,
            feed.base,
            feed.quote,
            feed.value,
            f"feed {network.name} {feed.address}",
            feed.as_of,
            feed.as_of + feed.age_ms_max,
            feed.trouble,
        )
        await rate_records.replace(tx, rate)


class _Answers(NamedTuple):
    told: list[tuple[Round, int]]
    up: list[Round]


async def _answers(nodes: Nodes, feed: Feed) -> _Answers:
    usable = nodes.usable()[:NODES_ASKED]
    found = await asyncio.gather(*(_of_node(node, feed) for node in usable), return_exceptions=True)
    answers = [one for one in found if not isinstance(one, BaseException)]
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, NodeError):
            raise one
    if not answers:
        # None of the first ones answers: the next that does speaks for all.
        answers = [await nodes.ask(lambda node: _of_node(node, feed))]
    return _Answers([told for told, _ in answers], [up for _, up in answers if up is not None])


async def _of_node(node: Node, feed: Feed) -> tuple[tuple[Round, int], Round | None]:
    up = parsed_round(await node.call(feed.uptime_address, LATEST_ROUND_DATA)) if feed.uptime_address else None
    decimals = parsed_decimals(await node.call(feed.address, DECIMALS))
    return (parsed_round(await node.call(feed.address, LATEST_ROUND_DATA)), decimals), up


class NewFeed(NamedTuple):
    """What an operator says of a feed.

    Attributes:
        address, uptime_address: None for those of the catalogue.
        low, high: of a token.
    """

    network: str
    base: str
    quote: str
    address: str | None
    age_ms_max: int
    uptime_address: str | None
    low: str
    high: str


async def ask(database: Database, sealer: Sealer, new: NewFeed, clock: Clock) -> tuple[Network, Feed]:
    """Ask a feed's contract what it says. Nothing is written.

    Raises:
        RateError: the request cannot be used, or what the contract says is not believed.
        NetworkError: there is no such network, or its nodes do not answer.
    """
    network = await database.read(lambda tx: networks.named(tx, new.network))
    feed = _checked(new, network)
    try:
        async with networks.opened(database, sealer, network) as nodes, asyncio.timeout(FEED_SECONDS_MAX):
            decimals = parsed_decimals(await nodes.ask(lambda node: node.call(feed.address, DECIMALS)))
            read = await asked(nodes, feed._replace(decimals=decimals), clock)
    except (NodeError, TimeoutError) as error:
        raise RateError(f"the feed {feed.name} cannot be read: {error}") from error
    if read.trouble is not None:
        raise RateError(f"the feed {feed.name} cannot be believed: {read.trouble}")
    return network, read


async def add(tx: Transaction, network: Network, feed: Feed) -> None:
    """Keep a feed that was asked, and its rate instead of one that was set by hand.

    Raises:
        RateError: there is one for the two, or there are too many.
    """
    await rate_records.lock_pair(tx, EVERY_PROJECT, feed.base, feed.quote)
    if await records.between(tx, feed.base, feed.quote) is not None:
        raise RateError(f"there is a feed for {feed.name} already: remove it first")
    if await records.count(tx) >= FEEDS_MAX:
        raise RateError(f"there are {FEEDS_MAX} feeds, and no more are taken")
    await records.insert(tx, feed)
    await keep(tx, network, feed)


async def remove(tx: Transaction, base: str, quote: str) -> None:
    """Remove a feed and its rate.

    Raises:
        RateError: there is none.
    """
    await rate_records.lock_pair(tx, EVERY_PROJECT, base, quote)
    if not await records.remove(tx, base, quote):
        raise RateError(f"there is no feed {base[:12]}/{quote[:3]}")
    await rate_records.remove(tx, EVERY_PROJECT, base, quote)


async def worth_of_coin(tx: Transaction, project_id: str, coin: str, currency: str, now: int) -> Fraction | None:
    """What one of a network's own coins is in a currency, for people to read; None where nothing believable says it.

    By a rate of the coin, or by a feed whose first word is its symbol.
    """
    rates = await rates_of(tx, project_id, now)
    direct = rates.lock(coin, currency)
    if isinstance(direct, LockedRate):
        return direct.exactly
    feed = await records.of_base(tx, coin)
    if feed is None or feed.value is None or feed.problem(now) is not None:
        return None
    if feed.quote == currency:
        return Fraction(feed.value)
    onwards = rates.lock(feed.quote, currency)
    return Fraction(feed.value) * onwards.exactly if isinstance(onwards, LockedRate) else None


def _checked(new: NewFeed, network: Network) -> Feed:
    is_of_token = new.base not in MINOR_DIGITS and new.base not in COIN_TYPES
    base = checked_symbol(new.base) if is_of_token else new.base
    if new.quote not in MINOR_DIGITS or new.quote == base:
        raise RateError("expected another ISO 4217 code in capital letters, such as USD", field="quote")
    known = known_chain(network.chain_id)
    listed = known.feed(base, new.quote) if known is not None else None
    address = new.address or (listed.address if listed is not None else None)
    if address is None:
        raise RateError(f"the catalogue has no feed {base}/{new.quote} on {network.name}: say its --address")
    uptime = new.uptime_address or (known.uptime_feed if known is not None else None)
    try:
        address, uptime = parse_address(address), parse_address(uptime) if uptime is not None else None
    except AddressError as error:
        raise RateError(str(error), field="address") from error
    low, high = (checked_value(new.low), checked_value(new.high)) if is_of_token else (None, None)
    return Feed(network.chain_id, address, base, new.quote, 0, new.age_ms_max, uptime, low, high)
