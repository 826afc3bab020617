"""A fact: something that has happened to an object, as it is reported once, in the transaction in which it happens."""

import msgspec

from tillgate.base import ids
from tillgate.events.types import EventType


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is made of, whoever hears of it in whatever language.

    Attributes:
        id: the event's.
        at: when it happened, as Unix milliseconds.
        subject: the object as it is after the change, as the domain has it: what other forms are made of.
        native: the same as JSON in the native API's form, which every event keeps.
        before: that form before the change, of an object whose making was told by another object's event: what its
            first event is compared with.
    """

    type: EventType
    project_id: str
    livemode: bool
    object_id: str
    at: int
    native: bytes
    subject: object = None
    before: bytes | None = None
    id: str = msgspec.field(default_factory=lambda: ids.new_id(ids.EVENT))
