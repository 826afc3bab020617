"""The books of a month: as a page, and as a file for whoever keeps the accounts."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.checkout.books.model import (
    MAIL,
    SIMULATED,
    Account,
    Line,
    MonthlyReportObject,
    Report,
    ReportLineObject,
    month_at,
    month_beside,
    signed,
    to_api,
)
from tillgate.checkout.books.operations import monthly_report
from tillgate.checkout.projects.model import time_zones
from tillgate.checkout.projects.operations import get_settings
from tillgate.dashboard.calls import READ, Call, Unusable, View
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.documents.printing.reporting import Sheet, SheetTable, set_report
from tillgate.rails.evm.networks import records as networks
from tillgate.store import Transaction

REPORTS: Final = "/dashboard/reports"
VALUE_MAX: Final = 64
CSV, JSON, PDF = "csv", "json", "pdf"
MEDIA_TYPES: Final = {CSV: "text/csv; charset=utf-8; header=present", JSON: "application/json", PDF: "application/pdf"}
_NAMES: Final = {"": "All networks", SIMULATED: "Test payments", MAIL: "Mail"}


class Row(NamedTuple):
    """A row of the statement: what it says, and its amount in each column.

    Attributes:
        kind: how it is set: ``sum`` for what others come to, ``part`` for those.
    """

    label: str
    kind: str
    amounts: list[str]


class Statement(NamedTuple):
    """A currency: all its networks together, then each, if there are several."""

    currency: str
    columns: list[str]
    rows: list[Row]


class _Asked(NamedTuple):
    report: Report
    names: dict[str, str]


async def show(call: Call) -> Response:
    """A month of the books."""
    try:
        asked = await _asked(call)
    except InvalidInput as error:
        values = draft(month=_value(call, "month"), zone=_value(call, "zone")).values
        form, zones = Draft(values, problems_of(error)), sorted(time_zones())
        return call.page(
            "reports/month.html", status_code=form.status_code, section="reports", draft=form, report=None, zones=zones
        )
    report, month = asked.report, asked.report.month
    return call.page(
        "reports/month.html",
        section="reports",
        draft=draft(month=month.name, zone=month.zone),
        report=report,
        object=to_api(report),
        statements=statements(report, asked.names),
        beside=[_address(name, month.zone) if name else None for name in month_beside(month.name)],
        files=[(_address(month.name, month.zone, kind), kind.upper()) for kind in _kinds(call)],
        zones=sorted(time_zones()),
    )


async def file(call: Call) -> Response:
    """The same as a file."""
    kind = call.query("format")
    if kind not in MEDIA_TYPES:
        raise Unusable(f"Expected ?format= with one of {', '.join(MEDIA_TYPES)}.")
    asked = await _asked(call)
    report = asked.report
    if kind == CSV:
        content = in_csv(to_api(report))
    elif kind == JSON:
        content = msgspec.json.encode(to_api(report))
    else:
        content = await set_report(call.context.documents, _sheet(call.who.project.name, asked))
    name = f"books-{call.principal.mode}-{report.month.name}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, MEDIA_TYPES[kind])


def statements(report: Report, names: dict[str, str]) -> list[Statement]:
    """The report by currency, as it is read from the top: what was there, what moved, what is there."""
    found = []
    for total in report.by_currency:
        currency = total.account.currency
        of = [one for one in report.by_account if one.account.currency == currency]
        columns = [total, *of] if len(of) > 1 else of
        found.append(
            Statement(
                currency,
                [_name(one.account, names) for one in columns],
                [
                    Row(label, kind, [_cell(one, kind, part, currency) for one in columns])
                    for label, kind, part in _ROWS
                ],
            )
        )
    return found


def in_csv(report: MonthlyReportObject) -> bytes:
    """A line for each currency and network. All of it is this server's own text, and an amount below zero is a
    number: there is nothing in it that a spreadsheet would run."""
    written = io.StringIO()
    lines = csv.writer(written)
    balances = ("opening_in_review", "opening_owed", "closing_in_review", "closing_owed")
    flows = [name for name in ReportLineObject.__struct_fields__ if name not in ("opening", "closing")]
    lines.writerow(["month", "time_zone", "mode", *flows, *balances])
    for one in report.lines:
        sums = (one.opening.in_review, one.opening.owed, one.closing.in_review, one.closing.owed)
        mode = "live" if report.livemode else "test"
        lines.writerow([report.month, report.time_zone, mode, *(getattr(one, name) for name in flows), *sums])
    return written.getvalue().encode()


async def _asked(call: Call) -> _Asked:
    now = call.context.clock.now()

    async def operation(tx: Transaction) -> _Asked:
        zone = _value(call, "zone") or (await get_settings(tx, call.principal.project_id)).time_zone
        month = _value(call, "month") or month_at(now, zone if zone in time_zones() else "UTC")
        report = await monthly_report(tx, call.principal, month, zone, now)
        names = {f"eip155:{one.chain_id}": one.title for one in await networks.every(tx)}
        return _Asked(report, names)

    return await call.read(operation)


def _value(call: Call, name: str) -> str:
    text = (call.query(name) or "").strip()
    if len(text) > VALUE_MAX:
        raise Unusable(f"?{name}= has at most {VALUE_MAX} characters.")
    return text


def _kinds(call: Call) -> Iterator[str]:
    yield from (CSV, JSON)
    if call.context.documents.installed:
        yield PDF


def _address(month: str, zone: str, kind: str = "") -> str:
    query = {"month": month, "zone": zone} | ({"format": kind} if kind else {})
    return f"{REPORTS}{'/file' if kind else ''}?{urlencode(query)}"


def _name(account: Account, names: dict[str, str]) -> str:
    return _NAMES.get(account.network) or names.get(account.network, account.network)


_Part = Callable[[Line], int]
_ROWS: Final[tuple[tuple[str, str, _Part], ...]] = (
    ("Orders paid", "count", lambda one: one.moved.orders),
    ("Goods", "part", lambda one: one.moved.goods_minor),
    ("Discounts", "part", lambda one: -one.moved.discounts_minor),
    ("Tax", "part", lambda one: one.moved.tax_minor),
    ("Shipping", "part", lambda one: one.moved.shipping_minor),
    ("Paid more or less than the total", "part", lambda one: one.moved.difference_minor),
    ("Sales", "sum", lambda one: one.moved.sales_minor),
    ("Received", "part", lambda one: one.moved.received_minor),
    ("Refunded", "part", lambda one: -one.moved.refunded_minor),
    ("Received less refunds", "sum", lambda one: one.moved.received_minor - one.moved.refunded_minor),
    ("In review, at the beginning", "part", lambda one: one.opening.review_minor),
    ("In review, at the end", "sum", lambda one: one.closing.review_minor),
    ("Owed to buyers, at the beginning", "part", lambda one: one.opening.owed_minor),
    ("Owed to buyers, at the end", "sum", lambda one: one.closing.owed_minor),
)


def _cell(line: Line, kind: str, part: _Part, currency: str) -> str:
    return (str(part(line)) if kind == "count" else signed(part(line), currency)).replace("-", "\u2212")


def _sheet(project: str, asked: _Asked) -> Sheet:
    report, month = asked.report, asked.report.month
    standing = "Closed" if report.closed else "Not closed: it can still change"
    return Sheet(
        title=f"Books of {month.name}",
        project=project,
        details=[("Month", month.name), ("Time zone", month.zone), ("State", standing)],
        tables=[
            SheetTable(one.currency, one.columns, [(row.label, row.kind, row.amounts) for row in one.rows])
            for one in statements(report, asked.names)
        ],
        at=month.ends_at,
        test=not report.livemode,
    )


VIEWS: Final = (
    View("GET", REPORTS, show, READ),
    View("GET", f"{REPORTS}/file", file, READ),
)
