"""API keys: made, shown once, listed, revoked."""

from typing import Final

from starlette.responses import Response

from keyturn import InvalidKeyName, InvalidScope, KeyIsRevoked, KeyNotFound, KeyWish, Mode, revoke, set_enabled
from keyturn.model import NAME_MAX
from tillgate.base.errors import Conflict, NotFound
from tillgate.dashboard.forms import Draft, draft
from tillgate.dashboard.visits import View, Visit
from tillgate.door import API_SCOPES

KEYS: Final = "/dashboard/api-keys"


async def list_keys(visit: Visit) -> Response:
    """The project's keys, those of each mode by themselves."""
    found = await visit.desk.keys.list(visit.who.project.id, None)
    in_order = sorted(found, key=lambda key: key.status == "revoked")  # stable: newest first within each
    groups = [(mode, [key for key in in_order if key.mode == mode]) for mode in ("test", "live")]
    return visit.page("keys/list.html", section="keys", groups=groups, any_key=bool(found), scopes=API_SCOPES)


async def new_key(visit: Visit) -> Response:
    """The form for a key."""
    return _form(visit, draft(name="", mode=visit.principal.mode, scopes=[]))


async def create_key(visit: Visit) -> Response:
    """Make a key. This answer, and nothing else ever, holds its text."""
    name, mode = visit.form.text("name"), visit.form.one("mode")
    scopes = visit.form.many("scopes")
    values: dict[str, object] = {"name": name, "mode": mode, "scopes": scopes}
    problems = {}
    if mode not in ("test", "live"):
        problems["mode"] = "Choose test or live."
    if not scopes:
        problems["scopes"] = "Choose at least one scope: a key without any may do nothing."
    if not name:
        problems["name"] = "Say what the key is for."
    if problems:
        return _form(visit, Draft(values, problems))
    try:
        async with visit.once(
            "This key was made already.",
            "Its text was shown once and is stored nowhere. If you have not copied it, revoke that key and "
            "create a new one.",
        ):
            wish = KeyWish(project_id=visit.who.project.id, mode=Mode(mode), name=name, scopes=scopes)
            issued = await visit.desk.issuer.issue(wish, by=visit.principal.actor)
    except InvalidKeyName:
        problem = f"A name has 1 to {NAME_MAX} characters on one line."
        return _form(visit, Draft(values, {"name": problem}))
    except InvalidScope:
        return _form(visit, Draft(values, {"scopes": "One of these scopes is not offered here."}))
    return visit.page(
        "keys/created.html",
        status_code=201,
        section="keys",
        key=issued.key,
        text=issued.secret.reveal(),
        scopes=API_SCOPES,
    )


async def confirm_revoke(visit: Visit) -> Response:
    """Ask before revoking."""
    key = await visit.desk.keys.by_id(visit.who.project.id, visit.param("key"))
    if key is None:
        raise NotFound("API key")
    return visit.page("keys/revoke.html", section="keys", key=key)


async def revoke_key(visit: Visit) -> Response:
    """Revoke a key for good."""
    try:
        revocation = await revoke(
            visit.desk.keys,
            visit.desk.clock,
            project_id=visit.who.project.id,
            key_id=visit.param("key"),
            by=visit.principal.actor,
        )
    except KeyNotFound as error:
        raise NotFound("API key") from error
    return visit.go(KEYS, said="key_revoked_before" if revocation.already else "key_revoked")


async def disable_key(visit: Visit) -> Response:
    """Switch a key off until somebody enables it."""
    return await _switch(visit, enabled=False)


async def enable_key(visit: Visit) -> Response:
    """Switch a disabled key on again."""
    return await _switch(visit, enabled=True)


async def _switch(visit: Visit, *, enabled: bool) -> Response:
    try:
        await set_enabled(
            visit.desk.keys,
            visit.desk.clock,
            project_id=visit.who.project.id,
            key_id=visit.param("key"),
            enabled=enabled,
            by=visit.principal.actor,
        )
    except KeyNotFound as error:
        raise NotFound("API key") from error
    except KeyIsRevoked as error:
        raise Conflict("This key is revoked, which is for good. Create a new one.") from error
    return visit.go(KEYS, said="key_enabled" if enabled else "key_disabled")


def _form(visit: Visit, form: Draft) -> Response:
    return visit.page(
        "keys/new.html",
        status_code=form.status_code,
        section="keys",
        draft=form,
        scopes=API_SCOPES,
        name_max=NAME_MAX,
    )


VIEWS: Final = (
    View("GET", KEYS, list_keys),
    View("POST", KEYS, create_key),
    View("GET", f"{KEYS}/new", new_key),
    View("GET", f"{KEYS}/{{key}}/revoke", confirm_revoke),
    View("POST", f"{KEYS}/{{key}}/revoke", revoke_key),
    View("POST", f"{KEYS}/{{key}}/disable", disable_key),
    View("POST", f"{KEYS}/{{key}}/enable", enable_key),
)
