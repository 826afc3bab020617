"""``keyturn keys explain``."""

from typing import Annotated

import typer

from keyturn.admission.needs import Access, InvalidNeed, Stated, read_rules, stated
from keyturn.cli.mounting import CommandContext
from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.cli.session import DatabaseUrl, where
from keyturn.insight.explain import Case, Explanation, as_known, explain, lines, to_json
from keyturn.keys.model import Asked, Need, Reach
from keyturn.keys.restrictions import coarse
from keyturn.settings import SettingsError, load

FromOrigin = Annotated[str | None, typer.Option("--origin", help="The request's Origin header.")]
FromApp = Annotated[str | None, typer.Option("--app", help="Its x-app-identifier header.")]
FromAddress = Annotated[str | None, typer.Option("--ip", metavar="ADDRESS", help="The address it comes from.")]
InClearText = Annotated[bool, typer.Option("--http", help="It comes in clear text, not over https.")]
WithClientSecret = Annotated[
    bool | None,
    typer.Option(
        "--client-secret/--wrong-client-secret", help="It brings the object's own client secret, or another one."
    ),
]


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
    origin: FromOrigin = None,
    app: FromApp = None,
    ip: FromAddress = None,
    http: InClearText = False,
    client_secret: WithClientSecret = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Explain whether a request would be allowed, rule by rule, and what to change if not. Nothing is sent."""
    check_address(ip)
    if (path is None) == (scope is None):
        fail("give either --scope, or --method and --path with KEYTURN_RULES set")
    try:
        found = _by_rules(method.upper(), path) if path is not None else stated(Need(scope or "", publishable))
    except (InvalidNeed, SettingsError) as error:
        fail(str(error))
    if found is Access.OPEN:
        say("This route is open: no key is needed.")
        return
    if found is Access.OPTIONAL:
        say("This route needs no key; one that is sent has to be valid.")
    need = found if isinstance(found, Need) else None

    async def task(context: CommandContext) -> Explanation:
        key = await context.key(key_id)
        in_use = [one for one in await context.store.secrets(key.project_id, key.id) if one.active_at is not None]
        asked = Asked(address=ip, origin=origin, app=app, opened=client_secret)
        return explain(Case(as_known(key, in_use[0]), need, asked, secure=not http), context.clock.now())

    explanation = where(database_url).work(task)
    if as_json:
        say_json(to_json(explanation, need))
    else:
        for line in lines(explanation):
            say(line)


def check_address(text: str | None) -> None:
    """End the command if it is no address."""
    if text is not None and coarse(text) is None:
        fail(f"--ip: {text[:60]!r} is no address; expected one such as 203.0.113.7 or 2001:db8::1")


def _by_rules(method: str, path: str) -> Stated:
    rules = load().rules
    if rules is None:
        fail("--path: set KEYTURN_RULES to the rules file, or use --scope instead")
    found = read_rules(rules)(method, path)
    if found is None:
        fail(f"--path: no rule fits {method[:16]} {path[:100]}, so every request is refused")
    return found
