"""What must hold at the end, by the database's rows, the receiver's log and what merchants were answered."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from keyturn.database import Database, Transaction
from soak.buyers import Bought
from soak.receiver import EVENTS

SHOWN_MAX: Final = 5

# How often a session of a kind was paid into, and what each of its events is.
STORIES: Final = {
    "paid": (1, ["session.created", "session.paid"]),
    "paid by two at once": (2, ["session.created", "session.paid", "session.updated"]),
    "paid and sent again": (1, ["session.created", "session.paid"]),
    "late": (1, ["session.created", "session.expired", "session.paid_late"]),
    "seen first, paid later": (1, ["session.created", "session.detected", "session.paid"]),
    "underpaid and accepted": (1, ["session.created", "session.underpaid", "session.paid"]),
    "overpaid and accepted": (1, ["session.created", "session.overpaid", "session.paid"]),
    "failed": (0, ["session.created", "session.failed"]),
    "expired": (0, ["session.created", "session.expired"]),
    "left": (0, ["session.created"]),
}
EXACT: Final = {"paid", "paid by two at once", "paid and sent again", "late", "seen first, paid later"}


class Session(NamedTuple):
    id: str
    status: str
    order: int
    required: int
    transfers: tuple[int, ...]


class Event(NamedTuple):
    id: str
    sequence: int
    type: str
    object_id: str


class Delivery(NamedTuple):
    """One row of the outbox; ``endpoint`` by the receiver's name for it."""

    event_id: str
    endpoint: str
    status: str


class Heard(NamedTuple):
    """One line of the receiver's log."""

    endpoint: str
    event: Event


class Books(NamedTuple):
    """Everything that the proof looks at."""

    bought: Sequence[Bought]
    sessions: Sequence[Session]
    events: Sequence[Event]
    deliveries: Sequence[Delivery]
    heard: Sequence[Heard]


async def read_books(database: Database, names: dict[str, str], log: Path, bought: Sequence[Bought]) -> Books:
    """The books of a run that is over.

    Args:
        names: the receiver's name for each endpoint, by its id.
    """

    async def operation(tx: Transaction) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        return (
            await tx.fetch_all(
                "SELECT s.id, s.status, s.metadata, p.id AS payment_id, p.amount_atomic FROM checkout_sessions s "
                "JOIN payments p ON p.session_id = s.id"
            ),
            await tx.fetch_all("SELECT payment_id, amount_atomic FROM transactions"),
            await tx.fetch_all("SELECT id, sequence, type, object_id FROM events ORDER BY sequence"),
            await tx.fetch_all("SELECT event_id, endpoint_id, status FROM webhook_deliveries"),
        )

    sessions, transactions, events, deliveries = await database.read(operation)
    received: dict[str, list[int]] = defaultdict(list)
    for row in transactions:
        received[row["payment_id"]].append(int(row["amount_atomic"]))
    with log.open() as file:
        lines = [json.loads(line) for line in file]
    return Books(
        bought,
        [
            Session(
                row["id"],
                row["status"],
                int(json.loads(row["metadata"])["order"]),
                int(row["amount_atomic"]),
                tuple(received[row["payment_id"]]),
            )
            for row in sessions
        ],
        [Event(row["id"], row["sequence"], row["type"], row["object_id"]) for row in events],
        [Delivery(row["event_id"], names[row["endpoint_id"]], row["status"]) for row in deliveries],
        [Heard(line["endpoint"], Event(line["id"], line["sequence"], line["type"], line["object"])) for line in lines],
    )


class Claim(NamedTuple):
    """One thing that must hold, and whatever speaks against it."""

    words: str
    against: list[str]


def prove(books: Books) -> list[Claim]:
    """Every claim, each with what contradicts it: nothing, where all is well."""
    first, second, *rest = prove_log(books)
    return [
        first,
        second,
        Claim("each session has its events once, in their order", _stories(books)),
        Claim("each session has the payments that were made for it, and no other", _payments(books)),
        *rest,
    ]


def prove_log(books: Books) -> list[Claim]:
    """Those of them that hold however sessions are paid."""
    return [
        Claim("nothing that was answered is missing, and each order has one session", _answered(books)),
        Claim("sequences have no gap", _sequences(books)),
        Claim("each event was put in the outbox of each endpoint that wants it, and delivered", _delivered(books)),
        Claim("each event reached its endpoints at least once, as it is in the log", _heard(books)),
    ]


def _answered(books: Books) -> list[str]:
    by_order: dict[int, list[Session]] = defaultdict(list)
    for session in books.sessions:
        by_order[session.order].append(session)
    against = []
    for one in books.bought:
        found = by_order.pop(one.order, [])
        if [session.id for session in found] != [one.session_id]:
            against.append(f"order {one.order} was answered {one.session_id} and has {[each.id for each in found]}")
        elif found[0].status != one.status:
            against.append(f"{one.session_id} was answered {one.status} and is {found[0].status}")
    return against + [f"order {order} was never answered and has a session" for order in by_order]


def _sequences(books: Books) -> list[str]:
    found = [event.sequence for event in books.events]
    return [
        f"where {expected} should be, there is {sequence}"
        for expected, sequence in enumerate(found, start=1)
        if expected != sequence
    ]


def _stories(books: Books) -> list[str]:
    report: dict[str, list[str]] = defaultdict(list)
    for event in books.events:
        if event.type.startswith("session."):
            report[event.object_id].append(event.type)
    against = []
    for one in books.bought:
        story, expected = report.pop(one.session_id, []), STORIES[one.kind][1]
        if story != expected:
            against.append(f"{one.session_id} ({one.kind}) tells {story}, expected {expected}")
    return against + [f"{object_id} tells {story} and is nobody's" for object_id, story in report.items()]


def _payments(books: Books) -> list[str]:
    sessions = {session.id: session for session in books.sessions}
    against = []
    for one in books.bought:
        session = sessions.get(one.session_id)
        if session is None:
            continue  # told above
        times = STORIES[one.kind][0]
        if len(session.transfers) != times:
            against.append(f"{session.id} ({one.kind}) was paid into {len(session.transfers)} times, expected {times}")
        elif one.kind in EXACT and sum(session.transfers) != session.required * times:
            against.append(
                f"{session.id} ({one.kind}) received {sum(session.transfers)}, expected {times} × {session.required}"
            )
    return against


def _wanted(books: Books) -> set[tuple[str, str]]:
    return {
        (event.id, endpoint)
        for event in books.events
        for endpoint, types in EVENTS.items()
        if "*" in types or event.type in types
    }


def _delivered(books: Books) -> list[str]:
    rows = Counter((one.event_id, one.endpoint) for one in books.deliveries)
    wanted = _wanted(books)
    return (
        [f"{event} has no delivery for {endpoint}" for event, endpoint in wanted - rows.keys()]
        + [f"{event} is for {endpoint}, which does not want it" for event, endpoint in rows.keys() - wanted]
        + [f"{event} is {count} times in the outbox of {name}" for (event, name), count in rows.items() if count > 1]
        + [
            f"{one.event_id} for {one.endpoint} is {one.status}"
            for one in books.deliveries
            if one.status != "delivered"
        ]
    )


def _heard(books: Books) -> list[str]:
    events = {event.id: event for event in books.events}
    heard = {(one.event.id, one.endpoint) for one in books.heard}
    return [f"{event} never reached {endpoint}" for event, endpoint in _wanted(books) - heard] + [
        f"{one.endpoint} heard {one.event}, which is {events.get(one.event.id)}"
        for one in books.heard
        if events.get(one.event.id) != one.event
    ]


def heard_again(books: Books) -> int:
    """How many webhooks came again after they had succeeded: their sender died before it wrote that down."""
    return len(books.heard) - len({(one.event.id, one.endpoint) for one in books.heard})


def report(claims: Sequence[Claim]) -> str:
    """The claims as lines, each with the first of what contradicts it."""
    lines = []
    for claim in claims:
        lines.append(f"  {'NO ' if claim.against else 'yes'}  {claim.words}")
        lines += [f"         {one}" for one in claim.against[:SHOWN_MAX]]
        if len(claim.against) > SHOWN_MAX:
            lines.append(f"         … and {len(claim.against) - SHOWN_MAX} more")
    return "\n".join(lines)
