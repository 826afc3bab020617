"""Renders: their states, and what they are called."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tillgate.base.clock import SECOND_MS, to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

NAMED_MAX: Final = 200
FILENAME_MAX: Final = 150
DATA_BYTES_MAX: Final = 2 * 1024 * 1024
# Who asked, where that is no key.
BY_HOOK: Final = "hook"
BY_SERVER: Final = "server"
BY_EMBED: Final = "embed"
# What a file's name never holds: what leads elsewhere, ends a header, or means something to a shell or a file system.
_FORBIDDEN: Final = frozenset('/\\:*?"<>|;')
_SUFFIX: Final = ".pdf"
MONTH: Final = r"20[0-9]{2}-(0[1-9]|1[0-2])"
_MONTH: Final = re.compile(MONTH)


class RenderStatus(StrEnum):
    """Where a render stands. The last two are its end."""

    QUEUED = "queued"
    RENDERING = "rendering"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        return self in (RenderStatus.SUCCEEDED, RenderStatus.FAILED)


class Render(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was asked for. Instants are Unix milliseconds.

    Attributes:
        version_number: the version that it is made of, for ever.
        asked_by: a key's id, or ``hook``, ``server`` or ``embed``.
        named: what its caller has named it; None where it has no name.
        error: why it failed, for whoever wrote the template.
    """

    id: str
    project_id: str
    livemode: bool
    template_id: str
    version_number: int
    status: RenderStatus
    asked_by: str
    named: str | None
    filename: str | None
    error: str | None
    pages: int | None
    created_at: int
    started_at: int | None
    completed_at: int | None


class EndedRender(msgspec.Struct, frozen=True):
    """A render as its webhooks tell it: with the server's own address, by which its file is fetched."""

    render: Render
    public_url: str


class Counted(NamedTuple):
    """How many live renders of a month succeeded that a key asked for, by its id, or one of the words above."""

    asked_by: str
    renders: int


class Usage(NamedTuple):
    """What live renders of a project are billed by.

    Attributes:
        month: such as ``2026-11``, in UTC.
        renders: of all, also where not each who asked is listed.
    """

    month: str
    renders: int
    by: list[Counted]


class RenderObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A render as events show it."""

    id: str
    object: str = "render"
    livemode: bool
    template_id: str
    version_number: int
    status: str
    error_message: str | None
    pages: int | None
    created_at: str
    completed_at: str | None


def to_api(render: Render) -> RenderObject:
    """A render in the native API's form."""
    return RenderObject(
        id=render.id,
        livemode=render.livemode,
        template_id=render.template_id,
        version_number=render.version_number,
        status=render.status.value,
        error_message=render.error,
        pages=render.pages,
        created_at=to_rfc3339(render.created_at),
        completed_at=to_rfc3339(render.completed_at) if render.completed_at is not None else None,
    )


def month_of(at: int) -> str:
    """The month of an instant, in UTC."""
    return datetime.fromtimestamp(at / SECOND_MS, UTC).strftime("%Y-%m")


def checked_month(month: str) -> str:
    """A month as its name.

    Raises:
        InvalidInput: it is none.
    """
    if _MONTH.fullmatch(month) is None:
        raise InvalidInput("month", Problem.WRONG_TYPE, expected="expected a month such as 2026-11")
    return month


def checked_named(named: str, *, field: Field) -> str:
    """What a caller names a render.

    Raises:
        InvalidInput: it is empty, too long, or holds what no name does.
    """
    if not 1 <= len(named) <= NAMED_MAX:
        raise InvalidInput(field, Problem.LENGTH, minimum=1, maximum=NAMED_MAX, length=len(named))
    if not named.isprintable():
        raise InvalidInput(field, Problem.CONTROL_CHARACTERS)
    return named


def checked_filename(name: str | None) -> str | None:
    """What the downloaded file is called; ``.pdf`` is added where it is missing.

    Raises:
        InvalidInput: it is empty or too long, or leads somewhere.
    """
    if name is None:
        return None
    if not 1 <= len(name) <= FILENAME_MAX:
        raise InvalidInput("filename", Problem.LENGTH, minimum=1, maximum=FILENAME_MAX, length=len(name))
    if not name.isprintable() or _FORBIDDEN & set(name) or name != name.strip(" .") or name.startswith("~"):
        expected = "expected the name of a file alone, such as invoice-1042.pdf"
        raise InvalidInput("filename", Problem.WRONG_TYPE, expected=expected)
    return name if name.lower().endswith(_SUFFIX) else f"{name}{_SUFFIX}"
