"""What a page needs to try the languages out: where each is described, and which keys it lets through."""

from collections.abc import Iterable
from typing import Any

from keyturn.http.playground_pages import told
from tillgate.access import KEY_FORMATS
from tillgate.events.styles import TITLES
from tillgate.wire.dialect import Dialect


def playground_of(dialects: Iterable[Dialect]) -> dict[str, Any]:
    """The languages by title and description, and how keys of test mode and of live mode begin."""
    listed = [one for dialect in dialects for one in (dialect, *dialect.beside) if one.described_at]
    languages = [(_title(one), one.described_at) for one in listed]
    advice = "The dashboard makes one under API Keys."
    return told(languages, KEY_FORMATS.values(), variable="CHECKOUT_API_KEY", advice=advice)


def _title(dialect: Dialect) -> str:
    title = TITLES.get(dialect.name, dialect.name)
    return title if dialect.signed_in is None else f"{title}: shoppers"
