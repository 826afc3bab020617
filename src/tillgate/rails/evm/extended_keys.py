"""Extended public keys (BIP-32): every address of a wallet follows from one, and nothing can be spent with it.

Whoever holds an extended public key and one of its children's private keys has the private keys of all: it is sealed
where it is kept, and shown as a fingerprint.
"""

import hashlib
import hmac
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from tillgate.rails.evm.addresses import address_of

if TYPE_CHECKING:
    from coincurve import PublicKey

TEXT_MAX: Final = 200
PAYLOAD_BYTES: Final = 78
CHECKSUM_BYTES: Final = 4
# An account (m/44'/60'/0'), or a chain of it.
DEPTHS: Final = (3, 4)
# The chain of addresses that others are given (BIP-44).
EXTERNAL: Final = 0
INDEX_MAX: Final = 2**31 - 1
FINGERPRINT_LENGTH: Final = 16

_PUBLIC: Final = 0x0488B21E
_PRIVATE: Final = frozenset(
    # xprv, tprv, yprv, zprv, Yprv, Zprv, uprv, vprv, Uprv, Vprv (SLIP-132)
    (
        0x0488ADE4,
        0x04358394,
        0x049D7878,
        0x04B2430C,
        0x0295B005,
        0x02AA7A99,
        0x044A4E28,
        0x045F18BC,
        0x024285B5,
        0x02575048,
    )
)
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {char: value for value, char in enumerate(_BASE58)}

# By how it begins, before anything is decoded: also what is mistyped must not be taken further.
_EXTENDED_PRIVATE: Final = re.compile(r"\b(?:[xtyzuvYZUVd]prv|[LM]tpv|dgpv)")
_OTHER_NETWORKS: Final = {
    "tpub": "Bitcoin's test network",
    "ypub": "Bitcoin (SegWit in P2SH)",
    "zpub": "Bitcoin (SegWit)",
    "Ypub": "Bitcoin (multi-signature SegWit in P2SH)",
    "Zpub": "Bitcoin (multi-signature SegWit)",
    "upub": "Bitcoin's test network (SegWit in P2SH)",
    "vpub": "Bitcoin's test network (SegWit)",
    "Upub": "Bitcoin's test network (multi-signature SegWit in P2SH)",
    "Vpub": "Bitcoin's test network (multi-signature SegWit)",
    "Ltub": "Litecoin",
    "Mtub": "Litecoin",
    "dgub": "Dogecoin",
    "drkp": "Dash",
    "dpub": "Decred",
}
# A private key, or the seed that all of a wallet's keys are made of.
_HEX_KEY: Final = re.compile(r"(0x)?([0-9a-fA-F]{64}|[0-9a-fA-F]{128})")
_WIF: Final = re.compile(r"[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_BIP38: Final = re.compile(r"6P[1-9A-HJ-NP-Za-km-z]{56}")
_WORDS_MIN: Final = 3


class KeyProblem(StrEnum):
    """Why a text is not taken as an extended public key."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    PRIVATE_KEY = "private_key"
    SEED_PHRASE = "seed_phrase"
    ADDRESS = "address"
    OTHER_NETWORK = "other_network"
    NOT_EXTENDED = "not_extended"
    CHECKSUM = "checksum"
    DEPTH = "depth"
    NOT_A_POINT = "not_a_point"


class ExtendedKeyError(ValueError):
    """A text that is not taken. Its message never holds any of that text.

    Attributes:
        problem: why.
    """

    def __init__(self, problem: KeyProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class ExtendedKey(NamedTuple):
    """An extended public key that was checked.

    Attributes:
        public_key: 33 compressed bytes.
        text: as it was given. It is sealed before it is stored, and never shown.
    """

    depth: int
    chain_code: bytes
    public_key: bytes
    text: str

    def __repr__(self) -> str:
        return f"ExtendedKey({self.fingerprint})"

    def __str__(self) -> str:
        return repr(self)

    @property
    def fingerprint(self) -> str:
        """Names the key: 16 hexadecimal digits. The same for every way to write a key that has the same addresses."""
        digest = hashlib.sha256(b"tillgate wallet\0" + self.chain_code + self.public_key)
        return digest.hexdigest()[:FINGERPRINT_LENGTH]

    def addresses(self, first: int, count: int) -> list[str]:
        """The addresses ``key/0/first`` and following, with their checksums."""
        external, code = _child(self.public_key, self.chain_code, EXTERNAL)
        parent = external.format()
        return [
            address_of(_child(parent, code, index)[0].format(compressed=False)) for index in range(first, first + count)
        ]


def parse_extended_key(text: str) -> ExtendedKey:
    """The extended public key that a text is: of depth 3 or 4, in the form that begins with ``xpub``.

    Raises:
        ExtendedKeyError: it is anything else. What may be a secret is named by its kind, and no part of it is repeated.
    """
    text = text.strip()
    if not text:
        raise ExtendedKeyError(KeyProblem.EMPTY, f"it is empty; {_EXPECTED}")
    _refuse_secrets(text)
    if len(text) > TEXT_MAX:
        raise ExtendedKeyError(
            KeyProblem.TOO_LONG, f"it is {len(text)} characters long, at most {TEXT_MAX} are read; {_EXPECTED}"
        )
    if _ADDRESS.fullmatch(text):
        raise ExtendedKeyError(
            KeyProblem.ADDRESS,
            f"this is a single address, and each payment needs one of its own; {_EXPECTED}",
        )
    if (begins := text[:4]) in _OTHER_NETWORKS:
        raise ExtendedKeyError(
            KeyProblem.OTHER_NETWORK,
            f"{begins} keys belong to {_OTHER_NETWORKS[begins]}; {_EXPECTED}",
        )
    if begins != "xpub":
        raise ExtendedKeyError(KeyProblem.NOT_EXTENDED, f"this is no extended public key; {_EXPECTED}")
    return _decoded(text)


_WANTED: Final = (
    "the extended public key of an Ethereum account, 111 characters that begin with xpub, as your wallet exports it "
    "for m/44'/60'/0'"
)
_EXPECTED: Final = f"expected {_WANTED}"
_DISCLOSED: Final = (
    "Nothing was kept of it, but treat it as disclosed if this machine or its history is not yours alone. "
)


def _refuse_secrets(text: str) -> None:
    """Before anything else, whatever its length: a private key or a seed phrase, also one with typing errors."""
    compact = text.strip("\"'")
    if _EXTENDED_PRIVATE.search(compact[:TEXT_MAX]):
        raise ExtendedKeyError(
            KeyProblem.PRIVATE_KEY,
            f"this is an extended private key, which can spend everything. {_DISCLOSED}Give {_WANTED}",
        )
    if _HEX_KEY.fullmatch(compact) or _WIF.fullmatch(compact) or _BIP38.fullmatch(compact):
        raise ExtendedKeyError(
            KeyProblem.PRIVATE_KEY,
            f"this has the form of a private key, which can spend. {_DISCLOSED}Give {_WANTED}",
        )
    if len(re.split(r"[\s,;_-]+", compact, maxsplit=_WORDS_MIN)) >= _WORDS_MIN:
        raise ExtendedKeyError(
            KeyProblem.SEED_PHRASE,
            f"these are several words, as a seed phrase is, which can spend everything. {_DISCLOSED}Give {_WANTED}",
        )


def _decoded(text: str) -> ExtendedKey:
    raw = _base58(text)
    if raw is None or len(raw) != PAYLOAD_BYTES + CHECKSUM_BYTES:
        raise ExtendedKeyError(
            KeyProblem.CHECKSUM, f"it has {len(text)} characters, or characters that no key has; {_EXPECTED}"
        )
    payload, check = raw[:PAYLOAD_BYTES], raw[PAYLOAD_BYTES:]
    if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:CHECKSUM_BYTES] != check:
        raise ExtendedKeyError(
            KeyProblem.CHECKSUM,
            f"its checksum is wrong: a character is missing or mistyped; copy it again; {_EXPECTED}",
        )
    version, depth = int.from_bytes(payload[:4], "big"), payload[4]
    if version in _PRIVATE or payload[45] == 0:
        raise ExtendedKeyError(
            KeyProblem.PRIVATE_KEY,
            f"this is an extended private key, which can spend everything. {_DISCLOSED}Give {_WANTED}",
        )
    if version != _PUBLIC:
        raise ExtendedKeyError(KeyProblem.OTHER_NETWORK, f"its version belongs to another network; {_EXPECTED}")
    if depth not in DEPTHS:
        raise ExtendedKeyError(
            KeyProblem.DEPTH,
            f"its depth is {depth}, and only depths 3 (an account) and 4 are taken: a key further up holds more than "
            f"one account, one further down is a single address; {_EXPECTED}",
        )
    public_key = payload[45:]
    _point(public_key)
    return ExtendedKey(depth, payload[13:45], public_key, text)


def _base58(text: str) -> bytes | None:
    """The bytes of a text in base 58, as Bitcoin writes it; None where a character is none of its 58."""
    number = 0
    for char in text:
        value = _VALUES.get(char)
        if value is None:
            return None
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip(_BASE58[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _point(public_key: bytes) -> "PublicKey":
    from coincurve import PublicKey

    try:
        return PublicKey(public_key)
    except ValueError as error:
        raise ExtendedKeyError(
            KeyProblem.NOT_A_POINT, f"it holds no public key of this curve (secp256k1); {_EXPECTED}"
        ) from error


def _child(public_key: bytes, chain_code: bytes, index: int) -> "tuple[PublicKey, bytes]":
    """The child of a public key (CKDpub of BIP-32), and its chain code.

    One index in 2**127 has no child. It is a ValueError of the library then.
    """
    if not 0 <= index <= INDEX_MAX:
        raise ValueError("expected an index without hardening")
    digest = hmac.new(chain_code, public_key + index.to_bytes(4, "big"), hashlib.sha512).digest()
    return _point(public_key).add(digest[:32]), digest[32:]
