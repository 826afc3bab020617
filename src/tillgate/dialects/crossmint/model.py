"""Where an order stands in Crossmint's words: a pure function over tables.

The order's own status decides first. As long as no money was seen, what is still missing decides: the first of
:data:`MISSING` that applies.
"""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

from tillgate.checkout.orders.model import OrderStatus

Phase = Literal["quote", "payment", "delivery", "completed"]


class QuoteStatus(StrEnum):
    """Of the whole order."""

    VALID = "valid"
    EXPIRED = "expired"
    REQUIRES_RECIPIENT = "requires-recipient"
    REQUIRES_PHYSICAL_ADDRESS = "requires-physical-address"
    ALL_UNAVAILABLE = "all-line-items-unavailable"


class LineQuoteStatus(StrEnum):
    """Of one line."""

    VALID = "valid"
    EXPIRED = "expired"
    REQUIRES_RECIPIENT = "requires-recipient"
    UNAVAILABLE = "item-unavailable"


class PaymentStatus(StrEnum):
    """The states that this server's rails can lead to."""

    REQUIRES_QUOTE = "requires-quote"
    REQUIRES_PAYER = "requires-crypto-payer-address"
    REQUIRES_EMAIL = "requires-email"
    INSUFFICIENT_FUNDS = "crypto-payer-insufficient-funds"
    AWAITING = "awaiting-payment"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class DeliveryStatus(StrEnum):
    """Of one line."""

    AWAITING = "awaiting-payment"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    COMPLETED = "completed"


class LineFacts(NamedTuple):
    """What is known of one line.

    Attributes:
        unavailable: it is not for sale any more.
        delivered: whether it was delivered (True) or could not be (False); None while neither is known.
    """

    unavailable: bool = False
    delivered: bool | None = None


class Facts(NamedTuple):
    """What is known of an order.

    Attributes:
        given_up: the merchant gave unusual money back, and the order ended without a sale.
        short: what has come is less than the price.
        quote_expired: the quote's hour is over.
        recipient, address, payer, email: whether what is needed of it is there; what is not needed is there.
    """

    status: OrderStatus
    lines: tuple[LineFacts, ...]
    given_up: bool = False
    short: bool = False
    quote_expired: bool = False
    recipient: bool = True
    address: bool = True
    payer: bool = True
    email: bool = True


class Standing(NamedTuple):
    """The order in Crossmint's words; the lines in their order."""

    phase: Phase
    quote: QuoteStatus
    payment: PaymentStatus
    line_quotes: tuple[LineQuoteStatus, ...]
    deliveries: tuple[DeliveryStatus, ...]

    @property
    def payable(self) -> bool:
        """Whether its payer is to send money now."""
        return self.payment in (PaymentStatus.AWAITING, PaymentStatus.INSUFFICIENT_FUNDS)


# What keeps a quote from being valid, in the order in which it is told, with what each line says of it.
_MISSING_OF_QUOTE: Final = (
    (lambda facts: all(one.unavailable for one in facts.lines), QuoteStatus.ALL_UNAVAILABLE, LineQuoteStatus.VALID),
    (lambda facts: not facts.recipient, QuoteStatus.REQUIRES_RECIPIENT, LineQuoteStatus.REQUIRES_RECIPIENT),
    # A line has no word of its own for a missing address: the recipient is incomplete.
    (lambda facts: not facts.address, QuoteStatus.REQUIRES_PHYSICAL_ADDRESS, LineQuoteStatus.REQUIRES_RECIPIENT),
    # What is offered cannot be bought as a whole: it takes a new quote, or another order.
    (lambda facts: any(one.unavailable for one in facts.lines), QuoteStatus.EXPIRED, LineQuoteStatus.VALID),
    (lambda facts: facts.quote_expired, QuoteStatus.EXPIRED, LineQuoteStatus.EXPIRED),
)
# What keeps a quoted order from being paid.
_MISSING_OF_PAYMENT: Final = (
    (lambda facts: not facts.email, PaymentStatus.REQUIRES_EMAIL),
    (lambda facts: not facts.payer, PaymentStatus.REQUIRES_PAYER),
)
# Of an order that money was seen for, or that has ended.
_UNPAID_END: Final = {
    OrderStatus.EXPIRED: (QuoteStatus.EXPIRED, LineQuoteStatus.EXPIRED),
    OrderStatus.CANCELED: (QuoteStatus.ALL_UNAVAILABLE, LineQuoteStatus.UNAVAILABLE),
}
_FINAL: Final = frozenset({DeliveryStatus.COMPLETED, DeliveryStatus.FAILED})


def standing_of(facts: Facts) -> Standing:
    """Where an order stands."""
    status = OrderStatus.CANCELED if facts.status is OrderStatus.REFUNDED and facts.given_up else facts.status
    if status in _UNPAID_END:
        quote, line = _UNPAID_END[status]
        return _quoting(facts, quote, line)
    if status is OrderStatus.OPEN:
        return _open(facts)
    if status in (OrderStatus.PROCESSING, OrderStatus.REVIEW):
        short = status is OrderStatus.REVIEW and facts.short
        return _paying(facts, PaymentStatus.INSUFFICIENT_FUNDS if short else PaymentStatus.IN_PROGRESS)
    # Everything has gone back: what was not delivered by then is not going to be.
    otherwise = DeliveryStatus.FAILED if status is OrderStatus.REFUNDED else DeliveryStatus.IN_PROGRESS
    deliveries = _deliveries(facts, otherwise)
    phase: Phase = "completed" if all(one in _FINAL for one in deliveries) else "delivery"
    valid = (LineQuoteStatus.VALID,) * len(facts.lines)
    return Standing(phase, QuoteStatus.VALID, PaymentStatus.COMPLETED, valid, deliveries)


def _open(facts: Facts) -> Standing:
    for applies, quote, line in _MISSING_OF_QUOTE:
        if applies(facts):
            return _quoting(facts, quote, line)
    for applies, payment in _MISSING_OF_PAYMENT:
        if applies(facts):
            return _paying(facts, payment)
    return _paying(facts, PaymentStatus.AWAITING)


def _quoting(facts: Facts, quote: QuoteStatus, line: LineQuoteStatus) -> Standing:
    lines = tuple(LineQuoteStatus.UNAVAILABLE if one.unavailable else line for one in facts.lines)
    return Standing("quote", quote, PaymentStatus.REQUIRES_QUOTE, lines, _deliveries(facts, DeliveryStatus.AWAITING))


def _paying(facts: Facts, payment: PaymentStatus) -> Standing:
    valid = (LineQuoteStatus.VALID,) * len(facts.lines)
    return Standing("payment", QuoteStatus.VALID, payment, valid, _deliveries(facts, DeliveryStatus.AWAITING))


def _deliveries(facts: Facts, otherwise: DeliveryStatus) -> tuple[DeliveryStatus, ...]:
    told = {True: DeliveryStatus.COMPLETED, False: DeliveryStatus.FAILED, None: otherwise}
    return tuple(told[one.delivered] for one in facts.lines)
