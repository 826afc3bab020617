"""The key's text and its digest: two types, so that storing a secret is a type error.

A key reads ``{brand}_{mode}_{body}``. The body is random characters followed by a checksum: the last digits of a
CRC-32 over everything before them, so that a typo or sprayed junk is refused without a hash or a query, and
scanners can tell a real key offline. The checksum is no secret and adds no strength.
"""

import functools
import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from keyturn.keys.model import Kind, Mode

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PREFIX_VISIBLE: Final = 6
DIGEST_ALGORITHM: Final = "sha256"


class KeyFormat(NamedTuple):
    """How one family of keys is written: data, not code.

    Attributes:
        name: what the format is called in settings and on the command line.
        brands: the first part of a key, for each kind that the format has.
        mode_words: for each mode, the word in the key.
        body_length: characters after the last underscore, checksum included.
        checksum_length: how many of them are the checksum.
        alphabet: what the body is made of.
        scopes: those that every secret key of this format has, whatever it is given; None where each has its own.
        scopeless: whether a key without scopes is of use.
    """

    name: str
    brands: tuple[tuple[Kind, str], ...]
    mode_words: tuple[tuple[Mode, str], ...] = ((Mode.TEST, "test"), (Mode.LIVE, "live"))
    body_length: int = 32
    checksum_length: int = 6
    alphabet: str = BASE62
    scopes: tuple[str, ...] | None = None
    scopeless: bool = False

    @property
    def asks_for_scopes(self) -> bool:
        """Whether somebody has to say what a new key may do."""
        return self.scopes is None and not self.scopeless

    def head(self, kind: Kind, mode: Mode) -> str:
        """What stands before the body: ``ck_live_``.

        Raises:
            KeyError: the format has no such kind.
        """
        return f"{dict(self.brands)[kind]}_{dict(self.mode_words)[mode]}_"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of key that the format knows."""
        return tuple(kind for kind, _ in self.brands)

    @property
    def random_length(self) -> int:
        return self.body_length - self.checksum_length


# Keyturn's own form is Crypto Checkout's: 26 random characters, 154 bits.
NATIVE: Final = KeyFormat("native", ((Kind.SECRET, "ck"), (Kind.PUBLISHABLE, "pk")))
# The vendor's body is signed with a key that only the vendor has, so here it is random: 38 characters, 222 bits.
CROSSMINT: Final = KeyFormat(
    "crossmint",
    ((Kind.SECRET, "sk"), (Kind.PUBLISHABLE, "ck")),
    ((Mode.TEST, "staging"), (Mode.LIVE, "production")),
    body_length=44,
    alphabet=BASE58,
)
# 22 characters are documented; a short checksum leaves 19 of them random, 113 bits.
SMARTPAY: Final = KeyFormat(
    "smartpay", ((Kind.SECRET, "sk"), (Kind.PUBLISHABLE, "pk")), body_length=22, checksum_length=3
)
# No browser ever holds one of these. 24 characters, 20 of them random, 119 bits.
COIN_MOEBIUS: Final = KeyFormat(
    "coin-moebius", ((Kind.SECRET, "cmk"),), body_length=24, checksum_length=4, scopeless=True
)
# Its secret keys are written as the native ones; the row says which they are.
CRAFTKIT: Final = KeyFormat("craftkit", ((Kind.SECRET, "ck"), (Kind.PUBLISHABLE, "ck_pk")))

FORMATS: Final = {one.name: one for one in (NATIVE, CROSSMINT, SMARTPAY, COIN_MOEBIUS, CRAFTKIT)}


class ForeignForm(NamedTuple):
    """How keys that were made elsewhere are written: it has no checksum, so that only a look-up tells them from junk.

    Attributes:
        prefix: what they begin with; may be empty.
        length_min, length_max: how many characters follow, of those that RFC 7235 has for tokens.
    """

    prefix: str
    length_min: int
    length_max: int

    def fits(self, text: str) -> bool:
        """Whether the text has this form."""
        rest = len(text) - len(self.prefix)
        return (
            self.length_min <= rest <= self.length_max
            and text.startswith(self.prefix)
            and _FOREIGN.fullmatch(text, len(self.prefix)) is not None
        )

    @property
    def pattern(self) -> str:
        """As a regular expression finds it, and as an operator writes it but for the characters' names."""
        return rf"{re.escape(self.prefix)}{FOREIGN_CHARACTER}{{{self.length_min},{self.length_max}}}"

    def __str__(self) -> str:
        several = f",{self.length_max}" if self.length_max != self.length_min else ""
        return f"{self.prefix}{{{self.length_min}{several}}}"


FOREIGN_CHARACTER: Final = "[0-9A-Za-z._~+/=-]"
_FOREIGN: Final = re.compile(f"{FOREIGN_CHARACTER}+", re.ASCII)


class KeyDigest(NamedTuple):
    """The SHA-256 of a key's whole text: what is stored and compared, and never shown.

    A plain digest, not a slow password hash: the text holds at least 113 random bits, so there is
    nothing to guess, and the check runs on every request.
    """

    algorithm: str
    value: bytes

    def __repr__(self) -> str:
        return f"KeyDigest({self.algorithm}:…)"


class PublicText(NamedTuple):
    """The whole text of a publishable key that is kept and shown at any time: anybody may hold it, and it opens nothing
    that is a secret key's. Only :meth:`KeySecret.public` makes one of a new key."""

    text: str


class MaskedRepr:
    """Mixed into a value that holds what may be a key's text: printed, or told in a traceback, it says what it is and
    nothing of what is in it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class KeySecret:
    """A key's text. It can be shown once and digested; it cannot be stored, printed or pickled by accident."""

    __slots__ = ("_text", "kind", "mode")

    def __init__(self, text: str, kind: Kind, mode: Mode) -> None:
        self._text = text
        self.kind = kind
        self.mode = mode

    def reveal(self) -> str:
        """The text itself, for the one moment in which it is shown to its owner."""
        return self._text

    def public(self) -> "PublicText":
        """The text of a publishable key as what may be stored and shown.

        Raises:
            TypeError: the key is a secret one.
        """
        if self.kind is not Kind.PUBLISHABLE:
            raise TypeError("the text of a secret key is not public")
        return PublicText(self._text)

    def digest(self) -> KeyDigest:
        """What may be stored of it."""
        return digest_of(self._text)

    @property
    def prefix(self) -> str:
        """The part that may be shown for ever: the head and six characters, ``ck_live_abc123``."""
        return prefix_of(self._text)

    @property
    def last_four(self) -> str:
        """The last four characters; they are part of the checksum as a rule, so they tell nothing secret."""
        return self._text[-4:]

    def __repr__(self) -> str:
        return f"KeySecret({self.prefix}…)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a key's text is not to be pickled or copied into a message")


class ForeignSecret(KeySecret):
    """A key that was made elsewhere. Its text says neither kind nor mode; the row does, and these are the stricter
    ones."""

    __slots__ = ("_form",)

    def __init__(self, text: str, form: ForeignForm) -> None:
        super().__init__(text, Kind.SECRET, Mode.LIVE)
        self._form = form

    @property
    def prefix(self) -> str:
        """What all of its form begin with; nothing of its own."""
        return self._form.prefix

    @property
    def last_four(self) -> str:
        """Nothing: they would be part of what is secret."""
        return ""


def digest_of(text: str) -> KeyDigest:
    """The digest of any text that may be a key."""
    return KeyDigest(DIGEST_ALGORITHM, hashlib.sha256(text.encode()).digest())


def prefix_of(text: str) -> str:
    """What may be shown of a key for ever: all up to the last underscore, and six characters."""
    return text[: text.rindex("_") + 1 + PREFIX_VISIBLE]


def generate(format: KeyFormat, kind: Kind, mode: Mode) -> KeySecret:
    """A fresh key from the operating system's random source.

    Raises:
        KeyError: the format has no such kind.
    """
    head = format.head(kind, mode)
    text = head + "".join(secrets.choice(format.alphabet) for _ in range(format.random_length))
    return KeySecret(text + _layout(format).checksum(text.encode()), kind, mode)


class _Layout:
    """One format's body, made ready for checking: its alphabet, and its checksum as a table of pairs."""

    __slots__ = ("_base", "_pairs", "_strange", "checksum_length")

    def __init__(self, format: KeyFormat) -> None:
        alphabet = format.alphabet
        self.checksum_length = format.checksum_length
        self._base = len(alphabet)
        self._pairs = [first + second for first in alphabet for second in alphabet]
        self._strange = None if alphabet == BASE62 else frozenset(BASE62) - frozenset(alphabet)

    def spells(self, body: str) -> bool:
        """Whether the body has only characters of the alphabet."""
        if not (body.isascii() and body.isalnum()):  # of ASCII's characters exactly those of base 62
            return False
        return self._strange is None or self._strange.isdisjoint(body)

    def checksum(self, text: bytes) -> str:
        square = self._base**2
        high, rest = divmod(zlib.crc32(text), square**2)
        middle, low = divmod(rest, square)
        pairs = self._pairs
        return (pairs[high % square] + pairs[middle] + pairs[low])[-self.checksum_length :]


@functools.cache
def _layout(format: KeyFormat) -> _Layout:
    return _Layout(format)


class KeyParser:
    """Tells keys of some formats from everything else, by one look at their head and length.

    Formats that write a kind the same way share its keys' text; which of them a key is of is kept with the key.
    """

    def __init__(self, formats: Iterable[KeyFormat]) -> None:
        self._layouts: dict[tuple[str, int], tuple[_Layout, Kind, Mode]] = {}
        self._formats: dict[tuple[str, int], tuple[str, ...]] = {}
        self._foreign: tuple[ForeignForm, ...] = ()
        for format in formats:
            layout = _layout(format)
            for kind in format.kinds:
                for mode, _ in format.mode_words:
                    written = (format.head(kind, mode), format.body_length)
                    self._layouts.setdefault(written, (layout, kind, mode))
                    self._formats[written] = (*self._formats.get(written, ()), format.name)

    @property
    def heads(self) -> tuple[str, ...]:
        """What every key begins with, each once."""
        return tuple(dict.fromkeys(head for head, _ in self._layouts))

    @property
    def length_min(self) -> int:
        """How long the shortest key of the formats is."""
        return min(len(head) + length for head, length in self._layouts)

    @property
    def foreign(self) -> tuple[ForeignForm, ...]:
        """The forms of imported keys that are let by; none unless there are such keys."""
        return self._foreign

    def formats_of(self, text: str) -> tuple[str, ...]:
        """The formats that write keys as this text is written, by its head and its length; none for imported keys."""
        at = text.rfind("_") + 1
        return self._formats.get((text[:at], len(text) - at), ())

    def learn(self, forms: Iterable[ForeignForm]) -> None:
        """Let these forms of imported keys by, and no others."""
        self._foreign = tuple(forms)

    def parse(self, text: str) -> KeySecret | None:
        """The key, if the text has a known form and its checksum fits; None for anything else. What has the form of
        imported keys may be one."""
        at = text.rfind("_") + 1
        known = self._layouts.get((text[:at], len(text) - at))
        if known is None:
            return self._parse_foreign(text)
        layout, kind, mode = known
        length = layout.checksum_length
        if not layout.spells(text[at:]) or layout.checksum(text[:-length].encode()) != text[-length:]:
            return self._parse_foreign(text)
        return KeySecret(text, kind, mode)

    def _parse_foreign(self, text: str) -> KeySecret | None:
        for form in self._foreign:
            if form.fits(text):
                return ForeignSecret(text, form)
        return None


def parse(format: KeyFormat, text: str) -> KeySecret | None:
    """The key, if the text has this very format and its checksum fits; None for anything else."""
    return KeyParser([format]).parse(text)
