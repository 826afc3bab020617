"""Templates: what documents are made of. A version never changes."""

import re
from typing import Final, NamedTuple

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem, Verbatim
from tillgate.documents.templates.manifest import Manifest
from tillgate.documents.templates.page_settings import PageSettings

SLUG_MAX: Final = 120
NAME_MAX: Final = 120
DESCRIPTION_MAX: Final = 280
SOURCE_BYTES_MAX: Final = 256 * 1024
FILES_MAX: Final = 20
# Where the element of an SVG image begins.
SVG_LOOKED_AT: Final = 4096
FILES_BYTES_MAX: Final = 5 * 1024 * 1024
# A list of them has no pages in its document.
TEMPLATES_MAX: Final = 500
# Of each tenant of a partner.
TENANT_TEMPLATES_MAX: Final = 50
SLUG: Final = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,119}")
# Flat, and never a file that Typst is given itself.
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.(?:png|jpg|jpeg|gif|webp|svg)")


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template of a project. Instants are Unix milliseconds.

    Attributes:
        current_version: which one renders are made of unless they name another.
        versions: how many there are: their numbers are 1 up to this.
        tenant: the external id of the partner's tenant whose it is; None for the project's own.
    """

    id: str
    project_id: str
    slug: str
    name: str
    description: str | None
    current_version: int
    versions: int
    created_at: int
    updated_at: int
    tenant: str | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What was published once."""

    template_id: str
    number: int
    source: str
    manifest: Manifest
    files: dict[str, bytes]
    published_by: str
    created_at: int
    page: PageSettings = PageSettings()


class VersionLine(NamedTuple):
    """A version in a list."""

    number: int
    published_by: str
    created_at: int


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """Where renders of a template are asked for without a key."""

    template_id: str
    livemode: bool
    token: str
    secret: str
    signature_required: bool

    def __repr__(self) -> str:
        return f"Hook({self.template_id!r}, livemode={self.livemode})"


# What an image begins with, by the end of its name; SVG is text.
_BEGINNINGS: Final[dict[str, tuple[bytes, ...]]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
}


def checked_image(name: str, content: bytes) -> bytes:
    """An image that somebody uploads, whose content is what its name says. How large it is belongs to all together.

    Raises:
        InvalidInput: its name is none that an image has, or its content is of another kind.
    """
    checked_files({name: content})
    kind = name.rpartition(".")[2]
    beginnings = _BEGINNINGS.get(kind)
    is_one = content.startswith(beginnings) if beginnings is not None else b"<svg" in content[:SVG_LOOKED_AT]
    if not is_one:
        expected = f"expected content in the format {kind.upper()}, as its name says"
        raise InvalidInput("image", Problem.WRONG_TYPE, expected=expected)
    return content


def checked_slug(slug: str) -> str:
    """A slug.

    Raises:
        InvalidInput: it is none.
    """
    if len(slug) > SLUG_MAX or SLUG.fullmatch(slug) is None:
        raise InvalidInput(
            "slug", Problem.WRONG_TYPE, expected="expected a slug such as my-invoice, up to 120 characters"
        )
    return slug


def checked_source(source: str) -> str:
    """A template's source.

    Raises:
        InvalidInput: it is empty, too long, or holds what no database keeps.
    """
    if not source.strip():
        raise InvalidInput("source", Problem.EMPTY)
    if "\0" in source:
        raise InvalidInput("source", Problem.NUL_CHARACTER)
    if len(source.encode()) > SOURCE_BYTES_MAX:
        raise InvalidInput("source", Problem.TOO_LONG, maximum=SOURCE_BYTES_MAX, length=len(source))
    return source


def checked_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """A template's images by their names.

    Raises:
        InvalidInput: there are too many, they are too large, or one has a name that no image has.
    """
    if len(files) > FILES_MAX:
        raise InvalidInput("files", Problem.TOO_MANY, maximum=FILES_MAX, count=len(files))
    for name in files:
        if _FILE.fullmatch(name) is None:
            expected = "expected a name such as logo.png (png, jpg, gif, webp or svg)"
            raise InvalidInput(("files", Verbatim(name[:60])), Problem.WRONG_TYPE, expected=expected)
    if sum(map(len, files.values())) > FILES_BYTES_MAX:
        raise InvalidInput("files", Problem.IMAGE_TOO_LARGE, maximum=FILES_BYTES_MAX // 1024)
    return files
