"""Asking for renders, and reading them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.errors import NotFound, TillgateError
from tillgate.base.invariants import present
from tillgate.documents.context import DocumentContext
from tillgate.documents.errors import NotInstalled, QueueFull
from tillgate.documents.files import Kept
from tillgate.documents.renders import records
from tillgate.documents.renders.model import Render, RenderStatus, Usage, checked_filename
from tillgate.documents.templates.manifest import bound
from tillgate.documents.templates.model import Template
from tillgate.documents.templates.operations import get_version
from tillgate.store import Database, Transaction
from tillgate.store.jobs import enqueue

LIVE_JOB: Final = "renders.live"
TEST_JOB: Final = "renders.test"
DROP_BATCH_MAX: Final = 100
# Who asked, in one month: each key that is listed.
COUNTED_MAX: Final = 1_000


class Asked(NamedTuple):
    """Who asks for a render, and what of it.

    Attributes:
        by: a key's id, or one of the words of :mod:`tillgate.documents.renders.model`.
        named: the same name is the same render; None where it has none.
        version_number: None for the template's current one.
    """

    livemode: bool
    by: str
    data: Mapping[str, Any]
    named: str | None = None
    version_number: int | None = None
    filename: str | None = None


class RenderNotFound(NotFound):
    """No such render in this project and mode."""

    def __init__(self) -> None:
        TillgateError.__init__(
            self, "No such render in this project and mode. Copy its id from the answer to its request."
        )


async def ask(context: DocumentContext, tx: Transaction, template: Template, asked: Asked) -> tuple[Render, bool]:
    """A render, queued; or the one that was asked for by this name before, as it is now, and True.

    Raises:
        NotInstalled: this server makes no documents.
        VersionNotFound: the template has no such version.
        InvalidInput: the data does not match the manifest, or the file's name is none.
        QueueFull: too many wait already.
    """
    project_id, now = template.project_id, context.clock.now()
    if not context.installed:
        raise NotInstalled
    if asked.named is not None:
        found = await records.by_name(tx, project_id, asked.livemode, asked.named)
        if found is not None:
            return found, True
    version = await get_version(tx, template, asked.version_number)
    filename = checked_filename(asked.filename)
    data = msgspec.json.encode(bound(version.manifest, asked.data)).decode()
    most = context.settings.waiting_max
    if await records.waiting(tx, project_id, asked.livemode, most) >= most:
        raise QueueFull(most)
    render = Render(
        id=ids.new_id(ids.RENDER),
        project_id=project_id,
        livemode=asked.livemode,
        template_id=template.id,
        version_number=version.number,
        status=RenderStatus.QUEUED,
        asked_by=asked.by,
        named=asked.named,
        filename=filename,
        error=None,
        pages=None,
        created_at=now,
        started_at=None,
        completed_at=None,
    )
    if not await records.insert(tx, render, data):
        # Asked for by two at once: the other was first.
        name = present(asked.named, "the name of a render that is there already")
        return present(await records.by_name(tx, project_id, asked.livemode, name), "the render of this name"), True
    await enqueue(
        tx,
        context.outbox.wake.jobs,
        kind=LIVE_JOB if render.livemode else TEST_JOB,
        key=render.id,
        project_id=project_id,
        payload={},
        now=now,
    )
    return render, False


async def get_render(tx: Transaction, project_id: str, livemode: bool, render_id: str) -> Render:
    """One render.

    Raises:
        RenderNotFound: it is not in this project and mode.
    """
    render = await records.by_id(tx, project_id, livemode, render_id) if ids.is_id(ids.RENDER, render_id) else None
    if render is None:
        raise RenderNotFound
    return render


async def get_usage(tx: Transaction, project_id: str, month: str) -> Usage:
    """What a project's live renders of a month are billed by."""
    renders = await records.counted_in(tx, project_id, month)
    return Usage(month, renders, await records.counts(tx, project_id, month, COUNTED_MAX))


async def list_renders(
    tx: Transaction, template: Template, livemode: bool, after: str | None, limit: int
) -> tuple[list[Render], bool]:
    """A page of a template's renders in a mode, the newest first, and whether more follow."""
    after = after if after is not None and ids.is_id(ids.RENDER, after) else None
    found = await records.of_template(tx, template.id, livemode, after, limit + 1)
    return found[:limit], len(found) > limit


async def find_file(context: DocumentContext, tx: Transaction, render: Render) -> Kept:
    """The document itself, to be read once this transaction has ended.

    Raises:
        RenderNotFound: there is none, yet or at all.
    """
    kept = await context.files.find(tx, render.id) if render.status is RenderStatus.SUCCEEDED else None
    if kept is None:
        raise RenderNotFound
    return kept


async def read_file(context: DocumentContext, kept: Kept) -> bytes:
    """Its bytes.

    Raises:
        RenderNotFound: they are gone.
    """
    content = await context.files.read(kept)
    if content is None:
        raise RenderNotFound
    return content


async def drop_old(context: DocumentContext, database: Database) -> int:
    """Drop a batch of renders that are older than they are kept, with their files; how many."""
    before = context.clock.now() - context.settings.kept_ms
    found = await database.read(lambda tx: records.ended_before(tx, before, DROP_BATCH_MAX))
    await context.files.erase(found)
    await database.write(lambda tx: _drop(context, tx, found))
    return len(found)


async def _drop(context: DocumentContext, tx: Transaction, found: list[str]) -> None:
    for render_id in found:
        await context.files.drop(tx, render_id)
        await records.delete(tx, render_id)
