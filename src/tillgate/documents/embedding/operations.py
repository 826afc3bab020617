"""Opening embed sessions, and what is done in them."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.invariants import present
from tillgate.base.problems import Problem
from tillgate.documents.catalogs.model import has_all, manifest_of
from tillgate.documents.catalogs.operations import get_catalog
from tillgate.documents.context import DocumentContext
from tillgate.documents.embedding import records
from tillgate.documents.embedding.model import (
    LIFETIME_MS,
    CatalogRef,
    EmbedSession,
    PermissionDenied,
    PublishesUsedUp,
    RefreshFailed,
    Terms,
    TokenRefused,
    checked_terms,
)
from tillgate.documents.embedding.tokens import Claims, PartnerClaim, Unverified, look, signed, verify
from tillgate.documents.errors import TemplateNotFound
from tillgate.documents.partners import records as partners
from tillgate.documents.partners.model import Holder, Partner, PartnerSuspended, VerifyingKey
from tillgate.documents.partners.operations import get_partner
from tillgate.documents.renders.model import BY_EMBED, Render
from tillgate.documents.renders.operations import Asked, ask
from tillgate.documents.starters import STARTERS, starter
from tillgate.documents.templates import records as templates
from tillgate.documents.templates.manifest import Manifest, with_preview
from tillgate.documents.templates.model import SLUG_MAX, Template
from tillgate.documents.templates.operations import NewVersion, Published, get_template, get_version, publish
from tillgate.documents.templates.page_settings import PageSettings
from tillgate.store import Transaction

RENEW_PREFIX: Final = "ert_"
# A renew token is of use until its session's token has ended, and for a day after.
RENEWED_WITHIN_MS: Final = LIFETIME_MS + DAY_MS
DROP_BATCH_MAX: Final = 100
# Of the project's own templates, and of the tenant's.
RENEW_TOKEN_MIN: Final = 8
RENEW_TOKEN_MAX: Final = 200
OFFERED_MAX: Final = 100
# A starter is no template of the project: its name could be one's slug, so it has a mark that no slug has.
_SHIPPED: Final = "starter:"
_TENANT_DIGITS: Final = 10


class Minted(NamedTuple):
    """A session with the two tokens that are shown this once."""

    session: EmbedSession
    token: str
    renew_token: str
    expires_at: int

    def __repr__(self) -> str:
        return f"Minted({self.session.id!r}, …)"


class Opened(NamedTuple):
    """What a token that was verified opens.

    Attributes:
        catalog: the variables that templates may read; None where they may read any.
        expires_at: when the token ends.
    """

    partner: Partner
    livemode: bool
    subject: str
    terms: Terms
    catalog: Manifest | None
    allow_custom: bool
    expires_at: int

    @property
    def project_id(self) -> str:
        return self.partner.project_id


class Offered(NamedTuple):
    """A template that a session may begin with.

    Attributes:
        slug: of a template; of one that ships, its name.
        template: None for one that ships.
    """

    slug: str
    name: str
    description: str
    template: Template | None


class Chosen(NamedTuple):
    """An offered template with what it is made of."""

    offered: Offered
    source: str
    manifest: Manifest
    files: dict[str, bytes]
    page: PageSettings = PageSettings()


async def open_session(
    context: DocumentContext, tx: Transaction, project_id: str, livemode: bool, terms: Terms
) -> Minted:
    """Open a session, and sign its token.

    Raises:
        EmbedNotEnabled, PartnerSuspended: the project may not.
        InvalidInput: the terms are not well formed.
        CatalogNotFound: they name a catalog that is not there.
    """
    partner, now = await get_partner(tx, project_id), context.clock.now()
    terms = checked_terms(terms)
    if terms.catalog is not None:
        # The version of this moment, whatever is made later.
        found = await get_catalog(tx, project_id, terms.catalog.name, terms.catalog.version)
        terms = msgspec.structs.replace(terms, catalog=CatalogRef(found.name, found.version), variables=found.variables)
    elif terms.variables is not None:
        manifest_of(terms.variables)
    session_id, renew_token = ids.new_id(ids.EMBED_SESSION), _new_renew_token()
    session = EmbedSession(
        id=session_id,
        project_id=project_id,
        livemode=livemode,
        subject=ids.spelled(session_id, "uuid"),
        tenant=terms.tenant.external_id,
        actor=terms.actor.external_id,
        terms=terms,
        publishes=0,
        created_at=now,
        expires_at=now + RENEWED_WITHIN_MS,
    )
    await records.insert(tx, session, _digest(renew_token))
    return await _minted(context, tx, partner, session, renew_token, now)


async def refresh(context: DocumentContext, tx: Transaction, project_id: str, livemode: bool, renew: str) -> Minted:
    """Another token for a session, by a renew token, which is used up.

    Raises:
        EmbedNotEnabled, PartnerSuspended: the project may not.
        RefreshFailed: it renews no session of this project and mode.
    """
    partner, now = await get_partner(tx, project_id), context.clock.now()
    renew_token = _new_renew_token()
    session = await records.renew(
        tx, project_id, livemode, _digest(renew), _digest(renew_token), now, now + RENEWED_WITHIN_MS
    )
    if session is None:
        raise RefreshFailed
    return await _minted(context, tx, partner, session, renew_token, now)


async def whose(tx: Transaction, token: str) -> tuple[Partner, VerifyingKey, Unverified]:
    """The partner and the key that a token names. Nothing of it is verified.

    Raises:
        TokenRefused: it names none.
    """
    named = look(token)
    partner = await partners.by_issuer(tx, named.issuer)
    if partner is None:
        raise TokenRefused("nobody here is its issuer")
    if named.key_id is not None:
        key = await partners.key_by_id(tx, named.key_id)
    else:
        # A partner that names no key has one.
        held = await partners.keys_of(tx, partner.project_id)
        key = next((one for one in held if one.holder is Holder.PARTNER), None)
    if key is None or key.project_id != partner.project_id:
        raise TokenRefused("its issuer has no key with its kid")
    return partner, key, named


async def open_token(context: DocumentContext, tx: Transaction, token: str) -> Opened:
    """What a token opens: one that this server has signed, or one that the partner has signed itself.

    Raises:
        TokenRefused: it is not signed by a key of its issuer, or not for now.
        PartnerSuspended: the partner is suspended.
        CatalogNotFound: it names a catalog that is not there.
    """
    partner, key, named = await whose(tx, token)
    now, livemode = context.clock.now(), named.issuer == partner.live_key
    if not key.honoured(now):
        raise TokenRefused("its key was replaced more than a day ago")
    claims = verify(token, key, named.issuer, now)
    if partner.suspended_at is not None:
        raise PartnerSuspended
    terms = await _terms_of(tx, partner, key, livemode, claims)
    variables = terms.variables
    if variables is None and terms.catalog is not None:
        found = await get_catalog(tx, partner.project_id, terms.catalog.name, terms.catalog.version)
        variables = found.variables
    catalog = manifest_of(variables) if variables is not None else None
    custom = variables is None or variables.allow_custom or terms.permissions.create_custom_variables
    return Opened(partner, livemode, claims.sub, terms, catalog, custom, claims.exp * 1000)


async def offered(tx: Transaction, opened: Opened) -> list[Offered]:
    """The templates that a session may begin with: its tenant's and the project's own, as far as its catalog has what
    they read; and those that ship, where it makes new ones."""
    scope = opened.terms.scope
    found = []
    for tenant in (opened.terms.tenant.external_id, None):
        for template, manifest in await templates.with_manifests(tx, opened.project_id, tenant, OFFERED_MAX):
            if _is_meant(opened, template) and _fits(opened, manifest):
                found.append(_offer(template))
    if scope.mode == "create" and scope.template_id is None and scope.template_external_id is None:
        found += [_shipped(name) for name in STARTERS if _fits(opened, starter(name)[1])]
    return found


async def choose(tx: Transaction, opened: Opened, slug: str) -> Chosen:
    """One of the templates that are offered, as it is now.

    Raises:
        TemplateNotFound: it is not offered.
    """
    name, scope = slug.removeprefix(_SHIPPED), opened.terms.scope
    if name != slug:
        free = scope.mode == "create" and scope.template_id is None and scope.template_external_id is None
        if not free or name not in STARTERS or not _fits(opened, starter(name)[1]):
            raise TemplateNotFound(slug)
        source, manifest = starter(name)
        return Chosen(_shipped(name), source, manifest, {})
    template = await get_template(tx, opened.project_id, slug)
    if template.tenant not in (None, opened.terms.tenant.external_id) or not _is_meant(opened, template):
        raise TemplateNotFound(slug)
    version = await get_version(tx, template)
    if not _fits(opened, version.manifest):
        raise TemplateNotFound(slug)
    return Chosen(_offer(template), version.source, version.manifest, version.files, version.page)


def readable(opened: Opened, manifest: Manifest) -> Manifest:
    """A template's manifest with all variables of the session's catalog beside its own, so that what is published may
    read them."""
    if opened.catalog is None:
        return manifest
    keys = {one.key for one in manifest.variables} | {one.key for one in manifest.loops}
    taken = keys | {key.split(".")[0] for key in keys}

    def free(key: str) -> bool:
        return key not in taken and not any(one.startswith(f"{key}.") or key.startswith(f"{one}.") for one in keys)

    more = [msgspec.structs.replace(one, required=False) for one in opened.catalog.variables if free(one.key)]
    return Manifest([*manifest.variables, *more], [*manifest.loops, *(x for x in opened.catalog.loops if free(x.key))])


async def publish_template(
    context: DocumentContext,
    tx: Transaction,
    opened: Opened,
    slug: str,
    *,
    source: str,
    name: str,
    data: Mapping[str, Any],
) -> Published:
    """Publish a version for the session's tenant: of its own template, or of its copy of another, which stays as it is.

    Raises:
        PermissionDenied: the session may not publish.
        PublishesUsedUp: it has reached its limit.
        TemplateNotFound: the template is not offered.
        InvalidInput: a part is not well formed.
    """
    terms = opened.terms
    if terms.scope.mode not in ("edit", "create") or not terms.permissions.publish:
        raise PermissionDenied("publish")
    chosen = await choose(tx, opened, slug)
    own = chosen.offered.template is not None and chosen.offered.template.tenant is not None
    if not terms.permissions.rename:
        name = chosen.offered.name
    await _count(context, tx, opened)
    manifest = with_preview(readable(opened, chosen.manifest), data)
    new = NewVersion(
        slug if own else _copy_of(slug, terms.tenant.external_id),
        name,
        source,
        manifest,
        chosen.files,
        tenant=terms.tenant.external_id,
        page=chosen.page,
    )
    by = f"embed:{terms.actor.external_id}"
    made = await publish(tx, context.sealer, opened.project_id, new, by=by, now=context.clock.now())
    if made.template.tenant != terms.tenant.external_id:
        # Somebody has given a template of their own the name that this tenant's copy would have.
        raise Conflict("A template of this project has the name of this one's copy. Ask whoever runs the project.")
    return made


async def submit_form(
    context: DocumentContext, tx: Transaction, opened: Opened, slug: str, data: Mapping[str, Any], named: str | None
) -> Render:
    """Make a document out of what was filled in; the same name is the same document.

    Raises:
        PermissionDenied, PublishesUsedUp, TemplateNotFound: as for a template.
        InvalidInput: the data does not match the manifest.
        NotInstalled, QueueFull: as for whoever asks by a key.
    """
    terms = opened.terms
    if terms.scope.mode != "fill" or not terms.permissions.submit_form:
        raise PermissionDenied("submitForm")
    chosen = await choose(tx, opened, slug)
    template = present(chosen.offered.template, "a template of a session that makes documents")
    render, again = await ask(context, tx, template, Asked(opened.livemode, BY_EMBED, data, named))
    if not again:
        await _count(context, tx, opened)
    return render


async def drop_old(tx: Transaction, now: int) -> int:
    """Drop a batch of sessions that have ended; how many."""
    found = await records.ended_before(tx, now, DROP_BATCH_MAX)
    for session_id in found:
        await records.delete(tx, session_id)
    return len(found)


async def _terms_of(tx: Transaction, partner: Partner, key: VerifyingKey, livemode: bool, claims: Claims) -> Terms:
    told = claims.ck.partner
    if (told.project_id or None) not in (None, partner.project_id, ids.spelled(partner.project_id, "uuid")):
        raise TokenRefused("its ck.partner.project_id is not its issuer's project")
    if key.holder is Holder.PARTNER:
        try:
            return checked_terms(claims.ck)
        except InvalidInput as error:
            raise TokenRefused("a claim in ck is too long or out of range") from error
    session = await records.by_subject(tx, partner.project_id, livemode, claims.sub)
    if session is None or session.terms is None:
        raise TokenRefused("its session has ended", expired=True)
    return session.terms


async def _count(context: DocumentContext, tx: Transaction, opened: Opened) -> None:
    now, terms = context.clock.now(), opened.terms
    session = await records.by_subject(tx, opened.project_id, opened.livemode, opened.subject)
    if session is None:
        # Of a partner that signs its tokens itself: here it is first heard of.
        made = EmbedSession(
            id=ids.new_id(ids.EMBED_SESSION),
            project_id=opened.project_id,
            livemode=opened.livemode,
            subject=opened.subject,
            tenant=terms.tenant.external_id,
            actor=terms.actor.external_id,
            terms=None,
            publishes=0,
            created_at=now,
            expires_at=now + RENEWED_WITHIN_MS,
        )
        await records.insert(tx, made, None)
        found = await records.by_subject(tx, opened.project_id, opened.livemode, opened.subject)
        session = present(found, "a session that is there now")
    if not await records.count_publish(tx, session.id, terms.limits.max_publishes):
        raise PublishesUsedUp(terms.limits.max_publishes)
    await records.prolong(tx, session.id, now + RENEWED_WITHIN_MS)


async def _minted(
    context: DocumentContext, tx: Transaction, partner: Partner, session: EmbedSession, renew_token: str, now: int
) -> Minted:
    held = await partners.signing_key(tx, context.sealer, partner.project_id)
    key, private = present(held, "the server's key for a partner")
    token = signed(
        present(session.terms, "the terms of a session of this server"),
        PartnerClaim(partner.issuer(session.livemode), ids.spelled(partner.project_id, "uuid")),
        issuer=partner.issuer(session.livemode),
        subject=session.subject,
        key_id=key.id,
        private=private,
        at=now,
    )
    return Minted(session, token, renew_token, now + LIFETIME_MS)


def _is_meant(opened: Opened, template: Template) -> bool:
    scope = opened.terms.scope
    if scope.template_id is not None:
        return scope.template_id in (template.id, ids.spelled(template.id, "uuid"))
    return scope.template_external_id in (None, template.slug)


def _shipped(name: str) -> Offered:
    return Offered(f"{_SHIPPED}{name}", name.replace("-", " ").capitalize(), "", None)


def _offer(template: Template) -> Offered:
    return Offered(template.slug, template.name, template.description or "", template)


def _fits(opened: Opened, manifest: Manifest) -> bool:
    """Whether a session's catalog has what a template reads. What its tenant has published may have been made with an
    earlier version of the catalog; it fits again once that has its variables."""
    return opened.catalog is None or opened.allow_custom or has_all(opened.catalog, manifest)


def _name_of(slug: str) -> str:
    return slug.removeprefix(_SHIPPED)


def _copy_of(slug: str, tenant: str) -> str:
    """The slug of a tenant's copy of a template."""
    mark = hashlib.sha256(tenant.encode()).hexdigest()[:_TENANT_DIGITS]
    return f"{_name_of(slug)[: SLUG_MAX - _TENANT_DIGITS - 1].rstrip('-')}-{mark}"


def _new_renew_token() -> str:
    return f"{RENEW_PREFIX}{secrets.token_urlsafe(32)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def checked_renew_token(token: str) -> str:
    """A renew token.

    Raises:
        InvalidInput: it is too short or too long to be one.
    """
    if not RENEW_TOKEN_MIN <= len(token) <= RENEW_TOKEN_MAX:
        raise InvalidInput(
            "renew_token", Problem.LENGTH, minimum=RENEW_TOKEN_MIN, maximum=RENEW_TOKEN_MAX, length=len(token)
        )
    return token
