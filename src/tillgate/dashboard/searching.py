"""The search of the dashboard: what a text leads to, and the pages and actions whose words it begins."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.base.errors import InvalidInput
from tillgate.base.text import folded
from tillgate.checkout.search.model import QUERY_MAX, RESULTS_MAX, Hit, SearchType, ids_of
from tillgate.checkout.search.operations import search, search_id
from tillgate.dashboard.calls import (
    ANYBODY,
    READ,
    READ_BOTH,
    SELL,
    Call,
    Need,
    View,
    both_modes,
    either_mode,
    is_allowed,
)
from tillgate.dashboard.forms import Draft, problems_of

SEARCH: Final = "/dashboard/search"
_OWN_PAGES: Final = {
    SearchType.CUSTOMER: "/dashboard/customers",
    SearchType.PRODUCT: "/dashboard/products",
    SearchType.PAYMENT_LINK: "/dashboard/payment-links",
    SearchType.COUPON: "/dashboard/coupons",
    SearchType.UNASSIGNED_TRANSFER: "/dashboard/unassigned",
}


class Offer(NamedTuple):
    """A page, or something to be done, that is found by the words of its name.

    Attributes:
        need: what the page asks for; nobody else is offered it.
        words: others that somebody may look for it by.
    """

    name: str
    path: str
    need: Need = READ
    words: str = ""


_KEYS: Final = Need(Right.KEYS, either_mode)
_TEMPLATES: Final = Need(Right.TEMPLATES, both_modes)
_SETTINGS: Final = Need(Right.SETTINGS, both_modes)
_OPERATE: Final = Need(Right.OPERATE)
OFFERS: Final = (
    Offer("Overview", "/dashboard", words="home"),
    Offer("Payment links", "/dashboard/payment-links"),
    Offer("Sessions", "/dashboard/sessions", words="checkout"),
    Offer("Orders", "/dashboard/orders", words="sales"),
    Offer("Payments", "/dashboard/payments"),
    Offer("Refunds", "/dashboard/refunds"),
    Offer("Transactions", "/dashboard/transactions"),
    Offer("Customers", "/dashboard/customers", words="buyers"),
    Offer("Test shoppers", "/dashboard/shoppers"),
    Offer("Products", "/dashboard/products"),
    Offer("Coupons", "/dashboard/coupons", words="discounts"),
    Offer("Promotion codes", "/dashboard/coupons", words="discounts"),
    Offer("Transfers", "/dashboard/transfers/explain", words="explain a transaction"),
    Offer("Wallet", "/dashboard/wallet", words="treasury address"),
    Offer("Sweep", "/dashboard/wallet/sweep"),
    Offer("Exchange rates", "/dashboard/rates", words="prices"),
    Offer("Unassigned transfers", "/dashboard/unassigned"),
    Offer("API keys", "/dashboard/api-keys", READ_BOTH),
    Offer("Credentials", "/dashboard/credentials", READ_BOTH),
    Offer("Webhooks", "/dashboard/webhooks", words="endpoints deliveries"),
    Offer("Failed deliveries", "/dashboard/webhooks/failed", words="abandoned"),
    Offer("Monthly report", "/dashboard/reports", words="books"),
    Offer("Templates", "/dashboard/templates", words="documents"),
    Offer("Embed", "/dashboard/embed"),
    Offer("Events", "/dashboard/events"),
    Offer("Requests", "/dashboard/requests", READ_BOTH, "errors log"),
    Offer("Audit log", "/dashboard/audit", READ_BOTH),
    Offer("APIs", "/dashboard/settings/apis", READ_BOTH, "languages dialects"),
    Offer("Playground", "/dashboard/playground", READ_BOTH, "try calls api test"),
    Offer("Projects", "/dashboard/projects", ANYBODY),
    Offer("Account", "/dashboard/account", ANYBODY, "password sign-in"),
    Offer("People", "/dashboard/people", Need(Right.PEOPLE, both_modes), "invite roles members"),
    Offer("Mail", "/dashboard/mail", _SETTINGS, "letters"),
    Offer("Settings", "/dashboard/settings", _SETTINGS, "time zone logo"),
    Offer("Networks", "/dashboard/networks", _OPERATE, "nodes chains"),
    Offer("Price feeds", "/dashboard/networks/feeds", _OPERATE),
    Offer("Jobs", "/dashboard/jobs", _OPERATE),
    Offer("New payment link", "/dashboard/payment-links/new", SELL, "create add"),
    Offer("New test transaction", "/dashboard/transactions/new", SELL, "create mail crypto"),
    Offer("New product", "/dashboard/products/new", SELL, "create add"),
    Offer("New coupon", "/dashboard/coupons/new", SELL, "create add discount"),
    Offer("Create an API key", "/dashboard/api-keys/new", _KEYS, "new add secret"),
    Offer("New webhook endpoint", "/dashboard/webhooks/new", Need(Right.WEBHOOKS), "create add"),
    Offer("New template", "/dashboard/templates/-/new", _TEMPLATES, "create add document"),
    Offer("Add a network", "/dashboard/networks/new", _OPERATE, "new create node chain"),
    Offer("Add a token", "/dashboard/networks/tokens/new", _OPERATE, "new create"),
    Offer("Add a passkey", "/dashboard/account/passkeys/new", ANYBODY, "new second factor"),
)


class Result(NamedTuple):
    """A line of the results.

    Attributes:
        path: where it is looked at; None where no page shows it.
    """

    hit: Hit
    path: str | None


async def find(call: Call) -> Response:
    """What the text leads to, in the project and mode that are looked at."""
    wanted = call.query("q") or ""
    hits: list[Hit] = []
    problems: dict[str, str] = {}
    if wanted:
        try:
            hits = await call.read(lambda tx: search(tx, call.principal, wanted))
        except InvalidInput as error:
            problems = problems_of(error)
    shown = wanted[:QUERY_MAX]
    filled = Draft({"q": shown}, problems)
    return call.page(
        "search.html",
        status_code=filled.status_code,
        section="search",
        draft=filled,
        wanted=shown,
        offers=[one for one in OFFERS if _is_meant(one, shown) and await is_allowed(call, one.need)],
        results=[Result(one, path_of(one)) for one in hits[:RESULTS_MAX]],
        more=len(hits) > RESULTS_MAX,
    )


async def page_of(call: Call, text: str) -> str | None:
    """The page of the object whose id a text is, in any language's spelling; None where there is none to be seen.

    Orders, payments, refunds and transactions are looked at on their session's page."""
    if not ids_of(text) or not await is_allowed(call, READ):
        return None
    hits = await call.read(lambda tx: search_id(tx, call.principal, text))
    return next((path_of(one) for one in hits), None)


def path_of(hit: Hit) -> str | None:
    """The page on which something that was found is looked at."""
    if hit.type in _OWN_PAGES:
        return f"{_OWN_PAGES[hit.type]}/{hit.id}"
    if hit.type is SearchType.PROMOTION_CODE:
        return f"/dashboard/coupons/{hit.coupon_id}"
    return f"/dashboard/sessions/{hit.leads_to}" if hit.leads_to is not None else None


def _is_meant(offer: Offer, wanted: str) -> bool:
    """Whether each word that is looked for begins one of the offer's."""
    words = folded(f"{offer.name} {offer.words}").split()
    beginnings = folded(wanted).split()
    return bool(beginnings) and all(any(word.startswith(one) for word in words) for one in beginnings)


VIEWS: Final = (View("GET", SEARCH, find, READ),)
