"""Templates, static files and the headers that every answer of this room carries."""

from typing import Final

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tillgate.pages.amounts import DAYS_AND_HOURS
from tillgate.pages.paid_on import PAY_WITH
from tillgate.pages.reader import Reader
from tillgate.wire.static import static_url
from tillgate.words.templates import Isolating, speaking

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The address of a session is what lets its buyer in, so no other site learns it.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    # The same address reads differently for somebody with another language.
    "Vary": "Accept-Language",
}


def qr_code(text: str) -> str:
    """A QR code with its quiet zone, as a ``data:`` URI of an SVG; black on white in every colour scheme."""
    uri: str = segno.make(text, error="m", micro=False).svg_data_uri(border=4, light="#fff", omitsize=True)
    return uri


_templates: Final = Environment(
    loader=PackageLoader("tillgate.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=[Isolating],
)
_templates.globals.update(static_url=static_url, days_and_hours=DAYS_AND_HOURS, pay_with=PAY_WITH)


def page(reader: Reader, template: str, status: int = 200, *, here: str | None = None, **values: object) -> Response:
    """A template's HTML in the reader's language, with this room's headers.

    Args:
        here: the path of this page, where it can be switched to another language.
    """
    language = reader.words.language
    html = _templates.get_template(template).render(
        speaking(reader.words),
        reader=reader,
        language=language,
        switches=reader.switches(here) if here is not None else (),
        **values,
    )
    return HTMLResponse(html, status, HEADERS | {"Content-Language": language.tag})


def notice(reader: Reader, status: int, title: str, text: str, *, here: str | None = None) -> Response:
    """A page that says why there is no checkout here, in sentences of the reader's language."""
    return page(reader, "notice.html", status, here=here, title=title, text=text)


def see_other(path: str) -> Response:
    """Go and look there, by GET."""
    return RedirectResponse(path, 303, HEADERS)


def nothing(status: int = 204) -> Response:
    """No body."""
    return Response(None, status, HEADERS)
