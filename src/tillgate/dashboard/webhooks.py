"""Webhook endpoints: where events go, whether they arrive, and sending them again."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_endpoint
from tillgate.base import ids
from tillgate.base.errors import InvalidInput, SequenceAhead
from tillgate.base.pages import Page, PageRequest
from tillgate.checkout.settlement.simulating import example_of_paid
from tillgate.dashboard.calls import READ, Call, Need, Unusable, View, mark_of
from tillgate.dashboard.charts import day_of, stacked
from tillgate.dashboard.deliveries import due_soon, standing
from tillgate.dashboard.forms import Draft, Form, draft, problems_of
from tillgate.events.deliveries.model import DeliveryStatus
from tillgate.events.deliveries.operations import (
    REPLAY_MAX,
    DeliveryWithAttempts,
    Replayed,
    get_delivery,
    list_deliveries,
    outcomes_of,
    replay,
    replay_range,
)
from tillgate.events.deliveries.records import Claimed, Outcomes
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
from tillgate.events.model import SEQUENCE_MAX
from tillgate.events.styles import NATIVE_DIALECT, TITLES, Style
from tillgate.events.types import EVENT_PATTERNS, EVERY_TYPE, TYPES, pattern_of
from tillgate.store import Transaction

WEBHOOKS: Final = "/dashboard/webhooks"
# How long the old secret may sign beside the new one.
OVERLAPS: Final = {
    "0": ("At once", "For a leaked secret: the old one stops signing at once."),
    "3600": ("One hour", ""),
    str(OVERLAP_DEFAULT_SECONDS): ("One day", "Enough time to deploy the new secret without refusing deliveries."),
    "604800": ("Seven days", ""),
}
# Which events a replay sends.
MISSED, EVERYTHING = "missed", "everything"


# How many days of attempts the page of an endpoint shows.
OUTCOME_DAYS: Final = 30


async def list_webhooks(call: Call) -> Response:
    """Endpoints, newest first."""
    request = PageRequest(starting_after=call.query("after"))

    async def operation(tx: Transaction) -> Page[WebhookEndpoint]:
        return await list_endpoints(tx, call.principal, request)

    found = await call.read(operation)
    return call.page(
        "webhooks/list.html", section="webhooks", found=found, page=request, titles=TITLES, style=partial(_style, call)
    )


async def new_endpoint(call: Call) -> Response:
    """The form for an endpoint."""
    asked = call.query("dialect") or NATIVE_DIALECT
    dialect = asked if asked in call.context.endpoints.styles.names else NATIVE_DIALECT
    return _form(call, draft(url="", description="", events=[EVERY_TYPE], dialect=dialect))


async def create(call: Call) -> Response:
    """Add an endpoint. This answer, and nothing else ever, holds its signing secret."""
    dialect = call.form.one("dialect") or NATIVE_DIALECT
    new = NewEndpoint(
        url=call.form.text("url"),
        events=_style(call, dialect).to_types(call.form.many("events")),
        description=call.form.optional("description"),
        dialect=dialect,
    )

    async def operation(tx: Transaction) -> CreatedEndpoint:
        created = await create_endpoint(call.context.endpoints, tx, call.principal, new)
        now = call.context.clock.now()
        await write_down_endpoint(tx, call.principal, now, "webhook.created", created.endpoint.id)
        return created

    try:
        async with call.once(
            "This endpoint was already added.",
            "Its signing secret was shown once. If you have not copied it, rotate it on that endpoint's page.",
        ):
            created = await call.write(operation)
    except InvalidInput as error:
        return _form(call, Draft(_values(call.form), problems_of(error)))
    return call.page(
        "webhooks/created.html",
        status_code=201,
        section="webhooks",
        endpoint=created.endpoint,
        events=_style(call, created.endpoint.dialect).in_words(created.endpoint.events),
        secret=created.secret.reveal(),
        rotated=False,
    )


async def endpoint_page(call: Call) -> Response:
    """One endpoint with its delivery log, and the result of a test that was just sent."""
    request = PageRequest(starting_after=call.query("after"))
    tested_id = call.query("tested")
    if tested_id is not None and not ids.is_id(ids.DELIVERY, tested_id):
        tested_id = None
    status = call.query("status")
    if status not in (None, DeliveryStatus.ABANDONED):
        raise Unusable("Expected ?status=abandoned, or no status.")

    async def operation(
        tx: Transaction,
    ) -> tuple[WebhookEndpoint, Page[DeliveryWithAttempts], DeliveryWithAttempts | None, list[tuple[int, Outcomes]]]:
        endpoint = await get_endpoint(tx, call.principal, call.param("endpoint"))
        deliveries = await list_deliveries(tx, call.principal, endpoint.id, request, abandoned=status is not None)
        tested = await get_delivery(tx, call.principal, tested_id) if tested_id is not None else None
        now = call.context.clock.now()
        outcomes = await outcomes_of(tx, call.principal, endpoint.id, now, OUTCOME_DAYS)
        return endpoint, deliveries, tested, outcomes

    endpoint, deliveries, tested, outcomes = await call.read(operation)
    mark = mark_of(standing(deliveries.data))
    return call.seen(mark) or call.page(
        "webhooks/detail.html",
        section="webhooks",
        endpoint=endpoint,
        events=_style(call, endpoint.dialect).in_words(endpoint.events),
        titles=TITLES,
        deliveries=deliveries,
        tested=tested,
        days=[(day_of(day), found) for day, found in outcomes] if any(any(found) for _, found in outcomes) else [],
        plot=stacked([_column(day, found) for day, found in outcomes]),
        abandoned=status is not None,
        page=request,
        mark=mark,
        # Looked at again only while an attempt is due, so that a log somebody reads stands still.
        busy=endpoint.active and due_soon(deliveries.data, call.context.clock.now()),
    )


def _column(day: int, found: Outcomes) -> tuple[str, int, int, str]:
    name = day_of(day)
    words = (
        f"{name}: {found.delivered} delivered; {found.failed} attempts failed, {found.abandoned} deliveries given up"
    )
    return name, found.delivered, found.failed, words


async def edit_form(call: Call) -> Response:
    """The form that changes an endpoint."""
    endpoint = await _endpoint(call)
    events = _style(call, endpoint.dialect).in_words(endpoint.events)
    values = draft(url=endpoint.url, description=endpoint.description or "", events=events)
    return _form(call, values, endpoint)


async def edit(call: Call) -> Response:
    """Change an endpoint; its secret stays."""
    endpoint = await _endpoint(call)
    style, chosen = _style(call, endpoint.dialect), call.form.many("events")
    # What stays as it was shown stays as it was written, such as a pattern (``session.*``).
    untouched = set(chosen) == set(style.in_words(endpoint.events))
    changes = EndpointChanges(
        url=call.form.text("url"),
        events=list(endpoint.events) if untouched else style.to_types(chosen),
        description=call.form.optional("description"),
    )
    try:
        await _change(call, changes)
    except InvalidInput as error:
        return _form(call, Draft(_values(call.form), problems_of(error)), endpoint)
    return call.go(f"{WEBHOOKS}/{endpoint.id}", flash="endpoint_changed")


async def activate(call: Call) -> Response:
    """Let deliveries go on."""
    endpoint = await _change(call, EndpointChanges(active=True))
    call.context.outbox.wake.now()
    return call.go(f"{WEBHOOKS}/{endpoint.id}", flash="endpoint_activated")


async def pause(call: Call) -> Response:
    """Hold deliveries back."""
    endpoint = await _change(call, EndpointChanges(active=False))
    return call.go(f"{WEBHOOKS}/{endpoint.id}", flash="endpoint_paused")


async def send_test(call: Call) -> Response:
    """Send a synthetic ``session.paid`` now, wait for the answer, and show it."""
    endpoint_id = call.param("endpoint")
    example = example_of_paid(call.context.checkout, call.who.project.id)

    async def operation(tx: Transaction) -> Claimed:
        return await prepare_test(call.context.endpoints, tx, call.principal, endpoint_id, example)

    claimed = await call.write(operation)
    await call.context.worker.attempt_now(claimed)
    return call.go(f"{WEBHOOKS}/{endpoint_id}?tested={claimed.delivery_id}")


async def replay_delivery(call: Call) -> Response:
    """Send an event to the same endpoint again."""

    async def operation(tx: Transaction) -> str:
        principal = call.principal
        delivery = await replay(tx, call.context.outbox, call.context.clock, principal, call.param("delivery"))
        return delivery.endpoint_id

    return call.go(f"{WEBHOOKS}/{await call.write(operation)}", flash="replayed")


async def rotate_form(call: Call) -> Response:
    """Ask how long both secrets are to sign."""
    return _rotate_form(call, await _endpoint(call), draft(overlap=str(OVERLAP_DEFAULT_SECONDS)))


async def rotate(call: Call) -> Response:
    """Make a new signing secret. This answer, and nothing else ever, holds it."""
    overlap = call.form.one("overlap")
    if overlap not in OVERLAPS:
        problem = {"overlap": "Choose how long the old secret also signs."}
        return _rotate_form(call, await _endpoint(call), Draft({"overlap": overlap}, problem))

    async def operation(tx: Transaction) -> CreatedEndpoint:
        rotated = await rotate_secret(
            call.context.endpoints, tx, call.principal, call.param("endpoint"), overlap_seconds=int(overlap)
        )
        now = call.context.clock.now()
        await write_down_endpoint(tx, call.principal, now, "webhook.secret_rotated", rotated.endpoint.id)
        return rotated

    async with call.once(
        "This secret was already rotated.",
        "The new one was shown once. If you have not copied it, rotate it again.",
    ):
        rotated = await call.write(operation)
    return call.page(
        "webhooks/created.html",
        section="webhooks",
        endpoint=rotated.endpoint,
        events=_style(call, rotated.endpoint.dialect).in_words(rotated.endpoint.events),
        secret=rotated.secret.reveal(),
        rotated=True,
    )


async def replay_form(call: Call) -> Response:
    """Ask which events are to be sent again."""
    after, before = (call.query(name) for name in ("from", "before"))
    which = EVERYTHING if call.query("which") == EVERYTHING else MISSED
    values = draft(
        after=after if after is not None and _sequence(after) is not None else "0",
        before=before if before is not None and _sequence(before) is not None else "",
        which=which,
    )
    return _replay_form(call, await _endpoint(call), values)


async def replay_several(call: Call) -> Response:
    """Send an endpoint a range of events again, or only what has not arrived of it."""
    endpoint = await _endpoint(call)
    typed = {name: call.form.text(name) for name in ("after", "before", "which")}
    after, before = _sequence(typed["after"]), _sequence(typed["before"] or str(SEQUENCE_MAX))
    problems = {
        name: "A sequence is a whole number, such as 1042; an event's page shows it."
        for name, number in (("after", after), ("before", before))
        if number is None
    }
    if typed["which"] not in (MISSED, EVERYTHING):
        problems["which"] = "Choose which events to replay."
    if after is None or before is None or problems:
        return _replay_form(call, endpoint, Draft({**typed}, problems))

    async def operation(tx: Transaction) -> Replayed:
        return await replay_range(
            tx,
            call.context.outbox,
            call.context.clock,
            call.principal,
            endpoint.id,
            after=after,
            before=before,
            failed_only=typed["which"] == MISSED,
        )

    try:
        replayed = await call.write(operation)
    except SequenceAhead as error:
        problem = f"The newest event has the sequence {error.newest_sequence}."
        return _replay_form(call, endpoint, Draft({**typed}, {"after": problem}))
    here = f"{WEBHOOKS}/{endpoint.id}"
    if replayed.next_after is not None:
        rest = urlencode({"from": replayed.next_after, "before": typed["before"], "which": typed["which"]})
        return call.go(f"{here}/replay?{rest}", flash="replayed_part")
    return call.go(here, flash="replayed_range" if replayed.deliveries else "replayed_nothing")


async def confirm_delete(call: Call) -> Response:
    """Ask before deleting."""
    return call.page("webhooks/delete.html", section="webhooks", endpoint=await _endpoint(call))


async def delete(call: Call) -> Response:
    """Delete an endpoint with its log."""

    async def operation(tx: Transaction) -> None:
        endpoint_id = call.param("endpoint")
        await delete_endpoint(tx, call.principal, endpoint_id)
        await write_down_endpoint(tx, call.principal, call.context.clock.now(), "webhook.deleted", endpoint_id)

    await call.write(operation)
    return call.go(WEBHOOKS, flash="endpoint_deleted")


async def _endpoint(call: Call) -> WebhookEndpoint:
    async def operation(tx: Transaction) -> WebhookEndpoint:
        return await get_endpoint(tx, call.principal, call.param("endpoint"))

    return await call.read(operation)


async def _change(call: Call, changes: EndpointChanges) -> WebhookEndpoint:
    async def operation(tx: Transaction) -> WebhookEndpoint:
        return await update_endpoint(call.context.endpoints, tx, call.principal, call.param("endpoint"), changes)

    return await call.write(operation)


def _sequence(text: str) -> int | None:
    """A sequence, or one of the ends beyond all of them; None where it is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(SEQUENCE_MAX)) else -1
    return number if 0 <= number <= SEQUENCE_MAX else None


def _rotate_form(call: Call, endpoint: WebhookEndpoint, form: Draft) -> Response:
    return call.page(
        "webhooks/rotate.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        overlaps=OVERLAPS,
    )


def _replay_form(call: Call, endpoint: WebhookEndpoint, form: Draft) -> Response:
    return call.page(
        "webhooks/replay.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        replay_max=REPLAY_MAX,
    )


def _values(form: Form) -> dict[str, object]:
    return {
        "url": form.one("url"),
        "description": form.one("description"),
        "events": form.many("events"),
        "dialect": form.one("dialect"),
    }


def _style(call: Call, dialect: str) -> Style:
    """How a language names what it tells; natively where there is no such language."""
    styles = call.context.endpoints.styles
    return styles.find(dialect) or styles.of(NATIVE_DIALECT)


class EventGroup(NamedTuple):
    """What can be subscribed to of one noun.

    Attributes:
        noun: its name, as it begins each type.
        pattern: what subscribes to all of it; empty in a language that has no patterns.
        types: each with what it means; empty where nothing is known of it.
    """

    noun: str
    pattern: str
    types: list[tuple[str, str]]

    def chosen(self, events: Sequence[str]) -> int:
        """How many of its types these subscribe to."""
        if EVERY_TYPE in events or self.pattern in events:
            return len(self.types)
        return sum(name in events for name, _ in self.types)


def _groups(style: Style, endpoint: WebhookEndpoint | None) -> list[EventGroup]:
    """What can be subscribed to, by the language's names. Beside them what an endpoint has by API, such as a type of
    a later version, so that saving keeps it."""
    meanings = {one.name: one.told.replace("`", "") for one in TYPES}
    if style.words is None:
        offered = meanings
    else:
        offered = {}
        for type, word in style.words:
            offered.setdefault(word, meanings.get(type, ""))
    had = style.in_words(endpoint.events) if endpoint is not None else []
    patterns = EVENT_PATTERNS if style.words is None else ()
    others = {name: "" for name in had if name != EVERY_TYPE and name not in offered and name not in patterns}
    by_noun: dict[str, list[tuple[str, str]]] = {}
    for name, meaning in (offered | others).items():
        by_noun.setdefault(name.partition(".")[0], []).append((name, meaning))
    return [
        EventGroup(noun, pattern_of(noun) if pattern_of(noun) in patterns else "", types)
        for noun, types in by_noun.items()
    ]


def _form(call: Call, form: Draft, endpoint: WebhookEndpoint | None = None) -> Response:
    style = _style(call, endpoint.dialect if endpoint is not None else str(form.values["dialect"]))
    titles = {name: TITLES.get(name, name) for name in call.context.endpoints.styles.names}
    return call.page(
        "webhooks/form.html",
        status_code=form.status_code,
        section="webhooks",
        draft=form,
        endpoint=endpoint,
        groups=_groups(style, endpoint),
        dialect=style.name,
        every_type=EVERY_TYPE,
        titles=titles,
        languages=[(f"{WEBHOOKS}/new?dialect={name}", title) for name, title in titles.items()],
        http_loopback=call.context.endpoints.http_loopback,
    )


_MANAGE: Final = Need(Right.WEBHOOKS)

VIEWS: Final = (
    View("GET", WEBHOOKS, list_webhooks, READ),
    View("POST", WEBHOOKS, create, _MANAGE.confirmed_live),
    View("GET", f"{WEBHOOKS}/new", new_endpoint, _MANAGE),
    View("GET", f"{WEBHOOKS}/{{endpoint}}", endpoint_page, READ),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/edit", edit_form, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/edit", edit, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/activate", activate, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/pause", pause, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/test", send_test, _MANAGE),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/rotate", rotate_form, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/rotate", rotate, _MANAGE.confirmed_live),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/replay", replay_form, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/replay", replay_several, _MANAGE),
    View("GET", f"{WEBHOOKS}/{{endpoint}}/delete", confirm_delete, _MANAGE),
    View("POST", f"{WEBHOOKS}/{{endpoint}}/delete", delete, _MANAGE),
    View("POST", f"{WEBHOOKS}/deliveries/{{delivery}}/replay", replay_delivery, _MANAGE),
)
