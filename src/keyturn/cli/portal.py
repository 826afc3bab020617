"""``keyturn portal``: sessions in which customers manage their own keys, made, listed and ended by an operator."""

from typing import Annotated, Any

import msgspec
import typer

from keyturn.cli.keys import Format, MonthlyQuota, Networks, Project, Rate, age_ms
from keyturn.cli.mounting import ACTOR, CommandContext, Installation
from keyturn.cli.output import AsJson, Yes, confirm, fail, say, say_json, say_table
from keyturn.errors import PortalNotSetUp
from keyturn.http.portal_routes import OPEN_PATH
from keyturn.http.portal_shapes import PortalSessionObject, session_fields
from keyturn.instants import to_rfc3339
from keyturn.keys.model import Mode
from keyturn.keys.restrictions import parse_limit
from keyturn.keys.secret import NATIVE
from keyturn.portal.model import KEYS_DEFAULT, PortalAction, PortalSession
from keyturn.portal.operations import NewSession, SessionWish, create_session, end_session, get_session
from keyturn.stores.portal import SqlPortal


def create(
    installation: Installation,
    external_id: Annotated[str, typer.Option("--external-id", metavar="ID", help="The customer whose keys these are.")],
    mode: Annotated[Mode, typer.Option("--mode", help="Their test or their live keys.")],
    project: Project = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What their keys may be given; repeat for more.")
    ] = None,
    action: Annotated[
        list[PortalAction] | None, typer.Option("--action", help="What they may do; all of it by default.")
    ] = None,
    keys_max: Annotated[int, typer.Option("--keys-max", help="Keys that they may have.")] = KEYS_DEFAULT,
    key_days_max: Annotated[
        int | None, typer.Option("--key-days-max", help="Within how many days each of their keys ends.")
    ] = None,
    rate: Rate = None,
    monthly_quota: MonthlyQuota = None,
    ip: Networks = None,
    format: Format = NATIVE.name,
    return_url: Annotated[
        str | None, typer.Option("--return-url", metavar="URL", help="Your page, to which theirs links back.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option("--locale", metavar="TAG", help="The page's language; else that of their browser.")
    ] = None,
    lasts: Annotated[str, typer.Option("--lasts", metavar="AGE", help="How long the session goes on: 1h.")] = "1h",
    as_json: AsJson = False,
) -> None:
    """Make a session for a customer, and print its link, which opens it once within ten minutes."""
    lifetime_seconds = age_ms(lasts, "--lasts") // 1_000

    async def task(context: CommandContext) -> tuple[NewSession, str]:
        if not context.portal_url:
            raise PortalNotSetUp("set KEYTURN_PUBLIC_URL to the origin at which your customers reach the server")
        wish = SessionWish(
            project_id=await context.find_project(project),
            mode=mode,
            external_id=external_id,
            actions=action or list(PortalAction),
            scopes=scope or (),
            keys_max=keys_max,
            key_days_max=key_days_max,
            rate=parse_limit(rate) if rate is not None else None,
            monthly_quota=monthly_quota,
            networks=ip or (),
            format=format,
            return_url=return_url,
            locale=locale,
            lifetime_seconds=lifetime_seconds,
        )
        made = await create_session(_portal(context), context.clock, context.issuer, wish, by=ACTOR)
        return made, f"{context.portal_url}{OPEN_PATH}/{made.link.reveal()}"

    made, url = installation.work(task)
    if as_json:
        say_json({"url": url, **_to_json(made.session, made.session.created_at)})
    else:
        say(f"{url}\n\n{made.session.id} for {made.session.external_id}. The link opens it once, within ten minutes.")


def list_all(
    installation: Installation,
    external_id: Annotated[
        str | None, typer.Option("--external-id", metavar="ID", help="Only sessions of this customer.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many at most.")] = 50,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List a project's sessions, newest first."""

    async def task(context: CommandContext) -> tuple[list[PortalSession], int]:
        project_id = await context.find_project(project)
        return await _portal(context).page(project_id, external_id, None, limit), context.clock.now()

    found, now = installation.work(task)
    if as_json:
        say_json([_to_json(one, now) for one in found])
        return
    say_table(
        ("ID", "CUSTOMER", "MODE", "STATUS", "CREATED", "BY"),
        [
            (one.id, one.external_id, one.mode.value, one.status(now).value, to_rfc3339(one.created_at), one.created_by)
            for one in found
        ],
    )


def end(
    installation: Installation,
    session_id: Annotated[str, typer.Argument(metavar="SESSION_ID", help="The session's id, kps_….")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a session: its next request is refused. The customer's keys stay as they are."""
    confirm(f"The customer is signed out of {session_id[:64]}.", yes)

    async def task(context: CommandContext) -> tuple[PortalSession, int]:
        portal = _portal(context)
        session = await get_session(portal, session_id)
        return await end_session(portal, context.clock, session, by=ACTOR), context.clock.now()

    session, now = installation.work(task)
    if as_json:
        say_json(_to_json(session, now))
    else:
        say(f"{session.id} is {session.status(now).value}.")


def _portal(context: CommandContext) -> SqlPortal:
    if context.portal is None:
        fail("this installation keeps no portal sessions")
    return context.portal


def _to_json(session: PortalSession, now: int) -> Any:
    return msgspec.to_builtins(PortalSessionObject(**session_fields(session, now)))
