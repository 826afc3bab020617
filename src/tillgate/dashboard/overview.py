"""The first page: what to do next, and what happened last."""

from typing import Final

from starlette.responses import Response

from keyturn import Mode, Status
from keyturn.keys.listing import KeyFilter
from tillgate.access.accounts import Right
from tillgate.access.alerts.model import Alert, AlertKind, path_of
from tillgate.access.alerts.operations import dismiss, open_alerts
from tillgate.access.alerts.words import WORDS, subject_of, text_of
from tillgate.base.pages import Page, PageRequest
from tillgate.checkout.links.model import PaymentLink
from tillgate.checkout.links.operations import list_links
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.operations import list_sessions
from tillgate.dashboard.calls import READ, Call, Need, View
from tillgate.events.endpoints.model import WebhookEndpoint
from tillgate.events.endpoints.operations import list_endpoints
from tillgate.store import Transaction
from tillgate.words import ENGLISH, words_in

LATEST_MAX: Final = 8


async def overview(call: Call) -> Response:
    """The next steps, ticked off by what is there, and the latest sessions."""
    principal = call.principal

    async def operation(
        tx: Transaction,
    ) -> tuple[Page[PaymentLink], Page[WebhookEndpoint], Page[CheckoutSession], list[Alert]]:
        return (
            await list_links(tx, principal, PageRequest(1)),
            await list_endpoints(tx, principal, PageRequest(1)),
            await list_sessions(tx, principal, PageRequest(LATEST_MAX)),
            await open_alerts(tx, principal),
        )

    links, endpoints, sessions, alerts = await call.read(operation)
    active = KeyFilter(mode=Mode(principal.mode), status=Status.ACTIVE)
    keys = await call.context.keys.page(principal.project_id, active, None, 1)
    notices = await call.context.notices.unseen(call.who)
    words = words_in(ENGLISH)
    touched = {line.key_id for line in notices.lines if line.key_id is not None}
    return call.page(
        "overview.html",
        section="overview",
        has_key=bool(keys.keys),
        has_link=bool(links.data),
        has_endpoint=bool(endpoints.data),
        sessions=sessions,
        notices=notices,
        # Changed settings are told to owners above, each to themselves.
        alerts=[
            (one, subject_of(one, words), text_of(one, words), path_of(one), WORDS[one.kind].open)
            for one in alerts
            if one.kind is not AlertKind.SETTING_CHANGED
        ],
        names={key.id: key.name for key in (await call.context.keys.by_ids(principal.project_id, touched)).values()},
    )


async def dismiss_alert(call: Call) -> Response:
    """Show an alert no more."""
    now = call.context.clock.now()
    await call.write(lambda tx: dismiss(tx, call.principal, call.param("alert"), now))
    return call.go("/dashboard", flash="alert_dismissed")


VIEWS: Final = (
    View("GET", "/dashboard", overview, READ),
    View("POST", "/dashboard/alerts/{alert}/dismiss", dismiss_alert, Need(Right.WEBHOOKS)),
)
