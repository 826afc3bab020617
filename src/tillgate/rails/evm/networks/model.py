"""Networks, their tokens, and the bounds of what is asked of a node."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from tillgate.rails.port import COIN

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
NAME_FORM: Final = "2 to 32 lower-case letters, digits and hyphens, beginning with a letter"
NETWORKS_MAX: Final = 50
TOKENS_MAX: Final = 100
URLS_MAX: Final = 5
CONFIRMATIONS_MAX: Final = 10_000
SYMBOL_MAX: Final = 12
# No currency has more than three minor digits, and no amount of money needs more than this of a token.
DECIMALS_MAX: Final = 36
# The chain of development nodes (Hardhat and Foundry alike): no public network has it.
DEVELOPMENT_CHAIN_ID: Final = 31_337
SIMULATED_CHAIN_ID: Final = 1_337
# Every EVM network counts its own coin in units of 10**-18 (wei).
COIN_DECIMALS: Final = 18
# The coins of the catalogue's networks, as CAIP-19 names them: SLIP-44,
# https://github.com/satoshilabs/slips/blob/master/slip-0044.md
COIN_TYPES: Final = {"ETH": 60, "BNB": 714, "POL": 966}
# Logs of the coin's own transfers come from here (EIP-7708); it is no token's contract.
SYSTEM_ADDRESS: Final = "0x" + "f" * 39 + "e"


class NetworkError(Exception):
    """A network or a token cannot be added or used so; the message says why and what to do. It holds no URL.

    Attributes:
        field: what it is about, of what the operator said; empty where it is about the whole.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Finality(StrEnum):
    """What makes a block final enough: a tag that nodes know, or how deep it lies."""

    SAFE = "safe"
    FINALIZED = "finalized"
    DEPTH = "depth"


class Limits(NamedTuple):
    """What every node of a network was found to take.

    Attributes:
        block_ms: the mean time between blocks.
        range_blocks_max: blocks in one question for logs.
        topics_max: recipients in one question for logs.
    """

    block_ms: int
    range_blocks_max: int
    topics_max: int
    takes_batches: bool


class Network(NamedTuple):
    """A network as it is kept, without its URLs. Instants are Unix milliseconds.

    Attributes:
        confirmations: how deep a final block lies; under a tag, where the nodes do not know it.
        exchange_label: what exchanges call it when somebody withdraws.
        joined_at: since when it is in use without a pause.
        factory_seen_at: since when the contract that makes a treasury's addresses is known to be there; None where it
            is not.
    """

    id: str
    name: str
    title: str
    chain_id: int
    genesis_hash: str | None
    finality: Finality
    confirmations: int
    exchange_label: str
    coin: str
    explorer: str | None
    is_testnet: bool
    limits: Limits
    paused_at: int | None
    joined_at: int
    created_at: int
    updated_at: int
    factory_seen_at: int | None = None


class Token(NamedTuple):
    """A token that can be taken, or the network's own coin.

    Attributes:
        address: with its checksum; :data:`~tillgate.rails.port.COIN` of the coin.
        currency: what one unit is worth one unit of; the coin's is its own symbol, so that its price is a rate.
        is_verified: it is in the catalogue.
        changed_at: since when its contract says other decimals, so that it is not offered; None where it does not.
    """

    chain_id: int
    address: str
    symbol: str
    decimals: int
    currency: str
    is_verified: bool
    changed_at: int | None

    @property
    def is_coin(self) -> bool:
        """It is the network's own coin."""
        return self.address == COIN

    @property
    def wants_confirmation(self) -> bool:
        """It is not in the catalogue, and anybody can deploy a token of any name."""
        return not self.is_verified and not self.is_coin

    @property
    def asset(self) -> str:
        """Its CAIP-19 asset type."""
        if self.is_coin:
            return f"eip155:{self.chain_id}/slip44:{COIN_TYPES[self.symbol]}"
        return f"eip155:{self.chain_id}/erc20:{self.address}"


class AcceptedToken(NamedTuple):
    """A token, and whether a project takes it."""

    token: Token
    is_accepted: bool


def checked_name(name: str) -> str:
    """The name of a network.

    Raises:
        NetworkError: it has not the form of one.
    """
    if NAME.fullmatch(name) is None:
        raise NetworkError(f"the name of a network has {NAME_FORM}", field="name")
    return name


def checked_symbol(symbol: str) -> str:
    """A symbol that people are shown: letters, digits and a dot, as ``USDC.e``.

    Raises:
        NetworkError: it has other characters, or too many.
    """
    if re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9.]{{0,{SYMBOL_MAX - 1}}}", symbol) is None:
        raise NetworkError(
            f"a token's symbol has 1 to {SYMBOL_MAX} letters, digits or dots, such as USDC.e", field="symbol"
        )
    return symbol
