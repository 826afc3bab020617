"""Alerts, inside and on the wire."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import DAY_MS, HOUR_MS, to_rfc3339
from tillgate.events import types
from tillgate.events.types import EventType

SHOWN_MAX: Final = 10
# As long as events are.
KEPT_MS: Final = 90 * DAY_MS
# What a project's people get by mail in an hour; the rest is in the dashboard and in webhooks.
MAILED_MAX: Final = 30
MAILED_WITHIN_MS: Final = HOUR_MS


class AlertKind(StrEnum):
    """What there is to look at."""

    NEEDS_REVIEW = "needs_review"
    UNASSIGNED_TRANSFER = "unassigned_transfer"
    ENDPOINT_FAILING = "endpoint_failing"
    KEY_EXPIRING = "key_expiring"
    KEY_EXPOSED = "key_exposed"
    NEW_DEVICE = "new_device"
    SETTING_CHANGED = "setting_changed"
    REFUND_REORGANIZED = "refund_reorganized"
    NETWORK_BEHIND = "network_behind"
    NETWORK_DISAGREEMENT = "network_disagreement"
    NETWORK_REORGANIZED = "network_reorganized"
    TOKEN_CHANGED = "token_changed"  # noqa: S105 (of a chain, no secret)


EVENT_OF: Final[Mapping[AlertKind, EventType]] = {
    AlertKind.NEEDS_REVIEW: types.ALERT_NEEDS_REVIEW,
    AlertKind.UNASSIGNED_TRANSFER: types.ALERT_UNASSIGNED_TRANSFER,
    AlertKind.ENDPOINT_FAILING: types.ALERT_ENDPOINT_FAILING,
    AlertKind.KEY_EXPIRING: types.ALERT_KEY_EXPIRING,
    AlertKind.KEY_EXPOSED: types.ALERT_KEY_EXPOSED,
    AlertKind.NEW_DEVICE: types.ALERT_NEW_DEVICE,
    AlertKind.SETTING_CHANGED: types.ALERT_SETTING_CHANGED,
    AlertKind.REFUND_REORGANIZED: types.ALERT_REFUND_REORGANIZED,
    AlertKind.NETWORK_BEHIND: types.ALERT_NETWORK_BEHIND,
    AlertKind.NETWORK_DISAGREEMENT: types.ALERT_NETWORK_DISAGREEMENT,
    AlertKind.NETWORK_REORGANIZED: types.ALERT_NETWORK_REORGANIZED,
    AlertKind.TOKEN_CHANGED: types.ALERT_TOKEN_CHANGED,
}
# What is told to the installation once, and to each project that is paid on the network.
OF_NETWORKS: Final = frozenset(
    {
        AlertKind.NETWORK_BEHIND,
        AlertKind.NETWORK_DISAGREEMENT,
        AlertKind.NETWORK_REORGANIZED,
        AlertKind.TOKEN_CHANGED,
    }
)


class Alert(NamedTuple):
    """Something that a merchant is to look at. ``created_at`` is Unix milliseconds.

    Attributes:
        project_id: None for what belongs to the installation.
        subject_id: what it is about: a session, an endpoint, a key, a person or a network, or nothing.
        detail: what else there is to say, as text by name.
    """

    id: str
    project_id: str | None
    livemode: bool
    kind: AlertKind
    subject_id: str
    detail: Mapping[str, str]
    created_at: int


class AlertObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An alert as events show it."""

    id: str
    object: Literal["alert"] = "alert"
    livemode: bool
    kind: str
    subject_id: str
    detail: dict[str, str]
    created_at: str


def to_api(alert: Alert) -> AlertObject:
    """The alert in the API's form."""
    return AlertObject(
        id=alert.id,
        livemode=alert.livemode,
        kind=alert.kind.value,
        subject_id=alert.subject_id,
        detail=dict(alert.detail),
        created_at=to_rfc3339(alert.created_at),
    )


def path_of(alert: Alert) -> str:
    """The page of the dashboard on which one looks at it."""
    match alert.kind:
        case AlertKind.NEEDS_REVIEW:
            return f"/dashboard/sessions/{alert.subject_id}"
        case AlertKind.UNASSIGNED_TRANSFER:
            return f"/dashboard/unassigned/{alert.subject_id}"
        case AlertKind.REFUND_REORGANIZED:
            return f"/dashboard/refunds/{alert.subject_id}"
        case AlertKind.ENDPOINT_FAILING:
            return f"/dashboard/webhooks/{alert.subject_id}"
        case AlertKind.KEY_EXPIRING | AlertKind.KEY_EXPOSED:
            return f"/dashboard/api-keys/{alert.subject_id}"
        case AlertKind.NEW_DEVICE:
            return "/dashboard/account"
        case AlertKind.SETTING_CHANGED:
            return "/dashboard/audit"
        case (
            AlertKind.NETWORK_BEHIND
            | AlertKind.NETWORK_DISAGREEMENT
            | AlertKind.NETWORK_REORGANIZED
            | AlertKind.TOKEN_CHANGED
        ):
            # How networks stand is the operator's page.
            return "/dashboard/networks" if alert.project_id is None else "/dashboard/wallet"
