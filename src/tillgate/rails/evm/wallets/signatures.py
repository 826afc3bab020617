"""Signatures of messages by accounts (EIP-191, ``personal_sign``): whose they are."""

import re
from typing import Final

from tillgate.rails.evm.addresses import address_of, keccak256

# r, s and v: 65 bytes.
SIGNATURE_CHARACTERS: Final = 132
_SIGNATURE: Final = re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII)
# v is the parity of the point; wallets add 27 to it, hardware ones not all.
_PARITIES: Final = {0: 0, 1: 1, 27: 0, 28: 1}


def is_signature(text: str) -> bool:
    """Whether a text has the form of a signature."""
    return len(text) == SIGNATURE_CHARACTERS and _SIGNATURE.fullmatch(text) is not None


def signer_of(message: str, signature: str) -> str | None:
    """The address, with its checksum, whose key has signed a message; None where no key has.

    Args:
        signature: one by :func:`is_signature`.
    """
    from coincurve import PublicKey

    raw, text = bytes.fromhex(signature[2:]), message.encode()
    parity = _PARITIES.get(raw[64])
    if parity is None:
        return None
    digest = keccak256(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    try:
        key = PublicKey.from_signature_and_message(raw[:64] + bytes([parity]), digest, hasher=None)
    except Exception:  # coincurve raises a bare Exception, and ValueError
        return None
    return address_of(key.format(compressed=False))
