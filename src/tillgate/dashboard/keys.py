"""API keys: made, shown once, listed."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from keyturn import FORMATS, NATIVE, InvalidKey, KeyWish, Kind, Mode
from keyturn.insight.advice import unused_keys
from keyturn.keys.model import EVERY_SCOPE, NAME_MAX
from tillgate.access import API_SCOPES, PUBLISHABLE_SCOPES
from tillgate.access.accounts import Right
from tillgate.dashboard import key_forms
from tillgate.dashboard.calls import READ_BOTH, Call, Need, View, either_mode
from tillgate.dashboard.forms import Draft, draft

KEYS: Final = "/dashboard/api-keys"


async def list_keys(call: Call) -> Response:
    """The project's keys, grouped by mode."""
    found = await call.context.keys.list(call.who.project.id, None)
    in_order = sorted(found, key=lambda key: key.status == "revoked")  # stable: newest first within each
    groups = [(mode, [key for key in in_order if key.mode == mode]) for mode in ("test", "live")]
    return call.page(
        "keys/list.html",
        section="keys",
        groups=groups,
        any_key=bool(found),
        scopes=API_SCOPES,
        unused=unused_keys(found, call.context.clock.now()),
        suspended=await call.context.keys.is_suspended(call.who.project.id),
    )


async def new_key(call: Call) -> Response:
    """The form for a key."""
    return _form(
        call,
        draft(
            key_forms.typed(call.form),
            name="",
            kind=Kind.SECRET.value,
            format=NATIVE.name,
            mode=call.principal.mode if call.who.may(Right.KEYS) else "test",
            scopes=[],
        ),
    )


async def create_key(call: Call) -> Response:
    """Make a key. This answer, and nothing else ever, holds its text."""
    form = call.form
    name, mode, scopes = form.text("name"), form.one("mode"), form.many("scopes")
    kind, format = form.one("kind") or Kind.SECRET.value, form.one("format") or NATIVE.name
    values: dict[str, object] = {"name": name, "mode": mode, "scopes": scopes, "kind": kind, "format": format}
    values |= key_forms.typed(form)
    problems = {}
    if mode not in ("test", "live"):
        problems["mode"] = "Choose test or live."
    if kind not in tuple(Kind):
        problems["kind"] = "Choose secret or publishable."
    if not scopes:
        problems["scopes"] = "Choose at least one scope. A key without scopes has no permissions."
    if not name:
        problems["name"] = "Enter what the key is for."
    if problems:
        return _form(call, Draft(values, problems))
    try:
        async with call.once(
            "This key was already created.",
            "Its text was shown once and is not stored. If you have not copied it, revoke this key and create a new "
            "one.",
        ):
            wish = KeyWish(
                project_id=call.who.project.id,
                mode=Mode(mode),
                kind=Kind(kind),
                name=name,
                scopes=scopes,
                **key_forms.restrictions(form),
            )
            issued = await call.context.issuer.issue(wish, by=call.principal.actor, format=format)
    except InvalidKey as error:
        return _form(call, Draft(values, key_forms.problem_of(error)))
    return call.page(
        "keys/created.html",
        status_code=201,
        section="keys",
        key=issued.key,
        text=issued.secret.reveal(),
        scopes=API_SCOPES,
        rotated=False,
    )


def _form(call: Call, form: Draft) -> Response:
    return call.page(
        "keys/new.html",
        status_code=form.status_code,
        section="keys",
        draft=form,
        scopes=API_SCOPES,
        every_scope=EVERY_SCOPE,
        publishable=PUBLISHABLE_SCOPES,
        formats=FORMATS.values(),
        report_only=key_forms.REPORT_ONLY,
        labels=key_forms.LABELS,
        name_max=NAME_MAX,
    )


async def _mode_asked_for(call: Call) -> Sequence[bool]:
    return {"test": (False,), "live": (True,)}.get(call.form.one("mode"), ())


VIEWS: Final = (
    View("GET", KEYS, list_keys, READ_BOTH),
    View("POST", KEYS, create_key, Need(Right.KEYS, _mode_asked_for)),
    View("GET", f"{KEYS}/new", new_key, Need(Right.KEYS, either_mode)),
)
