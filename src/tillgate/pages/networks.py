"""Names that a buyer knows for chains and coins, and the URI that a wallet opens."""

from typing import Final

from tillgate.checkout.payments.requests import transfer_uri
from tillgate.checkout.settlement.simulating import SIMULATED_CHAIN_ID
from tillgate.rails.port import PaymentTerms
from tillgate.words import Words, phrase

_NETWORKS: Final = {
    1: "Ethereum",
    10: "OP Mainnet",
    56: "BNB Smart Chain",
    100: "Gnosis Chain",
    137: "Polygon",
    8453: "Base",
    42161: "Arbitrum One",
    43114: "Avalanche C-Chain",
    11155111: phrase("Sepolia (an Ethereum test network)"),
    SIMULATED_CHAIN_ID: phrase("Test network (simulated)"),
}

# SLIP-44 coin types, as CAIP-19 names a chain's own coin: eip155:1/slip44:60.
_COINS: Final = {60: "ETH", 700: "xDAI", 714: "BNB", 966: "POL", 9005: "AVAX"}


def network_name(chain_id: int, words: Words) -> str:
    """The network's everyday name, or its number where it has none here."""
    name = _NETWORKS.get(chain_id)
    return words.say(name) if name is not None else words.say("EVM chain {number}", number=chain_id)


def asset_name(terms: PaymentTerms, words: Words) -> str:
    """The coin's ticker; ``token 0x1234…abcd`` for a token that has none here."""
    option = terms.option(terms.asset)
    return option.symbol if option is not None else coin_name(terms.chain_id, terms.asset, words)


def coin_name(chain_id: int, asset: str, words: Words) -> str:
    """The same of a coin or a token by its CAIP-19 asset type."""
    namespace, _, reference = asset.rpartition("/")[2].partition(":")
    if namespace == "slip44" and reference.isdecimal():
        coin = _COINS.get(int(reference)) or words.say("coins")
        return words.say("test {coin}", coin=coin) if chain_id == SIMULATED_CHAIN_ID else coin
    return words.say("token {address}", address=f"{reference[:6]}…{reference[-4:]}")


def payment_uri(terms: PaymentTerms) -> str:
    """What a wallet opens with everything filled in (EIP-681)."""
    return transfer_uri(terms.chain_id, terms.asset, terms.address, terms.amount_atomic)
