"""The buyer's pages over a real database, a clock that stands still, and a live rail that is only here."""

import contextlib
import html
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette

from keyturn import Limit, Limiter
from keyturn.database import migrate, open_database
from keyturn.stores.sql import migrations as key_migrations
from tillgate.access import VisitorLimit
from tillgate.access.accounts import Accounts
from tillgate.app import CODE_LIMIT, HOLD_LIMIT
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.checkout import CheckoutContext, CheckoutSettings
from tillgate.checkout.links.model import PaymentLink
from tillgate.checkout.links.operations import LinkChanges, NewLink, archive_link, create_link, update_link
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.checkout.sessions.operations import list_sessions
from tillgate.checkout.settlement.expiring import expire_due
from tillgate.checkout.settlement.simulating import Outcome, simulate
from tillgate.events.outbox import Outbox
from tillgate.events.wake import Wake
from tillgate.opening import STYLES
from tillgate.pages import PagesContext, routes
from tillgate.rails.port import CaptureRequest, Movement, PaymentTerms, QuoteRequest, Rails, RefundRequest
from tillgate.rails.simulated import SimulatedRail
from tillgate.store import Database, Transaction, migrations

T = TypeVar("T")

NOW = 1_700_000_000_000
VISIT_LIMIT = Limit(10 / 60, 3)


def form_of(page: str) -> dict[str, str]:
    """The fields of a page's form as a browser would send them."""
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', one)) for one in re.findall(r"<input ([^>]*)>", page)]
    return {one["name"]: html.unescape(one.get("value", "")) for one in inputs}


class StandingClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> int:
        return self.at


class LiveRail:
    """Terms as a real chain would have them."""

    name = "live-for-tests"
    authorizes = False
    refunds = False

    chain_ids = (1,)

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        terms = await SimulatedRail().quote(tx, request)
        return terms._replace(chain_id=1, asset="eip155:1/slip44:60", address=terms.address.removeprefix("test:"))

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        raise NotImplementedError

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        raise NotImplementedError

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return now

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return SimulatedRail().requote(terms, price)


class Till:
    """A merchant, and a buyer's browser without a screen."""

    def __init__(self, database: Database, project_id: str, accounts: Accounts, *, live: bool) -> None:
        self.database = database
        self.clock = StandingClock()
        self.context = CheckoutContext(
            CheckoutSettings("https://pay.example"),
            Rails(SimulatedRail(), LiveRail() if live else None),
            self.clock,
            Outbox(Wake(), STYLES),
        )
        self.test = Principal(project_id, False, "key", "key:test")
        self.live = Principal(project_id, True, "key", "key:live")
        limiter = Limiter(lambda: self.clock.at * 1_000_000)
        self.app = Starlette(
            routes=routes(
                PagesContext(
                    database,
                    accounts,
                    self.context,
                    VisitorLimit(limiter, "codes", CODE_LIMIT),
                    VisitorLimit(limiter, "code-holds", HOLD_LIMIT),
                    VisitorLimit(limiter, "visits", VISIT_LIMIT),
                )
            )
        )
        self.browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="https://pay.example", follow_redirects=False
        )

    async def take(self, link: PaymentLink, **fields: str) -> httpx.Response:
        """What a buyer gets who continues from a link's offer, by the form that it shows."""
        return await self.browser.post(f"/l/{link.slug}", data=form_of((await self.look(link)).text) | fields)

    async def look(self, link: PaymentLink, **query: str) -> httpx.Response:
        """What a link offers."""
        return await self.browser.get(f"/l/{link.slug}", params=query)

    async def taken_from(self, address: str, path: str) -> httpx.Response:
        """What somebody else's browser gets that posts."""
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="https://pay.example") as browser:
            return await browser.post(path)

    async def write(self, operation: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        async def with_context(tx: Transaction) -> T:
            return await operation(self.context, tx, *arguments)

        return await self.database.write(with_context)

    async def link(self, *, live: bool = False, **fields: Any) -> PaymentLink:
        new = NewLink(**{"title": "Pro plan", "fiat_amount": "49.00", **fields})
        return await self.write(create_link, self.live if live else self.test, new)

    async def close(self, link: PaymentLink) -> None:
        await self.write(update_link, self.test, link.id, LinkChanges(active=False))

    async def archive(self, link: PaymentLink) -> None:
        await self.write(archive_link, self.test, link.id)

    async def session(
        self, amount: str = "49.00", currency: str = "USD", *, live: bool = False, **fields: Any
    ) -> CheckoutSession:
        if "link_id" not in fields:
            fields["amount"] = NewAmount(amount, currency)
        return await self.write(open_session, self.live if live else self.test, NewSession(**fields))

    async def simulate(self, session: CheckoutSession, outcome: Outcome) -> CheckoutSession:
        return await self.write(simulate, self.test, session.id, outcome)

    async def session_in(self, status: SessionStatus, **fields: Any) -> CheckoutSession:
        """A test session that has come to stand there."""
        session = await self.session(**fields)
        match status:
            case SessionStatus.PENDING:
                return session
            case SessionStatus.EXPIRED:
                self.clock.at = session.expires_at
                await self.write(expire_due, self.test.project_id)
                return session
            case SessionStatus.PAID_LATE:
                return await self.simulate(session, Outcome.LATE)
            case _:
                return await self.simulate(session, Outcome(status.value))

    async def sessions(self) -> list[CheckoutSession]:
        async def operation(tx: Transaction) -> list[CheckoutSession]:
            found = [await list_sessions(tx, who, PageRequest()) for who in (self.test, self.live)]
            return [session for page in found for session in page.data]

        return await self.database.read(operation)

    async def status(self, session: CheckoutSession) -> SessionStatus:
        return next(one.status for one in await self.sessions() if one.id == session.id)

    async def post_outcome(self, session: CheckoutSession, outcome: str) -> httpx.Response:
        return await self.browser.post(f"/checkout/{session.id}/simulate", data={"outcome": outcome})


@contextlib.asynccontextmanager
async def _open(database_url: str, *, live: bool) -> AsyncIterator[Till]:
    database = await open_database(database_url)
    try:
        await migrate(database, [*key_migrations(), *migrations()], now=NOW)
        accounts = Accounts(database, StandingClock())
        project = await accounts.create_project("Marlow & Finch")
        till = Till(database, project.id, accounts, live=live)
        async with till.browser:
            yield till
    finally:
        await database.close()


@pytest.fixture
async def till(database_url: str, anyio_backend: object) -> AsyncIterator[Till]:
    """One that takes live and test payments."""
    async with _open(database_url, live=True) as opened:
        yield opened


@pytest.fixture
async def sqlite_till(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Till]:
    """One on SQLite, for what has nothing to do with the database."""
    async with _open(f"sqlite:///{tmp_path / 'tillgate.db'}", live=True) as opened:
        yield opened


@pytest.fixture
async def test_only_till(database_url: str, anyio_backend: object) -> AsyncIterator[Till]:
    """One on a server without a live rail."""
    async with _open(database_url, live=False) as opened:
        yield opened
