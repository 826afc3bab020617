"""What a developer does with test clocks, and what sessions do with theirs."""

from collections.abc import Sequence

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import NAME_MAX, checked_text
from tillgate.checkout.clocks import records
from tillgate.checkout.clocks.model import SESSIONS_MAX, TestClock
from tillgate.checkout.context import CheckoutContext
from tillgate.store import Transaction


async def create_clock(context: CheckoutContext, tx: Transaction, principal: Principal, name: str | None) -> TestClock:
    """Make a clock in the caller's project.

    Raises:
        Forbidden: the caller is in live mode.
        InvalidInput: the name is wrong.
    """
    if principal.livemode:
        raise Forbidden("Test clocks exist in test mode only; use a test key.", code="test_mode_only")
    now = context.clock.now()
    clock = TestClock(
        id=ids.new_id(ids.TEST_CLOCK),
        project_id=principal.project_id,
        name=checked_text(name, field="name", length_max=NAME_MAX) if name is not None else None,
        advanced_ms=0,
        sessions=0,
        created_at=now,
        updated_at=now,
    )
    await records.insert(tx, clock)
    return clock


async def get_clock(tx: Transaction, principal: Principal, clock_id: str) -> TestClock:
    """One clock.

    Raises:
        NotFound: it is not in the caller's project, or the caller is in live mode.
    """
    found = await records.by_id(tx, principal.project_id, clock_id) if ids.is_id(ids.TEST_CLOCK, clock_id) else None
    return _require_own(found, principal, clock_id)


async def clocks_by_id(tx: Transaction, principal: Principal, clock_ids: Sequence[str]) -> dict[str, TestClock]:
    """Several clocks by their ids; what is not in the caller's project is not among them."""
    return {clock.id: clock for clock in await records.by_ids(tx, principal.project_id, clock_ids)}


async def list_clocks(
    tx: Transaction, principal: Principal, page: PageRequest, period: Period = ANY_TIME
) -> Page[TestClock]:
    """Clocks, newest first; none in live mode."""
    checked_cursor(page, ids.TEST_CLOCK)
    if principal.livemode:
        return Page([], False)
    return cut(await records.newest(tx, principal.project_id, page, period), page.limit)


async def attach(tx: Transaction, principal: Principal, clock_id: str) -> None:
    """Count a new session of a clock, which nobody puts forward until this transaction ends.

    Raises:
        InvalidInput: there is no such clock in test mode and this project.
        Conflict: it has as many sessions as it may.
    """
    try:
        clock = await get_clock(tx, principal, clock_id)
    except NotFound as error:
        raise InvalidInput("test_clock_id", Problem.NO_SUCH, noun="test clock") from error
    if not await records.count_session(tx, clock.id, SESSIONS_MAX):
        raise Conflict(
            Problem.CLOCK_FULL, field="test_clock_id", values={"maximum": SESSIONS_MAX}, code="test_clock_full"
        )


async def put_forward(
    context: CheckoutContext, tx: Transaction, principal: Principal, clock_id: str, milliseconds: int
) -> TestClock:
    """Put a clock forward; the caller does the same to its sessions.

    Raises:
        NotFound: it is not in the caller's project, or the caller is in live mode.
    """
    clock = _require_own(await records.locked(tx, principal.project_id, clock_id), principal, clock_id)
    after = msgspec.structs.replace(clock, advanced_ms=clock.advanced_ms + milliseconds, updated_at=context.clock.now())
    await records.advance(tx, after)
    return after


def _require_own(clock: TestClock | None, principal: Principal, clock_id: str) -> TestClock:
    if clock is None or principal.livemode:
        raise NotFound("test clock", clock_id)
    return clock
