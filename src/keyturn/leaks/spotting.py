"""Finding keys in text that is not theirs, by their form and their checksum, without asking anybody."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from keyturn.keys.secret import FORMATS, KeyFormat, KeyParser, KeySecret

# The longest text that one can be, for who reads in pieces.
KEY_BYTES_MAX: Final = max(
    len(format.head(kind, mode)) + format.body_length
    for format in FORMATS.values()
    for kind in format.kinds
    for mode, _ in format.mode_words
)


class Spotted(NamedTuple):
    """A key in some bytes.

    Attributes:
        at: where it begins.
        formats: those that write their keys so.
    """

    at: int
    secret: KeySecret
    formats: tuple[str, ...]


class Spotter:
    """Finds whole keys of some formats, wherever in other text they stand."""

    def __init__(self, formats: Iterable[KeyFormat] = FORMATS.values()) -> None:
        formats = tuple(formats)
        self._parser = KeyParser(formats)
        self._lengths: dict[bytes, list[int]] = {}
        self._names: dict[tuple[str, int], tuple[str, ...]] = {}
        for format in formats:
            for kind in format.kinds:
                for mode, _ in format.mode_words:
                    head = format.head(kind, mode)
                    lengths = self._lengths.setdefault(head.encode(), [])
                    lengths[:] = sorted({*lengths, format.body_length}, reverse=True)
                    place = (head, format.body_length)
                    self._names[place] = (*self._names.get(place, ()), format.name)
        heads = sorted(self._lengths, key=len, reverse=True)
        self._head = re.compile(b"|".join(re.escape(head) for head in heads))

    def find(self, data: bytes) -> Iterator[Spotted]:
        """The keys in it, one after the other. What only looks like one, but has not its checksum, is none."""
        at = 0
        while (match := self._head.search(data, at)) is not None:
            found = self._whole(data, match)
            if found is None:
                at = match.start() + 1
            else:
                yield found
                at = match.start() + len(found.secret.reveal())

    def _whole(self, data: bytes, match: re.Match[bytes]) -> Spotted | None:
        head = match[0]
        for length in self._lengths[head]:
            text = data[match.start() : match.end() + length]
            if len(text) < len(head) + length:
                continue
            secret = self._parser.parse(text.decode("latin-1"))
            if secret is not None:
                return Spotted(match.start(), secret, self._names[head.decode(), length])
        return None
