"""Transactions: every payment with its provider, found by the reference code of a letter, and test transactions."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.base.pages import PageRequest
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import Beside, NewAmount, NewSession, open_session
from tillgate.checkout.sessions.operations import (
    list_sessions,
    session_of_reference,
    sessions_awaiting_mail,
    sessions_by_id,
)
from tillgate.checkout.settlement.receiving import LIFETIME_MS
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, draft, problems_of
from tillgate.store import Transaction

TRANSACTIONS: Final = "/dashboard/transactions"
WAITING_MAX: Final = 25
SEARCH_MAX: Final = 60
CRYPTO, MAIL = "crypto", "mail"
PROVIDERS: Final = {CRYPTO: "Crypto", MAIL: "Mail"}
# What a transaction's id begins with in the language of Coin Moebius; the rest is its session's.
_TRANSACTION: Final = "tx"


class Found(NamedTuple):
    """What the page shows.

    Attributes:
        waiting: payments by mail that wait for the merchant, oldest first; ``more_wait`` beyond these.
        takes_mail: the project has a mailing address.
    """

    sessions: list[CheckoutSession]
    has_more: bool
    waiting: list[CheckoutSession]
    more_wait: bool
    takes_mail: bool


async def list_all(call: Call) -> Response:
    """Transactions, newest first, or the one that was looked for."""
    return await _page(call, draft(amount="10.00", currency="USD", provider=CRYPTO))


async def create_test(call: Call) -> Response:
    """A test transaction through one of the providers: no money moves."""
    if call.principal.livemode:
        raise Unusable("Test transactions are made in test mode. Switch to it first.")
    form, currency = call.form, call.form.text("currency").upper()
    provider = form.one("provider")
    if provider not in PROVIDERS:
        raise Unusable("Choose one of the providers.")

    async def operation(tx: Transaction) -> CheckoutSession:
        amount = form.optional_amount("amount", "amount", currency) or ""
        asked = NewSession(amount=NewAmount(amount, currency))
        beside = Beside(LIFETIME_MS, by_mail=True) if provider == MAIL else Beside()
        return await open_session(call.context.checkout, tx, call.principal, asked, beside)

    try:
        session = await call.write(operation)
    except InvalidInput as error:
        values: dict[str, object] = {name: form.one(name) for name in ("amount", "currency", "provider")}
        return await _page(call, Draft(values, problems_of(error, "amount")))
    return call.go(f"/dashboard/sessions/{session.id}", flash="test_transaction")


async def _page(call: Call, filled: Draft) -> Response:
    request = PageRequest(starting_after=call.query("after"))
    query = call.query("q") if call.request.method == "GET" else None

    async def operation(tx: Transaction) -> Found:
        waiting = await sessions_awaiting_mail(tx, call.principal, WAITING_MAX + 1)
        settings = await get_settings(tx, call.principal.project_id)
        if query is not None:
            sessions, more = await _searched(tx, call, query), False
        else:
            page = await list_sessions(tx, call.principal, request)
            sessions, more = page.data, page.has_more
        waits = (waiting[:WAITING_MAX], len(waiting) > WAITING_MAX)
        return Found(sessions, more, *waits, takes_mail=bool(settings.post_address))

    return call.page(
        "transactions/list.html",
        status_code=filled.status_code,
        section="transactions",
        found=await call.read(operation),
        query=query,
        search_max=SEARCH_MAX,
        page=request,
        draft=filled,
        providers=PROVIDERS,
        currencies=USUAL_CURRENCIES,
    )


async def _searched(tx: Transaction, call: Call, query: str) -> list[CheckoutSession]:
    """What a reference code or an id leads to."""
    if len(query) > SEARCH_MAX:
        return []
    if (reference := call.context.checkout.by_mail().reference_of(query)) is not None:
        found = await session_of_reference(tx, call.principal, reference)
        return [found] if found is not None else []
    named = ids.renamed(ids.CHECKOUT_SESSION, query) if ids.is_id(_TRANSACTION, query) else query
    if not ids.is_id(ids.CHECKOUT_SESSION, named):
        return []
    return list((await sessions_by_id(tx, call.principal, [named])).values())


VIEWS: Final = (
    View("GET", TRANSACTIONS, list_all, READ),
    View("POST", TRANSACTIONS, create_test, SELL),
)
