"""``keyturn explain``."""

from typing import Annotated

import typer

from keyturn.admission.needs import Access, InvalidNeed, Stated, read_rules, stated
from keyturn.cli.session import AsJson, CommandContext, DatabaseUrl, fail, say, say_json, work
from keyturn.errors import KeyNotFound
from keyturn.insight.explain import Case, Explanation, as_known, explain, lines, to_json
from keyturn.keys.model import Asked, Need, Reach
from keyturn.keys.restrictions import coarse
from keyturn.settings import SettingsError, load


def explain_request(
    key_id: Annotated[str, typer.Option("--key-id", metavar="ID", help="The key's id, key_….")],
    method: Annotated[str, typer.Option("--method", help="GET, POST, PATCH or DELETE; with --path.")] = "GET",
    path: Annotated[
        str | None, typer.Option("--path", help="The request's path; KEYTURN_RULES says which scope it needs.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option("--scope", help="The scope that the endpoint needs, instead of a path.")
    ] = None,
    publishable: Annotated[
        Reach, typer.Option("--publishable", help="With --scope: what a publishable key can do there.")
    ] = Reach.NEVER,
    origin: Annotated[str | None, typer.Option("--origin", help="The request's Origin header.")] = None,
    app: Annotated[str | None, typer.Option("--app", help="Its x-app-identifier header.")] = None,
    ip: Annotated[str | None, typer.Option("--ip", metavar="ADDRESS", help="The caller's IP address.")] = None,
    http: Annotated[bool, typer.Option("--http", help="The request comes over http, not https.")] = False,
    client_secret: Annotated[
        bool | None,
        typer.Option(
            "--client-secret/--wrong-client-secret",
            help="The request carries the object's client secret, or another one.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say whether such a request is let in, rule by rule, and what to change if it is not. Nothing is sent."""
    if ip is not None and coarse(ip) is None:
        fail(f"--ip: {ip[:60]!r} is not an address; expected one such as 203.0.113.7 or 2001:db8::1")
    if (path is None) == (scope is None):
        fail("give either --scope, or --method and --path with KEYTURN_RULES set")
    try:
        found = _by_rules(method.upper(), path) if path is not None else stated(Need(scope or "", publishable))
    except (InvalidNeed, SettingsError) as error:
        fail(str(error))
    if found is Access.OPEN:
        say("This route is open: no key is needed.")
        return
    need = found if isinstance(found, Need) else None

    async def task(context: CommandContext) -> Explanation:
        project_id = await context.store.project_of(key_id)
        key = await context.store.by_id(project_id, key_id) if project_id is not None else None
        if key is None:
            raise KeyNotFound(f"there is no key {key_id[:64]!r}")
        in_use = [one for one in await context.store.secrets(key.project_id, key.id) if one.active_at is not None]
        asked = Asked(address=ip, origin=origin, app=app, opened=client_secret)
        return explain(Case(as_known(key, in_use[0]), need, asked, secure=not http), context.clock.now())

    explanation = work(database_url, task)
    if as_json:
        say_json(to_json(explanation, need))
    else:
        for line in lines(explanation):
            say(line)


def _by_rules(method: str, path: str) -> Stated:
    rules = load().rules
    if rules is None:
        fail("--path: set KEYTURN_RULES to the rules file, or use --scope instead")
    found = read_rules(rules)(method, path)
    if found is None:
        fail(f"--path: no rule fits {method[:16]} {path[:100]}, so every request is refused")
    return found
