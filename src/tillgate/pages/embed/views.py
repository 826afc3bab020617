"""What the page answers. Who somebody is stands in the session's token, which each request brings: no cookie is set or
read, so that no other site can act in anybody's name, and a browser that keeps cookies apart loses nothing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, assert_never
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from keyturn.database import StoreError
from tillgate.access import visitor
from tillgate.base import ids
from tillgate.base.clock import SECOND_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.invariants import present
from tillgate.base.problems import Problem
from tillgate.documents.context import DocumentContext
from tillgate.documents.embedding.model import TOKEN_LENGTH_MAX, TokenRefused
from tillgate.documents.embedding.operations import (
    Chosen,
    Opened,
    choose,
    offered,
    open_token,
    publish_template,
    readable,
    submit_form,
    whose,
)
from tillgate.documents.files import Kept
from tillgate.documents.partners.model import PartnerSuspended
from tillgate.documents.previewing import Picture, Trouble
from tillgate.documents.renders.model import BY_EMBED, Render, RenderStatus
from tillgate.documents.renders.operations import find_file, get_render, read_file
from tillgate.documents.templates.manifest import Manifest, bound, preview_of
from tillgate.documents.templates.model import checked_source
from tillgate.pages.context import PagesContext
from tillgate.pages.embed.forms import FIELDS_MAX, FORM_BYTES_MAX, data_of, form_of, prefilled
from tillgate.pages.embed.rendering import headers, json_answer, nothing_drawn, page, to_api
from tillgate.pages.embed.words import for_reader, wrong_with
from tillgate.store import Transaction
from tillgate.wire.words import SENTENCES, WHOLE, at_path
from tillgate.wire.words import Words as WireWords
from tillgate.words import Words, chosen_language, phrase, words_in

ROOT: Final = "/embed/builder"
JSON: Final = "application/json"
_TOO_LARGE: Final = phrase("This form is too large.")
_SHORTEN: Final = phrase("Shorten what you have filled in, then send it again.")
_TOO_MANY: Final = phrase("Too many requests.")
_WAIT: Final = phrase("Please wait a moment, then try again.")
_ENDED: Final = phrase("This session has ended.")
_NOTHING_LOST: Final = phrase("Nothing that you have published is lost. Open this page again from where you came.")
_NOT_OPENED: Final = phrase("This session cannot be opened.")
_UNAVAILABLE: Final = phrase("This is not available now.")
_ASK: Final = phrase("Please ask whoever runs this application.")
_TRY_AGAIN: Final = phrase("Please try again in a moment.")
_WORDS: Final = WireWords(at_path(str), SENTENCES, WHOLE)
_FORM_ID: Final = re.compile(r"[0-9a-z]{26}")


@dataclass(frozen=True)
class Visit:
    """A request with a token that was verified.

    Attributes:
        fields: of the form that was sent.
    """

    context: PagesContext
    request: Request
    opened: Opened
    token: str
    fields: Mapping[str, str]

    @property
    def origins(self) -> tuple[str, ...]:
        return self.opened.partner.origins

    @property
    def documents(self) -> DocumentContext:
        return present(self.context.documents, "what documents are made with")

    @property
    def by_script(self) -> bool:
        """Whether the page's own script asks."""
        return JSON in self.request.headers.get("accept", "")

    @property
    def slug(self) -> str:
        return self.fields.get("template", "")

    @property
    def writes(self) -> bool:
        """Whether the session makes templates, not documents."""
        return self.opened.terms.scope.mode in ("edit", "create")

    @cached_property
    def words(self) -> Words:
        """In the language that the session says, or else the browser."""
        return _words_of(self.request, self.opened.terms.branding.locale)

    def page(self, name: str, status: int = 200, /, **values: object) -> Response:
        """A page of this session."""
        terms = self.opened.terms
        return page(
            self.words,
            name,
            self.origins,
            status,
            token=self.token,
            terms=terms,
            livemode=self.opened.livemode,
            expires_at=self.opened.expires_at,
            writes=self.writes,
            **values,
        )


Answer = Callable[[Visit], Awaitable[Response]]


async def _show(visit: Visit) -> Response:
    """The templates that there are; where the session is about one, its form."""
    slug, scope = visit.slug, visit.opened.terms.scope
    if slug:
        return await _form(visit, slug)
    found = await visit.context.database.read(lambda tx: offered(tx, visit.opened))
    if len(found) == 1 and (scope.template_id is not None or scope.template_external_id is not None):
        return await _form(visit, found[0].slug)
    return visit.page("choose.html", found=found)


async def _form(visit: Visit, slug: str) -> Response:
    chosen = await visit.context.database.read(lambda tx: choose(tx, visit.opened, slug))
    manifest = readable(visit.opened, chosen.manifest) if visit.writes else chosen.manifest
    samples = preview_of(manifest) if visit.writes else {}
    data = prefilled(manifest, samples, visit.opened.terms.form.prefill)
    return _filled(visit, chosen, manifest, data)


def _filled(
    visit: Visit,
    chosen: Chosen,
    manifest: Manifest,
    data: Mapping[str, Any],
    *,
    picture: Picture | Trouble | None = None,
    problem: InvalidInput | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    fields, loops = form_of(manifest, data)
    source = visit.fields.get("source") or chosen.source
    trouble = _trouble(visit, problem, manifest) if problem is not None else None
    return visit.page(
        "form.html",
        status,
        chosen=chosen,
        name=visit.fields.get("name") or chosen.offered.name,
        source=source,
        fields=fields,
        loops=loops,
        form_id=visit.fields.get("form_id") or ids.new_ulid(),
        preview=to_api(picture, visit.words) if picture is not None else None,
        message=message or (trouble[1] if trouble else ""),
        wrong=trouble[0] if trouble else "",
    )


async def _preview(visit: Visit) -> Response:
    """A picture of what is filled in; nothing is kept."""
    chosen, manifest, data, source = await _sent(visit)
    now = visit.documents.clock.now()
    try:
        found = await visit.documents.previewer.draw(
            f"embed:{visit.opened.project_id}:{visit.opened.subject}",
            source,
            manifest,
            data,
            chosen.files,
            now // SECOND_MS,
            chosen.page,
        )
    except InvalidInput as error:
        if visit.by_script:
            missing = error.problem is Problem.REQUIRED
            told = nothing_drawn(_trouble(visit, error, manifest)[1])
            return json_answer(visit.origins, 422, **told, missing=missing)
        return _filled(visit, chosen, manifest, data, problem=error, status=422)
    if visit.by_script:
        return json_answer(visit.origins, 422 if isinstance(found, Trouble) else 200, **to_api(found, visit.words))
    return _filled(visit, chosen, manifest, data, picture=found)


async def _add(visit: Visit) -> Response:
    """The form with one more row."""
    chosen, manifest, _, _ = await _sent(visit)
    return _filled(visit, chosen, manifest, data_of(manifest, visit.fields, more=visit.fields.get("add", "")))


async def _publish(visit: Visit) -> Response:
    """A version of a template, or a document, as the session is for; the same form makes the same one."""
    chosen, manifest, data, source = await _sent(visit)
    context, opened = visit.documents, visit.opened
    write = visit.context.database.write
    try:
        if not visit.writes:
            render = await write(lambda tx: submit_form(context, tx, opened, visit.slug, data, _name_of(visit)))
            return _submitted(visit, render)
        # What is not of the types that the manifest says is refused here, and not by every render.
        bound(manifest, data)
        name = visit.fields.get("name", "").strip() or chosen.offered.name
        made = await write(
            lambda tx: publish_template(context, tx, opened, visit.slug, source=source, name=name, data=data)
        )
    except InvalidInput as error:
        return _filled(visit, chosen, manifest, data, problem=error, status=422)
    except (Forbidden, Conflict) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return _filled(visit, chosen, manifest, data, message=for_reader(error, visit.words), status=status)
    return visit.page("published.html", template=made.template, id=ids.spelled(made.template.id, "uuid"))


async def _document(visit: Visit) -> Response:
    """A document that was made in this session, once it is there."""
    context, opened = visit.documents, visit.opened

    async def operation(tx: Transaction) -> tuple[Render, Kept | None]:
        render_id = ids.unspelled(ids.RENDER, visit.fields.get("render", ""), "uuid") or ""
        render = await get_render(tx, opened.project_id, opened.livemode, render_id)
        if render.asked_by != BY_EMBED or not (render.named or "").startswith(_prefix_of(opened)):
            raise NotFound("document")
        return render, await find_file(context, tx, render) if render.status.value == "succeeded" else None

    render, kept = await visit.context.database.read(operation)
    content = await read_file(context, kept) if kept is not None and not visit.by_script else None
    render_id = ids.spelled(render.id, "uuid")
    if visit.by_script or content is None:
        if visit.by_script:
            status, state = render.status.value, _state_of(visit, render)
            return json_answer(visit.origins, 200, id=render_id, status=status, message=render.error or "", state=state)
        return _submitted(visit, render)
    disposition = {"Content-Disposition": f'attachment; filename="{render_id}.pdf"'}
    return Response(content, 200, headers(visit.origins) | disposition, "application/pdf")


def _submitted(visit: Visit, render: Render) -> Response:
    render_id = ids.spelled(render.id, "uuid")
    return visit.page("submitted.html", render=render, id=render_id, state=_state_of(visit, render))


def _state_of(visit: Visit, render: Render) -> str:
    match render.status:
        case RenderStatus.SUCCEEDED:
            return visit.words.say("It is ready.")
        case RenderStatus.FAILED:
            return visit.words.say("It could not be made: {reason}", reason=render.error or "")
        case RenderStatus.QUEUED | RenderStatus.RENDERING:
            return visit.words.say("It is being made. This takes a few seconds.")
        case _:
            assert_never(render.status)


async def _sent(visit: Visit) -> tuple[Chosen, Manifest, dict[str, Any], str]:
    """The template that a form is of, and what was filled in."""
    chosen = await visit.context.database.read(lambda tx: choose(tx, visit.opened, visit.slug))
    manifest = readable(visit.opened, chosen.manifest) if visit.writes else chosen.manifest
    source = visit.fields.get("source", "") if visit.writes else ""
    return chosen, manifest, data_of(manifest, visit.fields), checked_source(source or chosen.source)


def _name_of(visit: Visit) -> str:
    """What names a document of this form: sent again, it is the same one."""
    given = visit.fields.get("form_id", "")
    return _prefix_of(visit.opened) + (given if _FORM_ID.fullmatch(given) else ids.new_ulid())


def _prefix_of(opened: Opened) -> str:
    """What the names of a session's documents begin with."""
    return f"embed:{hashlib.sha256(opened.subject.encode()).hexdigest()[:32]}:"


def _trouble(visit: Visit, error: InvalidInput, manifest: Manifest) -> tuple[str, str]:
    """The key of the field that something is wrong with, and what that is."""
    param = (_WORDS.param(error) or "").removeprefix("data.")
    return param, wrong_with(error, param, manifest, visit.words)


def _words_of(request: Request, locale: str | None = None) -> Words:
    asked = request.headers.get("Accept-Language")
    return words_in(chosen_language(None, (locale,), asked))


def _notice(
    request: Request,
    origins: tuple[str, ...],
    status: int,
    title: str,
    told: str,
    *,
    ended: bool = False,
    lang: str = "",
) -> Response:
    """
    Args:
        told: a sentence of the catalogues, or what whoever makes the session is to know, in English by ``lang``.
    """
    words = _words_of(request)
    title, told = words.say(title), told if lang else words.say(told)
    return page(words, "notice.html", origins, status, title=title, told=told, told_lang=lang, ended=ended)


async def _origins_of(context: PagesContext, token: str) -> tuple[str, ...]:
    """Where it may be said that a token opens nothing: on the pages of the partner that it names."""
    try:
        partner, _, _ = await context.database.read(lambda tx: whose(tx, token))
    except TillgateError:
        return ()
    return partner.origins


async def _answer(context: PagesContext, answer: Answer, request: Request) -> Response:
    fields = await _fields(request)
    if fields is None:
        return _notice(request, (), 413, _TOO_LARGE, _SHORTEN)
    seconds = 0
    if context.embeds is not None:
        seconds = await context.embeds.seconds_to_wait(visitor(request.client.host if request.client else None))
    if seconds or context.documents is None:
        later = _notice(request, (), 429, _TOO_MANY, _WAIT)
        later.headers["Retry-After"] = str(max(seconds, 1))
        return later
    token, documents = fields.get("session_token", "")[:TOKEN_LENGTH_MAX], context.documents
    try:
        opened = await context.database.read(lambda tx: open_token(documents, tx, token))
    except TokenRefused as error:
        origins = await _origins_of(context, token)
        if error.expired:
            return _notice(request, origins, 401, _ENDED, _NOTHING_LOST, ended=True)
        return _notice(request, origins, 401, _NOT_OPENED, error.public, lang="en")
    except PartnerSuspended:
        origins = await _origins_of(context, token)
        return _notice(request, origins, 403, _UNAVAILABLE, _ASK)
    except NotFound as error:
        return _notice(request, await _origins_of(context, token), 404, _NOT_OPENED, error.public, lang="en")
    visit = Visit(context, request, opened, token, fields)
    try:
        return await answer(visit)
    except TillgateError as error:
        return _failed(visit, error)


async def _guarded(context: PagesContext, answer: Answer, request: Request) -> Response:
    try:
        return await _answer(context, answer, request)
    except StoreError:
        return _notice(request, (), 503, _UNAVAILABLE, _TRY_AGAIN)


def _failed(visit: Visit, error: TillgateError) -> Response:
    message = for_reader(error, visit.words)
    match error:
        case NotFound():
            status = 404
        case TooOften():
            status = 429
        case Unavailable():
            status = 503
        case InvalidInput():
            status = 422
        case _:
            status = 409
    if visit.by_script:
        return json_answer(visit.origins, status, **nothing_drawn(message))
    title = visit.words.say("That is not possible.")
    return visit.page("notice.html", status, title=title, told=message, told_lang="", ended=False)


async def _fields(request: Request) -> dict[str, str] | None:
    """The first value of each field of the form, or of the query; None where that is more than a form of ours has."""
    if request.method != "POST":
        text = request.url.query
    else:
        parts, length = [], 0
        async for chunk in request.stream():
            parts.append(chunk)
            length += len(chunk)
            if length > FORM_BYTES_MAX:
                return None
        text = b"".join(parts).decode("latin-1")
    fields: dict[str, str] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return None
    for name, value in pairs:
        fields.setdefault(name, value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))
    return fields


def routes(context: PagesContext) -> list[BaseRoute]:
    """The page, and what its forms are sent to."""
    return [
        Route(path, partial(_guarded, context, answer), methods=[method], name=name)
        for method, path, answer, name in (
            ("GET", ROOT, _show, "embed"),
            ("POST", ROOT, _show, "embed_choose"),
            ("POST", f"{ROOT}/add", _add, "embed_add"),
            ("POST", f"{ROOT}/preview", _preview, "embed_preview"),
            ("POST", f"{ROOT}/publish", _publish, "embed_publish"),
            ("POST", f"{ROOT}/document", _document, "embed_document"),
        )
    ]
