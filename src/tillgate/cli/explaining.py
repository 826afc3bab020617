"""``tillgate keys explain``."""

from typing import Annotated, NamedTuple

import typer

from keyturn import Asked, KeyNotFound, Need
from keyturn.cli.explain import FromAddress, FromApp, FromOrigin, InClearText, WithClientSecret, check_address
from keyturn.cli.mounting import CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.insight.explain import Case, Explanation, as_known, explain, explain_logged, lines, to_json
from keyturn.insight.logged import LoggedRequest
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import NotFound


def explain_request(
    installation: Installation,
    request_id: Annotated[
        str | None,
        typer.Option("--request-id", metavar="ID", help="A request of the log, req_…, instead of all the others."),
    ] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", metavar="ID", help="The key's id, key_….")] = None,
    method: Annotated[str | None, typer.Option("--method", help="GET, POST, PATCH or DELETE.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="Such as /api/v1/payment_links.")] = None,
    origin: FromOrigin = None,
    app: FromApp = None,
    ip: FromAddress = None,
    http: InClearText = False,
    client_secret: WithClientSecret = None,
    secret: Annotated[
        int | None, typer.Option("--secret", help="Which of a rotated key's secrets, counted from 1; else the newest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether such a request is let in, rule by rule, and what to change if it is not. Nothing is sent."""
    if request_id is not None:
        if any(one is not None for one in (key_id, method, path, origin, app, ip, client_secret, secret)) or http:
            fail("--request-id says all there is to say; leave the other options out")
        _explain_logged(installation, request_id, as_json)
        return
    if key_id is None or method is None or path is None:
        fail("say which request: --request-id, or --key-id, --method and --path")
    check_address(ip)
    need = _need(method, path)
    asked = Asked(address=ip, origin=origin, app=app, opened=client_secret)

    async def task(context: CommandContext) -> Explanation:
        key = await context.key(key_id)
        secrets = await context.store.secrets(key.project_id, key.id)
        chosen = [one for one in secrets if (one.active_at is not None if secret is None else one.number == secret)]
        if not chosen:
            raise KeyNotFound(f"this key has {len(secrets)} secrets, counted from 1; there is no number {secret}")
        return explain(Case(as_known(key, chosen[0]), need, asked, secure=not http), context.clock.now())

    told = installation.work(task)
    if as_json:
        say_json(to_json(told, need))
        return
    say(f"{method.upper()} {path} needs {need.scope}.\n")
    _print(told)


class _Logged(NamedTuple):
    request: LoggedRequest
    told: Explanation


def _explain_logged(installation: Installation, request_id: str, as_json: bool) -> None:
    """What was said of a request, and what would be said of it now."""

    async def task(context: CommandContext) -> _Logged:
        owner = await context.requests.project_of(request_id)
        one = await context.requests.request(owner, request_id) if owner is not None else None
        if one is None:
            raise NotFound(f"request {request_id[:64]!r} in the log; see: tillgate requests")
        return _Logged(one, await explain_logged(context.store, one, context.clock.now()))

    one, told = installation.work(task)
    if as_json:
        then = {"at": to_rfc3339(one.at), "status": one.status, "refusal": one.refusal, "error": one.error}
        say_json({"request": one.id, "then": then, **to_json(told, one.need)})
        return
    became = f"was refused: {one.refusal}" if one.refusal is not None else f"was let in and answered {one.status}"
    needs = f" It needs {one.need.scope}." if one.need is not None else ""
    say(f"{one.method} {one.path} with {one.key_id} {became}, at {to_rfc3339(one.at)}.{needs} By what stands now:\n")
    _print(told)


def _print(told: Explanation) -> None:
    for line in lines(told):
        say(line)


def _need(method: str, path: str) -> Need:
    """What the endpoint asks for."""
    # Only here: every other command starts without loading the API.
    from tillgate.api.application import ROUTES
    from tillgate.api.routing import ROOT, Router

    found = Router(ROUTES).find(path.partition("?")[0].removeprefix(ROOT))
    if found is None:
        fail(f"--path: there is no {path[:100]!r}; a path is one such as {ROOT}/links")
    wanted = method.upper()
    route = found.by_method.get("GET" if wanted == "HEAD" else wanted)
    if route is None:
        fail(f"--method: {path[:100]} takes {found.allow}, not {method[:20]}")
    return route.need
