"""What a merchant does with webhook endpoints."""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import msgspec

from tillgate.base import ids
from tillgate.base.clock import SECOND_MS, Clock, to_rfc3339
from tillgate.base.errors import Conflict, InvalidInput, NotFound, TooOften
from tillgate.base.invariants import present
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import checked_description
from tillgate.events.deliveries import records as deliveries
from tillgate.events.deliveries.guard import AddressGuard
from tillgate.events.deliveries.model import Attempt
from tillgate.events.deliveries.records import Claimed
from tillgate.events.endpoints import records
from tillgate.events.endpoints.model import (
    FAILING_MAX_MS,
    OVERLAP_DEFAULT_SECONDS,
    WARN_EVERY_MS,
    WebhookEndpoint,
    checked_events,
    checked_overlap,
    to_api,
)
from tillgate.events.endpoints.targets import checked_target
from tillgate.events.facts import Fact
from tillgate.events.model import EventObject
from tillgate.events.operations import emit
from tillgate.events.outbox import Outbox
from tillgate.events.signing import SigningSecret
from tillgate.events.styles import NATIVE_DIALECT, Styles
from tillgate.events.types import WEBHOOK_ENDPOINT_DISABLED, WEBHOOK_ENDPOINT_FAILING, EventType
from tillgate.store import Transaction
from tillgate.store.alone import alone

ENDPOINTS_MAX: Final = 50
# Test events of one project, by whomever: each may occupy a connection for a quarter of a minute.
TESTS_AT_ONCE_MAX: Final = 10
TEST_EVERY_SECONDS: Final = 6
TEST_LEASE_MS: Final = 40 * SECOND_MS


class Seal(Protocol):
    """Makes a secret fit for a row."""

    def seal(self, text: str) -> str: ...


class EndpointContext(NamedTuple):
    """What the operations on endpoints work with.

    Attributes:
        styles: the languages that an endpoint can speak.
        http_loopback: whether plain http to this machine may be a target (development only).
        guard: which addresses may be targets.
        seconds_to_test: counts a test send of a project; zero where it may go ahead, or seconds until it could.
    """

    clock: Clock
    seal: Seal
    styles: Styles
    http_loopback: bool
    guard: AddressGuard = AddressGuard()
    seconds_to_test: Callable[[str], int] = lambda _: 0


class NewEndpoint(NamedTuple):
    """What a merchant says about an endpoint to be. Events are sent to it in the language ``dialect``."""

    url: str
    events: list[str]
    description: str | None = None
    dialect: str = NATIVE_DIALECT


class EndpointChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant may change; what is unset stays."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    events: list[str] | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class CreatedEndpoint(NamedTuple):
    """An endpoint and its new signing secret, together this one time."""

    endpoint: WebhookEndpoint
    secret: SigningSecret


async def create_endpoint(
    context: EndpointContext, tx: Transaction, principal: Principal, new: NewEndpoint
) -> CreatedEndpoint:
    """Add an endpoint to the caller's project and mode.

    Raises:
        InvalidInput: the URL may not be a target, or an event type or the dialect does not exist.
        Conflict: the project has as many endpoints as it may.
    """
    url = checked_target(new.url, http_loopback=context.http_loopback, guard=context.guard)
    events = checked_events(new.events)
    description = checked_description(new.description)
    style = context.styles.find(new.dialect)
    if style is None:
        raise InvalidInput("dialect", Problem.NOT_A_CHOICE, choices=context.styles.names)
    await alone(tx, f"webhook_endpoints {principal.project_id}")
    if await records.count(tx, principal.project_id, principal.livemode) >= ENDPOINTS_MAX:
        raise Conflict(
            f"A project has at most {ENDPOINTS_MAX} webhook endpoints in each mode. Delete one first.",
            code="too_many_webhook_endpoints",
        )
    now, secret = context.clock.now(), style.new_secret()
    endpoint = WebhookEndpoint(
        id=ids.new_id(ids.WEBHOOK_ENDPOINT),
        livemode=principal.livemode,
        url=url,
        description=description,
        events=events,
        active=True,
        secret_prefix=secret.prefix,
        created_at=now,
        updated_at=now,
        dialect=new.dialect,
    )
    await records.insert(tx, principal.project_id, endpoint, context.seal.seal(secret.reveal()))
    return CreatedEndpoint(endpoint, secret)


async def get_endpoint(tx: Transaction, principal: Principal, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    endpoint = await records.by_id(tx, principal.project_id, principal.livemode, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    return endpoint


async def list_endpoints(
    tx: Transaction, principal: Principal, page: PageRequest, *, dialect: str | None = None, period: Period = ANY_TIME
) -> Page[WebhookEndpoint]:
    """Endpoints, newest first; those that speak one dialect, or all."""
    checked_cursor(page, ids.WEBHOOK_ENDPOINT)
    return cut(await records.newest(tx, principal.project_id, principal.livemode, page, dialect, period), page.limit)


async def update_endpoint(
    context: EndpointContext, tx: Transaction, principal: Principal, endpoint_id: str, changes: EndpointChanges
) -> WebhookEndpoint:
    """Change an endpoint; an inactive one gets no deliveries, and those under way wait.

    Switching it on forgets its failures, whoever had switched it off, and so does another URL.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: as for a new one.
    """
    endpoint = await records.locked(tx, principal.project_id, principal.livemode, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    changed: dict[str, object] = {}
    if changes.url is not msgspec.UNSET:
        changed["url"] = checked_target(changes.url, http_loopback=context.http_loopback, guard=context.guard)
        if changed["url"] != endpoint.url:
            changed["failing_since"] = None
    if changes.events is not msgspec.UNSET:
        changed["events"] = checked_events(changes.events)
    if changes.description is not msgspec.UNSET:
        changed["description"] = checked_description(changes.description)
    if changes.active is not msgspec.UNSET:
        changed["active"] = changes.active
        if changes.active:
            changed |= {"failing_since": None, "disabled_reason": None}
    endpoint = msgspec.structs.replace(endpoint, **changed, updated_at=context.clock.now())
    await records.update(tx, principal.project_id, endpoint)
    return endpoint


async def rotate_secret(
    context: EndpointContext,
    tx: Transaction,
    principal: Principal,
    endpoint_id: str,
    overlap_seconds: int = OVERLAP_DEFAULT_SECONDS,
) -> CreatedEndpoint:
    """A new signing secret. For the overlap both sign, so that receivers can change over without losing anything.

    There are two at most: rotating again within the overlap ends the older one.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: the overlap is longer than seven days.
    """
    overlap_ms = checked_overlap(overlap_seconds) * SECOND_MS
    endpoint = await records.locked(tx, principal.project_id, principal.livemode, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    now, secret = context.clock.now(), context.styles.of(endpoint.dialect).new_secret()
    endpoint = msgspec.structs.replace(
        endpoint,
        secret_prefix=secret.prefix,
        previous_secret_until=now + overlap_ms,
        updated_at=now,
    )
    await records.rotate(tx, principal.project_id, endpoint, context.seal.seal(secret.reveal()))
    if not overlap_ms:
        await records.forget_previous_secret(tx, principal.project_id, endpoint.id)
        endpoint = msgspec.structs.replace(endpoint, previous_secret_until=None)
    return CreatedEndpoint(endpoint, secret)


async def delete_endpoint(tx: Transaction, principal: Principal, endpoint_id: str) -> None:
    """Delete an endpoint for good, with its deliveries.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    if await records.delete(tx, principal.project_id, principal.livemode, endpoint_id) != 1:
        raise NotFound("webhook endpoint", endpoint_id)


async def conclude(
    tx: Transaction, outbox: Outbox, endpoint_id: str, attempt: Attempt, *, is_test: bool, now: int
) -> str | None:
    """What an attempt says about its endpoint: it works, it begins to fail or still does, or it is switched off.

    Each day of nothing but failures is told by an event, and so is the end.

    Returns:
        A word for the log where something has changed. A test send that fails changes nothing.
    """
    if attempt.succeeded:
        return "recovered" if await records.recovered(tx, endpoint_id) else None
    if is_test:
        return None
    began = await records.failed(tx, endpoint_id, now)
    if attempt.gone:
        if not await records.disable_gone(tx, endpoint_id, now):
            return None
        await _emit(tx, outbox, endpoint_id, WEBHOOK_ENDPOINT_DISABLED, now)
        return "disabled_gone"
    if began:
        return "failing"
    if await records.disable_failing(tx, endpoint_id, now - FAILING_MAX_MS, now):
        await _emit(tx, outbox, endpoint_id, WEBHOOK_ENDPOINT_DISABLED, now)
        return "disabled_failing"
    if await records.warned(tx, endpoint_id, now - WARN_EVERY_MS, now):
        await _emit(tx, outbox, endpoint_id, WEBHOOK_ENDPOINT_FAILING, now)
        return "still_failing"
    return None


async def _emit(tx: Transaction, outbox: Outbox, endpoint_id: str, type: EventType, now: int) -> None:
    """Emit the change of an endpoint whose row this transaction has changed."""
    project_id, endpoint = await records.with_project(tx, endpoint_id)
    fact = Fact(
        type=type,
        project_id=project_id,
        livemode=endpoint.livemode,
        object_id=endpoint_id,
        at=now,
        native=msgspec.json.encode(to_api(endpoint)),
        subject=endpoint,
    )
    await emit(tx, outbox, fact)


async def prepare_test(
    context: EndpointContext, tx: Transaction, principal: Principal, endpoint_id: str, fact: Fact
) -> Claimed:
    """Something that did not happen, for this endpoint in its dialect; the only attempt is leased to the caller.

    Args:
        fact: an example, such as of a paid session.

    Raises:
        NotFound: the endpoint is not in the caller's project and mode.
        TooOften: the project has sent many tests lately.
        Conflict: the endpoint's dialect does not have such events.
    """
    endpoint = await get_endpoint(tx, principal, endpoint_id)
    seconds = context.seconds_to_test(principal.project_id)
    if seconds:
        raise TooOften(
            f"Too many test events in this project. Try again in {seconds} s.",
            retry_after_seconds=seconds,
        )
    forms = await context.styles.forms(tx, fact, (endpoint.dialect,))
    if endpoint.dialect not in forms:
        raise Conflict("The dialect of this endpoint does not have such events.", code="delivery_not_replayable")
    form = forms[endpoint.dialect]
    lease_until = fact.at + TEST_LEASE_MS
    delivery_id = await deliveries.insert_test(
        tx,
        endpoint_id=endpoint_id,
        event_id=fact.id,
        event_type=fact.type.name,
        form=(form if form is not None else _native(fact)).decode(),
        now=fact.at,
        lease_until=lease_until,
    )
    return present(await deliveries.claimed_by_id(tx, delivery_id, lease_until), "the delivery that was just written")


def _native(fact: Fact) -> bytes:
    """An event that no log has."""
    event = EventObject(
        id=fact.id,
        type=fact.type.name,
        livemode=fact.livemode,
        sequence=0,
        data=msgspec.Raw(fact.native),
        created_at=to_rfc3339(fact.at),
    )
    return deliveries.encode(event)


async def count_failing(tx: Transaction, principal: Principal, most: int) -> int:
    """How many of the caller's endpoints take nothing, counted up to ``most``."""
    return await records.count_failing(tx, principal.project_id, principal.livemode, most)
