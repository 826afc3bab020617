"""``tillgate keys explain``."""

from typing import Annotated, NamedTuple

import typer

from keyturn import Asked, KeyNotFound, Needs
from keyturn.cli.explain import FromAddress, FromApp, FromOrigin, InClearText, WithClientSecret, check_address
from keyturn.cli.mounting import CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.insight.explain import Case, Explanation, as_known, explain, explain_logged, lines, scopes_of, to_json
from keyturn.insight.logged import LoggedRequest
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import NotFound


def explain_request(
    installation: Installation,
    request_id: Annotated[
        str | None,
        typer.Option("--request-id", metavar="ID", help="A logged request, req_…, instead of the other options."),
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
        int | None,
        typer.Option("--secret", help="The number of a rotated key's secret, from 1.", show_default="the newest"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain whether a request would be allowed, rule by rule, and what to change if not. Nothing is sent."""
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

    explanation = installation.work(task)
    if as_json:
        say_json(to_json(explanation, need))
        return
    say(f"{method.upper()} {path} needs {_named(need)}.\n")
    _print(explanation)


class _Logged(NamedTuple):
    request: LoggedRequest
    explanation: Explanation


def _explain_logged(installation: Installation, request_id: str, as_json: bool) -> None:
    """What was said of a request, and what would be said of it now."""

    async def task(context: CommandContext) -> _Logged:
        owner = await context.requests.project_of(request_id)
        one = await context.requests.request(owner, request_id) if owner is not None else None
        if one is None:
            raise NotFound(f"request {request_id[:64]!r} in the log; see: tillgate requests")
        return _Logged(one, await explain_logged(context.store, one, context.clock.now()))

    one, explanation = installation.work(task)
    if as_json:
        then = {"at": to_rfc3339(one.at), "status": one.status, "refusal": one.refusal, "error": one.error}
        say_json({"request": one.id, "then": then, **to_json(explanation, one.need)})
        return
    became = f"was refused: {one.refusal}" if one.refusal is not None else f"was allowed and answered {one.status}"
    needs = f" It needs {_named(one.need)}." if one.need is not None else ""
    say(f"{one.method} {one.path} with {one.key_id} {became}, at {to_rfc3339(one.at)}.{needs}")
    say("With the current settings:\n")
    _print(explanation)


def _print(explanation: Explanation) -> None:
    for line in lines(explanation):
        say(line)


def _named(need: Needs) -> str:
    return " and ".join(scopes_of(need).split()) or "no scope"


def _need(method: str, target: str) -> Needs:
    """What the call asks for: the endpoint's need, and those of what is expanded."""
    # Only here: every other command starts without loading the API.
    from tillgate.api.application import NATIVE
    from tillgate.dialects import SPOKEN
    from tillgate.wire.serving import needs_of_path

    try:
        return needs_of_path((NATIVE, *SPOKEN), method, target)
    except LookupError as error:
        fail(str(error))
