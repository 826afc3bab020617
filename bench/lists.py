"""A page of a list, out of a thousand sessions and out of a million: what it costs must not grow with the pile.

The pile is written by some statements in SQL, past the product: sessions that are over, with payments and orders, and
an event and a delivery of each.
"""

from pathlib import Path
from typing import Final, NamedTuple

from keyturn import KeyWish, Mode
from keyturn.database import Both, Database, Transaction
from tillgate.access import API_SCOPES
from tillgate.access.accounts import Accounts
from tillgate.base import ids
from tillgate.base.clock import SystemClock
from tillgate.opening import open_keys, open_migrated
from tillgate.settings import load

FEW = 1_000
PAGE = 25

_NUMBERS = Both(
    sqlite="WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1 - 1) ",
    postgres="WITH numbers AS (SELECT generate_series(0, CAST($1 AS BIGINT) - 1) AS n) ",
)
_INSERTS = (
    "INSERT INTO checkout_sessions (id, project_id, livemode, status, amount_minor, currency, expires_at, paid_at, "
    "created_at, updated_at) {numbers}"
    "SELECT 'cs_' || {id}, $2, FALSE, CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'paid' END, 4900, 'USD', "
    "$3 + n, $3 + n, $3 + n, $3 + n FROM numbers",
    "INSERT INTO payments (id, session_id, rail, chain_id, asset, asset_decimals, address, amount_atomic, "
    "native_price_usd, created_at, project_id, livemode, order_id, state, amount_minor, currency, capture_method, "
    "updated_at, counted, booked) {numbers}"
    "SELECT 'pay_' || {id}, 'cs_' || {id}, 'simulated', 1337, 'eip155:1337/slip44:60', 18, 'bench:' || {id}, "
    "'19600000000000000', '2500.00', $3 + n, $2, FALSE, 'ord_' || {id}, "
    "CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END, 4900, 'USD', 'automatic', $3 + n, TRUE, TRUE "
    "FROM numbers",
    "INSERT INTO orders (id, project_id, livemode, session_id, status, fulfillment, unique_reference, currency, "
    "line_items, shipping_minor, total_minor, created_at, updated_at) {numbers}"
    "SELECT 'ord_' || {id}, $2, FALSE, 'cs_' || {id}, CASE WHEN n % 10 = 0 THEN 'canceled' ELSE 'paid' END, "
    "'unfulfilled', FALSE, 'USD', '[]', 0, 4900, $3 + n, $3 + n FROM numbers",
)
# For the lists alone: one event of each session, and its delivery to an endpoint that nothing is sent to any more.
_LOG = (
    "INSERT INTO events (id, project_id, livemode, sequence, type, object_id, data, created_at) {numbers}"
    "SELECT 'evt_' || {id}, $2, FALSE, n + 1, 'session.paid', 'cs_' || {id}, '{\"status\":\"paid\"}', $3 + n "
    "FROM numbers",
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, status, attempts, attempts_max, "
    "next_attempt_at, lease_until, response_status, created_at, updated_at) {numbers}"
    "SELECT 'dlv_' || {id}, (SELECT id FROM webhook_endpoints WHERE project_id = $2), 'evt_' || {id}, 'session.paid', "
    "'delivered', 1, 6, 0, 0, 200, $3 + n, $3 + n FROM numbers",
)
_ENDPOINT = (
    "INSERT INTO webhook_endpoints (id, project_id, livemode, url, events, active, secret_sealed, secret_prefix, "
    "created_at, updated_at) VALUES ($1, $2, FALSE, 'https://bench.example/hook', '[\"session.paid\"]', FALSE, '', "
    "'whsec_', $3, $3)"
)
_LAST = "INSERT INTO event_sequences (project_id, livemode, last) VALUES ($1, FALSE, $2)"
ENDPOINT = f"{ids.WEBHOOK_ENDPOINT}_{0:026d}"
_ID = Both(sqlite="printf('%026d', n)", postgres="lpad(CAST(n AS TEXT), 26, '0')")


# Each list that grows with a project, by its noun: its path, its ids' prefix, and its filters.
LISTS: Final = {
    "sessions": ("checkout_sessions", "cs", ("&status=failed",)),
    "orders": ("orders", "ord", ("&status=canceled",)),
    "events": ("events", "evt", ("&type=session.paid",)),
    "deliveries": (f"webhook_endpoints/{ENDPOINT}/deliveries", "dlv", ()),
}


class Pile(NamedTuple):
    """A database with this number of sessions of one project, and a key that may do everything with them."""

    project_id: str
    key: str
    sessions: int

    def pages(self, noun: str) -> list[str]:
        """The first page of a list, one from the middle, and the first of one status where there is one."""
        path, prefix, more = LISTS[noun]
        first = f"/api/v1/{path}?limit={PAGE}"
        return [first, f"{first}&starting_after={prefix}_{self.sessions // 2:026d}", *(first + one for one in more)]


async def pile_up(data: Path, database_url: str | None, sessions: int) -> Pile:
    """Make the database, the project, the key and the sessions."""
    settings = load(data=str(data), database_url=database_url)
    clock = SystemClock()
    database = await open_migrated(settings, clock)
    try:
        project = await Accounts(database, clock).create_project("Bench")
        issued = await open_keys(database, clock).issuer.issue(
            KeyWish(project_id=project.id, mode=Mode.TEST, name="bench", scopes=API_SCOPES), by="operator:bench"
        )
        since = clock.now() - sessions
        await database.write(lambda tx: tx.execute(_ENDPOINT, ENDPOINT, project.id, since))
        await _insert(database, (*_INSERTS, *_LOG), project.id, sessions, since)
        await database.write(lambda tx: tx.execute(_LAST, project.id, sessions))
        return Pile(project.id, issued.secret.reveal(), sessions)
    finally:
        await database.close()


async def more_keys(data: Path, database_url: str | None, count: int) -> list[str]:
    """Keys of further projects, one each, that may do everything."""
    settings = load(data=str(data), database_url=database_url)
    clock = SystemClock()
    database = await open_migrated(settings, clock)
    try:
        found = []
        for number in range(count):
            project = await Accounts(database, clock).create_project(f"Bench {number}")
            issued = await open_keys(database, clock).issuer.issue(
                KeyWish(project_id=project.id, mode=Mode.TEST, name="bench", scopes=API_SCOPES), by="operator:bench"
            )
            found.append(issued.secret.reveal())
        return found
    finally:
        await database.close()


async def insert_sessions(database: Database, project_id: str, sessions: int, since: int) -> None:
    """Sessions that are over, with their payments and orders, by one statement each."""
    await _insert(database, _INSERTS, project_id, sessions, since)


async def _insert(database: Database, texts: tuple[str, ...], project_id: str, sessions: int, since: int) -> None:
    async def operation(tx: Transaction) -> None:
        for text in texts:
            sqlite, postgres = (
                text.replace("{numbers}", head).replace("{id}", id) for head, id in zip(_NUMBERS, _ID, strict=True)
            )
            await tx.execute(Both(sqlite, postgres), sessions, project_id, since)

    await database.write(operation, within_seconds=None)
    # As autovacuum, or SQLite's own optimiser, would have it by then.
    await database.write(lambda tx: tx.execute("ANALYZE"), within_seconds=None)
