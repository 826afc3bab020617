"""Embed as CraftKit documents it: sessions, their renewal, catalogs, and the keys that verify their tokens."""

from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec

from keyturn import Need
from keyturn.http.vocabulary import declares
from keyturn.needs import OPEN
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import TooOften
from tillgate.dialects.craftkit.shapes import id_of
from tillgate.documents.catalogs.model import NAME_FORM, Variables
from tillgate.documents.catalogs.operations import create_catalog
from tillgate.documents.embedding.model import (
    DISPLAY_NAME_MAX,
    NAME_MAX,
    PUBLISHES_MAX,
    Actor,
    Branding,
    CatalogRef,
    FormTerms,
    Limits,
    Mode,
    Permissions,
    Scope,
    Tenant,
    Terms,
)
from tillgate.documents.embedding.operations import (
    RENEW_TOKEN_MAX,
    RENEW_TOKEN_MIN,
    Minted,
    checked_renew_token,
    open_session,
    refresh,
)
from tillgate.documents.embedding.tokens import jwk
from tillgate.documents.partners.operations import get_partner, public_keys
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.fields import text
from tillgate.wire.routing import Call, Reads, Route, Writes
from tillgate.words import LANG_MAX

# Every secret key of this language has it, and no publishable one.
EMBED: Final = Need("renders:write")
BODY_BYTES_MAX: Final = 320 * 1024


ExternalId = Annotated[str, text(NAME_MAX)]
DisplayName = Annotated[str, text(DISPLAY_NAME_MAX, 0)]


class SessionTenant(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose customer it is; ``branding.locale`` is the language of its pages."""

    external_id: ExternalId
    display_name: DisplayName
    branding: dict[str, Any] | None = None


class SessionActor(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who sits in front of it; ``email`` and ``avatarUrl`` are accepted, and not kept."""

    external_id: ExternalId
    display_name: DisplayName | None = None
    email: str | None = None
    avatar_url: str | None = None


class SessionScope(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What it is for, and the one template that it is about."""

    mode: Mode = "edit"
    template_id: str | None = None
    template_external_id: str | None = None


class SessionCatalogRef(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A catalog, in its current version unless one is named."""

    name: Annotated[str, declares(pattern=f"^{NAME_FORM}$")]
    version: Annotated[int, declares(minimum=1)] | None = None


class SessionPermissions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What may be done in it. ``publish``, ``submitForm``, ``rename`` and ``createCustomVariables`` are in force; the
    others are about what the page here has not."""

    publish: bool = True
    submit_form: bool = True
    rename: bool = False
    create_custom_variables: bool = False
    save_draft: bool = False
    delete: bool = False
    rollback: bool = False
    change_page_settings: bool = False
    view_version_history: bool = False
    save_form_draft: bool = False
    share_document: bool = False
    email_document: bool = False
    view_engagement: bool = False


class SessionLimits(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How often; ``maxPublishes`` is in force, for versions and documents together."""

    max_publishes: Annotated[int, declares(minimum=0, maximum=PUBLISHES_MAX)] = 10
    max_save_drafts: int = 200
    max_uploads_bytes: int = 5 * 1024 * 1024


class SessionForm(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How its form begins; ``prefill`` is in force."""

    prefill: dict[str, Any] = {}
    show_preview: bool = False
    show_document_after_submit: bool = True
    redirect_url: str | None = None


class SessionRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A session that is asked for. Of ``branding``, ``locale`` is in force: the language of the page. ``appearance``,
    ``callbacks`` and ``permissionsPreset`` are accepted, and change nothing."""

    tenant: SessionTenant
    actor: SessionActor
    scope: SessionScope = SessionScope()
    variable_catalog: Variables | None = None
    catalog_ref: SessionCatalogRef | None = None
    permissions: SessionPermissions = SessionPermissions()
    limits: SessionLimits = SessionLimits()
    form: SessionForm = SessionForm()
    permissions_preset: str | None = None
    branding: dict[str, Any] | None = None
    appearance: dict[str, Any] | None = None
    callbacks: dict[str, Any] | None = None


class SessionAnswer(msgspec.Struct, frozen=True):
    """A session with its two tokens. ``renew_token`` is of use once."""

    session_id: str
    session_token: str
    iframe_url: str
    expires_at: str
    renew_token: str


class RefreshRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Another token that is asked for."""

    renew_token: Annotated[str, text(RENEW_TOKEN_MAX, RENEW_TOKEN_MIN)]


class CatalogRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A catalog's first version, or its next."""

    name: Annotated[str, declares(pattern=f"^{NAME_FORM}$")]
    catalog: Variables


class CatalogAnswer(msgspec.Struct, frozen=True):
    """The version that was made, which is the current one now."""

    id: str
    name: str
    version: int


class KeySet(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


async def create_session(context: ApiContext, tx: Transaction, call: Call) -> SessionAnswer:
    """A session with a token that this server signs."""
    principal = call.principal
    minted = await open_session(context.documents, tx, principal.project_id, principal.livemode, _terms_of(call.body))
    return _answer(context, minted)


async def refresh_session(context: ApiContext, tx: Transaction, call: Call) -> SessionAnswer:
    """Another token of the same session, for a renew token that is of no use any more."""
    principal, renew_token = call.principal, checked_renew_token(call.body.renew_token)
    minted = await refresh(context.documents, tx, principal.project_id, principal.livemode, renew_token)
    return _answer(context, minted)


async def make_catalog(context: ApiContext, tx: Transaction, call: Call) -> CatalogAnswer:
    """A catalog of variables: its first version, or the next."""
    body: CatalogRequest = call.body
    made = await create_catalog(tx, call.principal.project_id, body.name, body.catalog, now=context.clock.now())
    return CatalogAnswer(id_of(made.id), made.name, made.version)


async def key_set(context: ApiContext, tx: Transaction, call: Call) -> KeySet:
    """The public keys of a partner's tokens, by its publishable key."""
    keys = await public_keys(tx, call.params["publishable_key"], context.clock.now())
    return KeySet([jwk(one) for one in keys])


async def admit_partner(context: ApiContext, call: Call, address: str | None) -> None:
    """Tell who may not embed before anything that was sent is looked at.

    Raises:
        EmbedNotEnabled, PartnerSuspended: the project of the key may not.
    """
    project_id = call.principal.project_id
    await context.database.read(lambda tx: get_partner(tx, project_id))


async def guard_keys(context: ApiContext, call: Call, address: str | None) -> None:
    """Slow down who asks for keys without end.

    Raises:
        TooOften: one visitor has asked too often.
    """
    seconds = await context.keyless.seconds_to_look("jwks", address)
    if seconds:
        raise TooOften("These keys are asked for too often. Keep them for a few minutes.", retry_after_seconds=seconds)


def iframe_url(public_url: str, token: str) -> str:
    """Where a session's page is, for the ``src`` of an iframe."""
    return f"{public_url}/embed/builder?session_token={quote(token, safe='')}"


def _terms_of(body: SessionRequest) -> Terms:
    may = body.permissions
    ref = body.catalog_ref
    return Terms(
        tenant=Tenant(body.tenant.external_id, body.tenant.display_name),
        actor=Actor(body.actor.external_id, body.actor.display_name or ""),
        scope=Scope(body.scope.mode, body.scope.template_id, body.scope.template_external_id),
        permissions=Permissions(may.publish, may.submit_form, may.rename, may.create_custom_variables),
        limits=Limits(body.limits.max_publishes),
        form=FormTerms(body.form.prefill),
        branding=Branding(_locale_of(body.branding) or _locale_of(body.tenant.branding)),
        catalog=CatalogRef(ref.name, ref.version) if ref is not None else None,
        variables=body.variable_catalog,
    )


def _locale_of(branding: dict[str, Any] | None) -> str | None:
    """The language that is asked for; what is none asks for nothing, as the rest of branding does."""
    found = branding.get("locale") if branding is not None else None
    return found if isinstance(found, str) and 0 < len(found) <= LANG_MAX and found.isascii() else None


def _answer(context: ApiContext, minted: Minted) -> SessionAnswer:
    return SessionAnswer(
        minted.session.subject,
        minted.token,
        iframe_url(context.public_url, minted.token),
        to_rfc3339(minted.expires_at),
        minted.renew_token,
    )


_UNPROCESSABLE: Final = HTTPStatus.UNPROCESSABLE_ENTITY

EMBED_ROUTES: Final = (
    Route(
        "POST",
        "/embed/sessions",
        EMBED,
        "Open an embed session",
        Writes(create_session),
        SessionAnswer,
        body=SessionRequest,
        body_bytes_max=BODY_BYTES_MAX,
        admits=admit_partner,
        invalid_status=_UNPROCESSABLE,
    ),
    Route(
        "POST",
        "/embed/sessions/refresh",
        EMBED,
        "Renew an embed session",
        Writes(refresh_session),
        SessionAnswer,
        body=RefreshRequest,
        admits=admit_partner,
        invalid_status=_UNPROCESSABLE,
    ),
    Route(
        "POST",
        "/embed/catalogs",
        EMBED,
        "Make a version of a catalog",
        Writes(make_catalog),
        CatalogAnswer,
        HTTPStatus.CREATED,
        body=CatalogRequest,
        body_bytes_max=BODY_BYTES_MAX,
        admits=admit_partner,
        invalid_status=_UNPROCESSABLE,
    ),
    Route(
        "GET",
        "/embed/jwks/{publishable_key}",
        OPEN,
        "Retrieve a partner's public keys",
        Reads(key_set),
        KeySet,
        guard=guard_keys,
    ),
)
