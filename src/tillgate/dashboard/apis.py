"""Settings → APIs: the languages that this server speaks, and how a shop is pointed at each."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.dashboard.calls import READ_BOTH, Call, View
from tillgate.events.styles import TITLES
from tillgate.wire.dialect import Dialect

APIS: Final = "/dashboard/settings/apis"
PRODUCT: Final = "{product}"
ANY_PRODUCT: Final = "prod_YOUR_PRODUCT"


class Language(NamedTuple):
    """One language as the page shows it.

    Attributes:
        bases: its base URLs; any of them will do.
        snippets: the labels and the texts, with the right host.
    """

    name: str
    title: str
    key_format: str
    bases: tuple[str, ...]
    snippets: tuple[tuple[str, str], ...]


async def show(call: Call) -> Response:
    """Every language with its base URLs, and snippets in which only the key is missing."""
    context = call.context
    languages = [language_of(one, context.public_url, call.who.project.id) for one in context.languages if one.routes]
    return call.page("apis.html", section="settings", languages=languages)


def language_of(dialect: Dialect, public_url: str, project_id: str, product_id: str = ANY_PRODUCT) -> Language:
    """The language with everything filled in but the key."""
    bases = tuple(f"{public_url}{mount}" for mount in dialect.mounts)
    filled = {
        "{host}": public_url,
        "{base}": bases[0],
        "{key}": dialect.key_example,
        "{project}": project_id,
        PRODUCT: product_id,
    }
    snippets = []
    for snippet in dialect.snippets:
        text = snippet.text
        for place, value in filled.items():
            text = text.replace(place, value)
        snippets.append((snippet.label, text))
    return Language(dialect.name, TITLES.get(dialect.name, dialect.name), dialect.key_format, bases, tuple(snippets))


def snippets_of_product(call: Call, product_id: str) -> list[tuple[str, str]]:
    """What sells one product, ready to be pasted: of each language, every snippet that names a product."""
    found: list[tuple[str, str]] = []
    for dialect in call.context.languages:
        named = dialect._replace(snippets=tuple(one for one in dialect.snippets if PRODUCT in one.text))
        found += language_of(named, call.context.public_url, call.who.project.id, product_id).snippets
    return found


VIEWS: Final = (View("GET", APIS, show, READ_BOTH),)
