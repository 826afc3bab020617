"""Transactions: every payment with its provider, found by the reference code of a letter, and test transactions."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import Beside, NewAmount, NewSession, open_session
from tillgate.checkout.sessions.operations import sessions_awaiting_mail
from tillgate.checkout.settlement.receiving import LIFETIME_MS
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, draft, problems_of
from tillgate.dashboard.listing import show
from tillgate.dashboard.sales import Sale
from tillgate.dashboard.session_lists import TRANSACTIONS, with_orders
from tillgate.store import Transaction

NEW: Final = f"{TRANSACTIONS.root}/new"
WAITING_MAX: Final = 25
CRYPTO, MAIL = "crypto", "mail"
_ONLY_IN_TEST: Final = "Test transactions are made in test mode. Switch to it first."
PROVIDERS: Final = {CRYPTO: "Crypto", MAIL: "Mail"}


class Waiting(NamedTuple):
    """Payments by mail that wait for the merchant, oldest first; ``more_wait`` beyond these."""

    rows: list[Sale]
    more_wait: bool


async def list_all(call: Call) -> Response:
    """Transactions, newest first, those that were asked for, or the one that was looked for; what waits above."""

    async def operation(tx: Transaction) -> Waiting:
        found = await sessions_awaiting_mail(tx, call.principal, WAITING_MAX + 1)
        return Waiting(await with_orders(tx, call.principal, found[:WAITING_MAX]), len(found) > WAITING_MAX)

    filters = await TRANSACTIONS.filters_of(call)
    code = call.context.checkout.by_mail().reference_of(filters.values.get("q", ""))
    if code is not None:
        filters = filters._replace(values={**filters.values, "q": code})
    return await show(call, TRANSACTIONS, filters, waiting=await call.read(operation), providers=PROVIDERS)


async def new_test(call: Call) -> Response:
    """The form that makes a test transaction."""
    return await _form(call, draft(amount="10.00", currency="USD", provider=CRYPTO))


async def create_test(call: Call) -> Response:
    """A test transaction through one of the providers: no money moves."""
    if call.principal.livemode:
        raise Unusable(_ONLY_IN_TEST)
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
        return await _form(call, Draft(values, problems_of(error, "amount")))
    return call.go(f"/dashboard/sessions/{session.id}", flash="test_transaction")


async def _form(call: Call, filled: Draft) -> Response:
    if call.principal.livemode:
        raise Conflict(_ONLY_IN_TEST)
    settings = await call.read(lambda tx: get_settings(tx, call.principal.project_id))
    return call.page(
        "transactions/new.html",
        status_code=filled.status_code,
        section=TRANSACTIONS.name,
        root=TRANSACTIONS.root,
        takes_mail=bool(settings.post_address),
        draft=filled,
        providers=PROVIDERS,
        currencies=USUAL_CURRENCIES,
    )


VIEWS: Final = (
    View("GET", TRANSACTIONS.root, list_all, READ),
    View("GET", NEW, new_test, SELL),
    View("POST", TRANSACTIONS.root, create_test, SELL),
)
