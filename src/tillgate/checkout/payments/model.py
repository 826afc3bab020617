"""A payment, what came for it and went back, and the pure rules that say where it stands."""

from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from math import floor
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import DAY_MS
from tillgate.base.money import Money
from tillgate.events import types
from tillgate.events.types import EventType
from tillgate.rails.port import MANUAL, Block, EarlierOffer, Observation, PaymentTerms, is_same_rate

AUTHORIZATION_MS: Final = 7 * DAY_MS
_BASIS_POINTS: Final = 10_000


class PaymentStatus(StrEnum):
    """Where a payment stands by the money alone; a session adds time and failure."""

    AWAITING = "awaiting"
    DETECTED = "detected"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID = "paid"


class PaymentState(StrEnum):
    """The state of a payment: its money, its session's clock and the merchant's decisions together."""

    AWAITING = "awaiting"
    DETECTED = "detected"
    REQUIRES_CAPTURE = "requires_capture"
    REVIEW = "review"
    SUCCEEDED = "succeeded"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"


_P = PaymentState

# Every legal move. Money may arrive after the end, and may be dropped.
EDGES: Final[dict[PaymentState, frozenset[PaymentState]]] = {
    _P.AWAITING: frozenset(
        {_P.DETECTED, _P.REQUIRES_CAPTURE, _P.REVIEW, _P.SUCCEEDED, _P.EXPIRED, _P.CANCELED, _P.FAILED}
    ),
    _P.DETECTED: frozenset({_P.AWAITING, _P.REVIEW, _P.SUCCEEDED, _P.EXPIRED, _P.FAILED}),
    _P.REQUIRES_CAPTURE: frozenset({_P.SUCCEEDED, _P.CANCELED}),
    _P.REVIEW: frozenset({_P.AWAITING, _P.DETECTED, _P.SUCCEEDED, _P.EXPIRED, _P.CANCELED, _P.FAILED}),
    _P.SUCCEEDED: frozenset({_P.REVIEW, _P.CANCELED, _P.FAILED}),
    _P.EXPIRED: frozenset({_P.REVIEW, _P.SUCCEEDED}),
    _P.CANCELED: frozenset({_P.REVIEW}),
    _P.FAILED: frozenset({_P.REVIEW}),
}

# The event of a move. That a payment waits again is an update: what changed says that money is gone.
EVENT_OF: Final[dict[PaymentState, EventType]] = {
    _P.AWAITING: types.PAYMENT_UPDATED,
    _P.DETECTED: types.PAYMENT_DETECTED,
    _P.REQUIRES_CAPTURE: types.PAYMENT_REQUIRES_CAPTURE,
    _P.REVIEW: types.PAYMENT_REVIEW,
    _P.SUCCEEDED: types.PAYMENT_SUCCEEDED,
    _P.EXPIRED: types.PAYMENT_EXPIRED,
    _P.CANCELED: types.PAYMENT_CANCELED,
    _P.FAILED: types.PAYMENT_FAILED,
}


Unusual = Literal["underpaid", "overpaid", "late", "reorged", "unexpected", "doubted"]
"""What is unusual about money, in words that combine."""


class CaptureMethod(StrEnum):
    """Whether an authorization is captured automatically or by the merchant."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Decision(StrEnum):
    """The merchant's last decision about unusual money."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    REFUNDED = "refunded"


class ReleaseReason(StrEnum):
    """Why what was authorized and not captured was released."""

    CAPTURED = "captured"
    REQUESTED = "requested"
    LAPSED = "lapsed"


class TransactionKind(StrEnum):
    """Which way money went: a transfer or a capture comes in, a refund goes out."""

    TRANSFER = "transfer"
    CAPTURE = "capture"
    REFUND = "refund"


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money. Instants are Unix milliseconds.

    Attributes:
        tx_hash: the transaction hash; None as long as there is none.
        ordinal: which of several movements of the same reference.
        reference: the rail's name for it, for ever; a movement that is asked for here is named by its own id.
        block, confirmations: where its chain wrote it down, and how deep that lies.
        value_minor: what it stands for in minor units of the price's currency; None where the amount alone says it. A
            transfer has it that a person assigned.
        confirmed_at: when it became final; None while it is not.
        dropped_at: since when it does not count: a reorganisation dropped it, or a refund failed.
        asset: CAIP-19 asset type of what moved; empty for that of its payment's terms.
        doubted: it is final, and something else says that it is not there: a person looks before it counts.
    """

    tx_hash: str | None
    ordinal: int
    amount_atomic: int
    seen_at: int
    confirmed_at: int | None
    reference: str = ""
    block: Block | None = None
    confirmations: int = 0
    kind: TransactionKind = TransactionKind.TRANSFER
    value_minor: int | None = None
    dropped_at: int | None = None
    asset: str = ""
    doubted: bool = False

    @property
    def arrived_at(self) -> int | None:
        """Since when it is there, which says whether it came in time: its block's time, whenever that was seen; without
        a block when it became final. None while it is not final."""
        if self.confirmed_at is None:
            return None
        return self.block.mined_at if self.block is not None else self.confirmed_at

    @property
    def offered_at(self) -> int:
        """When it was sent, which says by which of several offers it counts: its block's time; without a block when it
        was seen."""
        return self.block.mined_at if self.block is not None else self.seen_at

    def observed(self, terms: PaymentTerms) -> Observation:
        """What its rail saw of it last."""
        option = terms.known_option(self.asset)
        return Observation(
            chain_id=option.chain_id if option is not None else terms.chain_id,
            asset=option.asset if option is not None else terms.asset,
            reference=self.reference,
            ordinal=self.ordinal,
            amount_atomic=self.amount_atomic,
            confirmed=self.confirmed_at is not None,
            tx_hash=self.tx_hash,
            block=self.block,
            confirmations=self.confirmations,
        )


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """What a payer's side has promised to pay, until it is captured or released. Minor units.

    Attributes:
        lapses_at: from then on nothing of it can be captured.
        released_minor: what was released, and why.
    """

    amount_minor: int
    authorized_at: int
    lapses_at: int
    released_minor: int = 0
    release_reason: ReleaseReason | None = None


class Decline(msgspec.Struct, frozen=True, kw_only=True):
    """The payer's side declined; the payment can be tried again."""

    code: str
    declined_at: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a session waits for, and what came of it.

    Attributes:
        reopened: it waits for money again, or did: what had been seen was gone.
        unexpected: money came for what had ended: canceled, failed, or given back in full; or a person assigned it.
        transfers: what came in and counts, oldest first.
        dropped: what came in and does not count any more.
        returned: what goes or went back and counts.
        tolerance_basis_points, tolerance_minor: by how much the money may differ from the price, as it was agreed when
            the session was opened: the smaller of a share and a sum.
    """

    id: str
    session_id: str
    rail: str
    terms: PaymentTerms
    price: Money
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    authorization: Authorization | None = None
    decline: Decline | None = None
    decision: Decision | None = None
    reopened: bool = False
    unexpected: bool = False
    transfers: tuple[Transfer, ...] = ()
    dropped: tuple[Transfer, ...] = ()
    returned: tuple[Transfer, ...] = ()
    tolerance_basis_points: int = 0
    tolerance_minor: int = 0

    @property
    def by_mail(self) -> bool:
        """It is paid by mail, and its merchant says when it came."""
        return self.rail == MANUAL

    @property
    def is_revoked(self) -> bool:
        """It was paid by mail, and the merchant has undone that."""
        return self.by_mail and bool(self.dropped) and not self.transfers

    @property
    def tolerance_atomic(self) -> int:
        """By how much the money may differ from what is asked for, rounded down."""
        return floor(self.tolerance)

    @property
    def tolerance(self) -> int | Fraction:
        """The same, exactly."""
        if not self.tolerance_basis_points or not self.price.minor:
            return 0
        required = self.terms.amount_atomic
        share = Fraction(required * self.tolerance_basis_points, _BASIS_POINTS)
        return min(share, Fraction(required * self.tolerance_minor, self.price.minor))

    @property
    def least_atomic(self) -> int:
        """The least that pays it."""
        return self.terms.amount_atomic - self.tolerance_atomic

    def worth(self, transfer: Transfer) -> int | Fraction:
        """What a movement stands for in atomic units of the terms' asset, exactly.

        Of another asset that was offered, it is the same fraction of what is asked for as it is of its own offered
        amount. Where that is nothing, so is any part of it. What a person assigned is what they said that it is worth.
        What was sent while an earlier quote offered its asset at another rate counts at that one.
        """
        if transfer.kind is TransactionKind.TRANSFER and transfer.value_minor is not None:
            return (
                Fraction(transfer.value_minor * self.terms.amount_atomic, self.price.minor) if self.price.minor else 0
            )
        terms = self.terms
        if not terms.options:
            return transfer.amount_atomic
        if terms.earlier and transfer.kind is TransactionKind.TRANSFER:
            earlier = self._counts_by(transfer)
            if earlier is not None:
                asked = earlier.option.amount_atomic * self.price.minor
                counted = transfer.amount_atomic * earlier.price_minor * terms.amount_atomic
                return Fraction(counted, asked) if asked else 0
        if transfer.asset in ("", terms.asset):
            return transfer.amount_atomic
        option = terms.option(transfer.asset)
        if option is None or not option.amount_atomic:
            return 0
        return Fraction(transfer.amount_atomic * self.terms.amount_atomic, option.amount_atomic)

    def _counts_by(self, transfer: Transfer) -> EarlierOffer | None:
        """The earlier offer that a transfer counts by; None where it counts as it would now."""
        asset = transfer.asset or self.terms.asset
        earlier, option = self.terms.earlier_offer(asset, transfer.offered_at), self.terms.option(asset)
        if earlier is None or (option is not None and is_same_rate(earlier.option.rate, option.rate)):
            return None
        return earlier

    @property
    def received(self) -> int:
        """Confirmed atomic units, rounded down: always the sum, never a counter."""
        return floor(self.received_exactly)

    @property
    def received_exactly(self) -> int | Fraction:
        """The same, with what other assets than the terms' own are worth in it."""
        return sum(self.worth(one) for one in self.transfers if one.confirmed_at is not None)

    @property
    def received_value(self) -> Money:
        """What has come and is confirmed, at the price that was locked: a sum as well."""
        if not self.transfers:
            return Money(0, self.price.currency)
        transfers = sum(
            self.worth(one)
            for one in self.transfers
            if one.confirmed_at is not None and one.kind is not TransactionKind.CAPTURE
        )
        return Money(self.value_of(transfers).minor + self.captured_minor, self.price.currency)

    @property
    def captured_minor(self) -> int:
        """What was taken of an authorization."""
        return sum(one.value_minor or 0 for one in self.transfers if one.kind is TransactionKind.CAPTURE)

    @property
    def is_held(self) -> bool:
        """Whether a person has to look at what came before anything follows from it."""
        doubted = any(one.doubted for one in self.transfers)
        return (self.unexpected or doubted) and self.decision is not Decision.ACCEPTED

    @property
    def capturable_minor(self) -> int:
        """What can still be taken of it."""
        if self.authorization is None:
            return 0
        return self.authorization.amount_minor - self.authorization.released_minor - self.captured_minor

    @property
    def refunded_minor(self) -> int:
        """What has gone back."""
        return sum(one.value_minor or 0 for one in self.returned if one.confirmed_at is not None)

    @property
    def given_back(self) -> int:
        """Atomic units that went back, or are on their way."""
        return sum(one.amount_atomic for one in self.returned)

    @property
    def refundable_minor(self) -> int:
        """What could still be sent back: refunds under way are taken off already."""
        return max(self.received_value.minor - sum(one.value_minor or 0 for one in self.returned), 0)

    @property
    def refundable_atomic(self) -> int:
        """The same in atomic units: whether there is money is asked here, for dust has no value in any currency."""
        return max(self.received - self.given_back, 0)

    def value_of(self, atomic: int | Fraction) -> Money:
        """What an amount of the asset is worth at the price that was locked, rounded down: the whole is the price.

        Where nothing was asked for, there is no price to say it by.
        """
        if not self.terms.amount_atomic:
            return Money(0, self.price.currency)
        return Money(floor(atomic * self.price.minor // self.terms.amount_atomic), self.price.currency)

    def capture_atomic(self, amount_minor: int) -> int:
        """What a capture of so much is in the asset: rounded up over all captures, so that together they are exact."""
        required, price = self.terms.amount_atomic, self.price.minor
        taken = sum(one.amount_atomic for one in self.transfers if one.kind is TransactionKind.CAPTURE)
        return -(-required * (self.captured_minor + amount_minor) // price) - taken

    def refund_atomic(self, amount_minor: int) -> int:
        """What a refund of so much is in the asset: rounded down, and all that is there where it takes the rest."""
        if amount_minor == self.refundable_minor:
            return self.refundable_atomic
        return self.terms.amount_atomic * amount_minor // self.price.minor


class RecordedPayment(NamedTuple):
    """A payment as it is kept: whose it is, and what its order and its session make of it.

    Attributes:
        expires_at: its session's deadline.
        metadata: the merchant's JSON object as text.
        counted: whether it is in the project's figures; ``booked``, whether it is in its books.
    """

    payment: Payment
    project_id: str
    livemode: bool
    order_id: str
    state: PaymentState
    expires_at: int
    metadata: str | None
    created_at: int
    updated_at: int
    counted: bool = True
    booked: bool = True


def changed(before: RecordedPayment, after: RecordedPayment) -> bool:
    """Whether a payment has changed in what its events report. The depth of a transfer in its chain is not reported,
    nor a transfer that was seen and is not final: what that leads to is a state."""
    return _reported(after) != _reported(before)


def _reported(recorded: RecordedPayment) -> tuple[object, ...]:
    payment = recorded.payment
    return (
        recorded.state,
        recorded.metadata,
        payment.price,
        payment.terms,
        payment.capture_method,
        payment.authorization,
        payment.capturable_minor,
        payment.received_value,
        payment.refunded_minor,
        payment.refundable_minor,
        payment.decline,
        payment.decision,
        exceptions_of(payment, recorded.expires_at),
    )


class RecordedTransaction(NamedTuple):
    """A movement of money as it is kept.

    Attributes:
        value: what it is worth at its payment's price.
        asset: the CAIP-19 asset type of what moved.
        network, symbol: the names that its payment was offered with; None where that was not offered.
        offer_ended_at: when a new quote replaced the offer that it counts by; None where it counts by the present one.
    """

    id: str
    livemode: bool
    payment_id: str
    order_id: str
    chain_id: int
    asset: str
    network: str | None
    symbol: str | None
    asset_decimals: int
    value: Money
    transfer: Transfer
    offer_ended_at: int | None = None


class Standing(NamedTuple):
    """Where a payment stands, and since when its money is complete."""

    status: PaymentStatus
    settled_at: int | None


def standing(payment: Payment, *, given_back: int = 0) -> Standing:
    """Where the payment stands, out of its transfers alone.

    An unconfirmed transfer means ``detected`` until it is confirmed or gone: nothing is concluded early. Nothing is
    rounded before it is compared.

    Args:
        given_back: atomic units of what came that do not count.
    """
    if not payment.transfers:
        return Standing(PaymentStatus.AWAITING, None)
    arrivals = [one.arrived_at for one in payment.transfers if one.arrived_at is not None]
    if len(arrivals) < len(payment.transfers):
        return Standing(PaymentStatus.DETECTED, None)
    settled_at = max(arrivals)
    received, required, tolerance = (
        payment.received_exactly - given_back,
        payment.terms.amount_atomic,
        payment.tolerance,
    )
    if received < required - tolerance:
        return Standing(PaymentStatus.UNDERPAID, settled_at)
    if received > required + tolerance:
        return Standing(PaymentStatus.OVERPAID, settled_at)
    return Standing(PaymentStatus.PAID, settled_at)


def _most_there(payment: Payment) -> int | Fraction:
    """The most that was there at any one time: what came, without what had been given back by then."""
    if not payment.returned:
        return payment.received_exactly
    moves: list[tuple[int, int, int | Fraction]] = [(one.seen_at, 1, -one.amount_atomic) for one in payment.returned]
    moves += [(one.confirmed_at, 0, payment.worth(one)) for one in payment.transfers if one.confirmed_at is not None]
    return max(accumulate(amount for *_, amount in sorted(moves)), default=0)


def exceptions_of(payment: Payment, expires_at: int) -> list[Unusual]:
    """What is unusual about the money, in words that combine: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
    ``unexpected``, ``doubted``.

    An excess that has gone back, or is on its way, is none any more. What goes back once the price was there leaves it
    paid; what went back before that pays for nothing. An authorization that was captured in part is what the merchant
    wanted, and nothing unusual.
    """
    found: list[Unusual] = []
    if payment.authorization is None and payment.transfers:
        money = standing(payment)
        concluded, required = money.status is not PaymentStatus.DETECTED, payment.terms.amount_atomic
        if concluded and _most_there(payment) < required - payment.tolerance:
            found.append("underpaid")
        if concluded and payment.received_exactly - payment.given_back > required + payment.tolerance:
            found.append("overpaid")
        if money.settled_at is not None and money.settled_at >= expires_at:
            found.append("late")
    if payment.dropped and not payment.by_mail:
        found.append("reorged")
    if payment.unexpected and payment.transfers:
        found.append("unexpected")
    if any(one.doubted for one in payment.transfers):
        found.append("doubted")
    return found
