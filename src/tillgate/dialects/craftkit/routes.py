"""Templates, renders and hooks as CraftKit documents them, beside embed. A key changes no template."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec

from keyturn import Need
from keyturn.http.pipeline import Answer
from keyturn.needs import OPEN
from tillgate.base import ids
from tillgate.base.errors import TooOften
from tillgate.base.invariants import present
from tillgate.dialects.craftkit.embed import EMBED_ROUTES
from tillgate.dialects.craftkit.shapes import (
    ACCEPTED,
    AcceptedRender,
    CountedRenders,
    HookedRender,
    RenderObject,
    RenderRequest,
    TemplateList,
    UsageObject,
    UsageQuery,
    WholeTemplate,
    accepted,
    id_of,
    own_id,
    poll_url,
    template_to_craftkit,
    to_craftkit,
    whole_template,
)
from tillgate.documents.errors import WrongSignature
from tillgate.documents.files import Kept
from tillgate.documents.renders.model import BY_HOOK, DATA_BYTES_MAX, Render, checked_month, checked_named, month_of
from tillgate.documents.renders.operations import Asked, ask, find_file, get_render, get_usage, read_file
from tillgate.documents.templates.operations import find_hook, get_template, get_version, list_templates
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.reading import decode_body
from tillgate.wire.routing import Asks, Call, Reads, Route, Sends, Writes

READ_TEMPLATES: Final = Need("templates:read")
READ: Final = Need("renders:read")
RENDER: Final = Need("renders:write")
# Beside the data.
BODY_BYTES_MAX: Final = DATA_BYTES_MAX + 16 * 1024
SYNC_SECONDS_MAX: Final = 30.0
# At first, and later.
LOOK_EVERY_SECONDS: Final = 0.1
LOOK_EVERY_SECONDS_MAX: Final = 1.0
_IDEMPOTENCY: Final = "idempotency-key"
_SIGNATURE: Final = "x-craftkit-signature"
_flat: Final = msgspec.json.Decoder(dict[str, Any])


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> TemplateList:
    """A project's templates."""
    found = await list_templates(tx, call.principal.project_id)
    return TemplateList([template_to_craftkit(one) for one in found])


async def retrieve_template(context: ApiContext, tx: Transaction, call: Call) -> WholeTemplate:
    """One template, with what it asks for."""
    template = await get_template(tx, call.principal.project_id, call.params["slug"])
    return whole_template(template, (await get_version(tx, template)).manifest)


async def create_render(context: ApiContext, tx: Transaction, call: Call) -> tuple[Render, bool]:
    """A render, queued; or the one that has this name already."""
    body: RenderRequest = call.body
    template = await get_template(tx, call.principal.project_id, call.params["slug"])
    named, field = call.heard.get(_IDEMPOTENCY), "idempotency_key"
    if named is None:
        named, field = body.job_id, "job_id"
    asked = Asked(
        call.principal.livemode,
        present(call.principal.key_id, "the key of a caller"),
        body.data,
        checked_named(named, field=field) if named is not None else None,
        body.options.version_number,
        body.options.filename,
    )
    return await ask(context.documents, tx, template, asked)


async def answer_render(context: ApiContext, call: Call, made: tuple[Render, bool]) -> Answer:
    """What was asked for: at once, or with ``sync`` when it has ended, after 30 seconds at the latest; where many
    callers wait already, at once as well."""
    render, again = made
    callers = context.documents.engine.callers
    if call.body.options.sync and not callers.locked():
        async with callers:
            render = await _ended(context, call, render)
    status = HTTPStatus.OK if again or render.status.is_end else ACCEPTED
    return Answer(status, msgspec.json.encode(accepted(context.public_url, render)))


async def _ended(context: ApiContext, call: Call, render: Render) -> Render:
    until = time.monotonic() + SYNC_SECONDS_MAX
    principal, render_id, pause = call.principal, render.id, LOOK_EVERY_SECONDS

    async def look(tx: Transaction) -> Render:
        return await get_render(tx, principal.project_id, principal.livemode, render_id)

    while not render.status.is_end and time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LOOK_EVERY_SECONDS_MAX)
        render = await context.database.read(look)
    return render


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> RenderObject:
    """One render as it is now."""
    return to_craftkit(context.public_url, await _own(tx, call))


async def download(context: ApiContext, call: Call) -> Answer:
    """The document itself."""

    async def find(tx: Transaction) -> tuple[Render, Kept]:
        render = await _own(tx, call)
        return render, await find_file(context.documents, tx, render)

    render, kept = await context.database.read(find)
    content = await read_file(context.documents, kept)
    name = render.filename or f"{id_of(render.id)}.pdf"
    return Answer(200, content, b"application/pdf", ((b"content-disposition", disposition(name)),))


async def usage(context: ApiContext, tx: Transaction, call: Call) -> UsageObject:
    """What live renders are billed by."""
    asked: UsageQuery = call.query
    month = checked_month(asked.month) if asked.month is not None else month_of(context.clock.now())
    if not call.principal.livemode:
        return UsageObject(month, 0, [])
    found = await get_usage(tx, call.principal.project_id, month)
    return UsageObject(month, found.renders, [CountedRenders(one.asked_by, one.renders) for one in found.by])


async def call_hook(context: ApiContext, tx: Transaction, call: Call) -> HookedRender:
    """A render of the template that a hook belongs to, out of the flat data that was sent."""
    hook, template = await find_hook(tx, context.documents.sealer, call.params["token"])
    _check_signature(call.heard, call.raw, hook.secret, required=hook.signature_required)
    data = decode_body(_flat, call.raw)
    render, _ = await ask(context.documents, tx, template, Asked(hook.livemode, BY_HOOK, data))
    return HookedRender(id=id_of(render.id), status=render.status.value, poll_url=poll_url(context.public_url, render))


async def guard_hook(context: ApiContext, call: Call, address: str | None) -> None:
    """Slow down who calls hooks without end; a wrong token counts like a right one.

    Raises:
        TooOften: one visitor has called too often, or all those of one hook together.
    """
    token = hashlib.sha256(call.params["token"].encode()).hexdigest()[:32]
    seconds = await context.keyless.seconds_to_open(f"hook:{token}", address)
    if seconds:
        raise TooOften("This hook is called too often. Try again later.", retry_after_seconds=seconds)


def _check_signature(heard: Mapping[str, str], body: bytes, secret: str, *, required: bool) -> None:
    given = heard.get(_SIGNATURE)
    if given is None:
        if required:
            raise WrongSignature(missing=True)
        return
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode("latin-1"), expected.encode()):
        raise WrongSignature(missing=False)


async def _own(tx: Transaction, call: Call) -> Render:
    principal = call.principal
    return await get_render(tx, principal.project_id, principal.livemode, own_id(ids.RENDER, call.id))


def disposition(name: str) -> bytes:
    """``Content-Disposition`` of a download (RFC 6266), with a name for those who read ASCII alone."""
    plain = "".join(one if one.isascii() and one not in '"\\' else "_" for one in name)
    header = f'attachment; filename="{plain}"'
    return (header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}").encode("ascii")


ROUTES: Final = (
    Route("GET", "/templates", READ_TEMPLATES, "List templates", Reads(list_all), TemplateList),
    Route("GET", "/templates/{slug}", READ_TEMPLATES, "Retrieve a template", Reads(retrieve_template), WholeTemplate),
    Route(
        "POST",
        "/templates/{slug}/render",
        RENDER,
        "Render a document",
        Sends(create_render, answer_render),
        AcceptedRender,
        ACCEPTED,
        body=RenderRequest,
        body_bytes_max=BODY_BYTES_MAX,
        hears=(_IDEMPOTENCY,),
    ),
    Route("GET", "/usage", READ, "Count live renders by month and key", Reads(usage), UsageObject, query=UsageQuery),
    Route("GET", "/renders/{id}", READ, "Retrieve a render", Reads(retrieve), RenderObject),
    Route("GET", "/renders/{id}/download", READ, "Download a document", Asks(download), None),
    Route(
        "POST",
        "/hooks/{token}",
        OPEN,
        "Render a document by a template's hook",
        Writes(call_hook),
        HookedRender,
        ACCEPTED,
        guard=guard_hook,
        body_bytes_max=BODY_BYTES_MAX,
        hears=(_SIGNATURE,),
        reads_raw=True,
    ),
    *EMBED_ROUTES,
)
