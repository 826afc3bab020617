"""What a merchant does with payment links."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

import msgspec

from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import parse_amount, parse_currency
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import NAME_MAX, checked_description, checked_return_url, checked_text
from tillgate.checkout.bounds import checked_expiry, checked_uses_max
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.links import records
from tillgate.checkout.links.model import Ended, PaymentLink, new_slug, to_api
from tillgate.events.types import PAYMENT_LINK_CREATED, PAYMENT_LINK_UPDATED, EventType
from tillgate.store import Transaction


class NewLink(NamedTuple):
    """What a merchant says about a link to be; amounts as decimal strings, instants as RFC 3339 timestamps."""

    title: str
    fiat_amount: str
    fiat_currency: str = "USD"
    description: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    allow_promotion_codes: bool = False
    expires_at: str | None = None
    max_completed_sessions: int | None = None


class LinkChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change; what is unset stays."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    fiat_amount: str | msgspec.UnsetType = msgspec.UNSET
    fiat_currency: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    success_url: str | msgspec.UnsetType | None = msgspec.UNSET
    cancel_url: str | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    allow_promotion_codes: bool | msgspec.UnsetType = msgspec.UNSET
    expires_at: str | msgspec.UnsetType | None = msgspec.UNSET
    max_completed_sessions: int | msgspec.UnsetType | None = msgspec.UNSET


async def create_link(context: CheckoutContext, tx: Transaction, principal: Principal, new: NewLink) -> PaymentLink:
    """Make a link in the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong; it is named.
    """
    currency = parse_currency(new.fiat_currency, field="fiat_currency")
    price = parse_amount(new.fiat_amount, currency, field="fiat_amount", may_be_zero=True)
    title = checked_text(new.title, field="title", length_max=NAME_MAX)
    now = context.clock.now()
    link = PaymentLink(
        id=ids.new_id(ids.PAYMENT_LINK),
        project_id=principal.project_id,
        livemode=principal.livemode,
        slug=new_slug(title),
        title=title,
        description=checked_description(new.description),
        price=price,
        success_url=checked_return_url(new.success_url, field="success_url", livemode=principal.livemode),
        cancel_url=checked_return_url(new.cancel_url, field="cancel_url", livemode=principal.livemode),
        active=True,
        archived_at=None,
        created_at=now,
        updated_at=now,
        allow_promotion_codes=new.allow_promotion_codes,
        expires_at=checked_expiry(new.expires_at, now=now),
        completed_sessions_max=checked_uses_max(new.max_completed_sessions, field="max_completed_sessions"),
    )
    await records.insert(tx, link)
    await _emit(context, tx, PAYMENT_LINK_CREATED, link)
    return link


async def get_link(tx: Transaction, principal: Principal, link_id: str) -> PaymentLink:
    """One link, archived or not.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    link = (
        await records.by_id(tx, principal.project_id, principal.livemode, link_id)
        if ids.is_id(ids.PAYMENT_LINK, link_id)
        else None
    )
    if link is None:
        raise NotFound("payment link", link_id)
    return link


async def links_by_id(tx: Transaction, principal: Principal, link_ids: Sequence[str]) -> dict[str, PaymentLink]:
    """Several links by their ids, those put away among them; none outside the caller's project and mode."""
    return {link.id: link for link in await records.by_ids(tx, principal.project_id, principal.livemode, link_ids)}


async def get_public_link(tx: Transaction, slug: str) -> PaymentLink:
    """The link that a buyer has the address of, in any state.

    Raises:
        NotFound: there is none.
    """
    link = await records.by_slug(tx, slug)
    if link is None:
        raise NotFound("payment link")
    return link


async def list_links(
    tx: Transaction, principal: Principal, page: PageRequest, *, archived: bool = False, period: Period = ANY_TIME
) -> Page[PaymentLink]:
    """Links, newest first: those in use, or those put away."""
    checked_cursor(page, ids.PAYMENT_LINK)
    found = await records.newest(tx, principal.project_id, principal.livemode, page, archived=archived, period=period)
    return cut(found, page.limit)


async def update_link(
    context: CheckoutContext, tx: Transaction, principal: Principal, link_id: str, changes: LinkChanges
) -> PaymentLink:
    """Change a link. Sessions that were made from it keep what they were made with.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong; it is named.
        Conflict: it is archived.
    """
    link = await _locked(tx, principal, link_id)
    changed: dict[str, object] = {}
    if changes.title is not msgspec.UNSET:
        changed["title"] = checked_text(changes.title, field="title", length_max=NAME_MAX)
    if changes.fiat_amount is not msgspec.UNSET or changes.fiat_currency is not msgspec.UNSET:
        code = link.price.currency if changes.fiat_currency is msgspec.UNSET else changes.fiat_currency
        currency = parse_currency(code, field="fiat_currency")
        amount = str(link.price) if changes.fiat_amount is msgspec.UNSET else changes.fiat_amount
        changed["price"] = parse_amount(amount, currency, field="fiat_amount", may_be_zero=True)
    if changes.description is not msgspec.UNSET:
        changed["description"] = checked_description(changes.description)
    if changes.success_url is not msgspec.UNSET:
        changed["success_url"] = checked_return_url(
            changes.success_url, field="success_url", livemode=principal.livemode
        )
    if changes.cancel_url is not msgspec.UNSET:
        changed["cancel_url"] = checked_return_url(changes.cancel_url, field="cancel_url", livemode=principal.livemode)
    if changes.active is not msgspec.UNSET:
        changed["active"] = changes.active
    if changes.allow_promotion_codes is not msgspec.UNSET:
        changed["allow_promotion_codes"] = changes.allow_promotion_codes
    if changes.expires_at is not msgspec.UNSET:
        changed["expires_at"] = _kept_expiry(link, changes.expires_at, context.clock.now())
    if changes.max_completed_sessions is not msgspec.UNSET:
        changed["completed_sessions_max"] = checked_uses_max(
            changes.max_completed_sessions, field="max_completed_sessions"
        )
    return await _write(context, tx, link, msgspec.structs.replace(link, **changed))


async def archive_link(context: CheckoutContext, tx: Transaction, principal: Principal, link_id: str) -> PaymentLink:
    """Put a link away for good; doing it again changes nothing. Its sessions are unaffected.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    link = await _locked(tx, principal, link_id)
    if link.archived_at is not None:
        return link
    return await _write(context, tx, link, msgspec.structs.replace(link, active=False, archived_at=context.clock.now()))


async def hold_link(tx: Transaction, link_id: str) -> None:
    """Let nobody else change a link, or count a session of it, until this transaction ends."""
    await records.hold(tx, link_id)


async def hold_links(tx: Transaction, link_ids: Iterable[str]) -> None:
    """The same of several, in the order in which everybody holds them."""
    for link_id in sorted(set(link_ids)):
        await records.hold(tx, link_id)


async def count_completed(tx: Transaction, link_id: str, *, within_limit: bool) -> None:
    """Count a session of a link that is complete.

    Args:
        within_limit: whether it may only be complete while the link's limit is not reached. Money that has come counts
            in any case: it cannot be refused.

    Raises:
        Conflict: the limit is reached.
    """
    if not await records.count_completed(tx, link_id, within_limit=within_limit):
        raise _refused(Ended.USED_UP)


def refuse_ended(link: PaymentLink, now: int) -> None:
    """Refuse to open a session of a link that opens none any more.

    Raises:
        Conflict: it is switched off, archived, expired or used up.
    """
    ended = link.ended(now)
    if ended is not None:
        raise _refused(ended)


def _refused(ended: Ended) -> Conflict:
    match ended:
        case Ended.SWITCHED_OFF:
            return Conflict(
                "This payment link is deactivated, so no session can be made from it.", code="link_inactive"
            )
        case Ended.EXPIRED:
            return Conflict(Problem.LINK_EXPIRED, values={"other": "expires_at"}, code="link_expired")
        case Ended.USED_UP:
            return Conflict(Problem.LINK_USED_UP, values={"other": "max_completed_sessions"}, code="link_used_up")
        case never:
            assert_never(never)


def _kept_expiry(link: PaymentLink, expires_at: str | None, now: int) -> int | None:
    """An instant that the link has already may stay, also once it has passed."""
    if expires_at is not None and link.expires_at is not None and expires_at == to_rfc3339(link.expires_at):
        return link.expires_at
    return checked_expiry(expires_at, now=now)


async def _locked(tx: Transaction, principal: Principal, link_id: str) -> PaymentLink:
    link = await records.locked(tx, principal.project_id, principal.livemode, link_id)
    if link is None:
        raise NotFound("payment link", link_id)
    return link


async def _write(context: CheckoutContext, tx: Transaction, before: PaymentLink, after: PaymentLink) -> PaymentLink:
    if before.archived_at is not None:
        raise Conflict("This payment link is archived and cannot be changed; create a new one.", code="link_archived")
    if after == before:
        return before
    after = msgspec.structs.replace(after, updated_at=context.clock.now())
    await records.update(tx, after)
    await _emit(context, tx, PAYMENT_LINK_UPDATED, after)
    return after


async def _emit(context: CheckoutContext, tx: Transaction, type: EventType, link: PaymentLink) -> None:
    await emit_fact(context, tx, type, link, to_api(link, context.settings.public_url))
