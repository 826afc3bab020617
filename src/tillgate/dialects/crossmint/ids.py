"""Ids as Crossmint writes them: a UUID of the same 128 bits, from which this server's own id is computed."""

import uuid
from typing import Final

from tillgate.base import ids

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH: Final = 26
_UUID_LENGTH: Final = 36


def uuid_of(id: str) -> str:
    """``ord_01j…`` as a UUID in lower case with hyphens."""
    value = 0
    for character in id.rpartition("_")[2]:
        value = value << 5 | _VALUES[character]
    return str(uuid.UUID(int=value))


def own_id(prefix: str, text: str) -> str | None:
    """This server's id out of a UUID, or of an id of this kind as it is; None where it can be neither."""
    if ids.is_id(prefix, text):
        return text
    if len(text) != _UUID_LENGTH:
        return None
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    # The one way of writing it, so that one order has one name.
    if str(value) != text.lower():
        return None
    ulid = "".join(_ALPHABET[value.int >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return f"{prefix}_{ulid}"


def is_id(text: str) -> bool:
    """Whether a text has the form of an id, and may be logged."""
    return own_id(ids.ORDER, text) is not None
