"""Templates and headers of the page inside of a partner's page."""

import base64
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from tillgate.documents.previewing import Picture, Trouble
from tillgate.wire.static import static_url
from tillgate.words import Words
from tillgate.words.templates import Isolating, speaking

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
        "Vary": "Accept-Language",
    }


def page(words: Words, name: str, origins: tuple[str, ...], status: int = 200, /, **values: object) -> Response:
    """A page in the reader's language, which speaks with pages of these origins."""
    html = _templates.get_template(f"embed/{name}").render(
        speaking(words), language=words.language, origins=" ".join(origins), **values
    )
    return HTMLResponse(html, status, headers(origins) | {"Content-Language": words.language.tag})


def json_answer(origins: tuple[str, ...], code: int, /, **values: object) -> Response:
    """The same for the page's script."""
    return JSONResponse(values, code, headers(origins))


def to_api(found: Picture | Trouble, words: Words) -> dict[str, object]:
    """A picture, or why there is none, for pages and their scripts; ``state`` is what the reader is told, and ``alts``
    what the pictures show."""
    if isinstance(found, Trouble):
        # The compiler speaks English.
        line = words.say("Line {number}: {message}", number=found.line or 0, message=found.message)
        state = line if found.line is not None else found.message
        return nothing_drawn(found.message, state) | {"line": found.line}
    pictures = [f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in found.pictures]
    alts = [words.say("Page {number} of the preview", number=at + 1) for at in range(len(pictures))]
    state = words.say_many("{count} page", "{count} pages", found.pages)
    return {"pictures": pictures, "alts": alts, "pages": found.pages, "message": "", "line": None, "state": state}


def nothing_drawn(message: str, state: str = "") -> dict[str, object]:
    """No picture, and why."""
    return {"pictures": [], "alts": [], "pages": 0, "message": message, "line": None, "state": state or message}
