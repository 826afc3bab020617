"""``tillgate templates``: what documents are made of."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, fail, say, say_json, say_table
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from keyturn.terminal import foreign
from tillgate.access.audited import write_down_template
from tillgate.base import ids
from tillgate.base.clock import SECOND_MS, SystemClock, to_rfc3339
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, opened_sealer, settings, work
from tillgate.cli.users import ProjectOption
from tillgate.documents.engine import Engine, Made, Outcome, Work, is_installed
from tillgate.documents.starters import STARTERS, starter
from tillgate.documents.templates.manifest import Manifest, bound, preview_of
from tillgate.documents.templates.model import FILES_BYTES_MAX, SOURCE_BYTES_MAX, Hook, Template, Version
from tillgate.documents.templates.operations import (
    NewVersion,
    Published,
    change_image,
    checked_new,
    get_template,
    get_version,
    list_templates,
    publish,
    roll_back,
)
from tillgate.documents.templates.page_settings import PAPERS, checked_page
from tillgate.settings import Settings
from tillgate.store.sealing import claim

MANIFEST_BYTES_MAX = 256 * 1024

app = typer.Typer(help="Templates of documents: publish, list, show, roll back.", no_args_is_help=True)

Slug = Annotated[
    str, typer.Option("--slug", metavar="SLUG", help="Which template; it stands in the address of its renders.")
]


@app.command("publish")
def publish_template(
    slug: Slug,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What people call it.")],
    source: Annotated[
        str | None, typer.Option("--source", metavar="FILE.typ", help="Its Typst source, in UTF-8.")
    ] = None,
    manifest: Annotated[
        str | None, typer.Option("--manifest", metavar="FILE.json", help="Its variables and loops.")
    ] = None,
    starter_name: Annotated[
        str | None,
        typer.Option("--starter", metavar="NAME", help=f"Publish one that ships instead: {', '.join(STARTERS)}."),
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option("--image", metavar="FILE", help="An image that it shows; may be repeated.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    signed_hooks: Annotated[
        bool | None,
        typer.Option("--signed-hooks/--unsigned-hooks", help="Whether its hooks take signed requests only."),
    ] = None,
    paper: Annotated[
        str, typer.Option("--paper", metavar="NAME", help=f"What it is set on: {', '.join(PAPERS)}.")
    ] = "",
    landscape: Annotated[bool, typer.Option("--landscape", help="Set it on its side.")] = False,
    margin: Annotated[str, typer.Option("--margin", metavar="MM", help="Millimetres on all four sides.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Make a document of its sample data first; publish nothing if that fails.")
    ] = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Publish a version of a template: its first, or its next. Renders that were asked for keep theirs."""
    if (starter_name is None) == (source is None) or (source is None) != (manifest is None):
        fail("say --source FILE.typ and --manifest FILE.json, or --starter NAME")
    if starter_name is not None and starter_name not in STARTERS:
        fail(f"--starter: expected one of {', '.join(STARTERS)}")
    if starter_name is not None:
        text, described = starter(starter_name)
    else:
        text, described = _text(str(source), SOURCE_BYTES_MAX), _manifest(str(manifest))
    files = {Path(one).name: _read(one, FILES_BYTES_MAX) for one in image or ()}
    page = checked_page(paper, landscape, margin)
    new = NewVersion(slug, name, text, described, files, description, signed_hooks, page=page)
    chosen = settings(data, database_url)
    sealer = opened_sealer(chosen)

    async def task(database: Database) -> Published:
        await claim(database, sealer)
        project_id = await project_id_of(database, project, chosen.data)
        wished = checked_new(new)
        if check:
            await _check(chosen, wished)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Published:
            made = await publish(tx, sealer, project_id, wished, by=ACTOR, now=now)
            await write_down_template(
                tx,
                Act(now, ACTOR),
                "template.published",
                project_id,
                template=made.template.slug,
                version=made.template.current_version,
            )
            return made

        return await database.write(operation)

    made = work(chosen, task)
    if as_json:
        say_json(_published_to_api(made))
        return
    say(f"{foreign(made.template.slug)}  version {made.template.current_version}")
    for mode, hook in (("live", made.live), ("test", made.test)):
        say(f"{mode} hook  {chosen.public_url}/v1/hooks/{hook.token}  secret {hook.secret}")


@app.command("images")
def images(
    slug: Slug,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="FILE", help="An image that it gets; may be repeated.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="An image that it loses; may be repeated.")
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the images of a template's current version. Each that is added or removed publishes a version."""
    chosen = settings(data, database_url)
    sealer = opened_sealer(chosen)
    changes: list[tuple[str, bytes | None]] = [(one, None) for one in remove or ()]
    changes += [(Path(one).name, _read(one, FILES_BYTES_MAX)) for one in add or ()]

    async def task(database: Database) -> dict[str, bytes]:
        await claim(database, sealer)
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> dict[str, bytes]:
            for name, content in changes:
                made = await change_image(tx, sealer, project_id, slug, name, content, by=ACTOR, now=now)
                version = made.template.current_version
                await write_down_template(
                    tx, Act(now, ACTOR), "template.published", project_id, template=slug, version=version
                )
            return (await get_version(tx, await get_template(tx, project_id, slug))).files

        return await database.write(operation)

    found = sorted(work(chosen, task).items())
    if as_json:
        say_json([{"name": name, "bytes": len(content)} for name, content in found])
        return
    say_table(("NAME", "BYTES"), [(name, len(content)) for name, content in found])


@app.command("list")
def list_all(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List a project's templates."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> list[Template]:
        project_id = await project_id_of(database, project, chosen.data)
        return await database.read(lambda tx: list_templates(tx, project_id))

    found = work(chosen, task)
    if as_json:
        say_json([_to_api(one) for one in found])
        return
    say_table(
        ("SLUG", "NAME", "VERSION", "OF", "CHANGED"),
        [(one.slug, foreign(one.name), one.current_version, one.versions, to_rfc3339(one.updated_at)) for one in found],
    )


@app.command("show")
def show(
    slug: Slug,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Which version.", show_default="the current one")
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a version of a template: its source, and with --json its manifest as well."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> tuple[Template, Version]:
        project_id = await project_id_of(database, project, chosen.data)

        async def operation(tx: Transaction) -> tuple[Template, Version]:
            template = await get_template(tx, project_id, slug)
            return template, await get_version(tx, template, version)

        return await database.read(operation)

    template, found = work(chosen, task)
    if as_json:
        manifest = msgspec.to_builtins(found.manifest)
        more = {"version": found.number, "source": found.source, "manifest": manifest, "files": sorted(found.files)}
        more["page"] = msgspec.to_builtins(found.page)
        say_json(_to_api(template) | more | {"publishedBy": found.published_by})
        return
    say(foreign(found.source.rstrip()))


@app.command("rollback")
def rollback(
    slug: Slug,
    version: Annotated[int, typer.Option("--version", min=1, help="Which version renders are made of from now on.")],
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make renders of an earlier version again. No version is lost, and the next one is numbered on."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> Template:
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Template:
            template = await roll_back(tx, project_id, slug, version, now=now)
            act = Act(now, ACTOR)
            await write_down_template(
                tx, act, "template.rolled_back", project_id, template=template.slug, version=version
            )
            return template

        return await database.write(operation)

    template = work(chosen, task)
    say_json(_to_api(template)) if as_json else say(f"{template.slug}  version {template.current_version}")


async def _check(chosen: Settings, new: NewVersion) -> None:
    """Make a document of the sample data, or end the command with what is wrong, at its line."""
    if not is_installed():
        fail("--check needs what documents are made with: pip install 'tillgate[documents]'")
    data = msgspec.json.encode(bound(new.manifest, preview_of(new.manifest)))
    engine = Engine(chosen.documents.limits, workers=1)
    try:
        at = SystemClock().now() // SECOND_MS
        outcome: Outcome = await engine.render(Work(new.source, data, at, True, new.files, page=new.page.to_typst()))
    finally:
        await engine.close()
    if not isinstance(outcome, Made):
        fail(f"--source: {foreign(outcome.message)}")


def _manifest(path: str) -> Manifest:
    try:
        return msgspec.json.decode(_read(path, MANIFEST_BYTES_MAX), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fail(f"--manifest: {foreign(str(error))}")


def _text(path: str, most: int) -> str:
    try:
        return _read(path, most).decode()
    except UnicodeDecodeError:
        fail(f"{foreign(path)}: expected text in UTF-8")


def _read(path: str, most: int) -> bytes:
    """What a file holds, as far as it may be long."""
    try:
        with open(path, "rb") as file:
            found = file.read(most + 1)
    except (OSError, ValueError) as error:
        fail(f"{foreign(path)}: {getattr(error, 'strerror', None) or error}")
    if len(found) > most:
        fail(f"{foreign(path)}: expected at most {most // 1024} kB")
    return found


def _published_to_api(made: Published) -> dict[str, Any]:
    template = made.template
    return {
        "id": ids.spelled(template.id, "uuid"),
        "slug": template.slug,
        "version": template.current_version,
        **_hook_to_api(made.live, "hook"),
        **_hook_to_api(made.test, "testHook"),
    }


def _hook_to_api(hook: Hook, named: str) -> dict[str, str]:
    return {f"{named}Token": hook.token, f"{named}Secret": hook.secret}


def _to_api(template: Template) -> dict[str, Any]:
    return {
        "id": ids.spelled(template.id, "uuid"),
        "slug": template.slug,
        "name": template.name,
        "description": template.description,
        "version": template.current_version,
        "versions": template.versions,
        "updatedAt": to_rfc3339(template.updated_at),
    }
