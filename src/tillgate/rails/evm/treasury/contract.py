"""The contract behind a treasury: where it lies, which addresses it makes, and what calls it.

Its source is ``Treasury.sol``; ``contract.json`` holds what a compiler makes of it, which a test makes again. The
deterministic deployer puts it at the same address on every chain (CREATE2, EIP-1014).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from tillgate.rails.evm.addresses import checksum, keccak256

# The well-known deterministic deployer: the same address on every chain, made by a transaction that has no key.
DEPLOYER: Final = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
# What one call flushes at most: it fits a block everywhere.
ADDRESSES_A_FLUSH_MAX: Final = 100
_DEPLOYER_SALT: Final = bytes(32)
_CLONE_HEAD: Final = bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73")
_CLONE_TAIL: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_FLUSH: Final = "flush(address,bytes32[],address[])"
# RLP of a list that holds an address and the number one: a contract's first creation.
_FIRST_CREATION: Final = (b"\xd6\x94", b"\x01")


class _Compiled(msgspec.Struct, frozen=True):
    compiler: str
    bytecode: str
    factory_code_hash: str
    till_code_hash: str


@cache
def _compiled() -> _Compiled:
    return msgspec.json.decode((Path(__file__).parent / "contract.json").read_bytes(), type=_Compiled)


def bytecode() -> bytes:
    """What creates the factory."""
    return bytes.fromhex(_compiled().bytecode)


@cache
def factory() -> str:
    """The factory's address, with its checksum; the same on every chain."""
    return _create2(DEPLOYER, _DEPLOYER_SALT, bytecode())


@cache
def till() -> str:
    """The address of the code that every payment's address shares."""
    head, tail = _FIRST_CREATION
    return checksum(keccak256(head + _raw(factory()) + tail)[-20:])


def is_factory(code: bytes) -> bool:
    """Whether this is the code of the factory, as it lies on a chain."""
    return keccak256(code).hex() == _compiled().factory_code_hash


def is_till(code: bytes) -> bool:
    """Whether this is the code that every payment's address shares, as it lies on a chain."""
    return keccak256(code).hex() == _compiled().till_code_hash


def address_of_salt(treasury: str, salt: bytes) -> str:
    """The address that a treasury has for a salt of 32 bytes, with its checksum. There is no contract there yet."""
    bound = keccak256(_word(treasury) + salt)
    return _create2(factory(), bound, _CLONE_HEAD + _raw(till()) + _CLONE_TAIL)


def deploying_call() -> str:
    """What is sent to the deployer to put the factory onto a chain: hexadecimal. Anybody may send it."""
    return "0x" + (_DEPLOYER_SALT + bytecode()).hex()


def flushing_call(treasury: str, salts: Sequence[bytes], tokens: Sequence[str]) -> str:
    """What is sent to the factory to move tokens from the addresses of these salts to the treasury: hexadecimal."""
    head = 3 * 32
    data = keccak256(_FLUSH.encode())[:4] + _word(treasury) + _number(head) + _number(head + 32 * (1 + len(salts)))
    data += _number(len(salts)) + b"".join(salts)
    data += _number(len(tokens)) + b"".join(_word(one) for one in tokens)
    return "0x" + data.hex()


def _create2(creator: str, salt: bytes, code: bytes) -> str:
    return checksum(keccak256(b"\xff" + _raw(creator) + salt + keccak256(code))[-20:])


def _raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _word(address: str) -> bytes:
    return _raw(address).rjust(32, b"\0")


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")
