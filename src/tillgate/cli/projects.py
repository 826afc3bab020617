"""``tillgate projects``."""

from typing import Annotated, Any

import typer

from keyturn import Receipt, resume, suspend
from keyturn.cli.key_ends import Reason, receipt_to_json
from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, fail, say, say_json, say_table
from keyturn.database import Database
from keyturn.stores.ports import Act
from keyturn.terminal import foreign
from tillgate.access.accounts import Accounts, Project
from tillgate.access.accounts.operations import checked_project_name
from tillgate.access.audited import write_down_settings
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.checkout.projects.images import LOGO_BYTES_MAX
from tillgate.checkout.projects.model import LOCALES, TEST_RAILS, Profile, checked_settings, given_of
from tillgate.checkout.projects.operations import change_logo, change_project, get_profile, lock_profile
from tillgate.cli.choosing import project_id_of, remember, remembered
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.opening import open_keys
from tillgate.store import Transaction

NamedProject = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's name or id.")]

app = typer.Typer(help="Create, list, set up, suspend and resume projects.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="The project's name; buyers see it.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Create a project."""
    chosen = settings(data, database_url)
    project = work(chosen, lambda database: Accounts(database, SystemClock()).create_project(name), creates=True)
    if as_json:
        say_json(_to_api(project))
    else:
        say(f"{project.id}  {foreign(project.name)}")


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the projects, oldest first."""
    chosen = settings(data, database_url)
    projects = work(chosen, lambda database: Accounts(database, SystemClock()).list_projects())
    if as_json:
        say_json([_to_api(project) for project in projects])
        return
    default = remembered(chosen.data)
    say_table(
        ("ID", "NAME", "CREATED", "DEFAULT"),
        [(one.id, one.name, to_rfc3339(one.created_at), one.id == default) for one in projects],
    )


@app.command("show")
def show(project: NamedProject, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show a project's settings, which are the same in both modes."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> Profile:
        project_id = await project_id_of(database, project, chosen.data)
        return await database.read(lambda tx: get_profile(tx, project_id))

    _say_profile(work(chosen, task), as_json)


@app.command("set")
def change(
    project: NamedProject,
    name: Annotated[str | None, typer.Option("--name", help="What buyers see on the checkout and in mails.")] = None,
    colour: Annotated[str | None, typer.Option(help="Of buttons and links, such as #14614a.")] = None,
    address: Annotated[str | None, typer.Option(help="The seller's.")] = None,
    tax_id: Annotated[str | None, typer.Option(help="The seller's, such as DE123456789.")] = None,
    footer: Annotated[str | None, typer.Option(help="Of receipts, invoices and credit notes.")] = None,
    support_email: Annotated[str | None, typer.Option(help="Where buyers write with questions.")] = None,
    terms_url: Annotated[str | None, typer.Option(help="An https address.")] = None,
    privacy_url: Annotated[str | None, typer.Option(help="An https address.")] = None,
    locale: Annotated[str | None, typer.Option(help=f"Of the checkout and of mails: {', '.join(LOCALES)}.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of times in mails, such as Europe/Berlin.")] = None,
    success_url: Annotated[str | None, typer.Option(help="Where buyers go after paying.")] = None,
    cancel_url: Annotated[str | None, typer.Option(help="Where buyers go who do not pay.")] = None,
    session_lifetime_minutes: Annotated[str | None, typer.Option(help="5 to 10080.")] = None,
    tolerance_percentage: Annotated[str | None, typer.Option(help="Up to 10.")] = None,
    tolerance_amount: Annotated[str | None, typer.Option(help="At most this, such as 0.50.")] = None,
    tolerance_currency: Annotated[str | None, typer.Option(help="Of that amount, such as EUR.")] = None,
    mail_buyers: Annotated[bool | None, typer.Option(help="Mail buyers about their payment.")] = None,
    test_rail: Annotated[str | None, typer.Option(help=f"What pays test sessions: {', '.join(TEST_RAILS)}.")] = None,
    sweep_least: Annotated[str | None, typer.Option(help="Less than this stays at its address, such as 5.")] = None,
    post_address: Annotated[str | None, typer.Option(help="Where buyers send payments by mail.")] = None,
    post_instructions: Annotated[str | None, typer.Option(help="What buyers read beside it.")] = None,
    logo: Annotated[
        str | None,
        typer.Option(metavar="FILE", help=f"A PNG, JPEG or WebP image of up to {LOGO_BYTES_MAX // 1024} kB."),
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change a project's settings: what is not given stays, and an empty text removes. Owners are notified."""
    chosen = settings(data, database_url)
    texts: dict[str, Any] = {
        "colour": colour,
        "address": address,
        "tax_id": tax_id,
        "footer": footer,
        "support_email": support_email,
        "terms_url": terms_url,
        "privacy_url": privacy_url,
        "locale": locale,
        "time_zone": time_zone,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "session_lifetime_minutes": session_lifetime_minutes,
        "tolerance_percentage": tolerance_percentage,
        "tolerance_amount": tolerance_amount,
        "tolerance_currency": tolerance_currency,
        "mail_buyers": mail_buyers,
        "test_rail": test_rail,
        "sweep_least": sweep_least,
        "post_address": post_address,
        "post_instructions": post_instructions,
    }
    given = {field: value for field, value in texts.items() if value is not None}

    image = None if not logo else _image(logo)

    async def task(database: Database) -> Profile:
        if not given and name is None and logo is None:
            fail("say what to set, such as --colour '#14614a'; `tillgate projects set --help` lists all")
        project_id = await project_id_of(database, project, chosen.data)

        async def operation(tx: Transaction) -> Profile:
            held = await lock_profile(tx, project_id)
            after = checked_settings(given_of(held.settings)._replace(**given))
            called = held.name if name is None else checked_project_name(name)
            changes = await change_project(tx, project_id, called, after)
            if logo is not None:
                changes.settings.update(await change_logo(tx, project_id, image))
            act = Act(SystemClock().now(), ACTOR)
            await write_down_settings(tx, act, project_id, changes.settings, renamed=changes.name)
            return await get_profile(tx, project_id)

        return await database.write(operation)

    _say_profile(work(chosen, task), as_json)


@app.command("use")
def use(
    project: Annotated[str | None, typer.Argument(metavar="PROJECT", help="The project's name or id.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remember none.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remember a project, beside the data, for commands that are not told --project."""
    chosen = settings(data, database_url)
    if (project is None) != forget:
        fail("say which project, by its name or id, or --forget")
    found = None
    if project is not None:
        found = work(chosen, lambda database: project_id_of(database, project, chosen.data))
    try:
        remember(chosen.data, found)
    except OSError as error:
        fail(f"{chosen.data}: {error.strerror or error}")
    if as_json:
        say_json({"default": found})
    else:
        say(f"{found} is meant from now on where --project is not given." if found else "No project is remembered.")


@app.command("suspend")
def suspend_project(
    project: NamedProject,
    reason: Reason = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Suspend a project: all its keys are refused until it is resumed. When this returns, no process accepts one."""
    chosen = settings(data, database_url)
    confirm(f"All keys of {project[:64]!r} are refused until the project is resumed.", yes)

    async def task(database: Database) -> tuple[str, Receipt]:
        clock = SystemClock()
        project_id = await project_id_of(database, project, chosen.data)
        store = open_keys(database, clock).store
        return project_id, await suspend(store, clock, project_id=project_id, by=ACTOR, reason=reason)

    project_id, receipt = work(chosen, task)
    _say_switched(
        project_id, receipt, as_json, done="is suspended: its keys are refused", before="had been suspended before"
    )


@app.command("resume")
def resume_project(
    project: NamedProject, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Resume a suspended project: its keys are accepted again."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> tuple[str, Receipt]:
        clock = SystemClock()
        project_id = await project_id_of(database, project, chosen.data)
        return project_id, await resume(open_keys(database, clock).store, clock, project_id=project_id, by=ACTOR)

    project_id, receipt = work(chosen, task)
    _say_switched(project_id, receipt, as_json, done="goes on: its keys are accepted again", before="was not suspended")


def _say_switched(project_id: str, receipt: Receipt, as_json: bool, *, done: str, before: str) -> None:
    if as_json:
        say_json({"id": project_id, "already": receipt.epoch is None, "receipt": receipt_to_json(receipt)})
    else:
        say(f"{project_id} {before if receipt.epoch is None else done}.")


def _image(path: str) -> bytes:
    """What a file holds, as far as a logo may be long, and one byte more where it is longer."""
    try:
        with open(path, "rb") as file:
            return file.read(LOGO_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        fail(f"{foreign(path)}: {getattr(error, 'strerror', None) or error}")


def _say_profile(profile: Profile, as_json: bool) -> None:
    told: dict[str, object] = {"id": profile.id, "name": profile.name, **given_of(profile.settings)._asdict()}
    told["logo"] = profile.logo_path or ""
    if as_json:
        say_json({_camel(field): value for field, value in told.items()})
        return
    width = max(map(len, told))
    for field, value in told.items():
        shown = foreign(str(value)) if not isinstance(value, bool) else "yes" if value else ""
        say(f"{field.replace('_', '-'):{width}}  {shown or '-'}")


def _camel(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(one.capitalize() for one in others)


def _to_api(project: Project) -> dict[str, str]:
    return {"id": project.id, "name": project.name, "createdAt": to_rfc3339(project.created_at)}
