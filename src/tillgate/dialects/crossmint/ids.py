"""Ids as Crossmint writes them: a UUID of the same 128 bits, from which this server's own id is computed."""

from typing import Final

from tillgate.base import ids

_UUID: Final = "uuid"


def uuid_of(id: str) -> str:
    """``ord_01j…`` as a UUID in lower case with hyphens."""
    return ids.spelled(id, _UUID)


def own_id(prefix: str, text: str) -> str | None:
    """This server's id out of a UUID, or of an id of this kind as it is; None where it can be neither."""
    return text if ids.is_id(prefix, text) else ids.unspelled(prefix, text, _UUID)


def is_id(text: str) -> bool:
    """Whether a text has the form of an id, and may be logged."""
    return own_id(ids.ORDER, text) is not None
