"""What the server takes and answers, as types: JSON out and in, the checks and the OpenAPI document come from them."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from keyturn.admission.leases import Receipt
from keyturn.http.forms import (
    PROJECT_ID,
    Apps,
    Burst,
    ExternalIdText,
    Metadata,
    Name,
    Networks,
    Origins,
    PerSecond,
    ReportOnly,
    Tags,
)
from keyturn.http.vocabulary import declares
from keyturn.insight.audit import AuditEntry
from keyturn.instants import from_datetime, to_rfc3339
from keyturn.keys.issuing import OVERLAP_MAX_MS
from keyturn.keys.labels import EXTERNAL_ID_MAX, TAG_MAX
from keyturn.keys.listing import NAME_WANTED_MAX
from keyturn.keys.model import Key, Kind, KnownKey, Mode, Reach, Status
from keyturn.keys.secret import MaskedRepr
from keyturn.limiting.gcra import Allowance, Limit
from keyturn.limiting.quotas import QUOTA_MAX, QuotaLeft
from keyturn.stores.ports import SecretState

PROJECT_DEFAULT: Final = "default"
LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100

UNUSED_DAYS_MAX: Final = 3_650

# What a database keeps as an integer.
SEQUENCE_MAX: Final = 2**63 - 1

# `$` alone would let a line break by.
ProjectId = Annotated[str, Meta(pattern=rf"^{PROJECT_ID}$(?!\n)", examples=["default"])]
Instant = Annotated[datetime, Meta(tz=True)]
MonthlyQuota = Annotated[int, Meta(ge=1, le=QUOTA_MAX, examples=[10_000])]
ExternalId = Annotated[str, Meta(min_length=1, max_length=EXTERNAL_ID_MAX)]
KeyId = Annotated[str, Meta(min_length=1, max_length=64)]
Reason = Annotated[str, Meta(max_length=500)]


class RequestShape(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What a caller sends. A field that there is not is a mistake, and is said to be one."""


class ResponseShape(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a caller is sent."""


# Verifying.


class OriginalRequest(MaskedRepr, RequestShape, frozen=True, kw_only=True):
    """The request to be judged, as far as it matters.

    Attributes:
        headers: by name, in any case; those that carry the key, ``origin`` and ``x-app-identifier`` are looked at.
        path: with its query, in which there must be no key.
        address: the IP address it came from.
        secure: whether it came over TLS.
    """

    headers: dict[str, str] = {}
    method: str = ""
    path: str = ""
    address: str | None = None
    secure: bool = True


class Verify(MaskedRepr, RequestShape, frozen=True, kw_only=True):
    """Either the key's text, or the request that it came with.

    Attributes:
        key: as it was presented. With it may come what a key can be bound to: `address`, `origin`, `appIdentifier`.
        scope: what is to be done; left out, any key that is valid will do.
        scopes: several of them in its place, all of which the key needs.
        publishable: how far a publishable key gets there.
        object_id: the object that is asked for, where a client secret may open it.
    """

    key: str | UnsetType = UNSET
    request: OriginalRequest | UnsetType = UNSET
    scope: str | None = None
    scopes: Annotated[list[str], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    publishable: Reach = Reach.NEVER
    address: str | None = None
    origin: str | None = None
    app_identifier: str | None = None
    object_id: str | None = None


class VerifiedKey(ResponseShape, frozen=True, kw_only=True, omit_defaults=True):
    """Whose key it is.

    Attributes:
        reported: restrictions that would have refused the request, were they not only reported.
    """

    id: str
    project_id: str
    mode: Mode
    kind: Kind
    scopes: frozenset[str]
    expires_at: str | None = None
    canary: bool = False
    external_id: str | None = None
    metadata: dict[str, str] = {}
    reported: tuple[str, ...] = ()


class RateLimitState(ResponseShape, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the key has left.

    Attributes:
        limit: requests at once, after a pause.
        reset_seconds: until all of them are back.
    """

    limit: int
    per_second: float
    remaining: int
    reset_seconds: float
    retry_after_seconds: float = 0.0


class QuotaState(ResponseShape, frozen=True, kw_only=True, gc=False):
    """What is left of a monthly quota.

    Attributes:
        limit: requests in a calendar month (UTC).
        resets_at: when the next month begins.
    """

    limit: int
    remaining: int
    resets_at: str


class Verdict(ResponseShape, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the request is allowed. If not: what to answer.

    Attributes:
        reason: why not, for your log; `rate_limited` if the key is over its rate limit, `quota_exceeded` if its
            month's quota is used up.
        status, code, message: for whoever sent the request.
        key: whose it is; where the request is refused, for your log only.
    """

    valid: bool
    reason: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    required_scope: str | None = None
    key: VerifiedKey | None = None
    rate_limit: RateLimitState | None = None
    quota: QuotaState | None = None


def verified_key(key: KnownKey, reported: tuple[str, ...] = ()) -> VerifiedKey:
    """A key as a verdict shows it."""
    terms = key.terms
    return VerifiedKey(
        id=key.id,
        project_id=terms.project_id,
        mode=terms.mode,
        kind=terms.kind,
        scopes=terms.scopes,
        expires_at=instant(key.expires_at) if key.expires_at is not None else None,
        canary=terms.canary,
        external_id=terms.external_id,
        metadata=dict(terms.metadata),
        reported=reported,
    )


def quota_state(left: QuotaLeft) -> QuotaState:
    """What is left of a quota, as it is answered."""
    return QuotaState(limit=left.limit, remaining=left.remaining, resets_at=instant(left.resets_at))


def rate_limit_state(allowance: Allowance) -> RateLimitState | None:
    """An allowance as a verdict shows it; None where there is no rate limit."""
    limit, remaining, reset_seconds, retry_after_seconds, _ = allowance
    if limit is None:
        return None
    return RateLimitState(
        limit=limit.burst,
        per_second=limit.per_second,
        remaining=remaining,
        reset_seconds=round(reset_seconds, 3),
        retry_after_seconds=round(retry_after_seconds, 3) if retry_after_seconds else 0.0,
    )


# Keys.


class Rate(RequestShape, frozen=True, kw_only=True):
    """A rate limit of its own: requests a second in the long run, and at once after a pause."""

    per_second: PerSecond
    burst: Burst


class NewKey(RequestShape, frozen=True, kw_only=True):
    """What a key is to be.

    Attributes:
        scopes: what it may do; nothing by default, ``*`` for everything there is and will be.
        project_id: whose it is; for the root credential only, a key makes keys of its own project.
        report_only: restrictions that are to be counted instead of kept.
        canary: nobody uses this key; whoever does has found it where it was laid out.
        external_id, metadata: whose it is over at your API, and what it is to be told with each request.
        tags: words by which it is found.
        monthly_quota: how many requests it may make in a calendar month (UTC).
    """

    name: Name
    mode: Mode = Mode.LIVE
    scopes: list[str] = []
    kind: Kind = Kind.SECRET
    format: str = "native"
    project_id: ProjectId | UnsetType = UNSET
    expires_at: Instant | None = None
    networks: Networks = []
    origins: Origins = []
    app_identifiers: Apps = []
    rate: Rate | None = None
    report_only: ReportOnly = []
    canary: bool = False
    external_id: ExternalIdText | None = None
    metadata: Metadata = {}
    tags: Tags = []
    monthly_quota: MonthlyQuota | None = None


class Changes(RequestShape, frozen=True, kw_only=True):
    """What is to change; what is left out stays, and null takes a restriction away. Lists and metadata are replaced."""

    name: Name | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    expires_at: Instant | UnsetType | None = UNSET
    networks: Networks | UnsetType = UNSET
    origins: Origins | UnsetType = UNSET
    app_identifiers: Apps | UnsetType = UNSET
    rate: Rate | UnsetType | None = UNSET
    report_only: ReportOnly | UnsetType = UNSET
    external_id: ExternalIdText | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    monthly_quota: MonthlyQuota | UnsetType | None = UNSET


class WhichQuota(RequestShape, frozen=True, kw_only=True):
    """Whose quota is meant: of all keys with this external id."""

    external_id: ExternalId
    project_id: ProjectId | UnsetType = UNSET
    mode: Mode = Mode.LIVE


class NewQuota(WhichQuota, frozen=True, kw_only=True):
    """How many requests all keys with an external id may make in a calendar month together; null lifts the bound."""

    monthly_quota: MonthlyQuota | None


class QuotaObject(ResponseShape, frozen=True, kw_only=True):
    """A monthly quota, and what is left of it this month. Requests that a server has set aside count as used."""

    object: Literal["quota"] = "quota"
    project_id: str
    mode: Mode
    key_id: str | None
    external_id: str | None
    monthly_quota: int | None
    used: int | None
    remaining: int | None
    resets_at: str


class Why(RequestShape, frozen=True, kw_only=True):
    """Why it is done, for the audit log."""

    reason: Reason | None = None


class Rotation(RequestShape, frozen=True, kw_only=True):
    """How a key's secret is replaced.

    Attributes:
        overlap_seconds: for how long the earlier one goes on.
        at_once: whether that counts from now, rather than from the new one's first use.
    """

    overlap_seconds: Annotated[int, declares(minimum=0, maximum=OVERLAP_MAX_MS // 1_000)] = 7 * 86_400
    at_once: bool = False
    reason: Reason | None = None


class WhichKeys(RequestShape, frozen=True, kw_only=True):
    """Which keys are listed.

    Attributes:
        name: a part of the name; capital and small letters of ASCII are the same.
        unused_days: only keys that were not used for this number of days.
        expiring_days: only keys that end within this number of days.
        external_id, tag: only keys that bear it.
    """

    project_id: ProjectId | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=NAME_WANTED_MAX)] | UnsetType = UNSET
    unused_days: Annotated[int, Meta(ge=1, le=UNUSED_DAYS_MAX)] | UnsetType = UNSET
    expiring_days: Annotated[int, Meta(ge=1, le=UNUSED_DAYS_MAX)] | UnsetType = UNSET
    external_id: Annotated[str, Meta(min_length=1, max_length=EXTERNAL_ID_MAX)] | UnsetType = UNSET
    tag: Annotated[str, Meta(min_length=1, max_length=TAG_MAX)] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    starting_after: KeyId | UnsetType = UNSET


class Matching(RequestShape, frozen=True, kw_only=True):
    """What keys have in common; as when they are listed."""

    mode: Mode | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=NAME_WANTED_MAX)] | UnsetType = UNSET
    unused_days: Annotated[int, Meta(ge=1, le=UNUSED_DAYS_MAX)] | UnsetType = UNSET
    expiring_days: Annotated[int, Meta(ge=1, le=UNUSED_DAYS_MAX)] | UnsetType = UNSET
    external_id: Annotated[str, Meta(min_length=1, max_length=EXTERNAL_ID_MAX)] | UnsetType = UNSET
    tag: Annotated[str, Meta(min_length=1, max_length=TAG_MAX)] | UnsetType = UNSET


class Selection(RequestShape, frozen=True, kw_only=True):
    """Which keys of a project are meant: by their ids, or by what they have in common."""

    project_id: ProjectId | UnsetType = UNSET
    key_ids: (
        Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=LIMIT_MAX)] | UnsetType
    ) = UNSET
    matching: Matching | UnsetType = UNSET
    reason: Reason | None = None


class Tagging(RequestShape, frozen=True, kw_only=True):
    """Which tags several keys of a project are to have, and to lose."""

    project_id: ProjectId | UnsetType = UNSET
    key_ids: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=LIMIT_MAX)]
    add: Tags = []
    remove: Tags = []


class TaggedKeys(ResponseShape, frozen=True, kw_only=True):
    """The ids of the keys whose tags were changed; others had them so already, are revoked, or are not there."""

    changed: list[str]


class WhichLines(RequestShape, frozen=True, kw_only=True):
    """Which lines of the audit log are listed, newest first."""

    project_id: ProjectId | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    before: Annotated[int, Meta(ge=1, le=SEQUENCE_MAX)] | UnsetType = UNSET


class Tree(RequestShape, frozen=True, kw_only=True):
    """Whether what a key has made is meant, too."""

    tree: bool = False


class KeyObject(ResponseShape, frozen=True, kw_only=True):
    """All that is known of a key. Its text is not among it."""

    object: Literal["key"] = "key"
    id: str
    project_id: str
    mode: Mode
    kind: Kind
    name: str
    format: str
    prefix: str
    last_four: str
    scopes: list[str]
    status: Status
    networks: list[str]
    origins: list[str]
    app_identifiers: list[str]
    rate: Rate | None
    monthly_quota: int | None
    report_only: list[str]
    external_id: str | None
    metadata: dict[str, str]
    tags: list[str]
    canary: bool
    imported: bool
    parent_id: str | None
    project_suspended: bool
    created_at: str
    created_by: str
    expires_at: str | None
    last_used_at: str | None
    disabled_at: str | None
    disabled_by: str | None
    disabled_reason: str | None
    revoked_at: str | None
    revoked_by: str | None
    revoked_reason: str | None
    exposed_at: str | None
    exposed_how: str | None


class CreatedKey(MaskedRepr, KeyObject, frozen=True, kw_only=True):
    """A new key, and its text this one time; null where the request came again, with the same ``Idempotency-Key``."""

    key: str | None


class ReceiptObject(ResponseShape, frozen=True, kw_only=True):
    """The proof that what was true before is refused everywhere.

    Attributes:
        epoch: the change's number; null where there was nothing to change.
        confirmed: the gates that have acted upon it.
        lapsed: those that did not say so, and whose lease has run out since.
        waited_ms: how long that took.
        streams_ended: open answers, such as web sockets, that the middleware ended with it.
    """

    epoch: int | None
    at: str
    confirmed: list[str]
    lapsed: list[str]
    waited_ms: float
    streams_ended: int


class ChangedKey(KeyObject, frozen=True, kw_only=True):
    """A key as it is now, with the proof that it is judged by that everywhere."""

    receipt: ReceiptObject


class RevokedKey(ChangedKey, frozen=True, kw_only=True):
    """A revoked key.

    Attributes:
        already: it had been revoked before; the first time and actor stand.
        descendants: the ids of the keys that were revoked with it, because it had made them.
    """

    already: bool
    descendants: list[str]


class RotatedKey(MaskedRepr, ChangedKey, frozen=True, kw_only=True):
    """A key and its new text, this one time."""

    key: str


class RevokedKeys(ResponseShape, frozen=True, kw_only=True):
    """Keys that were revoked, in batches, each with its proof. Where `hasMore` is true, ask again for the rest."""

    revoked: list[str]
    receipts: list[ReceiptObject]
    has_more: bool


class KeyList(ResponseShape, frozen=True, kw_only=True):
    """Some keys, newest first; where there are more, go on after `nextCursor`. Where a filter fits few keys, a page may
    hold fewer than `limit`, or none, while `hasMore` is true."""

    data: list[KeyObject]
    has_more: bool
    next_cursor: str | None
    object: Literal["list"] = "list"


class SecretObject(ResponseShape, frozen=True, kw_only=True):
    """One of a key's secrets: what was seen of it, never its text."""

    number: int
    prefix: str
    last_four: str
    created_at: str
    active_at: str | None
    ends_at: str | None
    last_used_at: str | None
    last_used_address: str | None
    last_used_agent: str | None
    last_used_path: str | None


class SecretList(ResponseShape, frozen=True, kw_only=True):
    """All secrets that a key has had, newest first."""

    data: list[SecretObject]
    object: Literal["list"] = "list"


class AuditLine(ResponseShape, frozen=True, kw_only=True):
    """A line of the audit log, bound to the one before by its hash."""

    sequence: int
    at: str
    actor: str
    action: str
    project_id: str | None
    key_id: str | None
    detail: dict[str, Any]
    previous: str
    hash: str


class AuditList(ResponseShape, frozen=True, kw_only=True):
    """Lines of the audit log, newest first; where there are more, go on with `before`."""

    data: list[AuditLine]
    has_more: bool
    object: Literal["list"] = "list"


class ProjectObject(ResponseShape, frozen=True, kw_only=True):
    """Whether a project's keys are accepted."""

    id: str
    suspended: bool
    object: Literal["project"] = "project"


class SwitchedProject(ProjectObject, frozen=True, kw_only=True):
    """A project that was suspended or resumed, and the proof."""

    receipt: ReceiptObject


class WhoAmI(ResponseShape, frozen=True, kw_only=True, omit_defaults=True):
    """Who is asking."""

    root: bool
    key: KeyObject | None = None
    rate_limit: RateLimitState | None = None
    quota: QuotaState | None = None


def instant(at: int) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return to_rfc3339(at)


def milliseconds(at: datetime) -> int:
    """Unix milliseconds; whether it may be that instant, is for whoever keeps it to say."""
    return from_datetime(at)


def _maybe(at: int | None) -> str | None:
    return instant(at) if at is not None else None


def key_fields(key: Key) -> dict[str, Any]:
    """A key's fields as they are answered."""
    return {
        "id": key.id,
        "project_id": key.project_id,
        "mode": key.mode,
        "kind": key.kind,
        "name": key.name,
        "format": key.format,
        "prefix": key.prefix,
        "last_four": key.last_four,
        "scopes": sorted(key.scopes),
        "status": key.status,
        "networks": list(key.networks),
        "origins": list(key.origins),
        "app_identifiers": list(key.apps),
        "rate": rate_of(key.limit),
        "monthly_quota": key.monthly_quota,
        "report_only": sorted(key.report_only),
        "external_id": key.external_id,
        "metadata": dict(key.metadata),
        "tags": sorted(key.tags),
        "canary": key.canary,
        "imported": key.imported,
        "parent_id": key.parent_id,
        "project_suspended": key.project_suspended,
        "created_at": instant(key.created_at),
        "created_by": key.created_by,
        "expires_at": _maybe(key.expires_at),
        "last_used_at": _maybe(key.last_used_at),
        "disabled_at": _maybe(key.disabled_at),
        "disabled_by": key.disabled_by,
        "disabled_reason": key.disabled_reason,
        "revoked_at": _maybe(key.revoked_at),
        "revoked_by": key.revoked_by,
        "revoked_reason": key.revoked_reason,
        "exposed_at": _maybe(key.exposed_at),
        "exposed_how": key.exposed_how,
    }


def rate_of(limit: Limit | None) -> Rate | None:
    """A limit as it is answered."""
    return Rate(per_second=limit.per_second, burst=limit.burst) if limit is not None else None


def receipt_object(receipt: Receipt) -> ReceiptObject:
    """A receipt as it is answered."""
    return ReceiptObject(
        epoch=receipt.epoch,
        at=instant(receipt.at),
        confirmed=list(receipt.confirmed),
        lapsed=list(receipt.lapsed),
        waited_ms=round(receipt.waited_ms, 3),
        streams_ended=receipt.streams_ended,
    )


def secret_object(state: SecretState) -> SecretObject:
    """One of a key's secrets as it is answered."""
    return SecretObject(
        number=state.number,
        prefix=state.prefix,
        last_four=state.last_four,
        created_at=instant(state.created_at),
        active_at=_maybe(state.active_at),
        ends_at=_maybe(state.ends_at),
        last_used_at=_maybe(state.last_used_at),
        last_used_address=state.last_used_address,
        last_used_agent=state.last_used_agent,
        last_used_path=state.last_used_path,
    )


def audit_line(entry: AuditEntry) -> AuditLine:
    """A line as it is answered. Its hash is over the line as it was written, with the instant in milliseconds."""
    return AuditLine(
        sequence=entry.sequence,
        at=instant(entry.at),
        actor=entry.actor,
        action=entry.action,
        project_id=entry.project_id,
        key_id=entry.key_id,
        detail=entry.detail,
        previous=entry.previous,
        hash=entry.hash,
    )
