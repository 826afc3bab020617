"""Things that many tests need one of: a clock that stands still until told, a checkout without a server."""

import asyncio
import itertools
import json
import secrets
from typing import Any, NamedTuple

import msgspec
import pytest

from keyturn.database import Database, Row, Transaction
from tillgate.access.accounts import Project
from tillgate.access.accounts.records import insert_project
from tillgate.base import ids
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.money import Money
from tillgate.base.principal import Principal
from tillgate.checkout import CheckoutContext, CheckoutSettings
from tillgate.checkout.payments.model import Payment, Transfer
from tillgate.checkout.sessions import operations as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.checkout.settlement import expiring, simulating
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.checkout.unassigned import records as unassigned
from tillgate.checkout.unassigned.model import Arrival, UnassignedReason, UnassignedStatus
from tillgate.events import operations as events
from tillgate.events.deliveries.guard import LOOPBACK, AddressGuard
from tillgate.events.endpoints import operations as endpoints
from tillgate.events.endpoints.operations import CreatedEndpoint, EndpointContext, NewEndpoint
from tillgate.events.facts import Fact
from tillgate.events.model import EventObject
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.outbox import Outbox
from tillgate.events.styles import Styles
from tillgate.events.types import TYPES
from tillgate.events.wake import Wake
from tillgate.rails.port import TEST_CHAIN_ID, Block, Observation, PaymentTerms, Rails
from tillgate.rails.simulated import SimulatedRail
from tillgate.store.sealing import Sealer, new_key

# 2026-01-01T00:00:00Z, so that ids (made by the machine's clock) and instants need not agree.
NEW_YEAR = 1_767_225_600_000
# For a test of something that only one of the two databases has.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

LIFETIME_MS = 60 * MINUTE_MS
GRACE_MS = DAY_MS


class StillClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: int = NEW_YEAR) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def forward(self, milliseconds: int) -> None:
        self.at += milliseconds


class Counter:
    """The checkout's operations over one database, without HTTP, keys or background work."""

    def __init__(self, database: Database, clock: StillClock, project_id: str) -> None:
        self.database = database
        self.clock = clock
        self.project_id = project_id
        self.wake = Wake()
        self.outbox = Outbox(self.wake, Styles([NATIVE_STYLE]))
        self.sealer = Sealer(new_key())
        self.context = CheckoutContext(
            CheckoutSettings("https://shop.example", LIFETIME_MS, GRACE_MS),
            Rails(test=SimulatedRail(), live=None),
            clock,
            self.outbox,
        )
        self.guard = AddressGuard(LOOPBACK)
        self.endpoints = EndpointContext(clock, self.sealer, self.outbox.styles, http_loopback=True, guard=self.guard)
        self.principal = Principal(project_id, False, "key", "key:test")

    async def session(self, value: str = "50.00", currency: str = "USD", **more: Any) -> CheckoutSession:
        """A new session, by the operation that the API runs."""
        new = NewSession(amount=NewAmount(value, currency), **more)
        return await self.database.write(lambda tx: open_session(self.context, tx, self.principal, new))

    async def simulate(self, session_id: str, outcome: Outcome) -> CheckoutSession:
        return await self.database.write(
            lambda tx: simulating.simulate(self.context, tx, self.principal, session_id, outcome)
        )

    async def read(self, session_id: str) -> CheckoutSession:
        return await self.database.read(lambda tx: sessions.get_session(tx, self.principal, session_id))

    async def expire_due(self) -> int:
        return await self.database.write(lambda tx: expiring.expire_due(self.context, tx, self.project_id))

    async def endpoint(
        self, url: str = "https://shop.example/hook", events: tuple[str, ...] = ("*",)
    ) -> CreatedEndpoint:
        new = NewEndpoint(url, list(events))
        return await self.database.write(lambda tx: endpoints.create_endpoint(self.endpoints, tx, self.principal, new))

    async def emit(self, type: str = "session.paid", object_id: str = "cs_made_up", data: bytes = b"{}") -> None:
        """An event of its own, whatever it says."""
        await self.database.write(lambda tx: self.emit_in(tx, type, object_id, data))

    async def emit_in(
        self, tx: Transaction, type: str = "session.paid", object_id: str = "cs_made_up", data: bytes = b"{}"
    ) -> None:
        await events.emit(tx, self.outbox, self.fact(type, object_id, data))

    def fact(self, type: str = "session.paid", object_id: str = "cs_made_up", data: bytes = b"{}") -> Fact:
        """Something that has happened, whatever it says."""
        declared = next(one for one in TYPES if one.name == type)
        return Fact(
            type=declared,
            project_id=self.project_id,
            livemode=False,
            object_id=object_id,
            at=self.clock.now(),
            native=data,
        )

    async def events(self) -> list[EventObject]:
        """Every event of the project's test mode, oldest first."""
        return [
            EventObject(
                id=row["id"],
                type=row["type"],
                livemode=False,
                sequence=row["sequence"],
                data=msgspec.Raw(row["data"].encode()),
                created_at=str(row["created_at"]),
            )
            for row in await rows(
                self.database,
                "SELECT id, type, sequence, data, created_at FROM events WHERE project_id = $1 ORDER BY sequence",
                self.project_id,
            )
        ]

    async def events_of(self, object_id: str) -> list[str]:
        """The types of one object's events, oldest first."""
        return [
            row["type"]
            for row in await rows(
                self.database, "SELECT type FROM events WHERE object_id = $1 ORDER BY sequence", object_id
            )
        ]

    async def states_of(self, object_id: str) -> list[str]:
        """The states in one object's events, oldest first; one that stays is reported once."""
        told = await rows(self.database, "SELECT data FROM events WHERE object_id = $1 ORDER BY sequence", object_id)
        return [state for state, _ in itertools.groupby(json.loads(row["data"])["status"] for row in told)]


async def counter_over(database: Database, clock: StillClock | None = None) -> Counter:
    """A counter with a project of its own."""
    clock = clock or StillClock()
    project = Project(id=ids.new_id(ids.PROJECT), name="Test shop", created_at=clock.now())
    await database.write(lambda tx: insert_project(tx, project))
    return Counter(database, clock, project.id)


async def rows(database: Database, sql: str, *params: Any) -> list[Row]:
    """The rows of a query."""

    async def operation(tx: Transaction) -> list[Row]:
        return await tx.fetch_all(sql, *params)

    return await database.read(operation)


async def execute(database: Database, sql: str, *params: Any) -> int:
    """Run one change in a transaction of its own."""

    async def operation(tx: Transaction) -> int:
        return await tx.execute(sql, *params)

    return await database.write(operation)


async def one(database: Database, sql: str, *params: Any) -> Any:
    """The only value of the only row."""
    found = await rows(database, sql, *params)
    assert len(found) == 1, f"{len(found)} rows"
    return found[0][0]


class Settled(NamedTuple):
    """How many of many coroutines answered, and what the others raised."""

    answers: list[Any]
    errors: list[BaseException]


async def settle(*coroutines: Any) -> Settled:
    """Run them at once, to the end, whatever the outcome of each."""
    outcomes = await asyncio.gather(*coroutines, return_exceptions=True)
    return Settled(
        [one for one in outcomes if not isinstance(one, BaseException)],
        [one for one in outcomes if isinstance(one, BaseException)],
    )


def sighting(
    reference: str,
    ordinal: int,
    amount_atomic: int,
    confirmed: bool,
    *,
    block: Block | None = None,
    reorged: bool = False,
) -> Observation:
    """A transfer as test mode's rail reports it."""
    asset = f"eip155:{TEST_CHAIN_ID}/slip44:60"
    return Observation(
        TEST_CHAIN_ID, asset, reference, ordinal, amount_atomic, confirmed, reference, block, int(confirmed), reorged
    )


def payment_of(*transfers: Transfer, required: int = 1_000, price: Money | None = None) -> Payment:
    """A payment in memory that asks for ``required`` atomic units and has seen these transfers."""
    terms = PaymentTerms(1337, "eip155:1337/slip44:60", 18, "test:0x00", required, "2500.00")
    return Payment(
        id="pay_x",
        session_id="cs_x",
        rail="simulated",
        terms=terms,
        price=price or Money(5_000, "USD"),
        transfers=transfers,
    )


def session_of(payment: Payment, status: SessionStatus = SessionStatus.PENDING, *, expires_at: int) -> CheckoutSession:
    """A session in memory, in any state."""
    return CheckoutSession(
        id=ids.new_id(ids.CHECKOUT_SESSION),
        project_id="prj_x",
        livemode=False,
        link_id=None,
        order_id=ids.new_id(ids.ORDER),
        title=None,
        description=None,
        status=status,
        price=Money(5_000, "USD"),
        metadata=None,
        success_url=None,
        cancel_url=None,
        return_url=None,
        expires_at=expires_at,
        paid_at=None,
        created_at=expires_at - LIFETIME_MS,
        updated_at=expires_at - LIFETIME_MS,
        payment=payment,
    )


async def stray_transfer(
    database: Database,
    project_id: str,
    *,
    livemode: bool = True,
    status: UnassignedStatus = UnassignedStatus.UNASSIGNED,
    suggested_order_id: str | None = None,
    currency: str | None = "USD",
    tx_hash: str = "",
) -> str:
    """The id of a transfer that fits no payment, as a watcher wrote it down."""
    block = Block(7, "0x" + "b7" * 32, NEW_YEAR)
    name = tx_hash or "0x" + secrets.token_hex(32)
    seen = Observation(8_453, "eip155:8453/erc20:0x01", name, 0, 50_000_000, True, block=block)
    arrival = Arrival(seen, block, "0x" + "a1" * 20, "0x" + "b2" * 20, "base", "USDC", 6, currency)

    async def written(tx: Transaction) -> str:
        await unassigned.add(
            tx,
            arrival,
            project_id=project_id,
            livemode=livemode,
            reason=UnassignedReason.TOKEN_NOT_OFFERED,
            status=status,
            suggested_order_id=suggested_order_id,
            now=NEW_YEAR,
        )
        found = await unassigned.by_transfer(tx, unassigned.TransferKey(seen.chain_id, seen.reference, seen.ordinal))
        assert found is not None
        return found.id

    return await database.write(written)
