"""The key's text and its digest: two types, so that storing a secret is a type error.

A key reads ``{brand}_{mode}_{body}``. The body is random base 62 followed by six base-62 digits of a
CRC-32 over everything before them, so that a typo or sprayed junk is refused without a hash or a query,
and scanners can tell a real key offline. The checksum is no secret and adds no strength.
"""

import functools
import hashlib
import secrets
import zlib
from typing import Final, NamedTuple

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in BASE62 for second in BASE62]
CHECKSUM_LENGTH: Final = 6
PREFIX_VISIBLE: Final = 6
DIGEST_ALGORITHM: Final = "sha256"


class KeyFormat(NamedTuple):
    """How one family of keys is written: data, not code.

    Attributes:
        name: what the format is called in settings and on the command line.
        brand: the first part of every key.
        mode_words: for each mode, the word in the key.
        body_length: characters after the second underscore, checksum included.
    """

    name: str
    brand: str
    mode_words: tuple[tuple[str, str], ...]
    body_length: int

    def head(self, mode: str) -> str:
        """What stands before the body: ``ck_live_``."""
        return f"{self.brand}_{dict(self.mode_words)[mode]}_"


@functools.cache
def _heads(format: KeyFormat) -> tuple[tuple[str, str, int], ...]:
    """Each mode with its head, and the length of a whole key."""
    heads = [(mode, format.head(mode)) for mode, _ in format.mode_words]
    return tuple((mode, head, len(head) + format.body_length) for mode, head in heads)


NATIVE = KeyFormat("native", "ck", (("test", "test"), ("live", "live")), 32)


class KeyDigest(NamedTuple):
    """The SHA-256 of a key's whole text: what is stored and compared, and never shown.

    A plain digest, not a slow password hash: the text holds at least 154 random bits, so there is
    nothing to guess, and the check runs on every request.
    """

    algorithm: str
    value: bytes

    def __repr__(self) -> str:
        return f"KeyDigest({self.algorithm}:…)"


class KeySecret:
    """A key's text. It can be shown once and digested; it cannot be stored, printed or pickled by accident."""

    __slots__ = ("_text", "mode")

    def __init__(self, text: str, mode: str) -> None:
        self._text = text
        self.mode = mode

    def reveal(self) -> str:
        """The text itself, for the one moment in which it is shown to its owner."""
        return self._text

    def digest(self) -> KeyDigest:
        """What may be stored of it."""
        return KeyDigest(DIGEST_ALGORITHM, hashlib.sha256(self._text.encode("ascii")).digest())

    @property
    def prefix(self) -> str:
        """The part that may be shown for ever: the head and six characters, ``ck_live_abc123``."""
        return self._text[: self._text.rindex("_") + 1 + PREFIX_VISIBLE]

    @property
    def last_four(self) -> str:
        """The last four characters; they are part of the checksum, so they tell nothing secret."""
        return self._text[-4:]

    def __repr__(self) -> str:
        return f"KeySecret({self.prefix}…)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a key's text is not to be pickled or copied into a message")


def generate(format: KeyFormat, mode: str) -> KeySecret:
    """A fresh key from the operating system's random source."""
    head = format.head(mode)
    random_length = format.body_length - CHECKSUM_LENGTH
    text = head + "".join(secrets.choice(BASE62) for _ in range(random_length))
    return KeySecret(text + _checksum(text), mode)


def parse(format: KeyFormat, text: str) -> KeySecret | None:
    """The key, if the text has the format and its checksum fits; None for anything else."""
    for mode, head, length in _heads(format):
        if (
            len(text) == length
            and text.startswith(head)
            and text.isascii()
            and text[len(head) :].isalnum()  # of ASCII's characters exactly those of base 62
            and _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]
        ):
            return KeySecret(text, mode)
    return None


def _checksum(text: str) -> str:
    high, rest = divmod(zlib.crc32(text.encode("ascii")), 62**4)
    middle, low = divmod(rest, 62**2)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]
