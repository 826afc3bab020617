"""Webhook endpoints and the rules of what may be one."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from tillgate.base.clock import DAY_MS, to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.events.styles import NATIVE_DIALECT
from tillgate.events.types import EVENT_PATTERNS, EVERY_TYPE, event_type, subscribes

EVENTS_MAX: Final = 64
# After so long of nothing but failures an endpoint is switched off.
FAILING_MAX_MS: Final = 5 * DAY_MS
# And until then its owner is warned so often.
WARN_EVERY_MS: Final = DAY_MS
OVERLAP_DEFAULT_SECONDS: Final = 86_400
OVERLAP_MAX_SECONDS: Final = 604_800


class DisabledReason(StrEnum):
    """Why an endpoint was switched off on its own."""

    GONE = "gone"
    FAILING = "failing"


class WebhookEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where events are sent. Instants are Unix milliseconds.

    Attributes:
        events: event types, patterns such as ``session.*``, or ``*`` for all of them and those to come.
        secret_prefix: the shown part of its signing secret, ``whsec_abc123``.
        previous_secret_until: how long the secret before this one signs as well.
        failing_since: when the failures began, of which nothing else has come since.
        disabled_reason: why it was switched off, unless somebody did it.
        dialect: in which language events are sent to it; it stays the same.
    """

    id: str
    livemode: bool
    url: str
    description: str | None
    events: tuple[str, ...]
    active: bool
    secret_prefix: str
    created_at: int
    updated_at: int
    previous_secret_until: int | None = None
    failing_since: int | None = None
    disabled_reason: DisabledReason | None = None
    dialect: str = NATIVE_DIALECT


class WebhookEndpointObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A webhook endpoint as the API shows it (Crypto Checkout, webhook endpoints).

    Attributes:
        failing_since: nothing but failures came of it since then; after five days, each of which is told by an
            event, it is switched off.
        disabled_reason: ``failing`` or ``gone`` (it answered 410); ``active: true`` switches it on again.
        dialect: in which language events are sent to it, where that is not this API's own.
    """

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    livemode: bool
    url: str
    description: str | None
    events: list[str]
    active: bool
    secret_prefix: str
    previous_secret_expires_at: str | None
    failing_since: str | None
    disabled_reason: DisabledReason | None
    created_at: str
    updated_at: str
    dialect: str | msgspec.UnsetType = msgspec.UNSET


def to_api(endpoint: WebhookEndpoint) -> WebhookEndpointObject:
    """The endpoint in the API's form."""
    return WebhookEndpointObject(
        id=endpoint.id,
        livemode=endpoint.livemode,
        url=endpoint.url,
        description=endpoint.description,
        events=list(endpoint.events),
        active=endpoint.active,
        secret_prefix=endpoint.secret_prefix,
        previous_secret_expires_at=_instant(endpoint.previous_secret_until),
        failing_since=_instant(endpoint.failing_since),
        disabled_reason=endpoint.disabled_reason,
        created_at=to_rfc3339(endpoint.created_at),
        updated_at=to_rfc3339(endpoint.updated_at),
        dialect=endpoint.dialect if endpoint.dialect != NATIVE_DIALECT else msgspec.UNSET,
    )


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None


def checked_events(names: list[str]) -> tuple[str, ...]:
    """The subscriptions, without repetition and what a pattern holds already, aliases resolved.

    Raises:
        InvalidInput: there is none, or one is neither an event type nor a pattern.
    """
    if not names:
        raise InvalidInput("events", Problem.NO_EVENT_TYPES)
    if len(names) > EVENTS_MAX:
        raise InvalidInput("events", Problem.TOO_MANY, maximum=EVENTS_MAX, count=len(names))
    patterns = [name for name in names if name in EVENT_PATTERNS]
    # Also beside the one for all, where a misspelled name would not be noticed.
    types = [event_type(name, field="events") for name in names if name not in patterns and name != EVERY_TYPE]
    if EVERY_TYPE in names:
        return (EVERY_TYPE,)
    return tuple(dict.fromkeys([*patterns, *(name for name in types if not subscribes(patterns, name))]))


def checked_overlap(seconds: int) -> int:
    """For how long a rotated secret goes on signing beside the new one.

    Raises:
        InvalidInput: it is not 0 (the old one ends at once) to seven days.
    """
    if not 0 <= seconds <= OVERLAP_MAX_SECONDS:
        raise InvalidInput(
            "overlap_seconds", Problem.SECONDS_OUT_OF_RANGE, minimum=0, maximum=OVERLAP_MAX_SECONDS, given=seconds
        )
    return seconds
