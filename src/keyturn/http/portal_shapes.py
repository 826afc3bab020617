"""What the API takes and answers of portal sessions, as types."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from keyturn.http.forms import LANG, NetworkTuple
from keyturn.http.shapes import (
    LIMIT_DEFAULT,
    LIMIT_MAX,
    ExternalId,
    MonthlyQuota,
    ProjectId,
    Rate,
    RequestShape,
    ResponseShape,
    instant,
    rate_of,
)
from keyturn.keys.model import Mode
from keyturn.keys.secret import MaskedRepr
from keyturn.portal.model import (
    KEY_DAYS_MAX,
    KEYS_DEFAULT,
    KEYS_MAX,
    LIFETIME_DEFAULT_SECONDS,
    LIFETIME_MAX_SECONDS,
    LIFETIME_MIN_SECONDS,
    RETURN_URL_MAX,
    SCOPES_MAX,
    Allowed,
    PortalAction,
    PortalSession,
    PortalStatus,
)
from keyturn.words import LANG_MAX


class NewAllowed(RequestShape, frozen=True, kw_only=True):
    """What the customer is allowed; no key made there is stronger than the key that makes the session.

    Attributes:
        actions: what they may do beside seeing their keys; all of it by default.
        scopes: those of your API that their keys may be given. None that manages keys.
        keys_max: how many keys they may have that are not revoked, in all.
        key_days_max: within how many days each of their keys ends.
        rate, monthly_quota, networks, format: of each key that they make.
    """

    actions: Annotated[tuple[PortalAction, ...], Meta(max_length=len(PortalAction))] = tuple(PortalAction)
    scopes: Annotated[tuple[str, ...], Meta(max_length=SCOPES_MAX, examples=[["invoices:read"]])] = ()
    keys_max: Annotated[int, Meta(ge=1, le=KEYS_MAX)] = KEYS_DEFAULT
    key_days_max: Annotated[int, Meta(ge=1, le=KEY_DAYS_MAX)] | None = None
    rate: Rate | None = None
    monthly_quota: MonthlyQuota | None = None
    networks: NetworkTuple = ()
    format: str = "native"


class NewPortalSession(RequestShape, frozen=True, kw_only=True):
    """Whose session it is to be, and what it allows.

    Attributes:
        external_id: your customer: the page shows the keys with this external id, of one project and mode.
        return_url: the page of yours to which theirs links back.
        locale: the language of the page, such as ``de``; without it, that of the customer's browser.
        lifetime_seconds: how long the session goes on. Its link opens it once, within ten minutes.
    """

    external_id: ExternalId
    project_id: ProjectId | UnsetType = UNSET
    mode: Mode = Mode.LIVE
    allowed: NewAllowed = NewAllowed()
    return_url: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=RETURN_URL_MAX,
                examples=["https://app.example.com/settings"],
                extra_json_schema={"format": "uri"},
            ),
        ]
        | None
    ) = None
    locale: Annotated[str, Meta(min_length=1, max_length=LANG_MAX, examples=["de"], extra_json_schema=LANG)] | None = (
        None
    )
    lifetime_seconds: Annotated[int, Meta(ge=LIFETIME_MIN_SECONDS, le=LIFETIME_MAX_SECONDS)] = LIFETIME_DEFAULT_SECONDS


class WhichPortalSessions(RequestShape, frozen=True, kw_only=True):
    """Which sessions are listed, newest first.

    Attributes:
        external_id: only those of this customer.
    """

    project_id: ProjectId | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    starting_after: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class AllowedObject(ResponseShape, frozen=True, kw_only=True):
    """What the customer is allowed."""

    actions: list[PortalAction]
    scopes: list[str]
    keys_max: int
    key_days_max: int | None
    rate: Rate | None
    monthly_quota: int | None
    networks: list[str]
    format: str


class PortalSessionObject(ResponseShape, frozen=True, kw_only=True):
    """A session in which a customer manages their own keys. Neither its link nor its cookie is among it.

    Attributes:
        key_id: the key that made it, with which it ends; null where the root credential or an operator did.
    """

    object: Literal["portal_session"] = "portal_session"
    id: str
    project_id: str
    mode: Mode
    external_id: str
    status: PortalStatus
    allowed: AllowedObject
    return_url: str | None
    locale: str | None
    key_id: str | None
    created_at: str
    created_by: str
    link_expires_at: str
    opened_at: str | None
    expires_at: str
    ended_at: str | None
    ended_by: str | None


class CreatedPortalSession(MaskedRepr, PortalSessionObject, frozen=True, kw_only=True):
    """A new session, and its link this one time: send your customer's browser there at once."""

    url: str


class PortalSessionList(ResponseShape, frozen=True, kw_only=True):
    """Some sessions, newest first; where there are more, go on after `nextCursor`. A page may hold fewer than `limit`
    while `hasMore` is true."""

    data: list[PortalSessionObject]
    has_more: bool
    next_cursor: str | None
    object: Literal["list"] = "list"


def session_fields(session: PortalSession, now: int) -> dict[str, Any]:
    """A session's fields as they are answered."""
    return {
        "id": session.id,
        "project_id": session.project_id,
        "mode": session.mode,
        "external_id": session.external_id,
        "status": session.status(now),
        "allowed": _allowed(session.allowed),
        "return_url": session.return_url,
        "locale": session.locale,
        "key_id": session.maker_id,
        "created_at": instant(session.created_at),
        "created_by": session.created_by,
        "link_expires_at": instant(session.link_expires_at),
        "opened_at": instant(session.opened_at) if session.opened_at is not None else None,
        "expires_at": instant(session.expires_at),
        "ended_at": instant(session.ended_at) if session.ended_at is not None else None,
        "ended_by": session.ended_by,
    }


def _allowed(allowed: Allowed) -> AllowedObject:
    return AllowedObject(
        actions=sorted(allowed.actions),
        scopes=list(allowed.scopes),
        keys_max=allowed.keys_max,
        key_days_max=allowed.key_days_max,
        rate=rate_of(allowed.rate),
        monthly_quota=allowed.monthly_quota,
        networks=list(allowed.networks),
        format=allowed.format,
    )
