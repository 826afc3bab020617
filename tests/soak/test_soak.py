"""The soak itself, on fewer sessions; and its proof, which finds what is wrong where something is."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from soak.buyers import Bought
from soak.proof import STORIES, Books, Delivery, Event, Heard, Session, heard_again, prove
from soak.receiver import EVENTS
from tests.house.source import ROOT
from tests.running import clean_environment

SESSIONS = 200


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_servers_and_workers_lose_nothing_and_do_nothing_twice(database: str) -> None:
    """Two hundred sessions with killed servers, killed and paused workers, receivers that fail, hang and go away, and
    payments that come twice and late; then the proof from the database, the receiver's log and the answers."""
    command = [sys.executable, "-m", "soak", "--sessions", str(SESSIONS), "--database", database]
    environment = clean_environment() | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert f"{SESSIONS} sessions" in done.stdout
    assert done.stdout.count("  yes  ") == 6 and "  NO   " not in done.stdout
    assert "server killed" in done.stdout
    assert ("worker killed" in done.stdout) == (database == "postgres")


@pytest.mark.slow
def test_live_sessions_outlive_forks_and_a_killed_server() -> None:
    """Twenty live sessions on a node that forks at random, with a server that is killed while they are paid and misses
    hundreds of blocks; then the same proof, what the chain brought to each address, and ``doctor --prove``."""
    command = [sys.executable, "-m", "soak", "--live", "--sessions", "20", "--database", "sqlite"]
    environment = clean_environment() | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert "20 live sessions" in done.stdout and "server killed 1 times" in done.stdout
    assert done.stdout.count("  yes  ") == 7 and "  NO   " not in done.stdout


def whole_books() -> Books:
    """What a run leaves in which everything went well: a session of each kind."""
    bought, sessions, events = [], [], []
    for order, (kind, (times, story)) in enumerate(STORIES.items(), start=1):
        session_id, status = f"cs_{order}", story[-1].partition(".")[2].replace("created", "pending")
        bought.append(Bought(order, kind, session_id, status))
        sessions.append(Session(session_id, status, order, 500, (500,) * times))
        for type in story:
            number = len(events) + 1
            events.append(Event(f"evt_{number}", number, type, session_id))
    wanted = [
        (event, name) for event in events for name, types in EVENTS.items() if "*" in types or event.type in types
    ]
    deliveries = [Delivery(event.id, name, "delivered") for event, name in wanted]
    return Books(bought, sessions, events, deliveries, [Heard(name, event) for event, name in wanted])


def without(books: Books, part: str, index: int = 0) -> Books:
    rows = list(getattr(books, part))
    del rows[index]
    return books._replace(**{part: rows})


def changed(books: Books, part: str, index: int = 0, **fields: Any) -> Books:
    rows = list(getattr(books, part))
    rows[index] = rows[index]._replace(**fields)
    return books._replace(**{part: rows})


def doubled(books: Books, part: str, index: int = 0, **fields: Any) -> Books:
    rows = list(getattr(books, part))
    return books._replace(**{part: [*rows, rows[index]._replace(**fields)]})


ANSWERED, SEQUENCES, STORY, PAID, OUTBOX, REACHED = range(6)

WRONG: dict[str, tuple[int, Callable[[Books], Books]]] = {
    "an answered session is gone": (ANSWERED, lambda books: without(books, "sessions")),
    "an order has two sessions": (ANSWERED, lambda books: doubled(books, "sessions", id="cs_other")),
    "a session is in another state": (ANSWERED, lambda books: changed(books, "sessions", status="expired")),
    "a session is nobody's": (ANSWERED, lambda books: without(books, "bought")),
    "a number is missing": (SEQUENCES, lambda books: without(books, "events", 3)),
    "a number is there twice": (SEQUENCES, lambda books: changed(books, "events", 3, sequence=3)),
    "an event is missing": (STORY, lambda books: without(books, "events", -1)),
    "a session is told to be paid twice": (STORY, lambda books: doubled(books, "events", 1, id="evt_x", sequence=99)),
    "an event is nobody's": (STORY, lambda books: changed(books, "events", 0, object_id="cs_other")),
    "two payments were booked": (PAID, lambda books: changed(books, "sessions", transfers=(500, 500))),
    "a paid session has no money": (PAID, lambda books: changed(books, "sessions", transfers=())),
    "a paid session has too little": (PAID, lambda books: changed(books, "sessions", transfers=(499,))),
    "a delivery is missing": (OUTBOX, lambda books: without(books, "deliveries")),
    "a delivery is there twice": (OUTBOX, lambda books: doubled(books, "deliveries")),
    "a delivery was given up": (OUTBOX, lambda books: changed(books, "deliveries", status="abandoned")),
    "an event never arrived": (REACHED, lambda books: without(books, "heard")),
    "something else arrived": (
        REACHED,
        lambda books: changed(books, "heard", event=books.events[0]._replace(type="session.failed")),
    ),
}


def test_the_proof_finds_nothing_where_all_is_well() -> None:
    """One session of each kind; and a webhook that came again is counted, but is no fault."""
    books = whole_books()
    assert [claim.against for claim in prove(books)] == [[]] * 6
    assert heard_again(books) == 0
    again = doubled(books, "heard")
    assert [claim.against for claim in prove(again)] == [[]] * 6
    assert heard_again(again) == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_the_proof_finds_what_is_wrong(wrong: str) -> None:
    """Each claim is contradicted by the books in which it does not hold."""
    claim, tamper = WRONG[wrong]
    assert prove(tamper(whole_books()))[claim].against, wrong
