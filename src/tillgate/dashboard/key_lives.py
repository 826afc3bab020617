"""One API key: what it may do, how it is used, why it was refused; changed, rotated, switched off, revoked."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from keyturn import (
    Asked,
    InvalidKey,
    Key,
    KeyChanges,
    KeyConflict,
    KeyIsRevoked,
    KeyNotFound,
    Mode,
    Status,
    change,
    revoke,
    set_enabled,
)
from keyturn.insight.advice import rotation_proof, unused_scopes, usage_of_key
from keyturn.insight.explain import Case, Explanation, as_known, explain
from keyturn.keys.issuing import OVERLAP_DEFAULT_MS
from keyturn.keys.model import EVERY_SCOPE, NAME_MAX
from keyturn.keys.restrictions import coarse
from tillgate.access import ALLOW, API_SCOPES, PUBLISHABLE_SCOPES
from tillgate.access.accounts import Right
from tillgate.base.clock import DAY_MS, HOUR_MS
from tillgate.base.errors import Conflict, NotFound
from tillgate.dashboard import key_forms
from tillgate.dashboard.calls import Call, Need, View
from tillgate.dashboard.charts import bars
from tillgate.dashboard.forms import Draft, draft
from tillgate.dashboard.keys import KEYS

DAYS: Final = 30
# An old secret that nobody has used for a day can be ended.
QUIET_MS: Final = DAY_MS
OVERLAPS: Final = {"0": "now", "1": "1 hour", "24": "1 day", "168": "7 days", "720": "30 days"}
LINES: Final = 10
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


async def show(call: Call) -> Response:
    """All that is known of a key, and what can be done with it."""
    context, project_id = call.context, call.who.project.id
    key = await _key(call)
    live = key.status is not Status.REVOKED
    used = await usage_of_key(context.usage, context.clock, project_id=project_id, key_id=key.id, days=DAYS)
    proof = await rotation_proof(context.keys, context.clock, project_id=project_id, key_id=key.id) if live else None
    return call.page(
        "keys/detail.html",
        section="keys",
        key=key,
        scopes=API_SCOPES,
        used=used,
        chart=bars([(day.day, (day.allowed, day.rate_limited + day.refused)) for day in used.days]),
        days=DAYS,
        secrets=await context.keys.secrets(project_id, key.id),
        proof=proof,
        safe=proof is not None and proof.safe_to_revoke(QUIET_MS),
        advice=await unused_scopes(
            context.keys, context.usage, context.clock, project_id=project_id, key_id=key.id, days=DAYS
        )
        if live
        else None,
        family=await context.keys.family(project_id, key.id),
        lines=await context.keys.audit_of(project_id, key.id, None, LINES),
        report_only=key_forms.REPORT_ONLY,
        methods=METHODS,
        asked=_asked(call),
        explanation=await _explanation(call, key),
    )


def _asked(call: Call) -> dict[str, str]:
    return {name: call.query(name) or "" for name in ("method", "path", "origin", "app", "address")}


async def _explanation(call: Call, key: Key) -> Explanation | str | None:
    """Why the request that the page's form describes is refused, or would be; words where it makes no sense."""
    asked = _asked(call)
    if not asked["path"]:
        return None
    try:
        need = call.context.needs_of(asked["method"] or "GET", asked["path"])
    except LookupError:
        return f"There is no {asked['method'] or 'GET'} {asked['path'][:100]}; a path is one such as /api/v1/events."
    if asked["address"] and coarse(asked["address"]) is None:
        return f"{asked['address'][:60]} is no address; one is such as 203.0.113.7 or 2001:db8::1."
    secrets = [one for one in await call.context.keys.secrets(key.project_id, key.id) if one.active_at is not None]
    case = Case(
        as_known(key, secrets[0]),
        need,
        Asked(address=asked["address"] or None, origin=asked["origin"] or None, app=asked["app"] or None),
    )
    return explain(case, call.context.clock.now())


async def edit_form(call: Call) -> Response:
    """The form that changes a key."""
    key = await _key(call)
    return _form(call, key, draft(key_forms.of_key(key)))


async def edit(call: Call) -> Response:
    """Change a key."""
    key, form = await _key(call), call.form
    values = {"name": form.text("name"), "scopes": form.many("scopes"), **key_forms.typed(form)}
    try:
        await _change(
            call, KeyChanges(name=form.text("name"), scopes=form.many("scopes"), **key_forms.restrictions(form))
        )
    except InvalidKey as error:
        return _form(call, key, Draft(values, key_forms.problem_of(error)))
    return call.go(f"{KEYS}/{key.id}", flash="key_changed")


async def restrict(call: Call) -> Response:
    """Remove the scopes that a key never used."""
    key = await _key(call)
    context = call.context
    try:
        advice = await unused_scopes(
            context.keys, context.usage, context.clock, project_id=key.project_id, key_id=key.id, days=DAYS
        )
    except KeyConflict as error:
        raise _conflict(error) from error
    if not advice.unused:
        raise Conflict("Every scope of this key was used, so there is none to remove.")
    await _change(call, advice.changes)
    return call.go(f"{KEYS}/{key.id}", flash="key_restricted")


async def rotate_form(call: Call) -> Response:
    """Ask how long the old secret is to go on."""
    return call.page("keys/rotate.html", section="keys", key=await _key(call), overlaps=OVERLAPS, chosen="168")


async def rotate(call: Call) -> Response:
    """Give a key a new secret. This answer, and nothing else ever, holds its text."""
    key = await _key(call)
    hours = call.form.one("overlap")
    overlap_ms = int(hours) * HOUR_MS if hours in OVERLAPS else OVERLAP_DEFAULT_MS
    try:
        async with call.once(
            "This key was already rotated.",
            "Its new secret was shown once and is not stored. If you have not copied it, withdraw the rotation on "
            "the key's page and rotate again.",
        ):
            rotated = await call.context.issuer.rotate(
                project_id=key.project_id,
                key_id=key.id,
                by=call.principal.actor,
                overlap_ms=overlap_ms,
                at_once=call.form.one("begins") == "now",
            )
    except KeyConflict as error:
        raise _conflict(error) from error
    return call.page(
        "keys/created.html",
        status_code=201,
        section="keys",
        key=rotated.key,
        text=rotated.secret.reveal(),
        scopes=API_SCOPES,
        tries=None,
        rotated=True,
        kept=any(one.public for one in await call.context.keys.secrets(key.project_id, key.id)),
    )


async def withdraw(call: Call) -> Response:
    """Withdraw a secret that was not used yet."""
    key = await _key(call)
    try:
        await call.context.issuer.withdraw_rotation(project_id=key.project_id, key_id=key.id, by=call.principal.actor)
    except KeyConflict as error:
        raise _conflict(error) from error
    return call.go(f"{KEYS}/{key.id}", flash="rotation_withdrawn")


async def finish(call: Call) -> Response:
    """End the old secrets now."""
    key = await _key(call)
    try:
        await call.context.issuer.finish_rotation(project_id=key.project_id, key_id=key.id, by=call.principal.actor)
    except KeyConflict as error:
        raise _conflict(error) from error
    return call.go(f"{KEYS}/{key.id}", flash="rotation_finished")


async def confirm_revoke(call: Call) -> Response:
    """Ask before revoking."""
    key = await _key(call)
    family = await call.context.keys.family(key.project_id, key.id)
    return call.page("keys/revoke.html", section="keys", key=key, family=family)


async def revoke_key(call: Call) -> Response:
    """Revoke a key for good, and show the proof that nobody accepts it any more."""
    try:
        revocation = await revoke(
            call.context.keys,
            call.context.clock,
            project_id=call.who.project.id,
            key_id=call.param("key"),
            by=call.principal.actor,
            tree=call.form.one("tree") == "yes",
        )
    except KeyNotFound as error:
        raise NotFound("API key") from error
    if revocation.already:
        return call.go(KEYS, flash="key_revoked_before")
    return call.page("keys/revoked.html", section="keys", revocation=revocation, receipt=revocation.receipt)


async def disable_key(call: Call) -> Response:
    """Switch a key off until somebody enables it."""
    return await _switch(call, enabled=False)


async def enable_key(call: Call) -> Response:
    """Switch a disabled key on again."""
    return await _switch(call, enabled=True)


async def _switch(call: Call, *, enabled: bool) -> Response:
    key = await _key(call)
    try:
        await set_enabled(
            call.context.keys,
            call.context.clock,
            project_id=key.project_id,
            key_id=key.id,
            enabled=enabled,
            by=call.principal.actor,
        )
    except KeyConflict as error:
        raise _conflict(error) from error
    return call.go(f"{KEYS}/{key.id}", flash="key_enabled" if enabled else "key_disabled")


async def _change(call: Call, changes: KeyChanges) -> None:
    try:
        await change(
            call.context.keys,
            call.context.clock,
            call.context.issuer,
            project_id=call.who.project.id,
            key_id=call.param("key"),
            changes=changes,
            by=call.principal.actor,
        )
    except KeyConflict as error:
        raise _conflict(error) from error


async def _key(call: Call) -> Key:
    key = await call.context.keys.by_id(call.who.project.id, call.param("key"))
    if key is None:
        raise NotFound("API key")
    return key


def _conflict(error: KeyConflict) -> Conflict:
    if isinstance(error, KeyIsRevoked):
        return Conflict("This key is revoked, which is final. Create a new one.")
    words = str(error)
    return Conflict(words[:1].upper() + words[1:] + ".")


def _form(call: Call, key: Key, form: Draft) -> Response:
    return call.page(
        "keys/edit.html",
        status_code=form.status_code,
        section="keys",
        key=key,
        draft=form,
        scopes=API_SCOPES,
        every_scope=EVERY_SCOPE,
        publishable=PUBLISHABLE_SCOPES,
        report_only=key_forms.REPORT_ONLY,
        allow=ALLOW,
        labels=key_forms.LABELS,
        name_max=NAME_MAX,
    )


async def _mode_of_key(call: Call) -> Sequence[bool]:
    key = await call.context.keys.by_id(call.who.project.id, call.param("key"))
    return (key.mode is Mode.LIVE,) if key is not None else ()


_READ: Final = Need(Right.READ, _mode_of_key)
_KEYS: Final = Need(Right.KEYS, _mode_of_key)
_ONE: Final = f"{KEYS}/{{key}}"

VIEWS: Final = (
    View("GET", _ONE, show, _READ),
    View("GET", f"{_ONE}/edit", edit_form, _KEYS),
    View("POST", f"{_ONE}/edit", edit, _KEYS.confirmed_live),
    View("POST", f"{_ONE}/restrict", restrict, _KEYS),
    View("GET", f"{_ONE}/rotate", rotate_form, _KEYS),
    View("POST", f"{_ONE}/rotate", rotate, _KEYS.confirmed_live),
    View("POST", f"{_ONE}/withdraw", withdraw, _KEYS),
    View("POST", f"{_ONE}/finish", finish, _KEYS),
    View("GET", f"{_ONE}/revoke", confirm_revoke, _KEYS),
    View("POST", f"{_ONE}/revoke", revoke_key, _KEYS),
    View("POST", f"{_ONE}/disable", disable_key, _KEYS),
    View("POST", f"{_ONE}/enable", enable_key, _KEYS.confirmed_live),
)
