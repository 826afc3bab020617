"""The buy button's script: one small file, which a page may pin by the hash that stands in its snippet."""

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

import msgspec

from keyturn.http.pipeline import Answer
from keyturn.needs import OPEN
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route

PATH: Final = "/v1/coin-moebius-buy.js"
# A page that names a version keeps it; others look again after an hour.
VERSION_SECONDS: Final = 31_536_000
LATEST_SECONDS: Final = 3_600

_FOLDER: Final = Path(__file__).parent / "button"
_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"cross-origin"))


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``v`` names a version, as the snippet does; left out, or unknown, it is the latest."""

    v: str | msgspec.UnsetType = msgspec.UNSET


@cache
def latest() -> bytes:
    """The script as pages get it that name no version."""
    return (_FOLDER / "coin-moebius-buy.js").read_bytes()


@cache
def versions() -> dict[str, bytes]:
    """The latest script and those before it, by the names that snippets call them: a page that has pinned one by its
    hash goes on after an upgrade."""
    return {_name(script): script for script in (path.read_bytes() for path in sorted(_FOLDER.glob("*.js")))}


def integrity() -> str:
    """The latest script's hash, as browsers check it (Subresource Integrity)."""
    return f"sha384-{base64.b64encode(hashlib.sha384(latest()).digest()).decode()}"


def snippet(base: str, project_id: str, product_id: str) -> str:
    """What is pasted into a page; no key is in it.

    Args:
        base: where the language is spoken, such as ``https://shop.example/coin-moebius``.
        project_id, product_id: in either spelling.
    """
    return (
        f'<script src="{escape(base)}{PATH}?v={_name(latest())}" integrity="{integrity()}" '
        'crossorigin="anonymous" defer></script>\n'
        f'<coin-moebius-buy project-id="{escape(project_id)}" product-id="{escape(product_id)}" label="Buy now">'
        "</coin-moebius-buy>\n"
    )


async def button(context: ApiContext, tx: Transaction, call: Call) -> Answer:
    """The script, to be kept by browsers."""
    wanted = versions().get(call.query.v) if call.query.v is not msgspec.UNSET else None
    kept = b"public, max-age=%d" % LATEST_SECONDS
    if wanted is not None:
        kept = b"public, max-age=%d, immutable" % VERSION_SECONDS
    headers = ((b"cache-control", kept), *_HEADERS)
    return Answer(200, wanted or latest(), b"text/javascript; charset=utf-8", headers)


def _name(script: bytes) -> str:
    return hashlib.sha256(script).hexdigest()[:12]


ROUTE: Final = Route("GET", PATH, OPEN, "Serve the buy button", Reads(button), None, query=Version)
