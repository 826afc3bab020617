"""Webhook endpoints: where events go, whether they arrive, and sending them again."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.base.pages import Page, PageRequest
from tillgate.checkout.sessions.operations import example_paid_session
from tillgate.dashboard.deliveries import due_soon, standing
from tillgate.dashboard.forms import Draft, Form, draft, problems_of
from tillgate.dashboard.visits import View, Visit, mark_of
from tillgate.events.deliveries.operations import (
    REPLAY_MAX,
    DeliveryWithAttempts,
    Replayed,
    get_delivery,
    list_deliveries,
    replay,
    replay_range,
)
from tillgate.events.deliveries.records import Claimed
from tillgate.events.endpoints.model import OVERLAP_DEFAULT_SECONDS, WebhookEndpoint
from tillgate.events.endpoints.operations import (
    CreatedEndpoint,
    EndpointChanges,
    NewEndpoint,
    create_endpoint,
    delete_endpoint,
    get_endpoint,
    list_endpoints,
    prepare_test,
    rotate_secret,
    update_endpoint,
)
from tillgate.events.model import EVENT_PATTERNS, EVENT_TYPES, EVERY_TYPE, SEQUENCE_MAX
from tillgate.store import Transaction

WEBHOOKS: Final = "/dashboard/webhooks"
# How long the old secret may sign beside the new one.
OVERLAPS: Final = {
    "0": ("At once", "If the secret has leaked: what the old one signs is refused from now on."),
    "3600": ("One hour", ""),
    str(OVERLAP_DEFAULT_SECONDS): ("One day", "Enough to put the new one in place without refusing anything."),
    "604800": ("Seven days", ""),
}
# Which events a replay sends.
MISSED, EVERYTHING = "missed", "everything"


async def list_webhooks(visit: Visit) -> Response:
    """Endpoints, newest first."""
    request = PageRequest(starting_after=visit.query("after"))

    async def operation(tx: Transaction) -> Page[WebhookEndpoint]:
        return await list_endpoints(tx, visit.principal, request)

    return visit.page("webhooks/list.html", section="webhooks", found=await visit.read(operation), page=request)


async def new_endpoint(visit: Visit) -> Response:
    """The form for an endpoint."""
    return _form(visit, draft(url="", description="", events=[EVERY_TYPE]))


async def create(visit: Visit) -> Response:
    """Add an endpoint. This answer, and nothing else ever, holds its signing secret."""
    new = NewEndpoint(
        url=visit.form.text("url"),
        events=visit.form.many("events"),
        description=visit.form.optional("description"),
    )

    async def operation(tx: Transaction) -> CreatedEndpoint:
        return await create_endpoint(visit.desk.endpoints, tx, visit.principal, new)

    try:
        async with visit.once(
            "This endpoint was added already.",
            "Its signing secret was shown once. If you have not copied it, rotate it on that endpoint's page.",
        ):
            created = await visit.write(operation)
    except InvalidInput as error:
        return _form(visit, Draft(_values(visit.form), problems_of(error)))
    return visit.page(
        "webhooks/created.html",
        status_code=201,
        section="webhooks",
        endpoint=created.endpoint,
        secret=created.secret.reveal(),
        rotated=False,
    )


async def endpoint_page(visit: Visit) -> Response:
    """One endpoint with its delivery log, and the result of a test that was just sent."""
    request = PageRequest(starting_after=visit.query("after"))
    tested_id = visit.query("tested")
    if tested_id is not None and not ids.is_id(ids.DELIVERY, tested_id):
        tested_id = None

    async def operation(
        tx: Transaction,
    ) -> tuple[WebhookEndpoint, Page[DeliveryWithAttempts], DeliveryWithAttempts | None]:
        endpoint = await get_endpoint(tx, visit.principal, visit.param("endpoint"))
        deliveries = await list_deliveries(tx, visit.principal, endpoint.id, request)
        tested = await get_delivery(tx, visit.principal, tested_id) if tested_id is not None else None
        return endpoint, deliveries, tested

    endpoint, deliveries, tested = await visit.read(operation)
    mark = mark_of(standing(deliveries.data))
    return visit.seen(mark) or visit.page(
        "webhooks/detail.html",
        section="webhooks",
        endpoint=endpoint,
        deliveries=deliveries,
        tested=tested,
        page=request,
        mark=mark,
        # Looked at again only while an attempt is due, so that a log somebody reads stands still.
        busy=endpoint.active and due_soon(deliveries.data, visit.desk.clock.now()),
    )


async def edit_form(visit: Visit) -> Response:
    """The form that changes an endpoint."""
    endpoint = await _endpoint(visit)
    values = draft(url=endpoint.url, description=endpoint.description or "", events=list(endpoint.events))
    return _form(visit, values, endpoint)


async def edit(visit: Visit) -> Response:
    """Change an endpoint; its secret stays."""
    endpoint = await _endpoint(visit)
    changes = EndpointChanges(
        url=visit.form.text("url"),
        events=visit.form.many("events"),
        description=visit.form.optional("description"),
    )
    try:
        await _change(visit, changes)
    except InvalidInput as error:
        return _form(visit, Draft(_values(visit.form), problems_of(error)), endpoint)
    return visit.go(f"{WEBHOOKS}/{endpoint.id}", said="endpoint_changed")


async def activate(visit: Visit) -> Response:
    """Let deliveries go on."""
    endpoint = await _change(visit, EndpointChanges(active=True))
    visit.desk.wake.now()
    return visit.go(f"{WEBHOOKS}/{endpoint.id}", said="endpoint_activated")


async def pause(visit: Visit) -> Response:
    """Hold deliveries back."""
    endpoint = await _change(visit, EndpointChanges(active=False))
    return visit.go(f"{WEBHOOKS}/{endpoint.id}", said="endpoint_paused")


async def send_test(visit: Visit) -> Response:
    """Send a synthetic ``session.paid`` now, wait for the answer, and show it."""
    endpoint_id = visit.param("endpoint")
    data = example_paid_session(visit.desk.checkout, visit.who.project.id)

    async def operation(tx: Transaction) -> Claimed:
        return await prepare_test(visit.desk.endpoints, tx, visit.principal, endpoint_id, data)

    claimed = await visit.write(operation)
    await visit.desk.worker.attempt_now(claimed)
    return visit.go(f"{WEBHOOKS}/{endpoint_id}?tested={claimed.delivery_id}")


async def replay_delivery(visit: Visit) -> Response:
    """Send an event once more to the same endpoint."""

    async def operation(tx: Transaction) -> str:
        principal = visit.principal
        delivery = await replay(tx, visit.desk.wake, visit.desk.clock, principal, visit.param("delivery"))
        return delivery.endpoint_id

    return visit.go(f"{WEBHOOKS}/{await visit.write(operation)}", said="replayed")


async def rotate_form(visit: Visit) -> Response:
    """Ask how long both secrets are to sign."""
    return _rotate_form(visit, await _endpoint(visit), draft(overlap=str(OVERLAP_DEFAULT_SECONDS)))


async def rotate(visit: Visit) -> Response:
    """Make a new signing secret. This answer, and nothing else ever, holds it."""
    overlap = visit.form.one("overlap")
    if overlap not in OVERLAPS:
        problem = {"overlap": "Choose how long the old secret is to sign, too."}
        return _rotate_form(visit, await _endpoint(visit), Draft({"overlap": overlap}, problem))

    async def operation(tx: Transaction) -> CreatedEndpoint:
        return await rotate_secret(
            visit.desk.endpoints, tx, visit.principal, visit.param("endpoint"), overlap_seconds=int(overlap)
        )

    async with visit.once(
        "This secret was rotated already.",
        "The new one was shown once. If you have not copied it, rotate it again.",
    ):
        rotated = await visit.write(operation)
    return visit.page(
        "webhooks/created.html",
        section="webhooks",
        endpoint=rotated.endpoint,
        secret=rotated.secret.reveal(),
        rotated=True,
    )


async def replay_form(visit: Visit) -> Response:
    """Ask which events are to be sent again."""
    after, before = (visit.query(name) for name in ("from", "before"))
    which = EVERYTHING if visit.query("which") == EVERYTHING else MISSED
    values = draft(
        after=after if after is not None and _sequence(after) is not None else "0",
        before=before if before is not None and _sequence(before) is not None else "",
        which=which,
    )
    return _replay_form(visit, await _endpoint(visit), values)


async def replay_several(visit: Visit) -> Response:
    """Send an endpoint a range of events once more, or only what has not arrived of it."""
    endpoint = await _endpoint(visit)
    typed = {name: visit.form.text(name) for name in ("after", "before", "which")}
    after, before = _sequence(typed["after"]), _sequence(typed["before"] or str(SEQUENCE_MAX))
    problems = {
        name: "A sequence is a whole number, such as 1042; an event's page shows it."
        for name, number in (("after", after), ("before", before))
        if number is None
    }
    if typed["which"] not in (MISSED, EVERYTHING):
        problems["which"] = "Choose which events are to be sent."
    if after is None or before is None or problems:
        return _replay_form(visit, endpoint, Draft({**typed}, problems))

    async def operation(tx: Transaction) -> Replayed:
        return await replay_range(
            tx,
            visit.desk.wake,
            visit.desk.clock,
            visit.principal,
            endpoint.id,
            after=after,
            before=before,
            failed_only=typed["which"] == MISSED,
        )

    replayed = await visit.write(operation)
    here = f"{WEBHOOKS}/{endpoint.id}"
    if replayed.next_after is not None:
        rest = urlencode({"from": replayed.next_after, "before": typed["before"], "which": typed["which"]})
        return visit.go(f"{here}/replay?{rest}", said="replayed_part")
    return visit.go(here, said="replayed_range" if replayed.deliveries else "replayed_nothing")


async def confirm_delete(visit: Visit) -> Response:
    """Ask before deleting."""
    return visit.page("webhooks/delete.html", section="webhooks", endpoint=await _endpoint(visit))


async def delete(visit: Visit) -> Response:
    """Delete an endpoint with its log."""

    async def operation(tx: Transaction) -> None:
        await delete_endpoint(tx, visit.principal, visit.param("endpoint"))

    await visit.write(operation)
    return visit.go(WEBHOOKS, said="endpoint_deleted")


async def _endpoint(visit: Visit) -> WebhookEndpoint:
    async def operation(tx: Transaction) -> WebhookEndpoint:
        return await get_endpoint(tx, visit.principal, visit.param("endpoint"))

    return await visit.read(operation)


async def _change(visit: Visit, changes: EndpointChanges) -> WebhookEndpoint:
    async def operation(tx: Transaction) -> WebhookEndpoint:
        return await update_endpoint(visit.desk.endpoints, tx, visit.principal, visit.param("endpoint"), changes)

    return await visit.write(operation)


def _sequence(text: str) -> int | None:
    """A sequence, or one of the ends beyond all of them; None where it is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(SEQUENCE_MAX)) else -1
    return number if 0 <= number <= SEQUENCE_MAX else None


def _rotate_form(visit: Visit, endpoint: WebhookEndpoint, form: Draft) -> Response:
    return visit.page(
        "webhooks/rotate.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        overlaps=OVERLAPS,
    )


def _replay_form(visit: Visit, endpoint: WebhookEndpoint, form: Draft) -> Response:
    return visit.page(
        "webhooks/replay.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        replay_max=REPLAY_MAX,
    )


def _values(form: Form) -> dict[str, object]:
    return {"url": form.one("url"), "description": form.one("description"), "events": form.many("events")}


def _patterns(endpoint: WebhookEndpoint | None) -> list[str]:
    """The patterns (``session.*``) that an endpoint has by API: to be shown here, so that saving keeps them."""
    return [name for name in endpoint.events if name in EVENT_PATTERNS] if endpoint is not None else []


def _form(visit: Visit, form: Draft, endpoint: WebhookEndpoint | None = None) -> Response:
    return visit.page(
        "webhooks/form.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        types=(*EVENT_TYPES, *_patterns(endpoint)),
        every_type=EVERY_TYPE,
        http_loopback=visit.desk.endpoints.http_loopback,
    )


VIEWS: Final = (
    View("GET", WEBHOOKS, list_webhooks),
    View("POST", WEBHOOKS, create),
    View("GET", f"{WEBHOOKS}/new", new_endpoint),
    View("GET", f"{WEBHOOKS}/{{endpoint}}", endpoint_page),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/edit", edit_form),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/edit", edit),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/activate", activate),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/pause", pause),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/test", send_test),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/rotate", rotate_form),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/rotate", rotate),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/replay", replay_form),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/replay", replay_several),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/delete", confirm_delete),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/delete", delete),
    View("POST", f"{WEBHOOKS}/deliveries/{{delivery}}/replay", replay_delivery),
)
