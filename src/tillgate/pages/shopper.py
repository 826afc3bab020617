"""What both pages show on which a shopper signs up and decides: of an order, and of a payment token."""

from enum import StrEnum
from typing import Final, NamedTuple

from markupsafe import Markup

from tillgate.checkout.shoppers.model import PaymentMethod, Progress
from tillgate.pages.view import ReturnTarget
from tillgate.words import phrase

METHODS: Final = {
    PaymentMethod.APPROVED: phrase("Visa: approved"),
    PaymentMethod.ACTION_REQUIRED: phrase("Visa: asks for confirmation"),
    PaymentMethod.DECLINED: phrase("Visa: declined"),
    PaymentMethod.EXPIRED: phrase("Visa: expired"),
}


class Step(StrEnum):
    """What the page asks for, or how it ended."""

    SIGN_UP = "sign_up"
    CODE = "code"
    DECIDE = "decide"
    CONFIRM = "confirm"
    APPROVED = "approved"
    REJECTED = "rejected"
    ENDED = "ended"


class Part(NamedTuple):
    """One instalment, as its shopper reads it."""

    date: str
    amount: str


class WrongField(NamedTuple):
    """What is the matter with a field, and what was typed."""

    name: str
    words: Markup
    typed: dict[str, str]


class Sentences(NamedTuple):
    """What the page says of what is decided on.

    Attributes:
        begin, confirm, approved, rejected: its headlines.
        decide: what follows from approving.
    """

    begin: Markup
    decide: Markup
    confirm: Markup
    approved: Markup
    rejected: Markup


class Plan(NamedTuple):
    """What the template shows of a shopper's way to a decision.

    Attributes:
        parts: the instalments, by date; none where nothing is paid now.
        email, code: of whoever has signed up, and the one-time code that is filled in.
        methods: test payment methods by name, with what they do.
        method: the one that was chosen, and asks for confirmation.
        way_on: where the shopper goes now; None where the merchant gave no such place.
        at_once: they go there without being asked, because they have just decided.
    """

    step: Step
    sentences: Sentences
    parts: tuple[Part, ...]
    email: str
    code: str
    methods: tuple[tuple[str, str], ...]
    method: str
    way_on: ReturnTarget | None
    at_once: bool


def step_of(progress: Progress | None, method: str) -> Step:
    """What a shopper who can still decide is asked for next.

    Args:
        method: the payment method that was chosen and asks for confirmation; empty where none was.
    """
    if progress is None:
        return Step.SIGN_UP
    if progress.verified_at is None:
        return Step.CODE
    return Step.CONFIRM if method else Step.DECIDE
