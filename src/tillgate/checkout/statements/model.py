"""Books → statement: pure, and the only place that decides what is said of a session's money.

A page, a receipt or a mail never looks at a status and a price. It asks :func:`statement_of`, gets a
:class:`Situation` with the sums of the books, and finds the words for it in its table (``words.py``). The rules are
tables, read from the top: the first that fits is what is said.
"""

from collections.abc import Callable
from enum import StrEnum
from math import floor
from typing import Final, NamedTuple, Protocol

from tillgate.base.money import Money
from tillgate.checkout.orders.model import Order, OrderStatus
from tillgate.checkout.payments.model import Decision, Payment, ReleaseReason, TransactionKind, Transfer
from tillgate.checkout.sessions.model import SessionStatus


class Situation(StrEnum):
    """What there is to say: the id of a message. Each has a row in every table of words."""

    # It waits for money.
    WAITING = "waiting"
    DECLINED = "declined"
    DROPPED = "dropped"
    REST_AWAITED = "rest_awaited"
    REST_SEEN = "rest_seen"
    AWAITED_AGAIN = "awaited_again"
    NOTHING_DUE = "nothing_due"
    # Money is on its way, or promised.
    SEEN = "seen"
    AUTHORIZED = "authorized"
    PARTLY_CAPTURED = "partly_captured"
    # The merchant has to decide.
    LESS = "less"
    MORE = "more"
    EXACT_IN_REVIEW = "exact_in_review"
    NOTHING_LEFT = "nothing_left"
    REVERSED = "reversed"
    AFTER_REFUND = "after_refund"
    AFTER_EXPIRY = "after_expiry"
    AFTER_FAILURE = "after_failure"
    # It is paid.
    PAID = "paid"
    PAID_LATE = "paid_late"
    FREE = "free"
    FREE_AND_MORE = "free_and_more"
    CAPTURED_IN_PART = "captured_in_part"
    ACCEPTED_LESS = "accepted_less"
    ACCEPTED_NOTHING = "accepted_nothing"
    ACCEPTED_MORE = "accepted_more"
    ACCEPTED_AFTER_FAILURE = "accepted_after_failure"
    PAID_TWICE = "paid_twice"
    # Money goes back, or went back.
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    PART_REFUND_PENDING = "part_refund_pending"
    PARTLY_REFUNDED = "partly_refunded"
    # It failed.
    EXPIRED = "expired"
    EXPIRED_DROPPED = "expired_dropped"
    CANCELED = "canceled"
    RELEASED = "released"
    LAPSED = "lapsed"
    FAILED = "failed"
    FAILED_DROPPED = "failed_dropped"


_X = Situation
_S = SessionStatus

# It can be paid now: an amount, an address and a code are shown.
PAYABLE: Final = frozenset({_X.WAITING, _X.DECLINED, _X.DROPPED, _X.REST_AWAITED, _X.AWAITED_AGAIN})
# The order is paid for; its buyer goes on to the shop.
SETTLED: Final = frozenset(
    {
        _X.PAID,
        _X.PAID_LATE,
        _X.FREE,
        _X.FREE_AND_MORE,
        _X.CAPTURED_IN_PART,
        _X.ACCEPTED_LESS,
        _X.ACCEPTED_NOTHING,
        _X.ACCEPTED_MORE,
        _X.ACCEPTED_AFTER_FAILURE,
        _X.PAID_TWICE,
        _X.PARTLY_REFUNDED,
        _X.PART_REFUND_PENDING,
    }
)
# Exactly the price came, and all of it is there.
EXACT: Final = frozenset({_X.PAID, _X.PAID_LATE, _X.FREE})
# What is said is said in the asset that was sent, because more of it may have to be.
_IN_THE_ASSET: Final = frozenset({_X.LESS, _X.MORE, _X.EXACT_IN_REVIEW, _X.NOTHING_LEFT, _X.REST_AWAITED, _X.REST_SEEN})


class Sum(NamedTuple):
    """A sum of the books.

    Attributes:
        money: in the price's currency, at the price that was locked, rounded down.
        atomic: the same in atomic units of the asset; None for what was only promised in money.
    """

    money: Money
    atomic: int | None = None


class Row(StrEnum):
    """A line of a page's little account: what its sum is."""

    DUE = "due"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    RECEIVED = "received"
    UNCONFIRMED = "unconfirmed"
    MISSING = "missing"
    EXCESS = "excess"
    RELEASED = "released"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"


class Books(NamedTuple):
    """What is known of a session's money.

    Attributes:
        due: the price.
        seen: what came in and counts, confirmed or not; ``received`` of it is confirmed.
        refunded: what has gone back; ``refunding`` is on its way.
        authorized: whether the payer's side promised money; ``captured`` of it was taken, ``capturable`` still can be,
            and ``released`` never will be.
        lapsed: the authorization ran out.
        tolerated_atomic: by how much the money may differ from the price.
        dropped: something that had been seen is gone.
        held: a person has to look at what came before anything follows from it.
        revoked: the merchant has undone the confirmation that it was paid.
    """

    status: SessionStatus
    canceled: bool
    decision: Decision | None
    unexpected: bool
    declined: bool
    dropped: bool
    due: Sum
    seen: Sum
    received: Sum
    refunded: Sum
    refunding: Sum
    authorized: Money | None
    captured: Money
    capturable: Money
    released: Money
    lapsed: bool
    tolerated_atomic: int = 0
    held: bool = False
    revoked: bool = False

    @property
    def unconfirmed(self) -> Sum:
        """What came in and is not confirmed yet."""
        return _minus(self.seen, self.received)

    @property
    def counted(self) -> Sum:
        """What counts towards the price: what was seen. What goes back before the price is there pays for nothing; what
        goes back later is a refund, and leaves nothing to be paid."""
        if self.status not in (_S.UNDERPAID, _S.OVERPAID):
            return self.seen
        return _minus(_minus(self.seen, self.refunded), self.refunding)

    @property
    def missing(self) -> Sum:
        """What is to come until the price is there, counted with what was seen."""
        return _minus(self.due, self.counted)

    @property
    def excess(self) -> Sum:
        """What came beyond the price."""
        return _minus(self.counted, self.due)

    @property
    def kept(self) -> Sum:
        """What has come and has not gone back."""
        return _minus(self.received, self.refunded)


class Statement(NamedTuple):
    """What is said, and the account under it.

    Attributes:
        rows: what the account shows; empty where the sentence says it all.
        in_the_asset: whether the account is in the asset that was sent, instead of in money.
    """

    situation: Situation
    books: Books
    rows: tuple[tuple[Row, Sum], ...]
    in_the_asset: bool

    @property
    def payable(self) -> bool:
        """Whether it can be paid now."""
        return self.situation in PAYABLE

    @property
    def settled(self) -> bool:
        """Whether the order is paid for."""
        return self.situation in SETTLED


_Rule = tuple[Situation, Callable[[Books], bool]]


def _always(books: Books) -> bool:
    return True


def _atomic(one: Sum) -> int:
    return one.atomic or 0


def _all_went_back(books: Books) -> bool:
    return 0 < _atomic(books.received) <= _atomic(books.refunded) and not _atomic(books.unconfirmed)


def _all_goes_back(books: Books) -> bool:
    going = _atomic(books.refunded) + _atomic(books.refunding)
    return 0 < _atomic(books.received) <= going and not _atomic(books.unconfirmed)


def _waits(books: Books) -> bool:
    return books.decision is Decision.WAITING and books.status is _S.UNDERPAID


def _falls_short(books: Books) -> bool:
    return _atomic(_minus(books.due, books.received)) > books.tolerated_atomic


def _misses(books: Books) -> bool:
    """More than is tolerated, whatever has been seen."""
    return _atomic(books.missing) > books.tolerated_atomic


def _accepted(books: Books) -> bool:
    return books.decision is Decision.ACCEPTED


def _came_after_refund(books: Books) -> bool:
    """Money came after some had gone back; where that was the excess alone, all is decided."""
    left = _atomic(books.received) - _atomic(books.refunded) - _atomic(books.refunding)
    decided = books.decision is Decision.REFUNDED and abs(left - _atomic(books.due)) <= books.tolerated_atomic
    went = _atomic(books.refunded) + _atomic(books.refunding) > 0
    return books.unexpected and not _accepted(books) and went and not decided


def _is_held(books: Books) -> bool:
    return books.held and _atomic(books.received) > 0 and not _atomic(books.unconfirmed)


_GONE: Final[tuple[_Rule, ...]] = (
    (_X.REFUNDED, _all_went_back),
    (_X.REFUND_PENDING, _all_goes_back),
)
_IN_REVIEW: Final[tuple[_Rule, ...]] = (
    *_GONE,
    (_X.REST_SEEN, lambda books: _waits(books) and not _misses(books) and _atomic(books.unconfirmed) > 0),
    (_X.AWAITED_AGAIN, lambda books: _waits(books) and not books.seen.atomic),
    (_X.REST_AWAITED, lambda books: _waits(books) and _misses(books)),
    (_X.NOTHING_LEFT, lambda books: not books.seen.atomic),
    (_X.LESS, lambda books: _atomic(books.missing) > 0),
    (_X.MORE, lambda books: _atomic(books.excess) > 0),
    (_X.EXACT_IN_REVIEW, _always),
)
_AFTER_PAYMENT: Final[tuple[_Rule, ...]] = (
    (_X.PART_REFUND_PENDING, lambda books: _atomic(books.refunding) > 0),
    (_X.PARTLY_REFUNDED, lambda books: _atomic(books.refunded) > 0),
)
_AFTER_THE_PRICE: Final[tuple[_Rule, ...]] = (
    (_X.CANCELED, lambda books: books.revoked),
    (_X.FREE, lambda books: not books.due.money.minor and not books.seen.atomic),
    *_GONE,
    (_X.FREE_AND_MORE, lambda books: not books.due.money.minor),
    (
        _X.REVERSED,
        lambda books: books.dropped and _falls_short(books) and not _accepted(books),
    ),
    (_X.AFTER_REFUND, _came_after_refund),
    *_AFTER_PAYMENT,
    (_X.CAPTURED_IN_PART, lambda books: books.authorized is not None and books.captured < books.due.money),
    (_X.ACCEPTED_NOTHING, lambda books: not books.received.atomic),
    (
        _X.ACCEPTED_LESS,
        lambda books: _atomic(books.received) < _atomic(books.due) and (_accepted(books) or _falls_short(books)),
    ),
    (_X.ACCEPTED_MORE, lambda books: _atomic(books.received) > _atomic(books.due) and _accepted(books)),
    (_X.PAID_TWICE, lambda books: _atomic(_minus(books.seen, books.due)) > books.tolerated_atomic),
)

RULES: Final[dict[SessionStatus, tuple[_Rule, ...]]] = {
    _S.PENDING: (
        (_X.NOTHING_DUE, lambda books: not books.due.money.minor),
        (_X.DROPPED, lambda books: books.dropped),
        (_X.DECLINED, lambda books: books.declined),
        (_X.WAITING, _always),
    ),
    _S.DETECTED: (
        (_X.PARTLY_CAPTURED, lambda books: books.authorized is not None and books.captured.minor > 0),
        (_X.AUTHORIZED, lambda books: books.authorized is not None),
        (_X.REFUND_PENDING, lambda books: _is_held(books) and _all_goes_back(books)),
        (_X.LESS, lambda books: _is_held(books) and _atomic(books.missing) > 0),
        (_X.MORE, lambda books: _is_held(books) and _atomic(books.excess) > 0),
        (_X.EXACT_IN_REVIEW, _is_held),
        (_X.SEEN, _always),
    ),
    _S.UNDERPAID: _IN_REVIEW,
    _S.OVERPAID: _IN_REVIEW,
    _S.PAID: (*_AFTER_THE_PRICE, (_X.PAID, _always)),
    _S.PAID_LATE: (*_AFTER_THE_PRICE, (_X.PAID_LATE, _always)),
    _S.EXPIRED: (
        *_GONE,
        (_X.AFTER_EXPIRY, lambda books: _atomic(books.seen) > 0),
        (_X.EXPIRED_DROPPED, lambda books: books.dropped),
        (_X.EXPIRED, _always),
    ),
    _S.FAILED: (
        *_GONE,
        (_X.ACCEPTED_AFTER_FAILURE, lambda books: _atomic(books.received) > 0 and _accepted(books)),
        (_X.AFTER_FAILURE, lambda books: _atomic(books.seen) > 0),
        (_X.LAPSED, lambda books: books.authorized is not None and books.lapsed),
        (_X.RELEASED, lambda books: books.authorized is not None),
        (_X.CANCELED, lambda books: books.canceled),
        (_X.FAILED_DROPPED, lambda books: books.dropped),
        (_X.FAILED, _always),
    ),
}

# Where the sentence says it all, or there is nothing to account for.
_WITHOUT_ROWS: Final = frozenset(
    {
        _X.WAITING,
        _X.DECLINED,
        _X.DROPPED,
        _X.AWAITED_AGAIN,
        _X.NOTHING_DUE,
        _X.SEEN,
        _X.AUTHORIZED,
        _X.PAID,
        _X.PAID_LATE,
        _X.FREE,
        _X.EXPIRED,
        _X.EXPIRED_DROPPED,
        _X.CANCELED,
        _X.RELEASED,
        _X.LAPSED,
        _X.FAILED,
        _X.FAILED_DROPPED,
    }
)
# What is still asked for, or was too much, is a sum of its own there.
_NAMES_THE_DIFFERENCE: Final = frozenset(
    {_X.LESS, _X.MORE, _X.NOTHING_LEFT, _X.REST_AWAITED, _X.REST_SEEN, _X.REVERSED, _X.PAID_TWICE}
)


class Accounted(Protocol):
    """What the books of a session are made of; a session is it itself."""

    @property
    def status(self) -> SessionStatus: ...

    @property
    def canceled_at(self) -> int | None: ...

    @property
    def price(self) -> Money: ...

    @property
    def payment(self) -> Payment: ...


def books_of(session: Accounted) -> Books:
    """What the books hold of a session's money."""
    payment, currency = session.payment, session.price.currency
    held = payment.authorization
    going = tuple(one for one in payment.returned if one.confirmed_at is None)
    gone = tuple(one for one in payment.returned if one.confirmed_at is not None)
    seen = tuple(one for one in payment.transfers)
    confirmed = tuple(one for one in payment.transfers if one.confirmed_at is not None)
    return Books(
        status=session.status,
        canceled=session.canceled_at is not None,
        decision=payment.decision,
        unexpected=payment.unexpected,
        declined=payment.decline is not None,
        dropped=bool(payment.dropped),
        due=Sum(session.price, payment.terms.amount_atomic),
        seen=_came(payment, seen),
        received=_came(payment, confirmed),
        refunded=_went(currency, gone),
        refunding=_went(currency, going),
        authorized=Money(held.amount_minor, currency) if held is not None else None,
        captured=Money(payment.captured_minor, currency),
        capturable=Money(payment.capturable_minor, currency),
        released=Money(held.released_minor if held is not None else 0, currency),
        lapsed=held is not None and held.release_reason is ReleaseReason.LAPSED,
        tolerated_atomic=payment.tolerance_atomic,
        held=payment.is_held,
        revoked=payment.is_revoked,
    )


def situation_of(books: Books) -> Situation:
    """Which message fits these books: the first rule of their table that does."""
    return next(situation for situation, fits in RULES[books.status] if fits(books))


def statement_of(session: Accounted) -> Statement:
    """What is to be said of a session's money, as its books are now."""
    books = books_of(session)
    situation = situation_of(books)
    return Statement(situation, books, _rows(situation, books), situation in _IN_THE_ASSET)


class OrderStanding(StrEnum):
    """Where an order stands, in the words of a list."""

    OPEN = "open"
    PROCESSING = "processing"
    REVIEW = "review"
    PAID = "paid"
    PAID_IN_PART = "paid_in_part"
    ACCEPTED_UNPAID = "accepted_unpaid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELED = "canceled"


def order_standing(order: Order) -> OrderStanding:
    """Where an order stands, as a list names it: a paid order of which something went back is partly refunded, and one
    for which less was captured or accepted than its total is paid in part."""
    payment = order.payment
    if order.status is not OrderStatus.PAID:
        return OrderStanding(order.status.value)
    if any(one.confirmed_at is not None for one in payment.returned):
        return OrderStanding.PARTLY_REFUNDED
    received = _came(payment, tuple(one for one in payment.transfers if one.confirmed_at is not None))
    if _atomic(received) + payment.tolerance_atomic >= payment.terms.amount_atomic:
        return OrderStanding.PAID
    return OrderStanding.PAID_IN_PART if _atomic(received) else OrderStanding.ACCEPTED_UNPAID


def _rows(situation: Situation, books: Books) -> tuple[tuple[Row, Sum], ...]:
    if situation in _WITHOUT_ROWS:
        return ()
    difference = situation in _NAMES_THE_DIFFERENCE
    came = Row.CAPTURED if books.authorized is not None else Row.RECEIVED
    rows = (
        (Row.DUE, books.due, True),
        (came, books.received, True),
        (Row.UNCONFIRMED, books.unconfirmed, _atomic(books.unconfirmed) > 0),
        (Row.AUTHORIZED, Sum(books.capturable), books.capturable.minor > 0),
        (Row.RELEASED, Sum(books.released), books.released.minor > 0),
        (Row.MISSING, books.missing, difference and _atomic(books.missing) > 0),
        (Row.EXCESS, books.excess, difference and _atomic(books.excess) > 0),
        (Row.REFUND_PENDING, books.refunding, _atomic(books.refunding) > 0),
        (Row.REFUNDED, books.refunded, _atomic(books.refunded) > 0),
    )
    return tuple((row, amount) for row, amount, shown in rows if shown)


def _came(payment: Payment, transfers: tuple[Transfer, ...]) -> Sum:
    """What transfers and captures come to: captures count what was captured, transfers what they are worth,
    also where they came in several tokens. Nothing is rounded before it is added up."""
    sent = sum(payment.worth(one) for one in transfers if one.kind is not TransactionKind.CAPTURE)
    captured = [one for one in transfers if one.kind is TransactionKind.CAPTURE]
    worth = payment.value_of(sent).minor if sent else 0
    taken = sum(one.value_minor or 0 for one in captured)
    return Sum(Money(worth + taken, payment.price.currency), floor(sent) + sum(one.amount_atomic for one in captured))


def _went(currency: str, returned: tuple[Transfer, ...]) -> Sum:
    return Sum(
        Money(sum(one.value_minor or 0 for one in returned), currency), sum(one.amount_atomic for one in returned)
    )


def _minus(one: Sum, other: Sum) -> Sum:
    """The difference, or nothing where the other is more."""
    money = Money(max(one.money.minor - other.money.minor, 0), one.money.currency)
    return Sum(money, max(_atomic(one) - _atomic(other), 0))
