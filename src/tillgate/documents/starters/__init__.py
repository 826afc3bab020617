"""Templates that ship: good ones to begin with, each with its manifest and sample data."""

from pathlib import Path
from typing import Final

import msgspec

from tillgate.documents.templates.manifest import Manifest

STARTERS: Final = ("certificate", "credit-note", "invoice", "packing-slip", "receipt")
_HERE: Final = Path(__file__).parent


def starter(name: str) -> tuple[str, Manifest]:
    """The source and the manifest of one that ships.

    Raises:
        LookupError: there is none of this name.
    """
    if name not in STARTERS:
        raise LookupError(f"there is no starter {name!r}; there are {', '.join(STARTERS)}")
    manifest = msgspec.json.decode((_HERE / f"{name}.json").read_bytes(), type=Manifest)
    return (_HERE / f"{name}.typ").read_text("utf-8"), manifest
