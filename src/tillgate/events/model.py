"""Events: what happened, immutable, numbered without a gap per project and mode."""

from typing import Any, Final, Literal

import msgspec

from tillgate.base.clock import DAY_MS

RETENTION_MS: Final = 90 * DAY_MS

# What JSON numbers carry exactly everywhere.
SEQUENCE_MAX: Final = 2**53 - 1

# What stands in these has `livemode` since 2026-11-30. Events last for 90 days: that a snapshot from before does not
# have it is no change of the object.
_GAINED_MODE: Final = frozenset({"lineItems", "discounts", "lastDecline"})

_NULL: Final = msgspec.Raw(b"null")
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class EventObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An event as the API lists it and as webhooks carry it.

    Attributes:
        sequence: 1, 2, 3 … per project and mode, without a gap, in the order of commitment.
        data: the object as it was at that moment, in the API's form.
        previous_attributes: what its changed fields held at its event before; null where there is none.
        created_at: RFC 3339, UTC, milliseconds.
    """

    id: str
    object: Literal["event"] = "event"
    type: str
    livemode: bool
    sequence: int
    data: msgspec.Raw
    created_at: str
    previous_attributes: msgspec.Raw = msgspec.field(default_factory=lambda: _NULL)


def previous_attributes(before: str, after: bytes) -> str:
    """What has changed between two snapshots, as JSON: put over the later one, it gives the earlier one.

    Fields that only the later one has are not among it: what they held then is not known.
    """
    now = _fields.decode(after)
    changed = {
        name: value
        for name, value in _fields.decode(before).items()
        if value != now.get(name) and not (name in _GAINED_MODE and name in now and _gained_mode(value, now[name]))
    }
    return msgspec.json.encode(changed).decode()


def _gained_mode(before: msgspec.Raw, after: msgspec.Raw) -> bool:
    """Whether all that has changed is that the objects in the later value say their mode."""
    was, now = _objects(before), _objects(after)
    return len(was) == len(now) and all(
        "livemode" not in one and one | {"livemode": other.get("livemode")} == other
        for one, other in zip(was, now, strict=True)
    )


def _objects(value: msgspec.Raw) -> list[dict[str, Any]]:
    decoded = msgspec.json.decode(value)
    return decoded if isinstance(decoded, list) else [decoded] if decoded is not None else []
