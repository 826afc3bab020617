"""A payment as an entry of the books, and a month of a time zone: pure."""

import re
from datetime import date
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.money import Money
from tillgate.base.problems import Problem
from tillgate.checkout.figures.model import QUARTER_MS, VALUE_MAX, begins, day_of
from tillgate.checkout.orders.model import Totals
from tillgate.checkout.payments.model import PaymentState, RecordedPayment

DAY_QUARTERS: Final = 96
SIMULATED, MAIL = "simulated", "mail"
_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class Entry(NamedTuple):
    """What a payment comes to in the books, or what many come to; amounts in minor units of one currency.

    Of orders that are paid: ``goods - discounts + tax + shipping + difference`` is what was received for them. Of all
    money that came and did not go back, part is in review, part is owed, and the rest is of orders that are paid.

    Attributes:
        orders: those that are paid. One whose payment is reversed is taken off again.
        difference_minor: what came more or less than the orders' totals: an amount that was accepted, a part that was
            captured, or a tolerated difference.
        refunds: how many times money went back.
        review_minor: money that a person has to decide on.
        owed_minor: money that no order has earned: on its way back, or come for an order that is not paid.
    """

    orders: int = 0
    goods_minor: int = 0
    discounts_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    difference_minor: int = 0
    refunds: int = 0
    received_minor: int = 0
    refunded_minor: int = 0
    review_minor: int = 0
    owed_minor: int = 0

    def plus(self, other: "Entry") -> "Entry":
        """Both together."""
        return Entry(*(one + another for one, another in zip(self, other, strict=True)))

    def minus(self, other: "Entry") -> "Entry":
        """What is left without the other."""
        return Entry(*(one - another for one, another in zip(self, other, strict=True)))

    @property
    def sales_minor(self) -> int:
        """What orders that are paid came to."""
        return self.goods_minor - self.discounts_minor + self.tax_minor + self.shipping_minor + self.difference_minor


NONE: Final = Entry()


class Amounts(NamedTuple):
    """What a payment's events say of its money, in minor units."""

    received: int
    refunded: int
    refundable: int


def entry(state: PaymentState, amounts: Amounts, totals: Totals, refunds: int) -> Entry:
    """What a payment in this state is in the books."""
    received, refunded, refundable = (min(one, VALUE_MAX) for one in amounts)
    held = received - refunded
    going = max(held, 0) - min(refundable, max(held, 0))
    moved = Entry(refunds=refunds, received_minor=received, refunded_minor=refunded)
    if state is PaymentState.REVIEW:
        return moved._replace(review_minor=held - going, owed_minor=going)
    if state is not PaymentState.SUCCEEDED:
        return moved._replace(owed_minor=held)
    goods, tax, shipping, discounts = (
        min(one, VALUE_MAX) for one in (totals.subtotal, totals.tax, totals.shipping, totals.discount)
    )
    return moved._replace(
        orders=1,
        goods_minor=goods,
        discounts_minor=discounts,
        tax_minor=tax,
        shipping_minor=shipping,
        difference_minor=received - (goods - discounts + tax + shipping),
        owed_minor=going,
    )


def entry_of(recorded: RecordedPayment, totals: Totals) -> Entry:
    """The same of a payment as it is kept, with its order's totals."""
    payment = recorded.payment
    amounts = Amounts(payment.received_value.minor, payment.refunded_minor, payment.refundable_minor)
    refunds = sum(one.confirmed_at is not None and bool(one.value_minor) for one in payment.returned)
    return entry(recorded.state, amounts, totals, refunds)


def network_of(rail: str, chain_id: int) -> str:
    """How the books name the network that a payment is asked for on: CAIP-2, or what stands in its place."""
    return {"simulated": SIMULATED, "manual": MAIL}.get(rail, f"eip155:{chain_id}")


class Account(NamedTuple):
    """What the books are kept by."""

    currency: str
    network: str


class Month(NamedTuple):
    """A month of a time zone.

    Attributes:
        begin, end: its first quarter of an hour since 1970, and the one after its last.
    """

    name: str
    zone: str
    begin: int
    end: int

    @property
    def ends_at(self) -> int:
        """The instant with which it is over, as Unix milliseconds."""
        return self.end * QUARTER_MS

    def closed(self, now: int) -> bool:
        """Whether nothing is booked in it any more: what began in its last moment has ended."""
        return now >= self.ends_at + QUARTER_MS


def month_of(name: str, zone: str) -> Month:
    """A month by its name, ``2026-11``, in a time zone that is known.

    Raises:
        InvalidInput: there is no such month.
    """
    found = _MONTH.fullmatch(name)
    if found is None:
        raise InvalidInput("month", Problem.NOT_A_MONTH)
    year, month = int(found[1]), int(found[2])
    following = date(year + month // 12, month % 12 + 1, 1)
    return Month(name, zone, begins(date(year, month, 1), zone), begins(following, zone))


def month_at(now: int, zone: str) -> str:
    """The name of the month that it is there."""
    return day_of(now, zone).strftime("%Y-%m")


def month_beside(name: str) -> tuple[str | None, str | None]:
    """The months before and after one, where there are such."""
    year, month = int(name[:4]), int(name[5:])
    earlier, later = date(year - (month == 1), (month - 2) % 12 + 1, 1), date(year + month // 12, month % 12 + 1, 1)
    found = (earlier.strftime("%Y-%m"), later.strftime("%Y-%m"))
    return (found[0] if _MONTH.fullmatch(found[0]) else None, found[1] if _MONTH.fullmatch(found[1]) else None)


class Line(NamedTuple):
    """A month in one account: what moved in it, and the balances that it began with."""

    account: Account
    moved: Entry
    opening: Entry

    @property
    def closing(self) -> Entry:
        """The balances that it ended with; of the next month they are the opening ones."""
        return self.opening.plus(self.moved)


class Report(NamedTuple):
    """A month of a project's books, of one moment.

    Attributes:
        by_currency, by_account: sorted by what they are called.
        closed: nothing is booked in it any more.
        incomplete: payments of an earlier version are still being booked.
    """

    month: Month
    livemode: bool
    by_currency: list[Line]
    by_account: list[Line]
    closed: bool
    incomplete: bool


class BalancesObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Decimal strings in the line's currency.

    Attributes:
        in_review: money that came and that you have to decide on.
        owed: money that no order has earned: on its way back, or come for an order that is not paid.
    """

    in_review: str
    owed: str


class ReportLineObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One currency, on one network or on all; decimal strings. ``sales = goods - discounts + tax + shipping +
    difference``, and ``kept = received - refunded``.

    Attributes:
        network: CAIP-2, ``simulated`` or ``mail``; null for all networks together. A payment counts on the network
            that it was asked for on last.
        orders: those that were paid in the month; one whose payment was reversed is taken off.
        difference: what came more or less than the totals of paid orders.
        opening, closing: the closing balances of a month are the opening ones of the next.
    """

    currency: str
    network: str | None
    orders: int
    goods: str
    discounts: str
    tax: str
    shipping: str
    difference: str
    sales: str
    received: str
    refunds: int
    refunded: str
    kept: str
    opening: BalancesObject
    closing: BalancesObject


class MonthlyReportObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A month of the books, of one moment.

    Attributes:
        begins_at, ends_at: the month in its time zone; the latter is no part of it.
        closed: the month is over, and stays as it is.
        complete: false while payments of before an upgrade are still being booked.
        totals: by currency. ``lines``: by currency and network.
    """

    object: Literal["monthly_report"] = "monthly_report"
    livemode: bool
    month: str
    time_zone: str
    begins_at: str
    ends_at: str
    closed: bool
    complete: bool
    totals: list[ReportLineObject]
    lines: list[ReportLineObject]


def to_api(report: Report) -> MonthlyReportObject:
    """The API's form."""
    month = report.month
    return MonthlyReportObject(
        livemode=report.livemode,
        month=month.name,
        time_zone=month.zone,
        begins_at=to_rfc3339(month.begin * QUARTER_MS),
        ends_at=to_rfc3339(month.ends_at),
        closed=report.closed,
        complete=not report.incomplete,
        totals=[_line(one) for one in report.by_currency],
        lines=[_line(one) for one in report.by_account],
    )


def signed(minor: int, currency: str) -> str:
    """A decimal string that may be below zero: more can be reversed in a month than came in it."""
    return f"-{Money(-minor, currency)}" if minor < 0 else str(Money(minor, currency))


def _line(line: Line) -> ReportLineObject:
    currency, moved = line.account.currency, line.moved

    def amount(minor: int) -> str:
        return signed(minor, currency)

    return ReportLineObject(
        currency=currency,
        network=line.account.network or None,
        orders=moved.orders,
        goods=amount(moved.goods_minor),
        discounts=amount(moved.discounts_minor),
        tax=amount(moved.tax_minor),
        shipping=amount(moved.shipping_minor),
        difference=amount(moved.difference_minor),
        sales=amount(moved.sales_minor),
        received=amount(moved.received_minor),
        refunds=moved.refunds,
        refunded=amount(moved.refunded_minor),
        kept=amount(moved.received_minor - moved.refunded_minor),
        opening=_balances(line.opening, currency),
        closing=_balances(line.closing, currency),
    )


def _balances(entry: Entry, currency: str) -> BalancesObject:
    return BalancesObject(in_review=signed(entry.review_minor, currency), owed=signed(entry.owed_minor, currency))
