"""Templates and headers of the page inside of a partner's page."""

import base64
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from tillgate.documents.previewing import Picture, Trouble
from tillgate.pages.rendering import static_url
from tillgate.words.templates import Isolating

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)

_templates: Final = Environment(
    loader=PackageLoader("tillgate.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=[Isolating],
)
_templates.globals.update(static_url=static_url)


def headers(origins: tuple[str, ...]) -> dict[str, str]:
    """The headers of every answer: pages of these origins alone may show it inside of theirs."""
    return {
        "Content-Security-Policy": _POLICY + (" ".join(origins) or "'none'"),
        "X-Content-Type-Options": "nosniff",
        # The address has the session's token.
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }


def page(name: str, origins: tuple[str, ...], status: int = 200, /, **values: object) -> Response:
    """A page, which speaks with pages of these origins."""
    html = _templates.get_template(f"embed/{name}").render(origins=" ".join(origins), **values)
    return HTMLResponse(html, status, headers(origins))


def json_answer(origins: tuple[str, ...], code: int, /, **values: object) -> Response:
    """The same for the page's script."""
    return JSONResponse(values, code, headers(origins))


def to_api(found: Picture | Trouble) -> dict[str, object]:
    """A picture, or why there is none, for pages and their scripts."""
    if isinstance(found, Trouble):
        return {"pictures": [], "pages": 0, "message": found.message, "line": found.line}
    pictures = [f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in found.pictures]
    return {"pictures": pictures, "pages": found.pages, "message": "", "line": None}
