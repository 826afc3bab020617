"""The catalogue of well-known networks and tokens, out of ``catalogue.toml``."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from tillgate.rails.evm.networks.model import Finality


class KnownToken(NamedTuple):
    """A token of the catalogue.

    Attributes:
        is_bridged: it stands for a token of another network.
        source: where its address can be looked up.
    """

    symbol: str
    address: str
    decimals: int
    currency: str
    is_bridged: bool
    source: str


class KnownFeed(NamedTuple):
    """A price feed of the catalogue: what one of ``base``, a currency or a token, is in ``quote``.

    Attributes:
        source: where its address can be looked up.
    """

    base: str
    quote: str
    address: str
    source: str


class KnownNetwork(NamedTuple):
    """A network of the catalogue.

    Attributes:
        public_rpc: a node that anybody may ask, for wallets; None where none is known to stay.
        block_ms: the usual time between blocks.
        sources: where its facts can be looked up, by their names.
        uptime_feed: the contract that says whether its sequencer is up; None where it has none.
    """

    name: str
    title: str
    chain_id: int
    genesis: str
    finality: Finality
    confirmations: int
    block_ms: int
    explorer: str
    public_rpc: str | None
    exchange_label: str
    coin: str
    is_testnet: bool
    sources: Mapping[str, str]
    tokens: tuple[KnownToken, ...]
    uptime_feed: str | None = None
    feeds: tuple[KnownFeed, ...] = ()

    def feed(self, base: str, quote: str) -> KnownFeed | None:
        """The feed of two currencies, or of a token."""
        return next((one for one in self.feeds if (one.base, one.quote) == (base, quote)), None)

    def token(self, address: str) -> KnownToken | None:
        """The token with this address."""
        return next((one for one in self.tokens if one.address == address), None)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, KnownNetwork]:
    """Every well-known network by its name."""
    text = (files("tillgate.rails.evm.networks") / "catalogue.toml").read_text("utf-8")
    return {name: _network(name, found) for name, found in tomllib.loads(text).items()}


def known_chain(chain_id: int) -> KnownNetwork | None:
    """The well-known network with this chain id."""
    return next((one for one in catalogue().values() if one.chain_id == chain_id), None)


def _network(name: str, found: dict[str, Any]) -> KnownNetwork:
    return KnownNetwork(
        name=name,
        title=found["title"],
        chain_id=found["chain_id"],
        genesis=found["genesis"],
        finality=Finality(found["finality"]),
        confirmations=found["confirmations"],
        block_ms=found["block_ms"],
        explorer=found["explorer"],
        public_rpc=found.get("public_rpc"),
        exchange_label=found["exchange_label"],
        coin=found["coin"],
        is_testnet=found.get("testnet", False),
        sources=found["sources"],
        tokens=tuple(
            KnownToken(
                one["symbol"],
                one["address"],
                one["decimals"],
                one["currency"],
                one.get("bridged", False),
                one["source"],
            )
            for one in found.get("tokens", ())
        ),
        uptime_feed=found.get("uptime_feed"),
        feeds=tuple(KnownFeed(**one) for one in found.get("feeds", ())),
    )
