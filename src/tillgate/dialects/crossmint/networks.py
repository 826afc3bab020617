"""The payment methods that the document names: networks, and card payments, which this server has no rail for."""

import re
from typing import Final

from tillgate.rails.port import PaymentOption, PaymentTerms

EVM: Final = (
    "arbitrum",
    "arbitrum-sepolia",
    "base",
    "base-sepolia",
    "bsc",
    "ethereum",
    "ethereum-sepolia",
    "optimism",
    "optimism-sepolia",
    "polygon",
    "polygon-amoy",
)
# Which networks these are, whatever an operator calls them (EIP-155).
CHAIN_IDS: Final = {
    "arbitrum": 42_161,
    "arbitrum-sepolia": 421_614,
    "base": 8_453,
    "base-sepolia": 84_532,
    "bsc": 56,
    "ethereum": 1,
    "ethereum-sepolia": 11_155_111,
    "optimism": 10,
    "optimism-sepolia": 11_155_420,
    "polygon": 137,
    "polygon-amoy": 80_002,
}
SOLANA: Final = ("solana",)
FIAT: Final = ("stripe-payment-element", "basis-theory", "card")
METHODS: Final = (*EVM, *SOLANA)
CURRENCIES: Final = {
    **dict.fromkeys(EVM, ("eth", "usdc", "degen", "brett", "toshi", "matic", "usdxm", "eurc", "superverse")),
    **dict.fromkeys(SOLANA, ("sol", "usdc", "bonk", "wif", "mother")),
}
_EVM_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SOLANA_ADDRESS: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}", re.ASCII)


def is_address(method: str, text: str) -> bool:
    """Whether a text has the form of an address on this network."""
    return (_SOLANA_ADDRESS if method in SOLANA else _EVM_ADDRESS).fullmatch(text) is not None


def option_of(terms: PaymentTerms, method: str, currency: str | None) -> PaymentOption | None:
    """The option of these terms that is on the network which a method names, in the currency where one is named; None
    where there is none."""
    found = [one for one in terms.options if one.network == method or one.chain_id == CHAIN_IDS.get(method)]
    return next((one for one in found if currency is None or one.symbol.lower() == currency), None)


def offered(terms: PaymentTerms) -> list[str]:
    """What these terms can be paid with, as whoever asks for something else is told."""
    names = {chain_id: method for method, chain_id in CHAIN_IDS.items()}
    return [f"{names.get(one.chain_id, one.network)} ({one.symbol.lower()})" for one in terms.options]


def is_wallet(text: str) -> bool:
    """Whether a text has the form of an address on one of the networks."""
    return any(pattern.fullmatch(text) for pattern in (_EVM_ADDRESS, _SOLANA_ADDRESS))
