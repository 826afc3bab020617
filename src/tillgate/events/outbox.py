"""What it takes to tell a fact: who forms it, who is woken to send it, and what else is written down because of it."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from tillgate.events.facts import Fact
from tillgate.events.styles import Styles
from tillgate.events.wake import Wake
from tillgate.store import Transaction

FollowUp = Callable[[Transaction, "Outbox", Fact], Awaitable[None]]
NOTHING: Final[Mapping[str, FollowUp]] = MappingProxyType({})


def together(*each: Mapping[str, FollowUp]) -> dict[str, FollowUp]:
    """Several rooms' follow-ups as one: an event that more than one of them has is followed up in their order."""
    found: dict[str, FollowUp] = {}
    for follow_ups in each:
        for name, one in follow_ups.items():
            found[name] = _both(found[name], one) if name in found else one
    return found


def _both(first: FollowUp, second: FollowUp) -> FollowUp:
    async def both(tx: Transaction, outbox: "Outbox", fact: Fact) -> None:
        await first(tx, outbox, fact)
        await second(tx, outbox, fact)

    return both


class Outbox(NamedTuple):
    """Handed to every room that tells facts.

    Attributes:
        wake: rung after a commit with deliveries in it.
        styles: the languages in which facts are told beside the native one.
        follow_ups: what else is written down in the transaction of an event, by its type; so once for each event.
    """

    wake: Wake
    styles: Styles
    follow_ups: Mapping[str, FollowUp] = NOTHING
