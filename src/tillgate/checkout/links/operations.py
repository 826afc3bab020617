"""What a merchant does with payment links."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import parse_amount, parse_currency
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.text import NAME_MAX, checked_description, checked_return_url, checked_text
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.links import records
from tillgate.checkout.links.model import PaymentLink, new_slug, to_api
from tillgate.events.types import PAYMENT_LINK_CREATED, PAYMENT_LINK_UPDATED, EventType
from tillgate.store import Transaction


class NewLink(NamedTuple):
    """What a merchant says about a link to be; amounts as decimal strings."""

    title: str
    fiat_amount: str
    fiat_currency: str = "USD"
    description: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    allow_promotion_codes: bool = False


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


async def create_link(context: CheckoutContext, tx: Transaction, principal: Principal, new: NewLink) -> PaymentLink:
    """Make a link in the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong; it is named.
    """
    currency = parse_currency(new.fiat_currency, field="fiat_currency")
    price = parse_amount(new.fiat_amount, currency, field="fiat_amount")
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
    )
    await records.insert(tx, link)
    await _tell(context, tx, PAYMENT_LINK_CREATED, link)
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
    tx: Transaction, principal: Principal, page: PageRequest, *, archived: bool = False
) -> Page[PaymentLink]:
    """Links, newest first: those in use, or those put away."""
    checked_cursor(page, ids.PAYMENT_LINK)
    found = await records.newest(tx, principal.project_id, principal.livemode, page, archived=archived)
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
        changed["price"] = parse_amount(amount, currency, field="fiat_amount")
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
    await _tell(context, tx, PAYMENT_LINK_UPDATED, after)
    return after


async def _tell(context: CheckoutContext, tx: Transaction, type: EventType, link: PaymentLink) -> None:
    await emit_fact(context, tx, type, link, to_api(link, context.settings.public_url))
