"""``/reports``."""

from typing import Annotated, Final

import msgspec

from keyturn import Need
from tillgate.base.errors import InvalidInput
from tillgate.checkout.books import operations
from tillgate.checkout.books.model import MonthlyReportObject, to_api
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route

READ: Final = Need("payments:read")
ZONE_MAX: Final = 64


class MonthlyReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """``month`` is written ``2026-11``; ``timeZone`` is one of the IANA database, by default the project's."""

    month: Annotated[str, msgspec.Meta(min_length=1, max_length=7)]
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=ZONE_MAX)] | None = None


async def monthly(context: ApiContext, tx: Transaction, call: Call) -> MonthlyReportObject:
    query: MonthlyReport = call.query
    now = context.checkout.clock.now()
    try:
        return to_api(await operations.monthly_report(tx, call.principal, query.month, query.time_zone, now))
    except InvalidInput as error:
        error.code = "invalid_query"
        raise


ROUTES: Final = [
    Route(
        "GET",
        "/reports/monthly",
        READ,
        "Retrieve a month of the books",
        Reads(monthly),
        MonthlyReportObject,
        query=MonthlyReport,
    ),
]
