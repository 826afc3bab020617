"""``tillgate embed``: templates inside of a partner's own pages."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from tillgate.access.audited import EmbedAction, write_down_embed
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, opened_sealer, settings, work
from tillgate.cli.users import ProjectOption
from tillgate.documents.partners.model import Partner
from tillgate.documents.partners.operations import (
    Signing,
    enable,
    find_partner,
    resume,
    rotate,
    set_origins,
    suspend,
)
from tillgate.settings import Settings
from tillgate.store import Sealer
from tillgate.store.sealing import claim

app = typer.Typer(
    help="Embed: templates inside of a partner's own pages. Changes are in force at once.", no_args_is_help=True
)

Origins = Annotated[
    list[str] | None,
    typer.Option("--origin", metavar="ORIGIN", help="Of pages that may show templates inside; may be repeated."),
]


@app.command("enable")
def enable_embed(
    origin: Origins = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Enable embed for a project, and show the signing key of its own tokens once."""
    _sign(
        settings(data, database_url),
        project,
        "embed.enabled",
        lambda tx, sealer, project_id, now: enable(tx, sealer, project_id, origin or [], now=now),
        as_json,
    )


@app.command("rotate")
def rotate_key(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Make another signing key, shown once. Tokens of the earlier one are accepted for a day."""
    _sign(
        settings(data, database_url),
        project,
        "embed.key_rotated",
        lambda tx, sealer, project_id, now: rotate(tx, sealer, project_id, now=now),
        as_json,
    )


@app.command("origins")
def origins(
    origin: Origins = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say which origins' pages may show templates inside of theirs, in place of the earlier ones; none without any."""
    _change(
        settings(data, database_url),
        project,
        "embed.origins_set",
        lambda tx, project_id, now: set_origins(tx, project_id, origin or [], now=now),
        as_json,
    )


@app.command("suspend")
def suspend_partner(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Refuse every session of a project, and new ones, from the next request on. Its keys' renders go on."""
    _change(
        settings(data, database_url),
        project,
        "embed.suspended",
        lambda tx, project_id, now: suspend(tx, project_id, now=now),
        as_json,
    )


@app.command("resume")
def resume_partner(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Take a suspension back."""
    _change(
        settings(data, database_url),
        project,
        "embed.resumed",
        lambda tx, project_id, now: resume(tx, project_id, now=now),
        as_json,
    )


@app.command("show")
def show(
    project: ProjectOption = None, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Show whether embed is enabled for a project, its publishable keys and its origins."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> Partner | None:
        project_id = await project_id_of(database, project, chosen.data)
        return await database.read(lambda tx: find_partner(tx, project_id))

    partner = work(chosen, task)
    if partner is None:
        fail("embed is not enabled for this project; enable it with: tillgate embed enable")
    say_json(_to_api(partner)) if as_json else _say(partner)


def _sign(
    chosen: Settings,
    project: str | None,
    action: EmbedAction,
    make: Callable[[Transaction, Sealer, str, int], Awaitable[Signing]],
    as_json: bool,
) -> None:
    sealer = opened_sealer(chosen)

    async def task(database: Database) -> Signing:
        await claim(database, sealer)
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Signing:
            made = await make(tx, sealer, project_id, now)
            await write_down_embed(tx, Act(now, ACTOR), action, project_id, key=made.key_id)
            return made

        return await database.write(operation)

    made = work(chosen, task)
    if as_json:
        say_json(_to_api(made.partner) | {"keyId": made.key_id, "signingKey": made.private})
        return
    _say(made.partner)
    say(f"key id  {made.key_id}")
    say("The signing key is shown this once; keep it on a server:")
    say(made.private.rstrip())


def _change(
    chosen: Settings,
    project: str | None,
    action: EmbedAction,
    change: Callable[[Transaction, str, int], Awaitable[Partner]],
    as_json: bool,
) -> None:
    async def task(database: Database) -> Partner:
        project_id = await project_id_of(database, project, chosen.data)
        now = SystemClock().now()

        async def operation(tx: Transaction) -> Partner:
            partner = await change(tx, project_id, now)
            await write_down_embed(tx, Act(now, ACTOR), action, project_id, origins=list(partner.origins))
            return partner

        return await database.write(operation)

    partner = work(chosen, task)
    say_json(_to_api(partner)) if as_json else _say(partner)


def _say(partner: Partner) -> None:
    say(f"embed is {'suspended' if partner.suspended_at is not None else 'enabled'}")
    say(f"live publishable key  {partner.live_key}")
    say(f"test publishable key  {partner.test_key}")
    say(f"origins  {', '.join(partner.origins) or 'none: no page may show templates inside'}")


def _to_api(partner: Partner) -> dict[str, Any]:
    suspended = partner.suspended_at
    return {
        "status": "enabled" if suspended is None else "suspended",
        "publishableKey": partner.live_key,
        "testPublishableKey": partner.test_key,
        "origins": list(partner.origins),
        "suspendedAt": to_rfc3339(suspended) if suspended is not None else None,
    }
