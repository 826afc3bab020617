"""Booking what a payment has changed, and reading a month."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from tillgate.base.principal import Principal
from tillgate.checkout.books import records
from tillgate.checkout.books.model import (
    DAY_QUARTERS,
    NONE,
    Account,
    Entry,
    Line,
    Report,
    entry_of,
    month_of,
    network_of,
)
from tillgate.checkout.books.records import PARTS, Range
from tillgate.checkout.figures.model import quarter_of
from tillgate.checkout.orders import records as orders
from tillgate.checkout.orders.model import Totals
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.counting import until
from tillgate.checkout.payments.model import PaymentState, RecordedPayment
from tillgate.checkout.projects.model import checked_time_zone
from tillgate.checkout.projects.operations import get_settings
from tillgate.events import records as events
from tillgate.store import Transaction

BATCH_MAX: Final = 100
_ALL: Final = ""


async def book_change(
    tx: Transaction, before: RecordedPayment, after: RecordedPayment, totals: tuple[Totals, Totals], now: int
) -> None:
    """Book what a payment has changed; its event, if any, was written in this transaction.

    Nothing is booked where nothing has changed in the books, so that nobody waits for their rows who does not hold the
    number of an event.

    Args:
        totals: those of its order before and after.
    """
    was, now_is = entry_of(before, totals[0]), entry_of(after, totals[1])
    accounts = _account(before), _account(after)
    if was == now_is and (was == NONE or accounts[0] == accounts[1]):
        return
    if not before.booked:
        await _book(tx, after.project_id, after.livemode, [(before, totals[0])])
    quarter = quarter_of(now)
    changes: dict[Account, Entry] = defaultdict(Entry)
    changes[accounts[1]] = now_is
    changes[accounts[0]] = changes[accounts[0]].minus(was)
    for account, change in sorted(changes.items()):
        if change != NONE:
            await records.add(tx, after.project_id, after.livemode, quarter, account, change)


async def book_batch(tx: Transaction) -> int:
    """Book a batch of the payments of an earlier version, each by when it moved; says how many."""
    log = await payments.log_to_book(tx)
    if log is None:
        return 0
    found = await payments.locked_to_book(tx, *log, BATCH_MAX)
    await events.hold_sequence(tx, *log)
    of = {one.id: one.totals for one in await orders.by_ids(tx, *log, [one.order_id for one in found])}
    await _book(tx, *log, [(one, of[one.order_id]) for one in found])
    return len(found)


async def monthly_report(tx: Transaction, principal: Principal, month: str, time_zone: str | None, now: int) -> Report:
    """A month of the caller's project and mode, in a time zone, by default the project's.

    Raises:
        InvalidInput: there is no such month or time zone.
    """
    zone = (await get_settings(tx, principal.project_id)).time_zone if time_zone is None else time_zone
    wanted = month_of(month, checked_time_zone(zone))
    # Before the sums: what is booked in between is in them, and no month is called complete that is not.
    incomplete = await payments.any_to_book(tx, principal.project_id, principal.livemode)
    ranges = (*_ranges(0, wanted.begin), *_ranges(wanted.begin, wanted.end))
    opening: dict[Account, Entry] = defaultdict(Entry)
    moved: dict[Account, Entry] = defaultdict(Entry)
    for part, account, entry in await records.sums(tx, principal.project_id, principal.livemode, ranges):
        sums = opening if part < PARTS // 2 else moved
        sums[account] = sums[account].plus(entry)
    lines = [
        Line(account, moved.get(account, NONE), _balances(opening.get(account, NONE)))
        for account in sorted(opening.keys() | moved.keys())
    ]
    lines = [one for one in lines if one.moved != NONE or one.opening != NONE]
    return Report(
        wanted,
        principal.livemode,
        _by_currency(lines),
        lines,
        wanted.closed(now) and not incomplete,
        incomplete,
    )


def _ranges(begin: int, end: int) -> tuple[Range, Range, Range]:
    """A time as whole days of UTC, and the quarters before the first and after the last of them."""
    first = min(-(-begin // DAY_QUARTERS) * DAY_QUARTERS, end)
    last = max(end - end % DAY_QUARTERS, first)
    return Range(1, begin, first), Range(DAY_QUARTERS, first, last), Range(1, last, end)


def _balances(entry: Entry) -> Entry:
    """The balances alone: of what was sold before nothing is carried over."""
    return Entry(review_minor=entry.review_minor, owed_minor=entry.owed_minor)


def _by_currency(lines: list[Line]) -> list[Line]:
    found: dict[str, Line] = {}
    for one in lines:
        currency = one.account.currency
        so_far = found.get(currency, Line(Account(currency, _ALL), NONE, NONE))
        found[currency] = Line(so_far.account, so_far.moved.plus(one.moved), so_far.opening.plus(one.opening))
    return list(found.values())


def _account(recorded: RecordedPayment) -> Account:
    payment = recorded.payment
    return Account(payment.price.currency, network_of(payment.rail, payment.terms.chain_id))


async def _book(
    tx: Transaction, project_id: str, livemode: bool, found: Sequence[tuple[RecordedPayment, Totals]]
) -> None:
    """Book payments of a project and mode of an earlier version: each sum is written once, whatever number of them add
    to it."""
    sums: dict[tuple[int, Account], Entry] = defaultdict(Entry)
    for one, totals in found:
        account = _account(one)
        for quarter, change in _changes(one, totals):
            sums[quarter, account] = sums[quarter, account].plus(change)
    for (quarter, account), change in sorted(sums.items()):
        if change != NONE:
            await records.add(tx, project_id, livemode, quarter, account, change)
    await payments.set_booked(tx, [one.payment.id for one, _ in found])


def _changes(recorded: RecordedPayment, totals: Totals) -> Iterator[tuple[int, Entry]]:
    """A payment as it stands, by quarters: money when it was final, its order with the last of it. What it was between,
    such as in review, is not known any more."""
    payment = recorded.payment
    moves = (*payment.transfers, *payment.returned)
    instants = sorted({one.confirmed_at for one in moves if one.confirmed_at is not None})
    came = max((one.confirmed_at for one in payment.transfers if one.confirmed_at is not None), default=0)
    so_far = NONE
    for at in instants:
        state = recorded.state if at >= came else PaymentState.DETECTED
        entry = entry_of(recorded._replace(payment=until(payment, at), state=state), totals)
        yield quarter_of(at), entry.minus(so_far)
        so_far = entry
    rest = entry_of(recorded, totals).minus(so_far)
    yield quarter_of(max(recorded.updated_at, *instants, came)), rest
