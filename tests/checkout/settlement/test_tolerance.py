"""By how much money may differ from its price: never by more than either bound, and by nothing unless it was agreed."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.database import Database
from tests.makers import Counter, counter_over, payment_of
from tillgate.base.money import Money
from tillgate.checkout.payments.model import PaymentStatus, Transfer, exceptions_of, standing
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement.observing import observe_payment
from tillgate.checkout.statements.model import Situation, statement_of
from tillgate.store import Transaction


def transfer(atomic: int) -> Transfer:
    return Transfer(tx_hash="0x", ordinal=0, amount_atomic=atomic, seen_at=0, confirmed_at=0)


@given(
    minor=st.integers(1, 10**9),
    finer=st.integers(1, 10**12),
    basis_points=st.integers(0, 1_000),
    most=st.integers(0, 10**9),
    share=st.fractions(0, 2),
)
def test_money_pays_within_both_bounds_and_no_further(
    minor: int, finer: int, basis_points: int, most: int, share: Fraction
) -> None:
    """Exactly: as fractions of the price, what is accepted differs by at most the smaller of the share and the sum."""
    required = minor * finer
    received = int(required * share)
    payment = msgspec.structs.replace(
        payment_of(required=required),
        price=Money(minor, "USD"),
        tolerance_basis_points=basis_points,
        tolerance_minor=most,
        transfers=(transfer(received),) if received else (),
    )
    allowed = min(Fraction(minor * basis_points, 10_000), Fraction(most)) if basis_points else Fraction(0)
    off = abs(Fraction(received, finer) - minor)
    paid = standing(payment).status is PaymentStatus.PAID
    if paid:
        assert off <= allowed
        assert not {"underpaid", "overpaid"} & set(exceptions_of(payment, expires_at=1))
    elif received:
        # One atomic unit is lost at most where the bound is rounded down.
        assert off * finer > allowed * finer - 1
    if received == required:
        assert paid


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def agreed(counter: Counter, **settings: object) -> CheckoutSession:
    """A session of 50.00 USD in a project with these settings."""

    async def operation(tx: Transaction) -> None:
        await change_project(tx, counter.project_id, "Test shop", ProjectSettings(**settings))  # type: ignore[arg-type]

    await counter.database.write(operation)
    return await counter.session("50.00")


async def arrives(counter: Counter, session: CheckoutSession, share: Fraction) -> CheckoutSession:
    """A share of what is asked for comes and is final."""
    rail, terms = counter.context.rails.test, session.payment.terms
    seen = rail.send(terms, int(terms.amount_atomic * share), confirmed=True, now=counter.clock.now())
    return await counter.database.write(lambda tx: observe_payment(counter.context, tx, session.payment.id, [seen]))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("share", "status", "situation"),
    [
        ("0.99", SessionStatus.PAID, Situation.PAID),
        ("0.98", SessionStatus.UNDERPAID, Situation.LESS),
        ("1", SessionStatus.PAID, Situation.PAID),
        ("1.01", SessionStatus.PAID, Situation.PAID),
        ("1.02", SessionStatus.OVERPAID, Situation.MORE),
    ],
)
async def test_settlement_honours_the_tolerance(
    counter: Counter, share: str, status: SessionStatus, situation: Situation
) -> None:
    """What came within it pays; what is said of it is what came, not the price."""
    session = await agreed(counter, tolerance_basis_points=100, tolerance_minor=500, tolerance_currency="USD")
    settled = await arrives(counter, session, Fraction(share))
    assert (settled.status, statement_of(settled).situation) == (status, situation)
    assert await counter.read(session.id) == settled


@pytest.mark.anyio
async def test_the_smaller_bound_holds(counter: Counter) -> None:
    """Ten per cent of 50.00 are 5.00, but 0.40 is less."""
    session = await agreed(counter, tolerance_basis_points=1_000, tolerance_minor=40, tolerance_currency="USD")
    assert (await arrives(counter, session, Fraction("0.99"))).status is SessionStatus.UNDERPAID


@pytest.mark.anyio
@pytest.mark.parametrize(
    "settings",
    [{}, {"tolerance_basis_points": 1_000, "tolerance_minor": 500, "tolerance_currency": "EUR"}],
    ids=["none", "of another currency"],
)
async def test_nothing_is_tolerated_that_was_not_agreed(counter: Counter, settings: dict[str, object]) -> None:
    """Zero is the default, and one currency's tolerance is none in another."""
    session = await agreed(counter, **settings)
    assert (await arrives(counter, session, Fraction("0.999"))).status is SessionStatus.UNDERPAID


@pytest.mark.anyio
async def test_a_session_keeps_what_was_agreed(counter: Counter) -> None:
    """A change of the settings is for the sessions after it."""
    session = await agreed(counter, tolerance_basis_points=100, tolerance_minor=500, tolerance_currency="USD")
    await agreed(counter)
    assert (await arrives(counter, session, Fraction("0.99"))).status is SessionStatus.PAID


@pytest.mark.anyio
async def test_a_session_takes_its_projects_defaults(counter: Counter) -> None:
    """Where neither it nor its link says where buyers go and how long it waits."""
    session = await agreed(
        counter,
        success_url="https://shop.example/thanks",
        cancel_url="https://shop.example/basket",
        session_lifetime_minutes=30,
    )
    assert (session.success_url, session.cancel_url) == ("https://shop.example/thanks", "https://shop.example/basket")
    assert session.expires_at - session.created_at == 30 * 60_000
    own = await counter.session(success_url="https://own.example/", expires_in_seconds=600)
    assert (own.success_url, own.expires_at - own.created_at) == ("https://own.example/", 600_000)
