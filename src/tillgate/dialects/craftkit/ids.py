"""Ids as CraftKit writes them: UUIDs."""

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether a text has an id's form."""
    return _UUID.fullmatch(text) is not None
