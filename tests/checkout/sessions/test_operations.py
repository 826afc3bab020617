"""Sessions over both databases: opened, paid by simulation, expired, each move with its event."""

import asyncio
import itertools
import re

import msgspec
import pytest

from keyturn.database import Database, Transaction
from tests.makers import (
    GRACE_MS,
    LIFETIME_MS,
    NEW_YEAR,
    Counter,
    StillClock,
    counter_over,
    execute,
    one,
    rows,
    settle,
    sighting,
)
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.checkout.links import operations as links
from tillgate.checkout.links.operations import LinkChanges, NewLink
from tillgate.checkout.sessions import operations as sessions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import EDGES, CheckoutSession, SessionStatus
from tillgate.checkout.sessions.object import to_api
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session, visit_link
from tillgate.checkout.settlement import deciding, expiring, observing, simulating
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.rails.port import Observation

pytestmark = pytest.mark.anyio

S, O = SessionStatus, Outcome  # noqa: E741


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


# The simulate matrix. What is not here is refused and changes nothing.
MATRIX = {
    (S.PENDING, O.DETECTED): S.DETECTED,
    (S.PENDING, O.PAID): S.PAID,
    (S.PENDING, O.UNDERPAID): S.UNDERPAID,
    (S.PENDING, O.OVERPAID): S.OVERPAID,
    (S.PENDING, O.LATE): S.PAID_LATE,
    (S.PENDING, O.FAILED): S.FAILED,
    (S.DETECTED, O.PAID): S.PAID,
    (S.DETECTED, O.OVERPAID): S.OVERPAID,
    (S.DETECTED, O.FAILED): S.FAILED,
    (S.UNDERPAID, O.FAILED): S.FAILED,
    (S.OVERPAID, O.FAILED): S.FAILED,
    (S.EXPIRED, O.LATE): S.PAID_LATE,
    (S.PENDING, O.AUTHORIZED): S.PAID,
    (S.PENDING, O.DECLINED): S.PENDING,
    (S.UNDERPAID, O.TOP_UP): S.UNDERPAID,
    (S.DETECTED, O.REORGED): S.PENDING,
    (S.PENDING, O.DUST): S.UNDERPAID,
    (S.EXPIRED, O.DUST): S.EXPIRED,
    # Money for what is settled: the session stays, and its order says what came.
    (S.FAILED, O.LATE): S.FAILED,
}
MATRIX |= {(status, O.REORGED): status for status in (S.UNDERPAID, S.OVERPAID, S.PAID, S.PAID_LATE)}
MATRIX |= {
    (status, outcome): status
    for status in (S.PAID, S.PAID_LATE, S.FAILED)
    for outcome in (O.DETECTED, O.PAID, O.UNDERPAID, O.OVERPAID, O.DUST)
}


async def session_in(counter: Counter, status: SessionStatus) -> CheckoutSession:
    """A session that came into this state by the real operations."""
    session = await counter.session()
    way = {S.DETECTED: O.DETECTED, S.UNDERPAID: O.UNDERPAID, S.OVERPAID: O.OVERPAID, S.PAID: O.PAID}
    way |= {S.PAID_LATE: O.LATE, S.FAILED: O.FAILED}
    if status is S.EXPIRED:
        counter.clock.forward(LIFETIME_MS)
        assert await counter.expire_due() >= 1
    elif status is not S.PENDING:
        await counter.simulate(session.id, way[status])
    found = await counter.read(session.id)
    assert found.status is status
    return found


async def test_every_outcome_in_every_state_does_what_the_matrix_says(counter: Counter) -> None:
    """All 88: a legal one moves the session and writes its events, or changes its money alone and says that; any other
    is a conflict that leaves no trace."""
    for status, outcome in itertools.product(S, O):
        before = await session_in(counter, status)
        told = await counter.events_of(before.id)
        wanted = MATRIX.get((status, outcome))
        if wanted is None:
            with pytest.raises(Conflict) as caught:
                await counter.simulate(before.id, outcome)
            assert caught.value.code == "session_not_payable", (status, outcome)
            assert await counter.read(before.id) == before, (status, outcome)
            assert await counter.events_of(before.id) == told, (status, outcome)
            continue
        answered = await counter.simulate(before.id, outcome)
        assert answered == await counter.read(before.id), (status, outcome)
        assert answered.status is wanted, (status, outcome)
        more = (await counter.events_of(before.id))[len(told) :]
        expiry = ["session.expired"] if (status, outcome) == (S.PENDING, O.LATE) else []
        moved = [f"session.{wanted.value}"] if wanted is not status else []
        if wanted is S.PENDING or (wanted is status and to_api(answered, "") != to_api(before, "")):
            moved = ["session.updated"] if to_api(answered, "") != to_api(before, "") else []
        assert more == [*expiry, *moved], (status, outcome)
        assert (answered.paid_at is not None) == (wanted in {S.PAID, S.PAID_LATE})


async def test_the_money_of_each_outcome_adds_up(counter: Counter) -> None:
    """Paid is exactly the amount; underpaid less; overpaid more; what is only detected is not received yet."""
    required = (await counter.session()).payment.terms.amount_atomic
    received = {}
    for outcome in set(O) - {O.TOP_UP, O.REORGED}:
        session = await counter.session()
        received[outcome] = (await counter.simulate(session.id, outcome)).payment.received
    assert received[O.PAID] == received[O.LATE] == required
    assert 0 < received[O.UNDERPAID] < required < received[O.OVERPAID]
    assert received[O.AUTHORIZED] == required
    assert received[O.DETECTED] == received[O.FAILED] == received[O.DECLINED] == 0


async def test_a_detected_transfer_is_confirmed_not_doubled(counter: Counter) -> None:
    """The buyer paid once: the transaction that was seen is the one that counts."""
    session = await counter.session()
    seen = await counter.simulate(session.id, O.DETECTED)
    counter.clock.forward(1_000)
    paid = await counter.simulate(session.id, O.PAID)
    assert [one.tx_hash for one in paid.payment.transfers] == [one.tx_hash for one in seen.payment.transfers]
    assert paid.paid_at == NEW_YEAR + 1_000


async def test_a_new_session_has_its_payment_and_its_event(counter: Counter) -> None:
    """Status, price, address and deadline; the event holds the session as the API shows it."""
    session = await counter.session("50.00", "USD", metadata={"order": 7})
    assert session.status is S.PENDING
    assert session.expires_at == NEW_YEAR + LIFETIME_MS
    assert session == await counter.read(session.id)
    [event] = await counter.events()
    to_api = msgspec.json.decode(event.data)
    assert (event.type, to_api["id"], to_api["status"]) == ("session.created", session.id, "pending")
    assert to_api["fiat"] == {"amount": "50.00", "currency": "USD"}
    assert to_api["amount"] == {"wei": "20000000000000000", "eth": "0.02"}
    assert to_api["metadata"] == {"order": 7}
    assert to_api["livemode"] is False


async def test_each_session_has_an_address_of_its_own_that_no_wallet_accepts(counter: Counter) -> None:
    """A test address cannot be paid by accident."""
    addresses = [(await counter.session()).payment.terms.address for _ in range(20)]
    assert len(set(addresses)) == 20
    assert all(re.fullmatch(r"test:0x[0-9a-f]{40}", address) for address in addresses)


@pytest.mark.parametrize(
    "new",
    [
        NewSession(),
        NewSession(link_id="pl_01j0000000000000000000000a", amount=NewAmount("1", "USD")),
        NewSession(link_id="pl_01j0000000000000000000000a"),
        NewSession(link_id=""),
        NewSession(amount=NewAmount("0", "USD")),
        NewSession(amount=NewAmount("1", "usd")),
        NewSession(amount=NewAmount("1", "USD"), success_url="javascript:alert(1)"),
        NewSession(amount=NewAmount("1", "USD"), cancel_url="http://shop.example"),
        NewSession(amount=NewAmount("1", "USD"), return_url="/back"),
        NewSession(amount=NewAmount("1", "USD"), expires_in_seconds=299),
        NewSession(amount=NewAmount("1", "USD"), metadata={"k" * 41: "v"}),
        NewSession(amount=NewAmount("1", "USD"), metadata={"k": "v" * 501}),
        NewSession(amount=NewAmount("1", "USD"), metadata={str(n): n for n in range(51)}),
    ],
)
async def test_a_wrong_session_is_not_opened(counter: Counter, new: NewSession) -> None:
    """Neither a row nor an event is left, and the field is named."""
    with pytest.raises(InvalidInput) as caught:
        await counter.database.write(lambda tx: open_session(counter.context, tx, counter.principal, new))
    assert caught.value.field
    assert await one(counter.database, "SELECT COUNT(*) FROM checkout_sessions") == 0
    assert await counter.events() == []


async def test_no_live_session_without_a_live_rail(counter: Counter) -> None:
    """Never a fake address: a live session is refused while no wallet is set up, and nothing is written."""
    live = counter.principal._replace(livemode=True)
    new = NewSession(amount=NewAmount("1", "USD"))
    with pytest.raises(Conflict) as caught:
        await counter.database.write(lambda tx: open_session(counter.context, tx, live, new))
    assert caught.value.code == "live_mode_not_configured"
    assert await one(counter.database, "SELECT COUNT(*) FROM payments") == 0


@pytest.mark.spec("crypto-checkout R41")
async def test_nothing_is_simulated_with_a_live_key(counter: Counter) -> None:
    """The simulated rail is test mode's alone; a live key is told so before anything is looked up."""
    session = await counter.session()
    live = counter.principal._replace(livemode=True)
    for session_id in (session.id, "cs_nowhere"):
        with pytest.raises(Forbidden) as caught:
            await counter.database.write(
                lambda tx, at=session_id: simulating.simulate(counter.context, tx, live, at, O.PAID)
            )
        assert caught.value.code == "test_mode_only"


@pytest.mark.spec("crypto-checkout R39", "crypto-checkout R44", "crypto-checkout R45")
async def test_a_session_is_seen_in_its_own_project_and_mode_only(counter: Counter) -> None:
    """R39, R44, R45: across a wall it looks exactly as if it were not there, to read, to list and to pay."""
    session = await counter.session()
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (counter.principal._replace(livemode=True), neighbour.principal):
        with pytest.raises(NotFound) as caught:
            await counter.database.read(lambda tx, who=stranger: sessions.get_session(tx, who, session.id))
        with pytest.raises(NotFound) as absent:
            await counter.database.read(lambda tx, who=stranger: sessions.get_session(tx, who, session.id[:-1] + "0"))
        assert caught.value.public.replace(session.id, "") == absent.value.public.replace(session.id[:-1] + "0", "")
        page = await counter.database.read(lambda tx, who=stranger: sessions.list_sessions(tx, who, PageRequest()))
        assert page.data == []
    with pytest.raises(NotFound):
        await neighbour.simulate(session.id, O.PAID)


@pytest.mark.parametrize("text", ["", "cs_", "cs_\0", "x" * 100, "cs_01j0000000000000000000000a'", "\ud800"])
async def test_an_odd_address_of_a_session_is_not_found(counter: Counter, text: str) -> None:
    """What a browser may ask for: a clean 404 on either database, never an error of the driver."""
    with pytest.raises(NotFound):
        await counter.database.read(lambda tx: sessions.get_public_session(tx, text))


# Time


async def test_pending_sessions_expire_when_their_time_is_up(counter: Counter) -> None:
    """To the millisecond; what is paid, detected or failed does not."""
    for status in (S.DETECTED, S.UNDERPAID, S.OVERPAID, S.PAID, S.FAILED):
        await session_in(counter, status)
    session = await counter.session()
    counter.clock.forward(LIFETIME_MS - 1)
    assert await counter.expire_due() == 0
    counter.clock.forward(1)
    assert await counter.expire_due() == 1
    assert await counter.expire_due() == 0
    assert (await counter.read(session.id)).status is S.EXPIRED
    assert await counter.events_of(session.id) == ["session.created", "session.expired"]


async def test_what_fell_due_while_nobody_looked_is_caught_up(counter: Counter) -> None:
    """In batches, the longest overdue first, each session once."""
    made = [(await counter.session()).id for _ in range(expiring.EXPIRE_BATCH_MAX + 5)]
    counter.clock.forward(10 * LIFETIME_MS)
    assert [await counter.expire_due() for _ in range(3)] == [expiring.EXPIRE_BATCH_MAX, 5, 0]
    expired = await rows(counter.database, "SELECT object_id FROM events WHERE type = 'session.expired'")
    assert sorted(row[0] for row in expired) == sorted(made)


async def test_many_who_expire_at_once_expire_each_session_once(counter: Counter) -> None:
    """Several processes may look at the same time."""
    neighbours = [counter, await counter_over(counter.database, counter.clock)]
    for one_of in neighbours * 20:
        await one_of.session()
    counter.clock.forward(LIFETIME_MS)
    done = await settle(*(one_of.expire_due() for one_of in neighbours * 4))
    assert done.errors == []
    assert sum(done.answers) == 40
    assert await one(counter.database, "SELECT COUNT(*) FROM events WHERE type = 'session.expired'") == 40


async def test_a_payment_at_the_last_moment_is_paid_and_at_the_next_is_not(counter: Counter) -> None:
    """A pending session whose time is up is expired, whether or not anybody has written that down yet."""
    in_time, too_late = await counter.session(), await counter.session()
    counter.clock.forward(LIFETIME_MS - 1)
    assert (await counter.simulate(in_time.id, O.PAID)).status is S.PAID
    counter.clock.forward(1)
    with pytest.raises(Conflict):
        await counter.simulate(too_late.id, O.PAID)
    assert (await counter.simulate(too_late.id, O.LATE)).status is S.PAID_LATE


@pytest.mark.parametrize(("after", "accepted"), [(GRACE_MS - 1, True), (GRACE_MS, False)])
async def test_a_late_payment_is_taken_within_the_grace_window(counter: Counter, after: int, accepted: bool) -> None:
    """The last millisecond counts."""
    session = await session_in(counter, S.EXPIRED)
    counter.clock.at = session.expires_at + after
    if accepted:
        paid = await counter.simulate(session.id, O.LATE)
        assert (paid.status, paid.paid_at, paid.exceptions) == (S.PAID_LATE, counter.clock.at, ["late"])
    else:
        with pytest.raises(Conflict):
            await counter.simulate(session.id, O.LATE)


async def test_a_slow_confirmation_loses_no_money(counter: Counter) -> None:
    """A payment seen in time and confirmed long after the grace window is paid late, not stuck."""
    session = await session_in(counter, S.DETECTED)
    counter.clock.forward(LIFETIME_MS + 2 * GRACE_MS)
    assert (await counter.simulate(session.id, O.PAID)).status is S.PAID_LATE


# Money that comes as it likes


async def observed(counter: Counter, session_id: str, *seen: Observation) -> CheckoutSession:
    """What a rail saw, through the rules."""

    async def operation(tx: Transaction) -> CheckoutSession:
        session = await records.locked(tx, session_id)
        assert session is not None
        return await observing.observe(counter.context, tx, session, list(seen), counter.clock.now())

    return await counter.database.write(operation)


@pytest.mark.parametrize("status", list(S))
async def test_no_transfer_is_ever_lost(counter: Counter, status: SessionStatus) -> None:
    """Money may come in any state and at any time: it is written down, and the session moves legally or not at all."""
    session = await session_in(counter, status)
    before = session.payment.received
    required = session.payment.terms.amount_atomic
    counter.clock.forward(3 * GRACE_MS)
    for number, (amount, confirmed) in enumerate([(required // 3, False), (required // 3, True), (required, True)]):
        was = await counter.read(session.id)
        session = await observed(counter, session.id, sighting(f"0x{status}{number}", 0, amount, confirmed))
        assert session.status is was.status or session.status in EDGES[was.status]
        assert len(session.payment.transfers) == len(was.payment.transfers) + 1
        assert session == await counter.read(session.id)
    assert session.payment.received >= before + required // 3 + required


async def test_seeing_a_transfer_again_adds_nothing(counter: Counter) -> None:
    """A rail may repeat itself, and a confirmation is never withdrawn."""
    session = await counter.session()
    amount = session.payment.terms.amount_atomic
    seen = sighting("0xa", 0, amount, False)
    assert (await observed(counter, session.id, seen)).status is S.DETECTED
    assert (await observed(counter, session.id, seen)).status is S.DETECTED
    counter.clock.forward(1)
    assert (await observed(counter, session.id, seen._replace(confirmed=True))).status is S.PAID
    again = await observed(counter, session.id, seen, seen._replace(confirmed=True), seen)
    assert (again.status, len(again.payment.transfers), again.payment.received) == (S.PAID, 1, amount)
    assert again.paid_at == NEW_YEAR + 1
    assert await counter.events_of(session.id) == ["session.created", "session.detected", "session.paid"]


async def test_two_transfers_of_one_transaction_are_two(counter: Counter) -> None:
    """A transfer is named by its transaction and its ordinal among that one's transfers."""
    session = await counter.session()
    half = session.payment.terms.amount_atomic // 2
    both = [sighting("0xa", ordinal, half, True) for ordinal in (0, 1)]
    paid = await observed(counter, session.id, *both)
    assert (paid.status, len(paid.payment.transfers)) == (S.PAID, 2)


async def test_a_top_up_waits_for_the_merchant_like_the_rest(counter: Counter) -> None:
    """Underpaid is left by nobody else; what comes meanwhile is counted, and accepted with it."""
    session = await session_in(counter, S.UNDERPAID)
    missing = session.payment.terms.amount_atomic - session.payment.received
    topped_up = await observed(counter, session.id, sighting("0xa", 0, missing, True))
    assert (topped_up.status, topped_up.exceptions) == (S.UNDERPAID, [])
    taken = await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id))
    assert (taken.status, taken.payment.received) == (S.PAID, session.payment.terms.amount_atomic)
    assert (await counter.events_of(session.id))[-1] == "session.paid"


async def test_accepting_at_once_is_accepting_once(counter: Counter) -> None:
    """One decision, one event; each of them hears what was decided."""
    session = await session_in(counter, S.OVERPAID)
    done = await settle(
        *(
            counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id))
            for _ in range(10)
        )
    )
    assert [answer.status for answer in done.answers] == [S.PAID] * 10
    assert not done.errors
    assert (await counter.events_of(session.id)).count("session.paid") == 1


# Races


async def test_of_many_payments_at_once_one_counts(counter: Counter) -> None:
    """Twenty tasks pay one session: there is exactly one ``session.paid``, and nothing of the others' money is lost."""
    session = await counter.session()
    done = await settle(*(counter.simulate(session.id, O.PAID) for _ in range(20)))
    assert [answer.status for answer in done.answers] == [S.PAID] * 20
    assert await counter.events_of(session.id) == ["session.created", "session.paid", *["session.updated"] * 19]
    paid = await counter.read(session.id)
    assert (paid.payment.received, paid.exceptions) == (20 * session.payment.terms.amount_atomic, ["overpaid"])


async def test_contrary_outcomes_at_once_leave_one_legal_story(counter: Counter) -> None:
    """Whoever comes first: the events are a legal walk, and the last one is the session's state."""
    made = [await counter.session() for _ in range(6)]
    done = await settle(*(counter.simulate(session.id, outcome) for session in made for outcome in O for _ in (1, 2)))
    assert {type(error) for error in done.errors} <= {Conflict}
    for session in made:
        # By their states: that a reorganisation took the money and it waits again is told as an update.
        walk = [S(state) for state in await counter.states_of(session.id)]
        assert all(to in EDGES[was] for was, to in itertools.pairwise(walk)), walk
        assert walk[-1] is (await counter.read(session.id)).status


async def test_expiring_and_paying_at_once_agree(counter: Counter) -> None:
    """A session is not both expired and paid."""
    made = [await counter.session() for _ in range(10)]
    counter.clock.forward(LIFETIME_MS)
    await settle(
        counter.expire_due(), *(counter.simulate(session.id, O.LATE) for session in made), counter.expire_due()
    )
    for session in made:
        assert await counter.events_of(session.id) in (
            ["session.created", "session.expired", "session.paid_late"],
            ["session.created", "session.expired"],
        )


async def test_canceling_and_paying_at_once_agree(counter: Counter) -> None:
    """A session is not both canceled and paid: who cancels too late is told so, and money that comes too late waits for
    the merchant."""
    made = [await counter.session() for _ in range(10)]

    async def cancel(session_id: str) -> CheckoutSession:
        return await counter.database.write(
            lambda tx: deciding.cancel(counter.context, tx, counter.principal, session_id)
        )

    done = await settle(
        *(one for session in made for one in (cancel(session.id), counter.simulate(session.id, O.PAID)))
    )
    assert {type(error) for error in done.errors} <= {Conflict}
    for session in made:
        found, told = await counter.read(session.id), await counter.events_of(session.id)
        paid, canceled = ["session.paid"], ["session.failed", "session.updated"]
        assert told[1:] in (paid, canceled)
        assert (found.canceled_at is not None) == (told[1:] == canceled)
        assert found.exceptions == (["unexpected"] if told[1:] == canceled else [])
        assert found.payment.received == session.payment.terms.amount_atomic


# Links


async def link_of(counter: Counter, **more: str) -> str:
    new = NewLink("Pro plan", "99.00", **more)
    link = await counter.database.write(lambda tx: links.create_link(counter.context, tx, counter.principal, new))
    return link.id


async def test_a_session_keeps_what_its_link_said_when_it_was_opened(counter: Counter) -> None:
    """Changing or archiving the link later changes nothing for those who are paying."""
    link_id = await link_of(counter, success_url="https://shop.example/thanks")
    new = NewSession(link_id=link_id)
    session = await counter.database.write(lambda tx: open_session(counter.context, tx, counter.principal, new))
    assert (str(session.price), session.title, session.success_url) == (
        "99.00",
        "Pro plan",
        "https://shop.example/thanks",
    )
    changes = LinkChanges(fiat_amount="1.00", title="Other", success_url=None)
    await counter.database.write(lambda tx: links.update_link(counter.context, tx, counter.principal, link_id, changes))
    await counter.database.write(lambda tx: links.archive_link(counter.context, tx, counter.principal, link_id))
    assert await counter.read(session.id) == session
    with pytest.raises(Conflict) as caught:
        await counter.database.write(lambda tx: open_session(counter.context, tx, counter.principal, new))
    assert caught.value.code == "link_inactive"


async def test_each_visit_of_a_link_is_a_fresh_session(counter: Counter) -> None:
    """Two buyers never share an address; an unknown link is not found."""
    link_id = await link_of(counter)
    slug = await one(counter.database, "SELECT slug FROM payment_links WHERE id = $1", link_id)
    visits = [await counter.database.write(lambda tx: visit_link(counter.context, tx, slug)) for _ in range(3)]
    assert len({visit.payment.terms.address for visit in visits}) == 3
    assert {visit.link_id for visit in visits} == {link_id}
    with pytest.raises(NotFound):
        await counter.database.write(lambda tx: visit_link(counter.context, tx, "nowhere"))


async def test_two_changes_of_a_link_at_once_both_hold(counter: Counter) -> None:
    """Deactivating a link while somebody else edits its title does not get lost."""
    changes = [LinkChanges(active=False), LinkChanges(title="New title"), LinkChanges(fiat_amount="5.00")]
    for _ in range(10):
        link_id = await link_of(counter)
        await asyncio.gather(
            *(
                counter.database.write(
                    lambda tx, it=change: links.update_link(counter.context, tx, counter.principal, link_id, it)  # noqa: B023
                )
                for change in changes
            )
        )
        link = await counter.database.read(lambda tx: links.get_link(tx, counter.principal, link_id))  # noqa: B023
        assert (link.active, link.title, str(link.price)) == (False, "New title", "5.00")


async def test_archiving_at_once_is_archiving_once(counter: Counter) -> None:
    """Doing it again, even at the same moment, changes nothing and is no error."""
    link_id = await link_of(counter)
    done = await settle(
        *(
            counter.database.write(lambda tx: links.archive_link(counter.context, tx, counter.principal, link_id))
            for _ in range(10)
        )
    )
    assert done.errors == []
    assert len({link.archived_at for link in done.answers}) == 1


@pytest.mark.parametrize("status", [S.EXPIRED, None])
async def test_lists_are_newest_first_and_filters_combine(counter: Counter, status: SessionStatus | None) -> None:
    """Page by page, with a filter or without, each session comes once."""
    made = [(await counter.session()).id for _ in range(7)]
    counter.clock.forward(LIFETIME_MS)
    await counter.expire_due()
    after = counter.clock.at if status is None else None
    made += [(await counter.session()).id for _ in range(4)]
    found, cursor = [], None
    while True:
        page = await counter.database.read(
            lambda tx, at=cursor: sessions.list_sessions(
                tx, counter.principal, PageRequest(3, at), status=status, created_after=after
            )
        )
        found += [session.id for session in page.data]
        if not page.has_more:
            break
        cursor = page.data[-1].id
    assert found == (made[7:] if status is None else made[:7])[::-1]


async def test_money_outgrows_64_bits_in_no_column(counter: Counter) -> None:
    """The largest price there is can be opened, overpaid and read again."""
    session = await counter.session("999999999999.999", "BHD")
    paid = await counter.simulate(session.id, O.OVERPAID)
    assert paid.payment.received > 2**64
    assert await counter.read(session.id) == paid
    assert await execute(counter.database, "DELETE FROM transactions") == 1


def test_a_clock_that_stands_still_stands_still() -> None:
    """The tests' own clock."""
    clock = StillClock()
    assert clock.now() == clock.now() == NEW_YEAR
    assert Principal("prj", False, "job", "job:x").mode == "test"
