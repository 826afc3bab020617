"""``/payment_links``."""

from http import HTTPStatus

import msgspec

from keyturn import Need
from tillgate.api.kept import kept_answer
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout import kept
from tillgate.checkout.links import operations
from tillgate.checkout.links.model import PaymentLinkObject, to_api
from tillgate.checkout.links.operations import LinkChanges, NewLink
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Resource
from tillgate.wire.fields import CurrencyText, DecimalText, DescriptionText, InstantText, NameText, UrlText, Uses
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("links:read"), Need("links:write")


class CreatePaymentLink(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new link: ``fiatAmount`` is a decimal string and may be zero, ``fiatCurrency`` an ISO 4217 code. With
    ``allowPromotionCodes`` its buyers may type a promotion code on the checkout's page. From ``expiresAt`` on, and once
    ``maxCompletedSessions`` of its sessions were paid, it opens no more. The URLs may hold ``{CHECKOUT_SESSION_ID}``
    and ``{ORDER_REFERENCE}``, which are filled in once a buyer is sent there."""

    title: NameText
    fiat_amount: DecimalText
    fiat_currency: CurrencyText = "USD"
    description: DescriptionText | None = None
    success_url: UrlText | None = None
    cancel_url: UrlText | None = None
    allow_promotion_codes: bool = False
    expires_at: InstantText | None = None
    max_completed_sessions: Uses | None = None


class UpdatePaymentLink(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What may be changed; fields that are left out stay as they are."""

    title: NameText | msgspec.UnsetType = msgspec.UNSET
    fiat_amount: DecimalText | msgspec.UnsetType = msgspec.UNSET
    fiat_currency: CurrencyText | msgspec.UnsetType = msgspec.UNSET
    description: DescriptionText | msgspec.UnsetType | None = msgspec.UNSET
    success_url: UrlText | msgspec.UnsetType | None = msgspec.UNSET
    cancel_url: UrlText | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    allow_promotion_codes: bool | msgspec.UnsetType = msgspec.UNSET
    expires_at: InstantText | msgspec.UnsetType | None = msgspec.UNSET
    max_completed_sessions: Uses | msgspec.UnsetType | None = msgspec.UNSET


class ListPaymentLinks(ListQuery, frozen=True, forbid_unknown_fields=True):
    """``archived=true`` lists the links that were put away instead of those in use."""

    archived: bool = False


async def create(context: ApiContext, tx: Transaction, call: Call) -> PaymentLinkObject:
    body: CreatePaymentLink = call.body
    new = NewLink(
        body.title,
        body.fiat_amount,
        body.fiat_currency,
        body.description,
        body.success_url,
        body.cancel_url,
        body.allow_promotion_codes,
        body.expires_at,
        body.max_completed_sessions,
    )
    return to_api(await operations.create_link(context.checkout, tx, call.principal, new), context.public_url)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> PaymentLinkObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.LINK)) is not None:
        return answer
    return to_api(await operations.get_link(tx, call.principal, call.id), context.public_url)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[PaymentLinkObject]:
    query: ListPaymentLinks = call.query
    page = await operations.list_links(tx, call.principal, call.page, archived=query.archived, period=period(query))
    return Page([to_api(link, context.public_url) for link in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> PaymentLinkObject:
    body: UpdatePaymentLink = call.body
    changes = LinkChanges(**{name: getattr(body, name) for name in body.__struct_fields__})
    return to_api(
        await operations.update_link(context.checkout, tx, call.principal, call.id, changes), context.public_url
    )


async def archive(context: ApiContext, tx: Transaction, call: Call) -> PaymentLinkObject:
    return to_api(await operations.archive_link(context.checkout, tx, call.principal, call.id), context.public_url)


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, PaymentLinkObject]:
    found = await operations.links_by_id(tx, principal, wanted)
    return {id: to_api(one, context.public_url) for id, one in found.items()}


LINK = Resource("payment_link", PaymentLinkObject, READ, by_ids)

ROUTES = [
    Route(
        "POST",
        "/payment_links",
        WRITE,
        "Create a payment link",
        Writes(create),
        PaymentLinkObject,
        HTTPStatus.CREATED,
        body=CreatePaymentLink,
    ),
    Route(
        "GET",
        "/payment_links",
        READ,
        "List payment links, newest first",
        Reads(list_all),
        ListObject[PaymentLinkObject],
        query=ListPaymentLinks,
    ),
    Route("GET", "/payment_links/{id}", READ, "Retrieve a payment link", Reads(retrieve), PaymentLinkObject),
    Route(
        "PATCH",
        "/payment_links/{id}",
        WRITE,
        "Update a payment link",
        Writes(update),
        PaymentLinkObject,
        body=UpdatePaymentLink,
    ),
    Route("DELETE", "/payment_links/{id}", WRITE, "Archive a payment link", Writes(archive), PaymentLinkObject),
]
