"""What it takes to tell a fact: who forms it, and who is woken to send it."""

from typing import NamedTuple

from tillgate.events.styles import Styles
from tillgate.events.wake import Wake


class Outbox(NamedTuple):
    """Handed to every room that tells facts.

    Attributes:
        wake: rung after a commit with deliveries in it.
        styles: the languages in which facts are told beside the native one.
    """

    wake: Wake
    styles: Styles
