"""The merchant's own look on the buyer's pages: a logo and a colour, neither of which is anybody's HTML or CSS.

The colour is a part of its style sheet's address and decides nothing but numbers in it. Whatever a merchant chose,
text keeps the contrast of WCAG 2.2, 1.4.3 (4.5:1): the colour is made darker or lighter until it does.
"""

import re
from functools import lru_cache, partial
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.checkout.projects.model import Logo, Profile
from tillgate.checkout.projects.operations import DIGEST_LENGTH, get_logo
from tillgate.pages.context import PagesContext
from tillgate.store import Transaction

CONTRAST_MIN: Final = 4.5
# The surface on which links have the least contrast, of each colour scheme in tokens.css.
LIGHT: Final = (0xEF, 0xF1, 0xED)
DARK: Final = (0x2C, 0x32, 0x2C)
_BLACK: Final = (0, 0, 0)
_WHITE: Final = (255, 255, 255)
_STEPS: Final = 64
_HOVER_STEPS: Final = 8
_YEAR_SECONDS: Final = 31_536_000

_COLOUR: Final = re.compile(r"[0-9a-f]{6}")
_DIGEST: Final = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH}}}")

# Whatever the file is, a browser that is sent there runs nothing of it.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable",
}

Rgb = tuple[int, int, int]


class Brand(NamedTuple):
    """What a buyer sees of the merchant, beside the name. Empty text is not shown.

    Attributes:
        logo, style: addresses on this server; None where there is no such.
        address: line by line.
    """

    name: str
    logo: str | None
    style: str | None
    address: tuple[str, ...]
    tax_id: str
    support_email: str
    terms_url: str
    privacy_url: str


def brand_of(profile: Profile) -> Brand:
    """What of a project's settings its buyers see."""
    settings = profile.settings
    return Brand(
        name=profile.name,
        logo=profile.logo_path,
        style=f"/colours/{settings.colour.removeprefix('#')}.css" if settings.colour else None,
        address=tuple(line for line in settings.address.splitlines() if line.strip()),
        tax_id=settings.tax_id,
        support_email=settings.support_email,
        terms_url=settings.terms_url,
        privacy_url=settings.privacy_url,
    )


@lru_cache(maxsize=256)
def style_of(colour: str) -> str:
    """The style sheet of a colour, six hexadecimal digits, for both colour schemes."""
    chosen: Rgb = (int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16))
    light, dark = _rules(_readable(chosen, LIGHT, _BLACK)), _rules(_readable(chosen, DARK, _WHITE))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast of two colours (WCAG 2.2), from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: Rgb) -> Rgb:
    """Black or white: whichever is easier to read on a colour. One of them always has 4.5:1."""
    return max((_BLACK, _WHITE), key=lambda text: contrast(text, colour))


def _rules(accent: Rgb) -> str:
    text = text_on(accent)
    # Away from the text, so that it is no harder to read while the pointer is there.
    hover = _mixed(accent, _WHITE if text == _BLACK else _BLACK, _HOVER_STEPS)
    values = {"accent": accent, "accent-hover": hover, "on-accent": text, "focus": accent}
    return " ".join(f"--{name}: #{red:02x}{green:02x}{blue:02x};" for name, (red, green, blue) in values.items())


def _readable(colour: Rgb, ground: Rgb, towards: Rgb) -> Rgb:
    """The colour, or the nearest to it on the way to black or white that can be read on a ground."""
    mixes = (_mixed(colour, towards, steps) for steps in range(_STEPS + 1))
    return next(mixed for mixed in mixes if contrast(mixed, ground) >= CONTRAST_MIN)


def _mixed(colour: Rgb, other: Rgb, steps: int) -> Rgb:
    red, green, blue = (
        (one * (_STEPS - steps) + two * steps) // _STEPS for one, two in zip(colour, other, strict=True)
    )
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def _logo(context: PagesContext, request: Request) -> Response:
    project_id, digest = request.path_params["project"], request.path_params["digest"]
    if not ids.is_id(ids.PROJECT, project_id) or not _DIGEST.fullmatch(digest):
        return _nothing()

    async def operation(tx: Transaction) -> Logo:
        return await get_logo(tx, project_id, digest)

    try:
        logo = await context.database.read(operation)
    except NotFound:
        return _nothing()
    return Response(logo.content, headers={**_HEADERS, "Content-Type": logo.media_type})


async def _colour(request: Request) -> Response:
    colour = request.path_params["colour"]
    if not _COLOUR.fullmatch(colour):
        return _nothing()
    return Response(style_of(colour), headers={**_HEADERS, "Content-Type": "text/css; charset=utf-8"})


def _nothing() -> Response:
    headers = {**_HEADERS, "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}
    return Response("Not Found", 404, headers)


def routes(context: PagesContext) -> list[BaseRoute]:
    """Logos and colours."""
    return [
        Route("/logos/{project}/{digest}", partial(_logo, context), methods=["GET"], name="logo"),
        Route("/colours/{colour}.css", _colour, methods=["GET"], name="colour"),
    ]
