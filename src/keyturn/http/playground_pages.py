"""The API playground: a form for each operation of a described language, sent to the very server that shows it.

Its script and its style are shared with whoever serves other languages. The key lives in the page's memory alone, and
only one of test mode leaves it.
"""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from keyturn.http.openapi import DOCUMENT_PATH
from keyturn.http.pipeline import NOT_STORED, Answer
from keyturn.keys.model import Mode
from keyturn.keys.secret import FORMATS, KeyFormat
from keyturn.portal.html import element, joined

PLAYGROUND_PATH: Final = "/docs/playground"
# Below this package.
FOLDER: Final = "playground"
_CSS, _JS = b"text/css; charset=utf-8", b"text/javascript; charset=utf-8"
# What the page loads, by its name below the page: the package and the path that it lies at, and its type.
_ASSETS: Final = {
    "page.css": ("keyturn.portal", "page.css", _CSS),
    "colours.css": ("keyturn.http", f"{FOLDER}/colours.css", _CSS),
    "playground.css": ("keyturn.http", f"{FOLDER}/playground.css", _CSS),
    "playground.js": ("keyturn.http", f"{FOLDER}/playground.js", _JS),
}
_NO_SNIFFING: Final = (b"x-content-type-options", b"nosniff")
_HEADERS: Final = (
    NOT_STORED,
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    _NO_SNIFFING,
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def told(
    languages: Iterable[tuple[str, str]], formats: Iterable[KeyFormat], *, variable: str, advice: str
) -> dict[str, Any]:
    """What the script needs to know.

    Args:
        languages: the title of each, and where its OpenAPI document is.
        variable: where the curl command beside a form has its key from.
        advice: how somebody comes by a key.
    """
    every = list(formats)
    return {
        "languages": [{"title": title, "document": document} for title, document in languages],
        "test": _heads(every, Mode.TEST),
        "live": _heads(every, Mode.LIVE),
        "variable": variable,
        "advice": advice,
    }


def playground(path: str) -> Answer | None:
    """The page at its path, or what it loads; None for what there is not."""
    if path == PLAYGROUND_PATH:
        return Answer(200, _page(), b"text/html; charset=utf-8", _HEADERS)
    found = _ASSETS.get(path.removeprefix(f"{PLAYGROUND_PATH}/"))
    if found is None:
        return None
    package, name, media_type = found
    return Answer(200, _asset(package, name), media_type, (_NO_SNIFFING, (b"cache-control", b"no-cache")))


@cache
def _page() -> bytes:
    advice = "Make one with keyturn keys create --mode test --name NAME --scope SCOPE."
    given = told([("Keyturn", DOCUMENT_PATH)], FORMATS.values(), variable="KEYTURN_KEY", advice=advice)
    title = "API playground"
    loaded = [element("link", rel="stylesheet", href=f"{PLAYGROUND_PATH}/{one}") for one in _ASSETS if ".css" in one]
    head = joined(
        (
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="robots", content="noindex"),
            element("title", f"{title} · Keyturn"),
            *loaded,
            element("script", src=f"{PLAYGROUND_PATH}/playground.js", defer=True),
        )
    )
    main = element(
        "main",
        element("h1", title),
        element(
            "p",
            "Each operation of Keyturn, sent to this server with a test mode key of your own. It has effect: a key "
            "that you revoke here is revoked.",
        ),
        element("noscript", element("p", f"The playground needs scripts. {DOCUMENT_PATH} says what each call takes.")),
        element("div", class_="playground", id="playground", data_playground=json.dumps(given)),
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{main}</body></html>\n'.encode()


@cache
def _asset(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()


def _heads(formats: list[KeyFormat], mode: Mode) -> list[str]:
    return sorted({one.head(kind, mode) for one in formats for kind in one.kinds})
