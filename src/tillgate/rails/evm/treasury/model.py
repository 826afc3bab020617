"""A treasury as a source of addresses: where all money goes, and the recovery code that its addresses follow from.

The code spends nothing: whoever has it can only move money to the treasury. Whoever loses it together with the database
loses what was not moved there yet, for nobody knows the addresses any more.
"""

import hashlib
import hmac
import re
import secrets
from typing import Final, NamedTuple

from tillgate.rails.evm.addresses import AddressError, parse_address
from tillgate.rails.evm.treasury.contract import DEPLOYER, address_of_salt, factory, till

CODE_BYTES: Final = 16
FINGERPRINT_LENGTH: Final = 16
# How much of a recovery code a person types to say that they have written it down: its last group.
GROUP: Final = 5
_CHECK_CHARACTERS: Final = 4
# Crockford's base 32: no I, L, O, U.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE: Final = str.maketrans("ILO", "110")
_CHARACTERS: Final = 26
_TEXT_MAX: Final = 100
_SEALED_HEAD: Final = "treasury"
_NOBODYS: Final = frozenset({"0x" + "0" * 40, "0x" + "0" * 36 + "dead"})


class TreasuryError(ValueError):
    """What was given is no treasury or no recovery code. The message repeats no part of a code."""


class Treasury(NamedTuple):
    """Where money goes, and what its addresses follow from.

    Attributes:
        treasury: the merchant's own address, with its checksum.
        code: 16 random bytes, the recovery code.
    """

    treasury: str
    code: bytes

    def __repr__(self) -> str:
        return f"Treasury({self.treasury}, {self.fingerprint})"

    def __str__(self) -> str:
        return repr(self)

    @property
    def fingerprint(self) -> str:
        """Names treasury and code together: 16 hexadecimal digits, from which neither follows."""
        digest = hashlib.sha256(b"tillgate treasury\0" + bytes.fromhex(self.treasury[2:]) + self.code)
        return digest.hexdigest()[:FINGERPRINT_LENGTH]

    @property
    def text(self) -> str:
        """Both, as they are sealed before they are stored."""
        return f"{_SEALED_HEAD} {self.treasury} {self.code.hex()}"

    @property
    def recovery_code(self) -> str:
        """The code as a person writes it down: six groups of five characters, the last four of which are a check."""
        number = int.from_bytes(self.code, "big")
        text = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_CHARACTERS)))
        text += _check(self.code)
        return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))

    def salt(self, index: int) -> bytes:
        """What makes one address: HMAC-SHA256 of the index (32 bytes, big-endian) under the code."""
        return hmac.new(self.code, index.to_bytes(32, "big"), hashlib.sha256).digest()

    def addresses(self, first: int, count: int) -> list[str]:
        """The addresses of an index and of those that follow, with their checksums."""
        return [address_of_salt(self.treasury, self.salt(index)) for index in range(first, first + count)]


def new_treasury(address: str) -> Treasury:
    """A treasury with a code of its own.

    Raises:
        TreasuryError: it is no address, or one where money is lost.
    """
    return Treasury(parse_treasury(address), secrets.token_bytes(CODE_BYTES))


def parse_treasury(text: str) -> str:
    """The address of a treasury, with its checksum.

    Raises:
        TreasuryError: it is no address, or one where money is lost.
    """
    try:
        address = parse_address(text.strip())
    except AddressError as error:
        raise TreasuryError(f"the address of the treasury: {error}") from error
    if address.lower() in _NOBODYS:
        raise TreasuryError("nobody has the key of this address: what goes there is lost")
    if address in (DEPLOYER, factory(), till()):
        raise TreasuryError("this is a contract that makes addresses, and no treasury: what goes there is lost")
    return address


def parse_recovery_code(text: str) -> bytes:
    """The bytes of a recovery code, however it is grouped, in capitals or not.

    Raises:
        TreasuryError: it is none, or a character is wrong.
    """
    compact = _compact(text)
    expected = _CHARACTERS + _CHECK_CHARACTERS
    if len(compact) != expected or any(char not in _ALPHABET for char in compact):
        raise TreasuryError(f"a recovery code has {expected} letters and digits, in six groups of five")
    number = 0
    for char in compact[:_CHARACTERS]:
        number = number << 5 | _ALPHABET.index(char)
    if number >> 8 * CODE_BYTES:
        raise TreasuryError("a character of this recovery code is wrong: its check does not fit")
    code = number.to_bytes(CODE_BYTES, "big")
    if not hmac.compare_digest(_check(code), compact[_CHARACTERS:]):
        raise TreasuryError("a character of this recovery code is wrong: its check does not fit")
    return code


def has_written_down(treasury: Treasury, typed: str) -> bool:
    """Whether somebody typed the end of a recovery code: its last group, in capitals or not, or more of it."""
    compact = _compact(typed)
    return len(compact) >= GROUP and hmac.compare_digest(
        _compact(treasury.recovery_code)[-len(compact) :].encode(), compact.encode()
    )


def is_sealed_treasury(text: str) -> bool:
    """Whether an opened text is a treasury's, and not an extended key's."""
    return text.startswith(f"{_SEALED_HEAD} ")


def opened_treasury(text: str) -> Treasury:
    """The treasury of an opened text.

    Raises:
        TreasuryError: it is none.
    """
    try:
        _, address, code = text.split(" ")
        return Treasury(parse_treasury(address), bytes.fromhex(code))
    except ValueError as error:
        raise TreasuryError("what is kept of this treasury cannot be read") from error


def _compact(text: str) -> str:
    return re.sub(r"[\s-]+", "", text[:_TEXT_MAX]).upper().translate(_ALIKE)


def _check(code: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(b"tillgate recovery code\0" + code).digest()[:4], "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_CHECK_CHARACTERS)))
