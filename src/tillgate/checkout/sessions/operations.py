"""Reading sessions."""

from collections.abc import Sequence
from typing import Unpack

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut, cut_newest
from tillgate.base.principal import Principal
from tillgate.checkout.kept import KeptForm
from tillgate.checkout.payments.operations import page_of_orders
from tillgate.checkout.payments.records import of_orders
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, require_own
from tillgate.checkout.sessions.records import SessionFilters
from tillgate.store import Transaction


async def get_session(tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """One session.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    return require_own(await records.by_id(tx, session_id), principal, session_id)


async def sessions_by_id(
    tx: Transaction, principal: Principal, session_ids: Sequence[str]
) -> dict[str, CheckoutSession]:
    """Several sessions by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, session_ids)
    return {session.id: session for session in found}


async def session_of_reference(tx: Transaction, principal: Principal, reference: str) -> CheckoutSession | None:
    """The session that is paid by mail with a reference code; None where the caller has none such."""
    return await records.by_reference(tx, principal.project_id, principal.livemode, reference)


async def sessions_awaiting_mail(tx: Transaction, principal: Principal, limit: int) -> list[CheckoutSession]:
    """The sessions whose payment by mail is waited for, oldest first."""
    wanted = await records.awaiting_mail(tx, principal.project_id, principal.livemode, limit)
    found = await sessions_by_id(tx, principal, wanted)
    return [found[one] for one in wanted]


async def get_public_session(tx: Transaction, session_id: str) -> CheckoutSession:
    """The session that a buyer has the address of; its id is what lets them in.

    Raises:
        NotFound: there is none.
    """
    session = await records.by_id(tx, session_id) if ids.is_id(ids.CHECKOUT_SESSION, session_id) else None
    if session is None:
        raise NotFound("checkout session")
    return session


async def list_sessions(
    tx: Transaction, principal: Principal, page: PageRequest, **filters: Unpack[SessionFilters]
) -> Page[CheckoutSession]:
    """Sessions, newest first, that match what is given; ``created_after`` is inclusive, ``created_before`` is not."""
    checked_cursor(page, ids.CHECKOUT_SESSION)
    if of_orders(filters):
        page = await page_of_orders(tx, principal, page, ids.CHECKOUT_SESSION)
    return cut_newest(await records.newest(tx, principal.project_id, principal.livemode, page, **filters), page)


async def count_sessions(tx: Transaction, principal: Principal, most: int, **filters: Unpack[SessionFilters]) -> int:
    """How many sessions match what is given, counted up to ``most``."""
    return await records.count(tx, principal.project_id, principal.livemode, most, **filters)


async def list_kept_sessions(
    tx: Transaction, principal: Principal, page: PageRequest, public_url: str, **filters: Unpack[SessionFilters]
) -> Page[KeptForm]:
    """The same sessions in their kept forms."""
    checked_cursor(page, ids.CHECKOUT_SESSION)
    if of_orders(filters):
        page = await page_of_orders(tx, principal, page, ids.CHECKOUT_SESSION)
    project_id, livemode = principal.project_id, principal.livemode
    return cut(await records.newest_kept(tx, project_id, livemode, page, public_url, **filters), page.limit)
