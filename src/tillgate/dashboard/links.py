"""Payment links: a price with an address to share."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.base.pages import Page, PageRequest
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX
from tillgate.checkout.links.model import PaymentLink, shown
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
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, Form, draft, problems_of
from tillgate.dashboard.visits import View, Visit
from tillgate.store import Transaction

LINKS: Final = "/dashboard/payment-links"
SESSIONS_SHOWN_MAX: Final = 5


async def list_payment_links(visit: Visit) -> Response:
    """Links in use, or those put away."""
    archived = visit.query("archived") == "1"
    request = PageRequest(starting_after=visit.query("after"))

    async def operation(tx: Transaction) -> Page[PaymentLink]:
        return await list_links(tx, visit.principal, request, archived=archived)

    found = await visit.read(operation)
    return visit.page("links/list.html", section="links", found=found, archived=archived, page=request)


async def new_link(visit: Visit) -> Response:
    """The form for a link."""
    return _form(
        visit,
        draft(title="", fiatAmount="", fiatCurrency="USD", description="", successUrl="", cancelUrl=""),
    )


async def create(visit: Visit) -> Response:
    """Make a link and show it."""
    form = visit.form
    new = NewLink(
        title=form.text("title"),
        fiat_amount=form.text("fiatAmount"),
        fiat_currency=form.text("fiatCurrency").upper(),
        description=form.optional("description"),
        success_url=form.optional("successUrl"),
        cancel_url=form.optional("cancelUrl"),
        allow_promotion_codes=_codes_allowed(form),
    )

    async def operation(tx: Transaction) -> PaymentLink:
        return await create_link(visit.desk.checkout, tx, visit.principal, new)

    try:
        link = await visit.write(operation)
    except InvalidInput as error:
        return _form(visit, Draft(_values(form), problems_of(error)))
    return visit.go(f"{LINKS}/{link.id}", said="link_created")


async def link_page(visit: Visit) -> Response:
    """One link: what to share, what it says, who came."""

    async def operation(tx: Transaction) -> tuple[PaymentLink, Page[CheckoutSession]]:
        link = await get_link(tx, visit.principal, visit.param("link"))
        request = PageRequest(SESSIONS_SHOWN_MAX)
        return link, await list_sessions(tx, visit.principal, request, link_id=link.id)

    link, sessions = await visit.read(operation)
    share_url = shown(link, visit.desk.checkout.settings.public_url).checkout_url
    return visit.page("links/detail.html", section="links", link=link, share_url=share_url, sessions=sessions)


async def edit_form(visit: Visit) -> Response:
    """The form that changes a link."""
    link = await _link(visit)
    return _form(
        visit,
        draft(
            title=link.title,
            fiatAmount=str(link.price),
            fiatCurrency=link.price.currency,
            description=link.description or "",
            successUrl=link.success_url or "",
            cancelUrl=link.cancel_url or "",
            allowPromotionCodes=link.allow_promotion_codes,
        ),
        link,
    )


async def edit(visit: Visit) -> Response:
    """Change a link."""
    form = visit.form
    link = await _link(visit)
    changes = LinkChanges(
        title=form.text("title"),
        fiat_amount=form.text("fiatAmount"),
        fiat_currency=form.text("fiatCurrency").upper(),
        description=form.optional("description"),
        success_url=form.optional("successUrl"),
        cancel_url=form.optional("cancelUrl"),
        allow_promotion_codes=_codes_allowed(form),
    )
    try:
        await _change(visit, changes)
    except InvalidInput as error:
        return _form(visit, Draft(_values(form), problems_of(error)), link)
    return visit.go(f"{LINKS}/{link.id}", said="link_changed")


async def activate(visit: Visit) -> Response:
    """Switch a link on."""
    link = await _change(visit, LinkChanges(active=True))
    return visit.go(f"{LINKS}/{link.id}", said="link_activated")


async def deactivate(visit: Visit) -> Response:
    """Switch a link off."""
    link = await _change(visit, LinkChanges(active=False))
    return visit.go(f"{LINKS}/{link.id}", said="link_deactivated")


async def confirm_archive(visit: Visit) -> Response:
    """Ask before archiving."""
    return visit.page("links/archive.html", section="links", link=await _link(visit))


async def archive(visit: Visit) -> Response:
    """Put a link away for good."""

    async def operation(tx: Transaction) -> PaymentLink:
        return await archive_link(visit.desk.checkout, tx, visit.principal, visit.param("link"))

    await visit.write(operation)
    return visit.go(LINKS, said="link_archived")


async def _link(visit: Visit) -> PaymentLink:
    async def operation(tx: Transaction) -> PaymentLink:
        return await get_link(tx, visit.principal, visit.param("link"))

    return await visit.read(operation)


async def _change(visit: Visit, changes: LinkChanges) -> PaymentLink:
    async def operation(tx: Transaction) -> PaymentLink:
        return await update_link(visit.desk.checkout, tx, visit.principal, visit.param("link"), changes)

    return await visit.write(operation)


def _values(form: Form) -> dict[str, object]:
    names = ("title", "fiatAmount", "fiatCurrency", "description", "successUrl", "cancelUrl")
    return {name: form.one(name) for name in names} | {"allowPromotionCodes": _codes_allowed(form)}


def _codes_allowed(form: Form) -> bool:
    return form.one("allowPromotionCodes") == "yes"


def _form(visit: Visit, form: Draft, link: PaymentLink | None = None) -> Response:
    return visit.page(
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
    View("GET", LINKS, list_payment_links),
    View("POST", LINKS, create),
    View("GET", f"{LINKS}/new", new_link),
    View("GET", f"{LINKS}/{{link}}", link_page),
    View("GET", f"{LINKS}/{{link}}/edit", edit_form),
    View("POST", f"{LINKS}/{{link}}/edit", edit),
    View("POST", f"{LINKS}/{{link}}/activate", activate),
    View("POST", f"{LINKS}/{{link}}/deactivate", deactivate),
    View("GET", f"{LINKS}/{{link}}/archive", confirm_archive),
    View("POST", f"{LINKS}/{{link}}/archive", archive),
)
