"""Payment links: a price with an address to share."""

from typing import Final

import msgspec
from starlette.responses import Response

from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.pages import Page, PageRequest
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX
from tillgate.checkout.links.model import PaymentLink, to_api
from tillgate.checkout.links.operations import (
    LinkChanges,
    NewLink,
    archive_link,
    create_link,
    get_link,
    list_links,
    update_link,
)
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.operations import list_sessions
from tillgate.dashboard.calls import READ, SELL, Call, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.store import Transaction

LINKS: Final = "/dashboard/payment-links"
SESSIONS_SHOWN_MAX: Final = 5


async def list_payment_links(call: Call) -> Response:
    """Links in use, or those put away."""
    archived = call.query("archived") == "1"
    request = PageRequest(starting_after=call.query("after"))

    async def operation(tx: Transaction) -> Page[PaymentLink]:
        return await list_links(tx, call.principal, request, archived=archived)

    found = await call.read(operation)
    return call.page("links/list.html", section="links", found=found, archived=archived, page=request)


async def new_link(call: Call) -> Response:
    """The form for a link."""
    return _form(
        call,
        draft(
            title="",
            fiatAmount="",
            fiatCurrency="USD",
            description="",
            successUrl="",
            cancelUrl="",
            expiresAt="",
            maxCompletedSessions="",
        ),
    )


async def create(call: Call) -> Response:
    """Make a link and show it."""
    form, currency = call.form, call.form.text("fiatCurrency").upper()

    async def operation(tx: Transaction) -> PaymentLink:
        new = NewLink(
            title=form.text("title"),
            fiat_amount=form.amount("fiatAmount", "fiat_amount", currency),
            fiat_currency=currency,
            description=form.optional("description"),
            success_url=form.optional("successUrl"),
            cancel_url=form.optional("cancelUrl"),
            allow_promotion_codes=_codes_allowed(form),
            expires_at=form.end_of_day("expiresAt"),
            max_completed_sessions=_uses_max(form),
        )
        return await create_link(call.context.checkout, tx, call.principal, new)

    try:
        link = await call.write(operation)
    except InvalidInput as error:
        return _form(call, Draft(_values(form), problems_of(error)))
    return call.go(f"{LINKS}/{link.id}", flash="link_created")


async def link_page(call: Call) -> Response:
    """One link: what to share, what it says, who came."""

    async def operation(tx: Transaction) -> tuple[PaymentLink, Page[CheckoutSession]]:
        link = await get_link(tx, call.principal, call.param("link"))
        request = PageRequest(SESSIONS_SHOWN_MAX)
        return link, await list_sessions(tx, call.principal, request, link_id=link.id)

    link, sessions = await call.read(operation)
    share_url = to_api(link, call.context.checkout.settings.public_url).checkout_url
    return call.page("links/detail.html", section="links", link=link, share_url=share_url, sessions=sessions)


async def edit_form(call: Call) -> Response:
    """The form that changes a link."""
    link = await _link(call)
    return _form(
        call,
        draft(
            title=link.title,
            fiatAmount=str(link.price),
            fiatCurrency=link.price.currency,
            description=link.description or "",
            successUrl=link.success_url or "",
            cancelUrl=link.cancel_url or "",
            allowPromotionCodes=link.allow_promotion_codes,
            expiresAt=_day(link),
            maxCompletedSessions=str(link.completed_sessions_max or ""),
        ),
        link,
    )


async def edit(call: Call) -> Response:
    """Change a link."""
    form, currency = call.form, call.form.text("fiatCurrency").upper()
    link = await _link(call)
    # A day that was left as it is keeps its instant, which a program may have set to another than the day's end.
    same_day = form.text("expiresAt") == _day(link)
    try:
        changes = LinkChanges(
            title=form.text("title"),
            fiat_amount=form.amount("fiatAmount", "fiat_amount", currency),
            fiat_currency=currency,
            description=form.optional("description"),
            success_url=form.optional("successUrl"),
            cancel_url=form.optional("cancelUrl"),
            allow_promotion_codes=_codes_allowed(form),
            expires_at=msgspec.UNSET if same_day else form.end_of_day("expiresAt"),
            max_completed_sessions=_uses_max(form),
        )
        await _change(call, changes)
    except InvalidInput as error:
        return _form(call, Draft(_values(form), problems_of(error)), link)
    return call.go(f"{LINKS}/{link.id}", flash="link_changed")


async def activate(call: Call) -> Response:
    """Switch a link on."""
    link = await _change(call, LinkChanges(active=True))
    return call.go(f"{LINKS}/{link.id}", flash="link_activated")


async def deactivate(call: Call) -> Response:
    """Switch a link off."""
    link = await _change(call, LinkChanges(active=False))
    return call.go(f"{LINKS}/{link.id}", flash="link_deactivated")


async def confirm_archive(call: Call) -> Response:
    """Ask before archiving."""
    return call.page("links/archive.html", section="links", link=await _link(call))


async def archive(call: Call) -> Response:
    """Put a link away for good."""

    async def operation(tx: Transaction) -> PaymentLink:
        return await archive_link(call.context.checkout, tx, call.principal, call.param("link"))

    await call.write(operation)
    return call.go(LINKS, flash="link_archived")


async def _link(call: Call) -> PaymentLink:
    async def operation(tx: Transaction) -> PaymentLink:
        return await get_link(tx, call.principal, call.param("link"))

    return await call.read(operation)


async def _change(call: Call, changes: LinkChanges) -> PaymentLink:
    async def operation(tx: Transaction) -> PaymentLink:
        return await update_link(call.context.checkout, tx, call.principal, call.param("link"), changes)

    return await call.write(operation)


def _values(form: Form) -> dict[str, object]:
    names = (
        "title",
        "fiatAmount",
        "fiatCurrency",
        "description",
        "successUrl",
        "cancelUrl",
        "expiresAt",
        "maxCompletedSessions",
    )
    return {name: form.one(name) for name in names} | {"allowPromotionCodes": _codes_allowed(form)}


def _day(link: PaymentLink) -> str:
    """The day on which a link expires, in UTC, as a form has it."""
    return to_rfc3339(link.expires_at)[:10] if link.expires_at is not None else ""


def _uses_max(form: Form) -> int | None:
    return form.count("maxCompletedSessions", field="max_completed_sessions")


def _codes_allowed(form: Form) -> bool:
    return form.one("allowPromotionCodes") == "yes"


def _form(call: Call, form: Draft, link: PaymentLink | None = None) -> Response:
    return call.page(
        "links/form.html",
        status_code=form.status_code,
        section="links",
        draft=form,
        link=link,
        currencies=USUAL_CURRENCIES,
        title_max=NAME_MAX,
        description_max=DESCRIPTION_MAX,
    )


VIEWS: Final = (
    View("GET", LINKS, list_payment_links, READ),
    View("POST", LINKS, create, SELL),
    View("GET", f"{LINKS}/new", new_link, SELL),
    View("GET", f"{LINKS}/{{link}}", link_page, READ),
    View("GET", f"{LINKS}/{{link}}/edit", edit_form, SELL),
    View("POST", f"{LINKS}/{{link}}/edit", edit, SELL),
    View("POST", f"{LINKS}/{{link}}/activate", activate, SELL),
    View("POST", f"{LINKS}/{{link}}/deactivate", deactivate, SELL),
    View("GET", f"{LINKS}/{{link}}/archive", confirm_archive, SELL),
    View("POST", f"{LINKS}/{{link}}/archive", archive, SELL),
)
