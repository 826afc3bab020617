"""Keys over HTTP: made, listed, changed, rotated, switched and revoked, by the root credential or by a key.

A key reads the keys of its own project and mode. It makes no stronger one than itself, and touches only what it has
made, and what that has made; and itself, where that restricts it.
"""

from hashlib import sha256
from http import HTTPStatus

import msgspec
from msgspec import UNSET, UnsetType

from keyturn.admission.layer import KeyLayer
from keyturn.admission.leases import Receipt, settle
from keyturn.errors import KeyExists, KeyNotFound, NameReused, StrongerThanParent
from keyturn.http.denials import Denial
from keyturn.http.forms import PROJECT_ID_MAX
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
    Matching,
    NewKey,
    NewQuota,
    ProjectObject,
    QuotaObject,
    Rate,
    RevokedKey,
    RevokedKeys,
    RotatedKey,
    Rotation,
    SecretList,
    Selection,
    SwitchedProject,
    TaggedKeys,
    Tagging,
    Tree,
    WhichKeys,
    WhichLines,
    WhichQuota,
    WhoAmI,
    Why,
    audit_line,
    instant,
    key_fields,
    milliseconds,
    quota_state,
    rate_limit_state,
    receipt_object,
    secret_object,
)
from keyturn.insight.usage import DAY_MS
from keyturn.invariants import present
from keyturn.keys.changing import KeyChanges, change, change_tags
from keyturn.keys.issuing import KeyWish, check_no_stronger
from keyturn.keys.labels import checked_external_id
from keyturn.keys.listing import ALL_KEYS, KeyFilter, UnknownCursor
from keyturn.keys.model import Key, Mode
from keyturn.keys.restrictions import checked_limit
from keyturn.keys.revoking import (
    REVOKED_AT_ONCE_MAX,
    resume,
    revoke,
    revoke_matching,
    revoke_several,
    set_enabled,
    suspend,
)
from keyturn.limiting.gcra import Limit
from keyturn.limiting.quotas import Quota, customer, month_of
from keyturn.settings import READ, WRITE
from keyturn.stores.ports import Act, Creation


async def who_am_i(layer: KeyLayer, call: Call) -> WhoAmI:
    """Who is asking."""
    own = await asking_key(layer, call)
    if own is None:
        return WhoAmI(root=True)
    allowance = call.who.allowance
    return WhoAmI(
        root=False,
        key=KeyObject(**key_fields(own)),
        rate_limit=rate_limit_state(allowance) if allowance is not None else None,
        quota=quota_state(allowance.quota) if allowance is not None and allowance.quota is not None else None,
    )


async def create(layer: KeyLayer, call: Call) -> CreatedKey:
    """A new key, no stronger than the key that asks for it."""
    body: NewKey = call.body
    parent = await asking_key(layer, call)
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
        limit=rate_limit_of(body.rate),
        report_only=body.report_only,
        canary=body.canary,
        external_id=body.external_id,
        metadata=body.metadata,
        tags=body.tags,
        monthly_quota=body.monthly_quota,
        parent=parent,
    )
    creation = _creation(call)
    made = await _created_before(layer, creation)
    if made is not None:
        return made
    try:
        issued = await layer.issuer.issue(wish, by=call.who.actor, format=body.format, creation=creation)
    except KeyExists:
        # The same request, at the same time.
        made = await _created_before(layer, creation)
        if made is None:
            raise
        return made
    return CreatedKey(**key_fields(issued.key), key=issued.secret.reveal())


def _creation(call: Call) -> Creation | None:
    """What the request is known by; names of one actor are never those of another."""
    if call.idempotency_key is None:
        return None
    name = sha256(f"{call.who.actor}\0{call.idempotency_key}".encode()).digest()
    return Creation(name, sha256(msgspec.json.encode(call.body, order="deterministic")).digest())


async def _created_before(layer: KeyLayer, creation: Creation | None) -> CreatedKey | None:
    """The key that this request has made already, as it is now and without its text, which is shown once.

    Raises:
        NameReused: another request was sent under this name.
    """
    found = await layer.store.created_by_name(creation.name) if creation is not None else None
    if creation is None or found is None:
        return None
    if found[0] != creation.content:
        raise NameReused("Idempotency-Key: it was sent before with another request; send a new one")
    project_id = present(await layer.store.project_of(found[1]), "the project of a key that was made")
    key = present(await layer.store.by_id(project_id, found[1]), "a key that was made")
    return CreatedKey(**key_fields(key), key=None)


async def list_all(layer: KeyLayer, call: Call) -> KeyList:
    """A project's keys, newest first."""
    query: WhichKeys = call.query
    project_id = asked_project(call, query.project_id)
    wanted = _wanted(query, layer.clock.now())
    if call.who.key is not None:
        if wanted.mode not in (None, call.who.key.mode):
            return KeyList(data=[], has_more=False, next_cursor=None)
        wanted = wanted._replace(mode=call.who.key.mode)
    after = None if query.starting_after is UNSET else query.starting_after
    try:
        page = await layer.store.page(project_id, wanted, after, query.limit)
    except UnknownCursor:
        message = "startingAfter: no key of this list has this id; send the nextCursor of the page before."
        raise bad_request("invalid_query", message, "startingAfter") from None
    return KeyList(
        data=[KeyObject(**key_fields(key)) for key in page.keys],
        has_more=page.next is not None,
        next_cursor=page.next,
    )


def _matching(which: Matching, now: int) -> KeyFilter:
    """
    Raises:
        Denied: nothing is asked for, which would be all keys.
    """
    wanted = _wanted(which, now)
    if wanted == ALL_KEYS:
        raise bad_request(
            "invalid_body",
            "matching: name a mode, kind, status, name, tag, externalId, unusedDays or expiringDays.",
            "matching",
        )
    return wanted


def _wanted(query: Matching | WhichKeys, now: int) -> KeyFilter:
    return KeyFilter(
        mode=query.mode or None,
        kind=query.kind or None,
        status=query.status or None,
        name=query.name or None,
        unused_since=now - query.unused_days * DAY_MS if query.unused_days is not UNSET else None,
        external_id=query.external_id or None,
        tag=query.tag or None,
        expiring=(now, now + query.expiring_days * DAY_MS) if query.expiring_days is not UNSET else None,
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
        limit=UNSET if body.rate is UNSET else rate_limit_of(body.rate),
        report_only=body.report_only,
        external_id=body.external_id,
        metadata=body.metadata,
        tags=body.tags,
        monthly_quota=body.monthly_quota,
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


async def revoke_many(layer: KeyLayer, call: Call) -> RevokedKeys:
    """Many keys revoked for good, in batches, with the proof of each batch."""
    body: Selection = call.body
    project_id = PROJECT_DEFAULT if body.project_id is UNSET else body.project_id
    if (body.key_ids is UNSET) == (body.matching is UNSET):
        raise bad_request("invalid_body", "Send either keyIds or matching, and not both.", "keyIds")
    by, reason = call.who.actor, body.reason
    if body.key_ids is not UNSET:
        done = await revoke_several(
            layer.store, layer.clock, project_id=project_id, key_ids=body.key_ids, by=by, reason=reason
        )
    else:
        wanted = _matching(present(body.matching or None, "what the keys match"), layer.clock.now())
        done = await revoke_matching(
            layer.store, layer.clock, project_id=project_id, wanted=wanted, by=by, reason=reason,
            at_most=REVOKED_AT_ONCE_MAX,
        )  # fmt: skip
    return RevokedKeys(
        revoked=list(done.key_ids), receipts=[receipt_object(one) for one in done.receipts], has_more=done.more
    )


async def tag_many(layer: KeyLayer, call: Call) -> TaggedKeys:
    """Tags added to several keys, and removed from them."""
    body: Tagging = call.body
    if not body.add and not body.remove:
        raise bad_request("invalid_body", "Name at least one tag, in add or in remove.", "add")
    changed = await change_tags(
        layer.store,
        layer.clock,
        layer.issuer,
        project_id=PROJECT_DEFAULT if body.project_id is UNSET else body.project_id,
        key_ids=body.key_ids,
        add=body.add,
        remove=body.remove,
        by=call.who.actor,
    )
    return TaggedKeys(changed=changed)


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
    return await _audit(layer, call, asked_project(call, call.query.project_id), None)


async def quota_of_key(layer: KeyLayer, call: Call) -> QuotaObject:
    """A key's own monthly quota."""
    key = await _read(layer, call)
    return await _quota(layer, key.project_id, key.mode, key.monthly_quota, key_id=key.id)


async def quota_of_customer(layer: KeyLayer, call: Call) -> QuotaObject:
    """The monthly quota of all keys with an external id."""
    query: WhichQuota = call.query
    project_id, mode = asked_project(call, query.project_id), query.mode
    if call.who.key is not None:
        mode = call.who.key.mode
    external_id = present(checked_external_id(query.external_id), "an external id")
    requests = await layer.store.customer_quota(project_id, mode, external_id)
    return await _quota(layer, project_id, mode, requests, external_id=external_id)


async def set_quota_of_customer(layer: KeyLayer, call: Call) -> QuotaObject:
    """The monthly quota of all keys with an external id, set or lifted; it holds everywhere once this is answered."""
    body: NewQuota = call.body
    project_id = PROJECT_DEFAULT if body.project_id is UNSET else body.project_id
    external_id = present(checked_external_id(body.external_id), "an external id")
    at = layer.clock.now()
    epoch = await layer.store.set_customer_quota(
        project_id, body.mode, external_id, body.monthly_quota, Act(at, call.who.actor)
    )
    await settle(layer.store, epoch, at=at)
    return await _quota(layer, project_id, body.mode, body.monthly_quota, external_id=external_id)


async def _quota(
    layer: KeyLayer,
    project_id: str,
    mode: Mode,
    requests: int | None,
    *,
    key_id: str | None = None,
    external_id: str | None = None,
) -> QuotaObject:
    now = layer.clock.now()
    left = None
    if requests is not None:
        subject = key_id if key_id is not None else customer(project_id, mode.value, external_id or "")
        left = await layer.quotas.used(Quota(subject, requests), now)
    return QuotaObject(
        project_id=project_id,
        mode=mode,
        key_id=key_id,
        external_id=external_id,
        monthly_quota=requests,
        used=left.limit - left.remaining if left is not None else None,
        remaining=left.remaining if left is not None else None,
        resets_at=instant(month_of(now).ends_at),
    )


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


async def asking_key(layer: KeyLayer, call: Call) -> Key | None:
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
    own = await asking_key(layer, call)
    if own is not None and not (itself and key.id == own.id) and not await _comes_from(layer, key, own.id):
        raise KeyNotFound(f"{own.id} has made no key {call.id[:64]!r}; it can change only those it has made")
    return key, own


async def _comes_from(layer: KeyLayer, key: Key, maker_id: str) -> bool:
    """Whether a key was made by this one, itself or through others; as many are looked at as there are generations."""
    while key.parent_id is not None:
        if key.parent_id == maker_id:
            return True
        parent = await layer.store.by_id(key.project_id, key.parent_id)
        if parent is None:
            return False
        key = parent
    return False


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


def asked_project(call: Call, given: str | UnsetType) -> str:
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


def rate_limit_of(rate: Rate | None) -> Limit | None:
    """A rate that was sent, as a limit.

    Raises:
        InvalidLimit: it makes no sense.
    """
    return checked_limit(rate.per_second, rate.burst) if rate is not None else None


def _not_found(key_id: str) -> KeyNotFound:
    # Somebody may have put the key itself there, which is not to be said again.
    named = key_id[:64] if key_id.startswith("key_") else "with this id; an id begins with key_"
    return KeyNotFound(f"there is no key {named}")


def _routes() -> list[Route]:
    one = "/v1/keys/{id}"
    return [
        Route("GET", "/v1/whoami", Only.KEY, "Describe the credential", who_am_i, WhoAmI),
        Route(
            "POST", "/v1/keys", WRITE, "Create a key", create, CreatedKey, HTTPStatus.CREATED, body=NewKey,
            idempotent=True,
        ),
        Route("GET", "/v1/keys", READ, "List keys", list_all, KeyList, query=WhichKeys),
        Route("POST", "/v1/keys/revoke", Only.ROOT, "Revoke many keys", revoke_many, RevokedKeys, body=Selection),
        Route("POST", "/v1/keys/tags", Only.ROOT, "Tag many keys", tag_many, TaggedKeys, body=Tagging),
        Route("GET", one, READ, "Retrieve a key", retrieve, KeyObject),
        Route("PATCH", one, WRITE, "Change a key", update, ChangedKey, body=Changes),
        Route("POST", f"{one}/rotate", WRITE, "Rotate a key", rotate, RotatedKey, body=Rotation),
        Route("DELETE", f"{one}/rotation", WRITE, "Withdraw a rotation", withdraw_rotation, ChangedKey),
        Route("POST", f"{one}/rotation/finish", WRITE, "End the old secrets of a key", finish_rotation, ChangedKey),
        Route("POST", f"{one}/disable", WRITE, "Disable a key", disable, ChangedKey, body=Why),
        Route("POST", f"{one}/enable", WRITE, "Enable a key", enable, ChangedKey, body=Why),
        Route("POST", f"{one}/revoke", WRITE, "Revoke a key", revoke_one, RevokedKey, query=Tree, body=Why),
        Route("GET", f"{one}/secrets", READ, "List a key's secrets", list_secrets, SecretList),
        Route("GET", f"{one}/quota", READ, "Retrieve the quota of a key", quota_of_key, QuotaObject),
        Route(
            "GET", "/v1/quotas", READ, "Retrieve the quota of a customer", quota_of_customer, QuotaObject,
            query=WhichQuota,
        ),
        Route(
            "PUT", "/v1/quotas", Only.ROOT, "Set the quota of a customer", set_quota_of_customer, QuotaObject,
            body=NewQuota,
        ),
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
