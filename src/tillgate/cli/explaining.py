"""``tillgate keys explain``."""

from typing import Annotated, NamedTuple

import typer

from keyturn import Asked, KeyNotFound, Needs
from keyturn.database import Database
from keyturn.insight.explain import Case, Explanation, as_known, explain, explain_logged, lines, scopes_of, to_json
from keyturn.insight.logged import LoggedRequest
from keyturn.keys.restrictions import coarse
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.base.errors import NotFound
from tillgate.cli.keys import ProjectOption
from tillgate.cli.projects import project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, say, settings, work
from tillgate.opening import open_keys
from tillgate.settings import Settings


def explain_request(
    request_id: Annotated[
        str | None,
        typer.Option("--request-id", metavar="ID", help="A logged request, req_…, instead of the other options."),
    ] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", metavar="ID", help="The key's id, key_….")] = None,
    method: Annotated[str | None, typer.Option("--method", help="GET, POST, PATCH or DELETE.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="Such as /api/v1/payment_links.")] = None,
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
    secret: Annotated[
        int | None, typer.Option("--secret", help="The number of a rotated key's secret, from 1 [the newest].")
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say whether such a request is let in, rule by rule, and what to change if it is not. Nothing is sent."""
    if request_id is not None:
        if any(one is not None for one in (key_id, method, path, origin, app, ip, client_secret, secret)) or http:
            fail("--request-id cannot be combined with other options")
        _explain_logged(request_id, project, settings(data, database_url), as_json)
        return
    if key_id is None or method is None or path is None:
        fail("give either --request-id, or --key-id, --method and --path")
    if ip is not None and coarse(ip) is None:
        fail(f"--ip: {ip[:60]!r} is not an address; expected one such as 203.0.113.7 or 2001:db8::1")
    need = _need(method, path)
    asked = Asked(address=ip, origin=origin, app=app, opened=client_secret)

    async def task(database: Database) -> Explanation:
        clock = SystemClock()
        store = open_keys(database, clock).store
        project_id = await project_id_of(database, project)
        key = await store.by_id(project_id, key_id)
        if key is None:
            raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
        secrets = await store.secrets(project_id, key_id)
        chosen = [one for one in secrets if (one.active_at is not None if secret is None else one.number == secret)]
        if not chosen:
            raise KeyNotFound(f"this key has {len(secrets)} secrets, counted from 1; there is no number {secret}")
        return explain(Case(as_known(key, chosen[0]), need, asked, secure=not http), clock.now())

    explanation = work(settings(data, database_url), task)
    if as_json:
        print_json(to_json(explanation, need))
        return
    say(f"{method.upper()} {path} needs {_named(need)}.\n")
    _print(explanation)


class _Logged(NamedTuple):
    request: LoggedRequest
    explanation: Explanation


def _explain_logged(request_id: str, project: str | None, chosen: Settings, as_json: bool) -> None:
    """What was said of a request, and what would be said of it now."""

    async def task(database: Database) -> _Logged:
        clock = SystemClock()
        keys = open_keys(database, clock)
        one = await keys.requests.request(await project_id_of(database, project), request_id)
        if one is None:
            raise NotFound(f"request {request_id[:64]!r} in this project's log; see: tillgate requests")
        return _Logged(one, await explain_logged(keys.store, one, clock.now()))

    one, explanation = work(chosen, task)
    if as_json:
        then = {"at": to_rfc3339(one.at), "status": one.status, "refusal": one.refusal, "error": one.error}
        print_json({"request": one.id, "then": then, **to_json(explanation, one.need)})
        return
    became = f"was refused: {one.refusal}" if one.refusal is not None else f"was allowed and answered {one.status}"
    needs = f" It needs {_named(one.need)}." if one.need is not None else ""
    say(
        f"{one.method} {one.path} with {one.key_id} {became}, at {to_rfc3339(one.at)}.{needs} With the current settings:\n"
    )
    _print(explanation)


def _print(explanation: Explanation) -> None:
    for line in lines(explanation):
        say(line)


def _named(need: Needs) -> str:
    return " and ".join(scopes_of(need).split())


def _need(method: str, target: str) -> Needs:
    """What the call asks for: the endpoint's need, and those of what is expanded."""
    # Only here: every other command starts without loading the API.
    from tillgate.api.application import NATIVE
    from tillgate.wire.serving import needs_of

    try:
        return needs_of(NATIVE, method, target)
    except LookupError as error:
        fail(str(error))
