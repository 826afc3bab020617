"""A checkout session: who is paying, and how far that is."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.checkout.metadata import pairs
from tillgate.checkout.orders.operations import UNNAMED
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, acceptable
from tillgate.checkout.sessions.object import to_api
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement.deciding import accept, cancel
from tillgate.checkout.settlement.expiring import expire
from tillgate.checkout.settlement.receiving import awaits_mail, can_be_undone, matches
from tillgate.checkout.settlement.simulating import Outcome, possible, simulate
from tillgate.dashboard.calls import MONEY, READ, SELL, Call, Unusable, View, mark_of
from tillgate.dashboard.deliveries import due_soon, standing
from tillgate.dashboard.orders import OrderView, order_view
from tillgate.dashboard.session_lists import SESSIONS
from tillgate.events.deliveries.operations import DeliveryWithAttempts, list_deliveries_of_events
from tillgate.events.model import EventObject
from tillgate.events.operations import list_events_of_objects
from tillgate.store import Transaction

ROOT: Final = SESSIONS.root

_O: Final = Outcome
SIMULATION_WORDS: Final = {
    _O.PAID: "The exact amount arrives and is confirmed.",
    _O.DETECTED: "The exact amount is seen, but not confirmed yet.",
    _O.UNDERPAID: "Half of the amount arrives and is confirmed.",
    _O.OVERPAID: "One and a half times the amount arrives.",
    _O.DUST: "The smallest possible amount arrives: worth less than any price.",
    _O.LATE: "The session expires; then the exact amount arrives.",
    _O.FAILED: "The payment fails for good.",
    _O.AUTHORIZED: "The payer authorizes the whole amount, which is captured automatically or by you.",
    _O.DECLINED: "The payment is declined; the session stays pending.",
    _O.TOP_UP: "The missing amount arrives.",
    _O.REORGED: "A chain reorganisation reverses the last transfer.",
}


class Moment(NamedTuple):
    """One event of a session, its order, its payment or a refund, and where it was sent."""

    event: EventObject
    deliveries: list[DeliveryWithAttempts]


async def session_page(call: Call) -> Response:
    """One session: what is owed, what came, and everything that happened."""
    principal = call.principal

    async def operation(tx: Transaction) -> tuple[CheckoutSession, OrderView, list[Moment]]:
        session = await get_session(tx, principal, call.param("session"))
        order = await order_view(tx, principal, session, call.context.public_url)
        objects = [session.id, order.order.id, order.payment.id, *(refund.id for refund in order.refunds)]
        happened = await list_events_of_objects(tx, principal, objects)
        sent = await list_deliveries_of_events(tx, principal, [event.id for event in happened])
        return session, order, [Moment(event, sent.get(event.id, [])) for event in happened]

    session, order, timeline = await call.read(operation)
    deliveries = [one for moment in timeline for one in moment.deliveries]
    changed_at = (session.updated_at, order.order.updated_at, order.payment.updated_at)
    mark = mark_of(session.status, changed_at, standing(deliveries))
    return call.seen(mark) or call.page(
        "sessions/detail.html",
        section="sessions",
        session=session,
        api_object=to_api(session, call.context.checkout.settings.public_url),
        the=order,
        metadata=pairs(session.metadata),
        timeline=timeline,
        mark=mark,
        # Only then can something change without the merchant, so only then the page polls.
        moving=session.status in (SessionStatus.PENDING, SessionStatus.DETECTED)
        or due_soon(deliveries, call.context.clock.now()),
        made_from=_made_from(order),
        acceptable=acceptable(session),
        awaits_mail=awaits_mail(session, call.context.clock.now()),
        undoable=can_be_undone(session),
        mismatch=not matches(session),
        can_end=session.status is SessionStatus.PENDING,
        simulations=possible(call.context.checkout, session),
        simulation_words=SIMULATION_WORDS,
    )


async def simulate_payment(call: Call) -> Response:
    """Let the simulated rail show an outcome for a test session."""
    try:
        outcome = Outcome(call.form.one("outcome"))
    except ValueError as error:
        raise Unusable("Choose one of the buttons.") from error

    async def operation(tx: Transaction) -> CheckoutSession:
        return await simulate(call.context.checkout, tx, call.principal, call.param("session"), outcome)

    session = await call.write(operation)
    return call.go(f"{ROOT}/{session.id}", flash="simulated")


async def accept_payment(call: Call) -> Response:
    """Accept the amount received as payment, although it is too little, too much or late."""

    async def operation(tx: Transaction) -> CheckoutSession:
        return await accept(call.context.checkout, tx, call.principal, call.param("session"))

    session = await call.write(operation)
    return call.go(f"{ROOT}/{session.id}", flash="accepted")


async def expire_session(call: Call) -> Response:
    """End a pending session before its time."""

    async def operation(tx: Transaction) -> CheckoutSession:
        return await expire(call.context.checkout, tx, call.principal, call.param("session"))

    session = await call.write(operation)
    return call.go(f"{ROOT}/{session.id}", flash="expired")


async def cancel_session(call: Call) -> Response:
    """Call a session off for good."""

    async def operation(tx: Transaction) -> CheckoutSession:
        return await cancel(call.context.checkout, tx, call.principal, call.param("session"))

    session = await call.write(operation)
    return call.go(f"{ROOT}/{session.id}", flash="canceled")


def _made_from(the: OrderView) -> str:
    """What a session without a link was made from."""
    lines = the.order.line_items
    if any(line.product_id for line in lines):
        return "Products"
    return "An amount" if len(lines) == 1 and lines[0].name == UNNAMED else "Line items"


VIEWS: Final = (
    SESSIONS.view(),
    View("GET", f"{ROOT}/{{session}}", session_page, READ),
    View("POST", f"{ROOT}/{{session}}/simulate", simulate_payment, MONEY),
    View("POST", f"{ROOT}/{{session}}/accept", accept_payment, MONEY),
    View("POST", f"{ROOT}/{{session}}/expire", expire_session, SELL),
    View("POST", f"{ROOT}/{{session}}/call-off", cancel_session, MONEY),
)
