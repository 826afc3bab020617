"""What a wallet is asked to send: the URI that it opens, and the data of a transfer."""

from typing import Final

# transfer(address,uint256), ERC-20: the first four bytes of the Keccak-256 of that text.
TRANSFER_SELECTOR: Final = "a9059cbb"


def transfer_uri(chain_id: int, asset: str, address: str, amount_atomic: int) -> str:
    """What a wallet opens with everything filled in (EIP-681).

    Args:
        asset: CAIP-19 asset type, of a token or of the chain's own coin.
    """
    namespace, _, reference = asset.rpartition("/")[2].partition(":")
    if namespace == "erc20":
        return f"ethereum:{reference}@{chain_id}/transfer?address={address}&uint256={amount_atomic}"
    return f"ethereum:{address}@{chain_id}?value={amount_atomic}"


def transfer_call(address: str, amount_atomic: int) -> str:
    """The data of an ERC-20 transfer, by the contract ABI."""
    return f"0x{TRANSFER_SELECTOR}{address[2:].lower():0>64}{amount_atomic:064x}"


def token_of(asset: str) -> str | None:
    """The contract of a token by its CAIP-19 asset type; None for the chain's own coin."""
    namespace, _, reference = asset.rpartition("/")[2].partition(":")
    return reference if namespace == "erc20" else None
