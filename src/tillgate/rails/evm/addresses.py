"""Addresses of EVM chains: Keccak-256, the checksum of EIP-55, and the address of a public key.

Keccak-256 is the padding of the original submission, not SHA3-256 of FIPS 202, so the standard library has none. It
comes from pycryptodome, a part of the ``[evm]`` extra: kept up, with wheels for every platform, and without
dependencies.
"""

import re
from typing import Final

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_UNCOMPRESSED: Final = 65
# How much of an address a person types to say that it is theirs.
TYPED_CHARACTERS: Final = 6


class AddressError(ValueError):
    """What was given is no address; the message says why, and what was expected."""


def keccak256(data: bytes) -> bytes:
    """The Keccak-256 digest: 32 bytes."""
    from Crypto.Hash import keccak

    return keccak.new(digest_bits=256, data=data).digest()


def checksum(address: bytes) -> str:
    """The 20 bytes of an address as text whose capitals are its checksum (EIP-55)."""
    text = address.hex()
    digest = keccak256(text.encode()).hex()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char for char, nibble in zip(text, digest, strict=False)
    )


def is_address(text: str) -> bool:
    """Whether a text has the form of an address, whatever its capitals say."""
    return _ADDRESS.fullmatch(text) is not None


def parse_address(text: str) -> str:
    """An address as anybody writes it, with its checksum.

    Raises:
        AddressError: it has not the form of an address, or its capitals are another address's: a character is wrong.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise AddressError("expected 0x and 40 hexadecimal digits")
    digits = text[2:]
    proper = checksum(bytes.fromhex(digits))
    if digits in (digits.lower(), digits.upper()) or text == proper:
        return proper
    raise AddressError(
        "its capitals do not fit (EIP-55): a character is wrong; copy it again, or write it in lower case if you are "
        "sure of it"
    )


def address_of(public_key: bytes) -> str:
    """The address of a public key of secp256k1, given as 65 uncompressed bytes."""
    if len(public_key) != _UNCOMPRESSED:
        raise ValueError("expected 65 bytes")
    return checksum(keccak256(public_key[1:])[-20:])
