"""Keys over HTTP: made, listed, changed, rotated, switched and revoked, by the root credential or by a key.

A key reads the keys of its own project and mode. It makes no stronger one than itself, and touches only what it has
made, and what that has made; and itself, where that restricts it.
"""

from http import HTTPStatus

from msgspec import UNSET, UnsetType

from keyturn.admission.layer import KeyLayer
from keyturn.admission.leases import Receipt
from keyturn.errors import KeyNotFound, StrongerThanParent
from keyturn.http.denials import Denial
from keyturn.http.reading import Denied, bad_request
from keyturn.http.routing import Call, Only, Route
from keyturn.http.shapes import (
    PROJECT_DEFAULT,
    AuditList,
    ChangedKey,
    Changes,
    CreatedKey,
    KeyList,
    KeyObject,
    NewKey,
    ProjectObject,
    Rate,
    RevokedKey,
    RotatedKey,
    Rotation,
    SecretList,
    SwitchedProject,
    Tree,
    WhichKeys,
    WhichLines,
    WhoAmI,
    Why,
    audit_line,
    key_fields,
    milliseconds,
    rate_limit_state,
    receipt_object,
    secret_object,
)
from keyturn.keys.changing import KeyChanges, change
from keyturn.keys.issuing import KeyWish, check_no_stronger
from keyturn.keys.model import Key
from keyturn.keys.restrictions import checked_limit
from keyturn.keys.revoking import resume, revoke, set_enabled, suspend
from keyturn.limiting.gcra import Limit
from keyturn.settings import READ, WRITE

PROJECT_ID_MAX = 64


async def who_am_i(layer: KeyLayer, call: Call) -> WhoAmI:
    """Who is asking."""
    own = await _own(layer, call)
    if own is None:
        return WhoAmI(root=True)
    allowance = call.who.allowance
    return WhoAmI(
        root=False,
        key=KeyObject(**key_fields(own)),
        rate_limit=rate_limit_state(allowance) if allowance is not None else None,
    )


async def create(layer: KeyLayer, call: Call) -> CreatedKey:
    """A new key, no stronger than the key that asks for it."""
    body: NewKey = call.body
    parent = await _own(layer, call)
    project_id = body.project_id
    if parent is not None:
        if project_id is not UNSET and project_id != parent.project_id:
            raise StrongerThanParent("projectId: a key creates keys of its own project only; omit projectId")
        project_id = parent.project_id
    wish = KeyWish(
        project_id=PROJECT_DEFAULT if project_id is UNSET else project_id,
        mode=body.mode,
        name=body.name,
        scopes=body.scopes,
        kind=body.kind,
        expires_at=milliseconds(body.expires_at) if body.expires_at is not None else None,
        networks=body.networks,
        origins=body.origins,
        apps=body.app_identifiers,
        limit=_limit(body.rate),
        report_only=body.report_only,
        canary=body.canary,
        parent=parent,
    )
    issued = await layer.issuer.issue(wish, by=call.who.actor, format=body.format)
    return CreatedKey(**key_fields(issued.key), key=issued.secret.reveal())


async def list_all(layer: KeyLayer, call: Call) -> KeyList:
    """A project's keys, newest first."""
    query: WhichKeys = call.query
    mode = None if query.mode is UNSET else query.mode
    project_id = _project(call, query.project_id)
    if call.who.key is not None:
        if mode is not None and mode is not call.who.key.mode:
            return KeyList(data=[], has_more=False, next_cursor=None)
        mode = call.who.key.mode
    keys = await layer.store.list(project_id, mode.value if mode is not None else None)
    if query.starting_after is not UNSET:
        ids = [key.id for key in keys]
        if query.starting_after not in ids:
            raise bad_request("invalid_query", "startingAfter: no key in this list has this id.", "startingAfter")
        keys = keys[ids.index(query.starting_after) + 1 :]
    page = keys[: query.limit]
    more = len(keys) > len(page)
    return KeyList(
        data=[KeyObject(**key_fields(key)) for key in page], has_more=more, next_cursor=page[-1].id if more else None
    )


async def retrieve(layer: KeyLayer, call: Call) -> KeyObject:
    """All that is known of a key."""
    return KeyObject(**key_fields(await _read(layer, call)))


async def update(layer: KeyLayer, call: Call) -> ChangedKey:
    """A key changed; a key changes only what it has made, to no more than itself."""
    body: Changes = call.body
    key, own = await _made(layer, call)
    changes = KeyChanges(
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at if body.expires_at is UNSET or body.expires_at is None
        else milliseconds(body.expires_at),
        networks=body.networks,
        origins=body.origins,
        apps=body.app_identifiers,
        limit=UNSET if body.rate is UNSET else _limit(body.rate),
        report_only=body.report_only,
    )  # fmt: skip
    changed = await change(
        layer.store,
        layer.clock,
        layer.issuer,
        project_id=key.project_id,
        key_id=key.id,
        changes=changes,
        by=call.who.actor,
        within=own,
    )
    return _changed(changed.key, changed.receipt)


async def rotate(layer: KeyLayer, call: Call) -> RotatedKey:
    """A further secret for a key, whose id and rights stay."""
    body: Rotation = call.body
    key, own = await _made(layer, call)
    if own is not None:
        check_no_stronger(key, own, layer.issuer.rate_limit)  # or it would come by a stronger one's text
    rotated = await layer.issuer.rotate(
        project_id=key.project_id,
        key_id=key.id,
        by=call.who.actor,
        overlap_ms=body.overlap_seconds * 1_000,
        at_once=body.at_once,
        reason=body.reason,
    )
    return RotatedKey(**key_fields(rotated.key), receipt=receipt_object(rotated.receipt), key=rotated.secret.reveal())


async def withdraw_rotation(layer: KeyLayer, call: Call) -> ChangedKey:
    """A withdrawn rotation whose secret was not used."""
    key, _ = await _made(layer, call)
    receipt = await layer.issuer.withdraw_rotation(project_id=key.project_id, key_id=key.id, by=call.who.actor)
    return await _again(layer, key, receipt)


async def finish_rotation(layer: KeyLayer, call: Call) -> ChangedKey:
    """All secrets of a key refused but the newest in use."""
    key, _ = await _made(layer, call)
    receipt = await layer.issuer.finish_rotation(project_id=key.project_id, key_id=key.id, by=call.who.actor)
    return await _again(layer, key, receipt)


async def disable(layer: KeyLayer, call: Call) -> ChangedKey:
    """A key switched off."""
    return await _switch(layer, call, enabled=False)


async def enable(layer: KeyLayer, call: Call) -> ChangedKey:
    """A key switched on again."""
    return await _switch(layer, call, enabled=True)


async def revoke_one(layer: KeyLayer, call: Call) -> RevokedKey:
    """A key revoked for good, with the proof; with what it has made, if that is asked for."""
    key, _ = await _made(layer, call, itself=True)
    revocation = await revoke(
        layer.store,
        layer.clock,
        project_id=key.project_id,
        key_id=key.id,
        by=call.who.actor,
        reason=call.body.reason,
        tree=call.query.tree,
    )
    return RevokedKey(
        **key_fields(revocation.key),
        receipt=receipt_object(revocation.receipt),
        already=revocation.already,
        descendants=[one.id for one in revocation.descendants],
    )


async def list_secrets(layer: KeyLayer, call: Call) -> SecretList:
    """All secrets that a key has had."""
    key = await _read(layer, call)
    return SecretList(data=[secret_object(one) for one in await layer.store.secrets(key.project_id, key.id)])


async def audit_of_key(layer: KeyLayer, call: Call) -> AuditList:
    """What was done to a key."""
    key = await _read(layer, call)
    return await _audit(layer, call, key.project_id, key.id)


async def audit_of_project(layer: KeyLayer, call: Call) -> AuditList:
    """What was done to a project's keys."""
    return await _audit(layer, call, _project(call, call.query.project_id), None)


async def retrieve_project(layer: KeyLayer, call: Call) -> ProjectObject:
    """Whether a project's keys are accepted."""
    project_id = _checked_project(call.id)
    return ProjectObject(id=project_id, suspended=await layer.store.is_suspended(project_id))


async def suspend_project(layer: KeyLayer, call: Call) -> SwitchedProject:
    """All keys of a project refused until it is resumed."""
    project_id, reason = _checked_project(call.id), call.body.reason
    receipt = await suspend(layer.store, layer.clock, project_id=project_id, by=call.who.actor, reason=reason)
    return SwitchedProject(id=project_id, suspended=True, receipt=receipt_object(receipt))


async def resume_project(layer: KeyLayer, call: Call) -> SwitchedProject:
    """Resume a suspended project."""
    project_id, reason = _checked_project(call.id), call.body.reason
    receipt = await resume(layer.store, layer.clock, project_id=project_id, by=call.who.actor, reason=reason)
    return SwitchedProject(id=project_id, suspended=False, receipt=receipt_object(receipt))


async def _own(layer: KeyLayer, call: Call) -> Key | None:
    """The key that asks, in full; None for the root credential."""
    known = call.who.key
    if known is None:
        return None
    key = await layer.store.by_id(known.project_id, known.id)
    if key is None:
        raise _not_found(known.id)
    return key


async def _read(layer: KeyLayer, call: Call) -> Key:
    """The key that the path names, if who asks may know of it.

    Raises:
        KeyNotFound: there is none, or it is another project's or mode's.
    """
    asking = call.who.key
    project_id = asking.project_id if asking is not None else await layer.store.project_of(call.id)
    key = await layer.store.by_id(project_id, call.id) if project_id is not None else None
    if key is None or (asking is not None and key.mode is not asking.mode):
        raise _not_found(call.id)
    return key


async def _made(layer: KeyLayer, call: Call, *, itself: bool = False) -> tuple[Key, Key | None]:
    """The key that the path names, if who asks may change it, and the key that asks.

    Args:
        itself: whether a key may do that to itself.

    Raises:
        KeyNotFound: there is none, or the key that asks has not made it.
    """
    key = await _read(layer, call)
    own = await _own(layer, call)
    if own is not None and not (itself and key.id == own.id):
        family = await layer.store.family(own.project_id, own.id)
        if all(one.id != key.id for one in family):
            raise KeyNotFound(f"{own.id} has made no key {call.id[:64]!r}; it can change only those it has made")
    return key, own


async def _switch(layer: KeyLayer, call: Call, *, enabled: bool) -> ChangedKey:
    key, own = await _made(layer, call, itself=not enabled)
    if enabled and own is not None and key.disabled_by not in (None, call.who.actor):
        raise Denied(
            Denial(HTTPStatus.FORBIDDEN, "disabled_by_another", "Only the actor that disabled this key can enable it.")
        )
    switched = await set_enabled(
        layer.store,
        layer.clock,
        project_id=key.project_id,
        key_id=key.id,
        enabled=enabled,
        by=call.who.actor,
        reason=call.body.reason,
    )
    return _changed(switched.key, switched.receipt)


async def _audit(layer: KeyLayer, call: Call, project_id: str, key_id: str | None) -> AuditList:
    query: WhichLines = call.query
    before = None if query.before is UNSET else query.before
    found = await layer.store.audit_of(project_id, key_id, before, query.limit + 1)
    return AuditList(data=[audit_line(entry) for entry in found[: query.limit]], has_more=len(found) > query.limit)


async def _again(layer: KeyLayer, key: Key, receipt: Receipt) -> ChangedKey:
    return _changed(await layer.store.by_id(key.project_id, key.id) or key, receipt)


def _changed(key: Key, receipt: Receipt) -> ChangedKey:
    return ChangedKey(**key_fields(key), receipt=receipt_object(receipt))


def _project(call: Call, given: str | UnsetType) -> str:
    """The project that is asked for: a key's own, or any for the root credential."""
    if call.who.key is None:
        return PROJECT_DEFAULT if given is UNSET else given
    if given is not UNSET and given != call.who.key.project_id:
        raise Denied(
            Denial(
                HTTPStatus.FORBIDDEN, ("root_required"), "projectId: a key reads its own project only. Omit projectId."
            ),
            "projectId",
        )
    return call.who.key.project_id


def _checked_project(text: str) -> str:
    if not (text.isascii() and text.replace("_", "").replace(".", "").replace(":", "").replace("-", "").isalnum()):
        raise bad_request("invalid_project", "A project's id is letters, digits, _, ., : and -.", "id")
    if len(text) > PROJECT_ID_MAX:
        raise bad_request("invalid_project", f"A project's id has at most {PROJECT_ID_MAX} characters.", "id")
    return text


def _limit(rate: Rate | None) -> Limit | None:
    return checked_limit(rate.per_second, rate.burst) if rate is not None else None


def _not_found(key_id: str) -> KeyNotFound:
    # Somebody may have put the key itself there, which is not to be said again.
    named = key_id[:64] if key_id.startswith("key_") else "with this id; an id begins with key_"
    return KeyNotFound(f"there is no key {named}")


def _routes() -> list[Route]:
    one = "/v1/keys/{id}"
    return [
        Route("GET", "/v1/whoami", Only.KEY, "Describe the credential", who_am_i, WhoAmI),
        Route("POST", "/v1/keys", WRITE, "Create a key", create, CreatedKey, HTTPStatus.CREATED, body=NewKey),
        Route("GET", "/v1/keys", READ, "List keys", list_all, KeyList, query=WhichKeys),
        Route("GET", one, READ, "Retrieve a key", retrieve, KeyObject),
        Route("PATCH", one, WRITE, "Change a key", update, ChangedKey, body=Changes),
        Route("POST", f"{one}/rotate", WRITE, "Rotate a key", rotate, RotatedKey, body=Rotation),
        Route("DELETE", f"{one}/rotation", WRITE, "Withdraw a rotation", withdraw_rotation, ChangedKey),
        Route("POST", f"{one}/rotation/finish", WRITE, "End the old secrets of a key", finish_rotation, ChangedKey),
        Route("POST", f"{one}/disable", WRITE, "Disable a key", disable, ChangedKey, body=Why),
        Route("POST", f"{one}/enable", WRITE, "Enable a key", enable, ChangedKey, body=Why),
        Route("POST", f"{one}/revoke", WRITE, "Revoke a key", revoke_one, RevokedKey, query=Tree, body=Why),
        Route("GET", f"{one}/secrets", READ, "List a key's secrets", list_secrets, SecretList),
        Route("GET", f"{one}/audit", READ, "List the audit log of a key", audit_of_key, AuditList, query=WhichLines),
        Route("GET", "/v1/audit", READ, "List the audit log", audit_of_project, AuditList, query=WhichLines),
        Route("GET", "/v1/projects/{id}", Only.ROOT, "Retrieve a project", retrieve_project, ProjectObject),
        Route(
            "POST", "/v1/projects/{id}/suspend", Only.ROOT, "Suspend a project", suspend_project,
            SwitchedProject, body=Why,
        ),
        Route(
            "POST", "/v1/projects/{id}/resume", Only.ROOT, "Resume a project", resume_project,
            SwitchedProject, body=Why,
        ),
    ]  # fmt: skip


ROUTES: list[Route] = _routes()
