"""The payment methods that the document names: networks, and card payments, which this server has no rail for."""

import re
from typing import Final

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


def is_wallet(text: str) -> bool:
    """Whether a text has the form of an address on one of the networks."""
    return any(pattern.fullmatch(text) for pattern in (_EVM_ADDRESS, _SOLANA_ADDRESS))
