"""Templates of documents: the list, a template's page, and the editor with its preview."""

import base64
from typing import Final, NamedTuple

from starlette.responses import JSONResponse, Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_template
from tillgate.base import ids
from tillgate.base.clock import SECOND_MS
from tillgate.base.errors import Conflict, InvalidInput, NotFound, TillgateError
from tillgate.base.problems import Problem
from tillgate.dashboard.calls import READ, Call, Need, Unusable, View, both_modes
from tillgate.dashboard.editing import TYPES, Edited, lines_of, of_form, of_version
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.dashboard.words import message_of, sentence_of
from tillgate.documents.previewing import Picture, Trouble
from tillgate.documents.renders.model import Render
from tillgate.documents.renders.operations import list_renders
from tillgate.documents.starters import STARTERS, starter
from tillgate.documents.templates.manifest import Manifest, checked_manifest, with_preview
from tillgate.documents.templates.model import FILES_BYTES_MAX, FILES_MAX, Hook, Template, VersionLine, checked_source
from tillgate.documents.templates.operations import (
    NewVersion,
    Published,
    change_image,
    get_hooks,
    get_template,
    get_version,
    list_after,
    list_versions,
    publish,
    require_signatures,
    roll_back,
    rotate_hook,
)
from tillgate.documents.templates.page_settings import MARGIN_MM_MAX, PAPERS
from tillgate.store import Transaction

TEMPLATES: Final = "/dashboard/templates"
# No slug is "-": what is about no template has a place of its own.
_BESIDE: Final = f"{TEMPLATES}/-"
LISTED: Final = 50
RENDERS_SHOWN: Final = 25
_NUMBER_DIGITS_MAX: Final = 9
_LABELS: Final = {"image": "Image", "slug": "Slug", "name": "Name", "source": "Source", "sample": "Sample data"}


class Shown(NamedTuple):
    """An image of a template in the list."""

    name: str
    kilobytes: int


async def list_all(call: Call) -> Response:
    """The project's templates, and those that ship."""
    after = (call.query("after") or "")[:120]
    found, more = await call.read(lambda tx: list_after(tx, call.who.project.id, after, LISTED))
    return call.page(
        "documents/list.html",
        section="documents",
        templates=found,
        after=after,
        following=found[-1].slug if more else None,
        starters=STARTERS,
        may_change=_may_change(call),
    )


async def new_template(call: Call) -> Response:
    """The editor, with one that ships or with none."""
    name = call.query("starter")
    if name is not None and name not in STARTERS:
        raise Unusable("Unknown starter.")
    source, manifest = starter(name) if name is not None else ('#let data = json("data.json")\n', Manifest())
    title = name.replace("-", " ").capitalize() if name is not None else ""
    return _editor(call, None, of_version(source, manifest), draft(slug=name or "", name=title), images=[])


async def template_page(call: Call) -> Response:
    """A template: its versions, its hooks, and the renders of the mode that is looked at."""
    before, renders_after = _number(call.query("before")), call.query("after")

    async def operation(
        tx: Transaction,
    ) -> tuple[Template, tuple[list[VersionLine], bool], tuple[list[Render], bool], bool]:
        template = await _template(tx, call)
        hooks = await get_hooks(tx, call.context.sealer, template)
        return (
            template,
            await list_versions(tx, template, before, LISTED),
            await list_renders(tx, template, call.who.livemode, renders_after, RENDERS_SHOWN),
            hooks[0].signature_required,
        )

    template, (versions, more_versions), (renders, more_renders), signed = await call.read(operation)
    return call.page(
        "documents/show.html",
        section="documents",
        shown=template,
        versions=versions,
        older_versions=versions[-1].number if more_versions else None,
        renders=[(one, ids.spelled(one.id, "uuid")) for one in renders],
        older_renders=renders[-1].id if more_renders else None,
        signature_required=signed,
        may_change=_may_change(call),
    )


async def edit(call: Call) -> Response:
    """The editor, with a version."""
    template, edited, images = await _edited(call, _number(call.query("version")))
    return _editor(call, template, edited, draft(_named(template)), images=images)


async def _edited(call: Call, number: int | None = None) -> tuple[Template, Edited, list[Shown]]:
    """A template with a version to be worked on, and the images of its current one, which the next one has."""

    async def operation(tx: Transaction) -> tuple[Template, Edited, list[Shown]]:
        template = await _template(tx, call)
        version = await get_version(tx, template, number)
        current = version if version.number == template.current_version else await get_version(tx, template)
        return template, of_version(version.source, version.manifest, version.page), _shown(current.files)

    return await call.read(operation)


def _shown(files: dict[str, bytes]) -> list[Shown]:
    return [Shown(name, max(len(content) // 1024, 1)) for name, content in sorted(files.items())]


def _named(template: Template) -> dict[str, object]:
    return {"slug": template.slug, "name": template.name}


async def preview(call: Call) -> Response:
    """A picture of what the editor holds; nothing is published."""
    by_script = "application/json" in call.request.headers.get("accept", "")
    try:
        template, edited, files, problems = await _sent(call)
        found: Picture | Trouble | None = None
        if not problems:
            try:
                found = await _drawn(call, edited, files)
            except InvalidInput as error:
                problems = edited.problems(error)
    except TillgateError as error:
        if not by_script or isinstance(error, NotFound):
            raise
        return JSONResponse({"message": message_of(error), "line": None, "pictures": [], "pages": 0}, 422)
    if by_script:
        shown = _to_api(found) if found is not None else _to_api(Trouble(next(iter(problems.values()))))
        return JSONResponse(shown, 422 if shown["message"] else 200)
    return _editor(call, template, edited, Draft(_values(call), problems), found, images=_shown(files))


async def publish_template(call: Call) -> Response:
    """Publish a version. It need not compile: the preview shows that before."""
    template, edited, files, problems = await _sent(call)
    if problems:
        return _editor(call, template, edited, Draft(_values(call), problems), images=_shown(files))
    slug = template.slug if template is not None else call.form.text("slug")
    now, context = call.context.clock.now(), call.context
    try:
        manifest = with_preview(checked_manifest(edited.manifest), edited.data())
        new = NewVersion(slug, call.form.text("name"), edited.source, manifest, files, page=edited.page)

        async def operation(tx: Transaction) -> Published:
            made = await publish(tx, context.sealer, call.who.project.id, new, by=call.principal.actor, now=now)
            if template is None and made.template.versions > 1:
                raise Conflict(f"This project has a template {slug} already. Choose another slug, or edit that one.")
            act = Act(now, call.principal.actor)
            version = made.template.current_version
            await write_down_template(
                tx, act, "template.published", call.who.project.id, template=slug, version=version
            )
            return made

        made = await call.write(operation)
    except InvalidInput as error:
        return _editor(call, template, edited, Draft(_values(call), edited.problems(error)), images=_shown(files))
    except Conflict as error:
        return _editor(call, template, edited, Draft(_values(call), problems_of(error, "slug")), images=_shown(files))
    return call.go(f"{TEMPLATES}/{made.template.slug}", flash="template_published")


async def add_image(call: Call) -> Response:
    """Publish the current version with an image more, or with another one of the same name."""
    name, content = call.form.text("name") or call.form.file_name("image"), call.form.file("image")
    try:
        if not content:
            raise InvalidInput("image", Problem.EMPTY)
        await _with_image(call, name, content)
    except InvalidInput as error:
        template, edited, images = await _edited(call)
        words = {"image": sentence_of(error)}
        return _editor(call, template, edited, Draft(_named(template), words), images=images)
    return call.go(f"{TEMPLATES}/{call.param('slug')}/edit", flash="template_image_added")


async def remove_image(call: Call) -> Response:
    """Publish the current version without an image."""
    await _with_image(call, call.form.one("name"), None)
    return call.go(f"{TEMPLATES}/{call.param('slug')}/edit", flash="template_image_removed")


async def _with_image(call: Call, name: str, content: bytes | None) -> None:
    context, project_id, now = call.context, call.who.project.id, call.context.clock.now()
    by = call.principal.actor

    async def operation(tx: Transaction) -> None:
        made = await change_image(tx, context.sealer, project_id, call.param("slug"), name, content, by=by, now=now)
        version = made.template.current_version
        await write_down_template(
            tx, Act(now, by), "template.published", project_id, template=made.template.slug, version=version
        )

    await call.write(operation)


async def roll_back_template(call: Call) -> Response:
    """Make documents of an earlier version again."""
    number, now, project_id = _number(call.form.one("version")), call.context.clock.now(), call.who.project.id

    async def operation(tx: Transaction) -> Template:
        template = await roll_back(tx, project_id, call.param("slug"), number or 0, now=now)
        act, slug = Act(now, call.principal.actor), template.slug
        await write_down_template(tx, act, "template.rolled_back", project_id, template=slug, version=number)
        return template

    template = await call.write(operation)
    return call.go(f"{TEMPLATES}/{template.slug}", flash="template_rolled_back")


async def rotate(call: Call) -> Response:
    """Give the hook of a mode another address and secret. This answer, and nothing else here ever, holds them."""
    mode, now = call.param("mode"), call.context.clock.now()
    if mode not in ("live", "test"):
        raise NotFound("hook")

    async def operation(tx: Transaction) -> tuple[Template, Hook]:
        template = await _template(tx, call)
        hook = await rotate_hook(tx, call.context.sealer, template, livemode=mode == "live")
        act = Act(now, call.principal.actor)
        await write_down_template(
            tx, act, "template.hook_rotated", template.project_id, template=template.slug, mode=mode
        )
        return template, hook

    async with call.once(
        "This address was already made.", "It was shown once. If you have not copied it, make another one."
    ):
        template, hook = await call.write(operation)
    return call.page("documents/hook.html", status_code=201, section="documents", shown=template, hook=hook, mode=mode)


async def set_signatures(call: Call) -> Response:
    """Say whether the hooks take signed requests only."""
    required, now = call.form.one("required") == "yes", call.context.clock.now()

    async def operation(tx: Transaction) -> Template:
        template = await _template(tx, call)
        await require_signatures(tx, template, required)
        act = Act(now, call.principal.actor)
        await write_down_template(
            tx, act, "template.signatures_set", template.project_id, template=template.slug, required=required
        )
        return template

    template = await call.write(operation)
    return call.go(f"{TEMPLATES}/{template.slug}", flash="template_signatures_set")


async def _template(tx: Transaction, call: Call) -> Template:
    return await get_template(tx, call.who.project.id, call.param("slug"))


async def _sent(call: Call) -> tuple[Template | None, Edited, dict[str, bytes], dict[str, str]]:
    """The template that the editor is of, what it holds, its images, and what is wrong with its form."""
    of = call.form.one("of")
    template, files = None, dict[str, bytes]()
    if of:
        project_id = call.who.project.id

        async def operation(tx: Transaction) -> tuple[Template, dict[str, bytes]]:
            found = await get_template(tx, project_id, of)
            return found, (await get_version(tx, found)).files

        template, files = await call.read(operation)
    try:
        return template, of_form(call.form), files, {}
    except InvalidInput as error:
        edited = Edited(call.form.one("source"), Manifest(), call.form.one("sample"), {})
        return template, edited, files, problems_of(error)


async def _drawn(call: Call, edited: Edited, files: dict[str, bytes]) -> Picture | Trouble:
    context = call.context.documents
    return await context.previewer.draw(
        call.who.user.id,
        checked_source(edited.source),
        checked_manifest(edited.manifest),
        edited.data(),
        files,
        context.clock.now() // SECOND_MS,
        edited.page,
    )


def _editor(
    call: Call,
    template: Template | None,
    edited: Edited,
    form: Draft,
    found: Picture | Trouble | None = None,
    *,
    images: list[Shown],
) -> Response:
    lines, groups = lines_of(edited.manifest)
    # Rows are numbered again, without those that were left out.
    numbered = {old: new for new, old in _renumbered(edited)}
    problems = {numbered.get(name, name): words for name, words in form.problems.items()}
    labels = _LABELS | {name: "Variables" for name in problems if name.endswith("_key")}
    return call.page(
        "documents/edit.html",
        status_code=422 if problems else 200,
        section="documents",
        shown=template,
        edited=edited,
        papers=PAPERS,
        margin_max=MARGIN_MM_MAX,
        draft=Draft(form.values, problems),
        labels=labels,
        lines=lines,
        groups=groups,
        types=TYPES,
        images=images,
        images_max=FILES_MAX,
        images_megabytes=FILES_BYTES_MAX // (1024 * 1024),
        preview=_to_api(found) if found is not None else None,
        preview_path=f"{_BESIDE}/preview",
    )


def _renumbered(edited: Edited) -> list[tuple[str, str]]:
    found = []
    for path, old in edited.places.items():
        match path:
            case ("variables", int(at)):
                found.append((f"v{at}_key", old))
            case ("loops", int(at)):
                found.append((f"l{at}_key", old))
            case ("loops", int(at), "item_fields", int(number)):
                found.append((f"l{at}f{number}_key", old))
            case _:
                continue
    return found


def _to_api(found: Picture | Trouble) -> dict[str, object]:
    if isinstance(found, Trouble):
        return {"pictures": [], "pages": 0, "message": found.message, "line": found.line}
    pictures = [f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in found.pictures]
    return {"pictures": pictures, "pages": found.pages, "message": "", "line": None}


def _values(call: Call) -> dict[str, object]:
    return {name: call.form.text(name) for name in ("slug", "name")}


def _number(text: str | None) -> int | None:
    if text is None or not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        raise Unusable("Expected the number of a version.")
    return int(text)


def _may_change(call: Call) -> bool:
    return all(call.who.may(Right.TEMPLATES, mode) for mode in (False, True))


_CHANGE: Final = Need(Right.TEMPLATES, both_modes)

VIEWS: Final = (
    View("GET", TEMPLATES, list_all, READ),
    View("POST", TEMPLATES, publish_template, _CHANGE, large=True),
    View("GET", f"{_BESIDE}/new", new_template, _CHANGE),
    View("POST", f"{_BESIDE}/preview", preview, _CHANGE, large=True),
    View("GET", f"{TEMPLATES}/{{slug}}", template_page, READ),
    View("GET", f"{TEMPLATES}/{{slug}}/edit", edit, _CHANGE),
    View("POST", f"{TEMPLATES}/{{slug}}/images", add_image, _CHANGE, uploads=True, large=True),
    View("POST", f"{TEMPLATES}/{{slug}}/images/remove", remove_image, _CHANGE),
    View("POST", f"{TEMPLATES}/{{slug}}/roll-back", roll_back_template, _CHANGE),
    # Whoever has the address makes documents.
    View("POST", f"{TEMPLATES}/{{slug}}/hooks/{{mode}}/rotate", rotate, _CHANGE.confirmed),
    View("POST", f"{TEMPLATES}/{{slug}}/signatures", set_signatures, _CHANGE),
)
