"""``/test_clocks``."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from keyturn import Need
from keyturn.http.vocabulary import declares
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base.clock import SECOND_MS
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.clocks import operations
from tillgate.checkout.clocks.model import ADVANCE_MAX_MS, TestClockObject, to_api
from tillgate.checkout.settlement.advancing import advance as advance_clock
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Resource
from tillgate.wire.fields import NameText
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("sessions:read"), Need("sessions:write")


class CreateTestClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A new clock; sessions that are created with its id as ``testClockId`` follow it."""

    name: NameText | None = None


class AdvanceTestClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """By how many seconds the clock is put forward, 366 days at most."""

    seconds: Annotated[int, declares(minimum=1, maximum=ADVANCE_MAX_MS // SECOND_MS)]


async def create(context: ApiContext, tx: Transaction, call: Call) -> TestClockObject:
    return to_api(await operations.create_clock(context.checkout, tx, call.principal, call.body.name))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> TestClockObject:
    return to_api(await operations.get_clock(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[TestClockObject]:
    page = await operations.list_clocks(tx, call.principal, call.page, period(call.query))
    return Page([to_api(clock) for clock in page.data], page.has_more)


async def advance(context: ApiContext, tx: Transaction, call: Call) -> TestClockObject:
    return to_api(await advance_clock(context.checkout, tx, call.principal, call.id, call.body.seconds))


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, TestClockObject]:
    found = await operations.clocks_by_id(tx, principal, wanted)
    return {id: to_api(one) for id, one in found.items()}


TEST_CLOCK = Resource("test_clock", TestClockObject, READ, by_ids)

ROUTES = [
    Route(
        "POST",
        "/test_clocks",
        WRITE,
        "Create a test clock (test mode)",
        Writes(create),
        TestClockObject,
        HTTPStatus.CREATED,
        body=CreateTestClock,
    ),
    Route(
        "GET",
        "/test_clocks",
        READ,
        "List test clocks, newest first",
        Reads(list_all),
        ListObject[TestClockObject],
        query=ListQuery,
    ),
    Route("GET", "/test_clocks/{id}", READ, "Retrieve a test clock", Reads(retrieve), TestClockObject),
    Route(
        "POST",
        "/test_clocks/{id}/advance",
        WRITE,
        "Advance a test clock; whatever becomes due happens at once",
        Writes(advance),
        TestClockObject,
        body=AdvanceTestClock,
    ),
]
