"""What a receipt, an invoice or a credit note says, as the books had it when it was issued."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tillgate.base.errors import NotFound, TillgateError
from tillgate.base.money import Money
from tillgate.checkout.orders.model import Discount, LineItemKind, Order, OrderStatus
from tillgate.checkout.payments.model import Payment, RecordedTransaction, TransactionKind, Transfer
from tillgate.checkout.refunds.model import Refund
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.statements.model import Row, Situation, Sum, statement_of
from tillgate.checkout.statements.words import sums_of


class DocumentKind(StrEnum):
    """What a document is; each has a series of numbers."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


_K = DocumentKind
_LETTERS: Final = {_K.RECEIPT: "R", _K.INVOICE: "I", _K.CREDIT_NOTE: "C"}
# More documents than that no series has.
NUMBER_DIGITS_MAX: Final = 15
# The orders that have something to be invoiced.
INVOICED: Final = frozenset(
    {OrderStatus.OPEN, OrderStatus.PROCESSING, OrderStatus.REVIEW, OrderStatus.PAID, OrderStatus.REFUNDED}
)
# The orders that were paid.
RECEIPTED: Final = frozenset({OrderStatus.PAID, OrderStatus.REFUNDED})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order, as it was."""

    kind: LineItemKind
    name: str
    quantity: int
    unit_minor: int

    @property
    def amount_minor(self) -> int:
        return self.quantity * self.unit_minor


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came or went back.

    Attributes:
        value_minor: what it is worth at the price that was locked.
        at: when it was there.
        asset: CAIP-19 asset type; ``symbol`` and ``network`` are the names that it was offered with, if it was.
    """

    kind: TransactionKind
    value_minor: int
    amount_atomic: int
    decimals: int
    at: int
    tx_hash: str | None
    chain_id: int
    asset: str
    symbol: str | None = None
    network: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says, in minor units of ``currency``.

    Attributes:
        total_minor: of an order's lines; of a credit note, what went back.
        situation: what was to be said of the money; empty where nothing is but the sums.
        sums: the books' sums by the names that sentences know them by, ``rows`` those of the account under it.
        in_the_asset: whether the account is in the asset that was sent.
        decimals, asset, symbol, chain_id: of that asset.
        open_minor: what was still to come.
        refers_to: the names of the documents that it goes with.
        reason: why money went back.
        locale: the language that was set for the buyer.
    """

    order_id: str
    reference: str | None
    currency: str
    total_minor: int
    lines: tuple[Line, ...] = ()
    discounts: tuple[Discount, ...] = ()
    shipping_minor: int = 0
    situation: str = ""
    sums: dict[str, Sum] = {}
    rows: tuple[tuple[Row, Sum], ...] = ()
    in_the_asset: bool = False
    by_mail: bool = False
    decimals: int = 0
    chain_id: int = 0
    asset: str = ""
    symbol: str | None = None
    movements: tuple[Movement, ...] = ()
    open_minor: int = 0
    refers_to: tuple[str, ...] = ()
    reason: str | None = None
    locale: str | None = None

    @property
    def basket(self) -> tuple[object, ...]:
        """What it is about: another basket is another invoice."""
        return self.currency, self.lines, self.discounts, self.shipping_minor, self.total_minor

    @property
    def money(self) -> tuple[object, ...]:
        """What came and what went, whenever it was there: other money is another receipt."""
        moved = tuple((one.kind, one.tx_hash, one.amount_atomic) for one in self.movements)
        return self.situation, self.sums, moved


class IssuedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was issued, and never changes. Instants are Unix milliseconds.

    Attributes:
        number: within its project, mode and kind, from 1, without a gap.
        place: which of its kind it is of its order, from 1.
        seller: what was set of the project, as JSON; ``logo`` is its logo's digest.
    """

    id: str
    project_id: str
    livemode: bool
    kind: DocumentKind
    number: int
    order_id: str
    place: int
    facts: Facts
    seller_name: str
    seller: str
    logo: str | None
    buyer_name: str | None
    buyer_email: str | None
    issued_at: int

    @property
    def name(self) -> str:
        """Its number as people write it."""
        return name_of(self.kind, self.number, livemode=self.livemode)

    @property
    def filename(self) -> str:
        """What its file is called."""
        return f"{self.kind.value.replace('_', '-')}-{self.name}.pdf"


class NotIssued(NotFound):
    """The order has no such document."""

    default_code = "document_not_issued"

    def __init__(self, kind: DocumentKind) -> None:
        TillgateError.__init__(self, _MISSING[kind])


_MISSING: Final = {
    _K.RECEIPT: "This order has no receipt: one is issued when the order is paid.",
    _K.INVOICE: "This order has no invoice: it expired or was canceled, so nothing is to be paid.",
    _K.CREDIT_NOTE: "This order has no such credit note: one is issued for each refund that has succeeded, numbered "
    "from 1.",
}


def name_of(kind: DocumentKind, number: int, *, livemode: bool) -> str:
    """A number as people write it: ``R-1042``, ``TEST-R-7``."""
    name = f"{_LETTERS[kind]}-{number}"
    return name if livemode else f"TEST-{name}"


def named(text: str, *, livemode: bool) -> tuple[DocumentKind, int] | None:
    """The kind and the number of a document that a text names, as people copy it; None where it names none of this
    mode."""
    name = text.upper().removeprefix("" if livemode else "TEST-")
    letter, _, number = name.partition("-")
    kind = next((kind for kind, its in _LETTERS.items() if its == letter), None)
    if kind is None or not (number.isascii() and number.isdigit()) or len(number) > NUMBER_DIGITS_MAX:
        return None
    return kind, int(number)


class Paying(NamedTuple):
    """An order's session, as far as its money goes, and the language that was set for its buyer."""

    status: SessionStatus
    canceled_at: int | None
    price: Money
    payment: Payment
    locale: str | None


def facts_of(session: Paying, order: Order) -> Facts:
    """What a receipt or an invoice says of an order, out of the books as they are."""
    statement, payment = statement_of(session), session.payment
    paid = order.status is OrderStatus.PAID
    terms = payment.terms
    option = terms.option(terms.asset)
    moved = [one for one in (*payment.transfers, *payment.returned) if one.confirmed_at is not None]
    return Facts(
        order_id=order.id,
        reference=order.reference,
        currency=order.currency,
        total_minor=order.total_minor,
        lines=tuple(
            Line(kind=one.kind, name=one.name, quantity=one.quantity, unit_minor=one.unit_minor)
            for one in order.line_items
        ),
        discounts=order.discounts,
        shipping_minor=order.shipping_minor,
        situation=statement.situation.value if statement.settled or statement.situation is Situation.REFUNDED else "",
        sums=sums_of(statement.books),
        rows=statement.rows,
        in_the_asset=statement.in_the_asset,
        by_mail=payment.by_mail,
        decimals=terms.asset_decimals,
        chain_id=terms.chain_id,
        asset=terms.asset,
        symbol=option.symbol if option is not None else None,
        movements=tuple(_movement(payment, one) for one in moved),
        open_minor=0 if paid or order.status is OrderStatus.REFUNDED else statement.books.missing.money.minor,
        locale=session.locale,
    )


def facts_of_refund(
    session: CheckoutSession, refund: Refund, recorded: RecordedTransaction, refers_to: tuple[str, ...]
) -> Facts:
    """What a credit note says of a refund and of the movement that it was sent by."""
    going = recorded.transfer
    return Facts(
        order_id=refund.order_id,
        reference=session.reference,
        currency=refund.amount.currency,
        total_minor=refund.amount.minor,
        by_mail=session.payment.by_mail,
        movements=(
            Movement(
                kind=going.kind,
                value_minor=refund.amount.minor,
                amount_atomic=going.amount_atomic,
                decimals=recorded.asset_decimals,
                at=going.arrived_at or going.seen_at,
                tx_hash=going.tx_hash,
                chain_id=recorded.chain_id,
                asset=recorded.asset,
                symbol=recorded.symbol,
                network=recorded.network,
            ),
        ),
        refers_to=refers_to,
        reason=refund.reason.value,
        locale=session.locale,
    )


def _movement(payment: Payment, one: Transfer) -> Movement:
    terms = payment.terms
    option = terms.known_option(one.asset or terms.asset)
    value = one.value_minor
    if value is None:
        value = payment.value_of(payment.worth(one)).minor
    return Movement(
        kind=one.kind,
        value_minor=value,
        amount_atomic=one.amount_atomic,
        decimals=option.decimals if option is not None else terms.asset_decimals,
        at=one.arrived_at or one.seen_at,
        tx_hash=one.tx_hash,
        chain_id=option.chain_id if option is not None else terms.chain_id,
        asset=one.asset or terms.asset,
        symbol=option.symbol if option is not None else None,
        network=option.title if option is not None else None,
    )
