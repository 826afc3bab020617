"""A payment and the pure rule that says where it stands."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from tillgate.base.money import Money
from tillgate.rails.port import Observation, PaymentTerms


class PaymentStatus(StrEnum):
    """Where a payment stands by the money alone; a session adds time and failure."""

    AWAITING = "awaiting"
    DETECTED = "detected"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID = "paid"


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer to a payment's address. Instants are Unix milliseconds.

    Attributes:
        confirmed_at: when it became final; None while it is not.
    """

    tx_hash: str
    ordinal: int
    amount_atomic: int
    seen_at: int
    confirmed_at: int | None

    @property
    def observation(self) -> Observation:
        return Observation(self.tx_hash, self.ordinal, self.amount_atomic, self.confirmed_at is not None)


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a session waits for, and the transfers that came, oldest first."""

    id: str
    session_id: str
    rail: str
    terms: PaymentTerms
    transfers: tuple[Transfer, ...] = ()

    @property
    def received(self) -> int:
        """Confirmed atomic units: always the sum, never a counter."""
        return sum(one.amount_atomic for one in self.transfers if one.confirmed_at is not None)

    def value_of(self, atomic: int, price: Money) -> Money:
        """What an amount of the asset is worth at the price that was locked, rounded down: the whole is the price."""
        return Money(atomic * price.minor // self.terms.amount_atomic, price.currency)


class Standing(NamedTuple):
    """Where a payment stands, and since when its money is complete."""

    status: PaymentStatus
    settled_at: int | None


def standing(payment: Payment) -> Standing:
    """Where the payment stands, out of its transfers alone.

    An unconfirmed transfer means ``detected`` until it is confirmed or gone: nothing is concluded early.
    """
    if not payment.transfers:
        return Standing(PaymentStatus.AWAITING, None)
    confirmations = [one.confirmed_at for one in payment.transfers]
    if any(at is None for at in confirmations):
        return Standing(PaymentStatus.DETECTED, None)
    settled_at = max(at for at in confirmations if at is not None)
    required, received = payment.terms.amount_atomic, payment.received
    if received < required:
        return Standing(PaymentStatus.UNDERPAID, settled_at)
    if received > required:
        return Standing(PaymentStatus.OVERPAID, settled_at)
    return Standing(PaymentStatus.PAID, settled_at)


def exceptions_of(payment: Payment, expires_at: int) -> list[str]:
    """What is unusual about the money, in words that combine: ``underpaid``, ``overpaid``, ``late``."""
    if not payment.transfers:
        return []
    money = standing(payment)
    found = []
    if money.status in (PaymentStatus.UNDERPAID, PaymentStatus.OVERPAID):
        found.append(money.status.value)
    if money.settled_at is not None and money.settled_at >= expires_at:
        found.append("late")
    return found
