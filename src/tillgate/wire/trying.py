"""What a page needs to try the languages out: where each is described, and which keys it lets through."""

from collections.abc import Iterable
from typing import Any

from keyturn.keys.model import Mode
from tillgate.access import KEY_FORMATS
from tillgate.events.styles import TITLES
from tillgate.wire.dialect import Dialect


def playground_of(dialects: Iterable[Dialect]) -> dict[str, Any]:
    """The languages by title and description, and how keys of test mode and of live mode begin."""
    listed = [one for dialect in dialects for one in (dialect, *dialect.beside) if one.described_at]
    return {
        "languages": [{"title": _title(one), "document": one.described_at} for one in listed],
        "test": _heads(Mode.TEST),
        "live": _heads(Mode.LIVE),
    }


def _title(dialect: Dialect) -> str:
    title = TITLES.get(dialect.name, dialect.name)
    return title if dialect.signed_in is None else f"{title}: shoppers"


def _heads(mode: Mode) -> list[str]:
    return sorted({form.head(kind, mode) for form in KEY_FORMATS.values() for kind in form.kinds})
