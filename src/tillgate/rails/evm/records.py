"""Every statement about watched networks, their blocks and their transfers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.invariants import ensure
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import AlarmKind
from tillgate.rails.evm.model import (
    Booked,
    Change,
    Doubt,
    Money,
    Point,
    Sweep,
    TransferState,
    View,
    place_of,
    same_money,
)
from tillgate.rails.evm.networks.model import NETWORKS_MAX, URLS_MAX
from tillgate.rails.port import Block
from tillgate.store import Row, Transaction

EARLIER_MAX: Final = 256
BLOCKS_KEPT_MAX: Final = 4_096
TRANSFERS_PAGE: Final = 1_000
# How often one transaction can be mined again with another outcome: each time is a reorganisation.
VERSIONS_MAX: Final = 1_000

_ENSURE: Final = (
    "INSERT INTO watched_chains (chain_id, version, lease_until, updated_at) VALUES ($1, 0, 0, $2) "
    "ON CONFLICT (chain_id) DO NOTHING"
)
_LEASE: Final = (
    "UPDATE watched_chains SET lease_owner = $2, lease_until = $3 "
    "WHERE chain_id = $1 AND (lease_owner = $2 OR lease_until <= $4)"
)
_RELEASE: Final = "UPDATE watched_chains SET lease_until = 0 WHERE chain_id = $1 AND lease_owner = $2"
_CHAIN_COLUMNS: Final = (
    "chain_id, version, final_number, final_hash, final_parent_hash, final_mined_at, sweep_first, sweep_last, "
    "sweep_after, head_number, trouble, trouble_since, looked_at"
)
_CHAIN: Final = f"SELECT {_CHAIN_COLUMNS} FROM watched_chains WHERE chain_id = $1"
_CHAIN_LOCKED: Final = Both(sqlite=_CHAIN, postgres=f"{_CHAIN} FOR UPDATE")
_BLOCK_COLUMNS: Final = "number, hash, parent_hash, mined_at"
_ABOVE: Final = (
    f"SELECT {_BLOCK_COLUMNS} FROM watched_blocks WHERE chain_id = $1 AND number > $2 ORDER BY number LIMIT $3"
)
_BELOW: Final = (
    f"SELECT {_BLOCK_COLUMNS} FROM watched_blocks WHERE chain_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
)
_TIP: Final = (
    "SELECT number, mined_at FROM watched_blocks WHERE chain_id = $1 AND number > $2 ORDER BY number DESC LIMIT 1"
)
_BEGIN: Final = (
    "UPDATE watched_chains SET version = version + 1, final_number = $2, final_hash = $3, final_parent_hash = $4, "
    "final_mined_at = $5, sweep_first = $6, sweep_last = $7, sweep_after = '', updated_at = $8, final_at = $8 "
    "WHERE chain_id = $1 AND final_number IS NULL AND lease_owner = $9"
)
_MOVE: Final = (
    "UPDATE watched_chains SET version = version + 1, final_number = $2, final_hash = $3, final_parent_hash = $4, "
    "final_mined_at = $5, sweep_first = $6, sweep_last = $7, sweep_after = $8, updated_at = $9, "
    "final_at = CASE WHEN final_number = $2 THEN final_at ELSE $9 END "
    "WHERE chain_id = $1 AND version = $10 AND lease_owner = $11"
)
_ADD_BLOCK: Final = (
    "INSERT INTO watched_blocks (chain_id, number, hash, parent_hash, mined_at) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (chain_id, number) DO UPDATE SET hash = excluded.hash, parent_hash = excluded.parent_hash, "
    "mined_at = excluded.mined_at"
)
_DROP_ABOVE: Final = "DELETE FROM watched_blocks WHERE chain_id = $1 AND number > $2"
_DROP_OLD: Final = (
    "DELETE FROM watched_blocks WHERE chain_id = $1 AND number < "
    "(SELECT number FROM watched_blocks WHERE chain_id = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)"
)
_ORPHAN_ABOVE: Final = (
    "UPDATE chain_transfers SET state = 'orphaned', revision = revision + 1, updated_at = $3 "
    "WHERE chain_id = $1 AND block_number > $2 AND state <> 'orphaned'"
)
_ORPHAN: Final = (
    "UPDATE chain_transfers SET state = 'orphaned', revision = revision + 1, updated_at = $4 "
    "WHERE chain_id = $1 AND tx_hash = $2 AND ordinal = $3 AND state = 'seen'"
)
TRANSFER_COLUMNS: Final = (
    "id, chain_id, tx_hash, ordinal, generation, token, sender, recipient, amount_atomic, block_number, block_hash, "
    "block_mined_at, state, single_source, doubt, held_atomic, seen_at, revision, payment_id"
)
_VERSIONS: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND tx_hash = $2 AND ordinal = $3 "
    "ORDER BY generation LIMIT $4"
)
_ADD_TRANSFER: Final = (
    "INSERT INTO chain_transfers (id, chain_id, tx_hash, ordinal, generation, token, sender, recipient, amount_atomic, "
    "block_number, block_hash, block_mined_at, state, single_source, doubt, seen_at, updated_at, revision, told, "
    "told_height, held_atomic) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, 1, 0, 0, $17)"
)
_CHANGE_TRANSFER: Final = (
    "UPDATE chain_transfers SET block_number = $2, block_hash = $3, block_mined_at = $4, state = $5, "
    "single_source = $6, doubt = $7, updated_at = $8, revision = revision + 1 WHERE id = $1"
)
_KNOWN: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND block_number >= $2 "
    "AND block_number <= $3 AND state = $4 AND id > $5 ORDER BY id LIMIT $6"
)
_OF_TRANSACTION: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND tx_hash = $2 "
    "ORDER BY ordinal, generation LIMIT $3"
)
_FINAL_AFTER: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND state = 'final' AND id > $2 "
    "ORDER BY id LIMIT $3"
)
_HELD: Final = (
    "SELECT id, token, sender, recipient, amount_atomic FROM chain_transfers WHERE {side} IN {{list}} "
    "AND chain_id = $2 AND state = 'final' AND block_number <= $3 AND id > $4 ORDER BY id LIMIT $5"
)
_HELD_IN: Final = with_list(_HELD.format(side="recipient"))
_HELD_OUT: Final = with_list(_HELD.format(side="sender"))
_PLACES_TO: Final = (
    "SELECT tx_hash, sender, recipient, amount_atomic FROM chain_transfers WHERE recipient = $1 AND token = $2 "
    "AND chain_id = $3 AND state = 'final' AND block_number >= $4 ORDER BY id LIMIT $5"
)
_PLACES_FROM: Final = (
    "SELECT tx_hash, sender, recipient, amount_atomic FROM chain_transfers WHERE sender = $1 AND token = $2 "
    "AND chain_id = $3 AND state = 'final' AND block_number >= $4 ORDER BY id LIMIT $5"
)
_MOVED_TO: Final = (
    "SELECT id, amount_atomic FROM chain_transfers WHERE recipient = $1 AND token = $2 AND chain_id = $3 "
    "AND state = 'final' AND block_number <= $4 AND id > $5 ORDER BY id LIMIT $6"
)
_MOVED_FROM: Final = (
    "SELECT id, amount_atomic FROM chain_transfers WHERE sender = $1 AND token = $2 AND chain_id = $3 "
    "AND state = 'final' AND block_number <= $4 AND id > $5 ORDER BY id LIMIT $6"
)
_UNREPORTED: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND told < revision "
    "ORDER BY recipient, id LIMIT $2"
)
_RISING: Final = (
    f"SELECT {TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND state = 'seen' AND told_height < $2 "
    "AND told = revision AND payment_id IS NOT NULL ORDER BY recipient, id LIMIT $3"
)
_TOLD: Final = (
    "UPDATE chain_transfers SET told = $2, told_height = $3, payment_id = COALESCE($4, payment_id) "
    "WHERE id = $1 AND revision = $2"
)
# It is told again, to whoever has it now.
_ASSIGN: Final = (
    "UPDATE chain_transfers SET payment_id = $5, revision = revision + 1 "
    "WHERE chain_id = $1 AND tx_hash = $2 AND ordinal = $3 AND generation = $4"
)
_ANSWERED: Final = (
    "SELECT head_number, final_number, looked_at, trouble, trouble_since FROM watched_chains WHERE chain_id = $1"
)
# Of these nodes no one tells the head of this chain, or nothing of what they tell is final.
_AWAY: Final = ("no_node", "other_chain")
_FIRST_UNREPORTED: Final = (
    "SELECT MIN(block_mined_at) AS mined_at FROM chain_transfers WHERE chain_id = $1 AND told < revision"
)
_NOTE_LOOK: Final = (
    "UPDATE watched_chains SET head_number = $2, looked_at = $3, "
    "trouble_since = CASE WHEN trouble = $4 THEN trouble_since ELSE $3 END, trouble = $4, single_source = $6 "
    "WHERE chain_id = $1 AND lease_owner = $5"
)
# Of node errors, those that are a node's own: one that rests was not asked.
ERRORS: Final = ("away", "limited", "too_much", "refused", "malformed")
NODE_LINES_MAX: Final = NETWORKS_MAX * URLS_MAX
_WATCHED_LINES: Final = (
    "SELECT c.chain_id, c.final_number, c.final_at, c.head_number, c.trouble, c.trouble_since, c.looked_at, "
    "c.single_source, (SELECT MAX(b.number) FROM watched_blocks b WHERE b.chain_id = c.chain_id) AS tip "
    f"FROM watched_chains c ORDER BY c.chain_id LIMIT {2 * NETWORKS_MAX}"
)
_NODE_COLUMNS: Final = (
    "chain_id, node, head_number, answered_at, failed_at, failure, calls, received_bytes, "
    + ", ".join(f"errors_{kind}" for kind in ERRORS)
)
_NODE_LINES: Final = f"SELECT {_NODE_COLUMNS} FROM watched_nodes ORDER BY chain_id, node LIMIT {NODE_LINES_MAX}"
_ADD_NODE: Final = (
    f"INSERT INTO watched_nodes ({_NODE_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (chain_id, node) DO UPDATE SET "
    "head_number = CASE WHEN $14 THEN excluded.head_number ELSE watched_nodes.head_number END, "
    "answered_at = COALESCE(excluded.answered_at, watched_nodes.answered_at), "
    "failed_at = COALESCE(excluded.failed_at, watched_nodes.failed_at), "
    "failure = COALESCE(excluded.failure, watched_nodes.failure), "
    + ", ".join(
        f"{one} = watched_nodes.{one} + excluded.{one}"
        for one in ("calls", "received_bytes", *(f"errors_{kind}" for kind in ERRORS))
    )
)
_KEEP_NODES: Final = with_list("DELETE FROM watched_nodes WHERE chain_id = $2 AND NOT node IN {list}")


class Transfer(NamedTuple):
    """A transfer as it stands in the books."""

    id: str
    chain_id: int
    money: Money
    generation: int
    state: TransferState
    single_source: bool
    doubt: Doubt | None
    held_atomic: int | None
    revision: int
    payment_id: str | None


async def lease(tx: Transaction, chain_id: int, owner: str, until: int, now: int) -> bool:
    """Watch a network until then, or go on; False while another watcher does."""
    await tx.execute(_ENSURE, chain_id, now)
    return await tx.execute(_LEASE, chain_id, owner, until, now) == 1


async def release(tx: Transaction, chain_id: int, owner: str) -> None:
    """Let another watcher take over at once."""
    await tx.execute(_RELEASE, chain_id, owner)


async def view(tx: Transaction, chain_id: int) -> View | None:
    """The chain as it was read so far; None where it was never watched."""
    row = await tx.fetch_one(_CHAIN, chain_id)
    if row is None or row["final_number"] is None:
        return None
    final = _final(row)
    above = await tx.fetch_all(_ABOVE, chain_id, final.number, BLOCKS_KEPT_MAX)
    below = await tx.fetch_all(_BELOW, chain_id, final.number, EARLIER_MAX)
    sweep = Sweep(row["sweep_first"], row["sweep_last"], row["sweep_after"])
    return View(row["version"], final, tuple(map(_point, above)), tuple(map(_point, below)), sweep)


async def begin(tx: Transaction, chain_id: int, owner: str, at: Point, now: int) -> bool:
    """Start at a block; False where the network has a beginning, or belongs to another watcher."""
    following = at.number + 1
    written = await tx.execute(
        _BEGIN, chain_id, at.number, at.hash, at.parent_hash, at.mined_at, following, at.number, now, owner
    )
    return written == 1


async def apply(tx: Transaction, chain_id: int, owner: str, change: Change, now: int) -> bool:
    """Write a change down; False, and nothing, where the books have moved on or belong to another watcher."""
    row = await tx.fetch_one(_CHAIN_LOCKED, chain_id)
    if row is None or row["final_number"] is None:
        return False
    was, final = _final(row), change.final
    sweep = change.sweep or Sweep(final.number + 1, final.number)
    written = await tx.execute(
        _MOVE,
        chain_id,
        final.number,
        final.hash,
        final.parent_hash,
        final.mined_at,
        sweep.first,
        sweep.last,
        sweep.after,
        now,
        change.version,
        owner,
    )
    if written != 1:
        return False
    if change.rolled_back_to is not None:
        await tx.execute(_DROP_ABOVE, chain_id, change.rolled_back_to)
        await tx.execute(_ORPHAN_ABOVE, chain_id, change.rolled_back_to, now)
    elif was.number != final.number:
        await _add_block(tx, chain_id, was)
    if final.number < was.number:
        await alarms.see(tx, chain_id, AlarmKind.REORGANIZED, now, subject=str(final.number + 1))
    for block in change.blocks:
        await _add_block(tx, chain_id, block)
    for gone in change.orphaned:
        await tx.execute(_ORPHAN, chain_id, gone.tx_hash, gone.ordinal, now)
    for booked in change.booked:
        await _book(tx, chain_id, booked, now)
    if was.number != final.number:
        await tx.execute(_DROP_OLD, chain_id, BLOCKS_KEPT_MAX)
    return True


async def known(tx: Transaction, chain_id: int, first: int, last: int, *, final: bool) -> list[Money]:
    """The transfers in the blocks of a range that the books have as final, or else as only seen."""
    state = TransferState.FINAL if final else TransferState.SEEN
    found: list[Money] = []
    after = ""
    while True:
        rows = await tx.fetch_all(_KNOWN, chain_id, first, last, state.value, after, TRANSFERS_PAGE)
        found += [transfer_of(row).money for row in rows]
        if len(rows) < TRANSFERS_PAGE:
            return found
        after = rows[-1]["id"]


async def of_transaction(tx: Transaction, chain_id: int, tx_hash: str) -> list[Transfer]:
    """What the books have of one transaction, by its place in the receipt."""
    return [transfer_of(row) for row in await tx.fetch_all(_OF_TRANSACTION, chain_id, tx_hash, TRANSFERS_PAGE)]


async def holding(tx: Transaction, chain_id: int, token: str, address: str, last: int) -> int:
    """What the books say an address has of a token after a block: in less out. No database adds 256 bits."""
    held, after = 0, ""
    while True:
        rows = await tx.fetch_all(_MOVED_TO, address, token, chain_id, last, after, TRANSFERS_PAGE)
        held += sum(int(row["amount_atomic"]) for row in rows)
        if len(rows) < TRANSFERS_PAGE:
            break
        after = rows[-1]["id"]
    after = ""
    while True:
        rows = await tx.fetch_all(_MOVED_FROM, address, token, chain_id, last, after, TRANSFERS_PAGE)
        held -= sum(int(row["amount_atomic"]) for row in rows)
        if len(rows) < TRANSFERS_PAGE:
            return held
        after = rows[-1]["id"]


async def final_after(tx: Transaction, chain_id: int, after: str, limit: int) -> list[Transfer]:
    """A page of the transfers that count, or would but for a doubt."""
    return [transfer_of(row) for row in await tx.fetch_all(_FINAL_AFTER, chain_id, after, limit)]


async def holdings(tx: Transaction, chain_id: int, addresses: Sequence[str], last: int) -> dict[tuple[str, str], int]:
    """What the books say that addresses have after a block, by token and address; nothing where that is nothing."""
    held: Counter[tuple[str, str]] = Counter()
    listed = msgspec.json.encode(addresses).decode()
    after = ""
    while True:
        rows = await tx.fetch_all(_HELD_IN, listed, chain_id, last, after, TRANSFERS_PAGE)
        for row in rows:
            held[row["token"], row["recipient"]] += int(row["amount_atomic"])
        if len(rows) < TRANSFERS_PAGE:
            break
        after = rows[-1]["id"]
    after = ""
    while True:
        rows = await tx.fetch_all(_HELD_OUT, listed, chain_id, last, after, TRANSFERS_PAGE)
        for row in rows:
            held[row["token"], row["sender"]] -= int(row["amount_atomic"])
        if len(rows) < TRANSFERS_PAGE:
            return dict(held)
        after = rows[-1]["id"]


async def booked_places(
    tx: Transaction, chain_id: int, token: str, address: str, first: int
) -> set[tuple[str, str, str, int]]:
    """The transfers of a token from and to an address in final blocks from a height on."""
    rows = [
        *await tx.fetch_all(_PLACES_TO, address, token, chain_id, first, TRANSFERS_PAGE),
        *await tx.fetch_all(_PLACES_FROM, address, token, chain_id, first, TRANSFERS_PAGE),
    ]
    return {(row["tx_hash"], row["sender"], row["recipient"], int(row["amount_atomic"])) for row in rows}


async def unreported(tx: Transaction, chain_id: int, limit: int) -> list[Transfer]:
    """Transfers that the checkout does not know as they are, by the address that they went to."""
    return [transfer_of(row) for row in await tx.fetch_all(_UNREPORTED, chain_id, limit)]


async def rising(tx: Transaction, chain_id: int, height: int, limit: int) -> list[Transfer]:
    """Transfers of payments on which more blocks stand than was told."""
    return [transfer_of(row) for row in await tx.fetch_all(_RISING, chain_id, height, limit)]


async def mark_reported(tx: Transaction, transfer: Transfer, height: int, payment_id: str | None) -> bool:
    """The checkout knows a transfer as it is; False where it has changed meanwhile."""
    return await tx.execute(_TOLD, transfer.id, transfer.revision, height, payment_id) == 1


async def assign(tx: Transaction, chain_id: int, tx_hash: str, spoken_ordinal: int, payment_id: str) -> None:
    """A transfer belongs to a payment by a person's decision."""
    ordinal, generation = place_of(spoken_ordinal)
    await tx.execute(_ASSIGN, chain_id, tx_hash, ordinal, generation, payment_id)


async def note_look(
    tx: Transaction,
    chain_id: int,
    owner: str,
    *,
    head: int | None,
    trouble: str | None,
    single_source: bool = False,
    now: int,
) -> bool:
    """Keep what a look found, for whoever asks how a network stands; False where another watcher has the network."""
    return await tx.execute(_NOTE_LOOK, chain_id, head, now, trouble, owner, single_source) == 1


class NodeNote(NamedTuple):
    """What a node was asked since it was last noted, and how it answered.

    Attributes:
        node: its URL, masked.
        looked: its head was asked for; ``head`` is None then where it told none.
        failure: the kind of its last error since then; None where there was none.
        errors: by the kinds of :data:`ERRORS`.
    """

    node: str
    looked: bool
    head: int | None
    answered: bool
    failure: str | None
    calls: int
    received_bytes: int
    errors: Mapping[str, int]


class NodeLine(NamedTuple):
    """What is known of a node since it was named. Instants are Unix milliseconds.

    Attributes:
        node: its URL, masked.
        head: what it told last; None where it did not answer.
        failure: the kind of its last error.
    """

    chain_id: int
    node: str
    head: int | None
    answered_at: int | None
    failed_at: int | None
    failure: str | None
    calls: int
    received_bytes: int
    errors: Mapping[str, int]

    @property
    def host(self) -> str:
        """Its host and port, which hold no secret."""
        return self.node.partition("://")[2].partition("/")[0]

    @property
    def errors_total(self) -> int:
        """Errors of every kind together."""
        return sum(self.errors.values())


class WatchedLine(NamedTuple):
    """How far a network was read, as its watcher wrote it down.

    Attributes:
        final_at: when what is final last moved.
        tip: the newest block that was read; None where none is kept.
    """

    chain_id: int
    head: int | None
    tip: int | None
    final: int | None
    final_at: int | None
    trouble: str | None
    trouble_since: int | None
    looked_at: int | None
    single_source: bool


async def watched_lines(tx: Transaction) -> list[WatchedLine]:
    """Every network that is watched."""
    return [
        WatchedLine(
            int(row["chain_id"]),
            row["head_number"],
            row["tip"],
            row["final_number"],
            row["final_at"],
            row["trouble"],
            row["trouble_since"],
            row["looked_at"],
            bool(row["single_source"]),
        )
        for row in await tx.fetch_all(_WATCHED_LINES)
    ]


async def node_lines(tx: Transaction) -> list[NodeLine]:
    """Every node that was asked, by its network."""
    return [
        NodeLine(
            int(row["chain_id"]),
            row["node"],
            row["head_number"],
            row["answered_at"],
            row["failed_at"],
            row["failure"],
            int(row["calls"]),
            int(row["received_bytes"]),
            {kind: int(row[f"errors_{kind}"]) for kind in ERRORS},
        )
        for row in await tx.fetch_all(_NODE_LINES)
    ]


async def add_node_note(tx: Transaction, chain_id: int, note: NodeNote, now: int) -> None:
    """Add what a node was asked to what is known of it."""
    await tx.execute(
        _ADD_NODE,
        chain_id,
        note.node,
        note.head,
        now if note.answered else None,
        now if note.failure is not None else None,
        note.failure,
        note.calls,
        note.received_bytes,
        *(note.errors[kind] for kind in ERRORS),
        note.looked,
    )


async def keep_nodes(tx: Transaction, chain_id: int, nodes: Sequence[str]) -> None:
    """Forget the nodes of a network that it does not have any more."""
    await tx.execute(_KEEP_NODES, msgspec.json.encode(nodes).decode(), chain_id)


async def answers_since(tx: Transaction, chain_id: int) -> int | None:
    """When the nodes of a network last answered a watcher; None where it is not watched from a block on yet."""
    row = await tx.fetch_one(_ANSWERED, chain_id)
    if row is None or row["looked_at"] is None or row["final_number"] is None:
        return None
    answered: int = row["looked_at"]
    if row["head_number"] is None or row["trouble"] in _AWAY:
        answered = min(answered, row["trouble_since"] or 0)
    return answered


class Heights(NamedTuple):
    """The newest block that a watcher saw, and the newest that is final."""

    head: int
    final: int


async def heights(tx: Transaction, chain_id: int) -> Heights | None:
    """How far a network has come, as its watcher saw it last; None where it has not begun."""
    row = await tx.fetch_one(_ANSWERED, chain_id)
    if row is None or row["head_number"] is None or row["final_number"] is None:
        return None
    return Heights(row["head_number"], row["final_number"])


async def looked_until(tx: Transaction, chain_id: int) -> int:
    """The time of the newest block that was read and told; 0 where none was."""
    row = await tx.fetch_one(_CHAIN, chain_id)
    if row is None or row["final_number"] is None:
        return 0
    tip = await tx.fetch_one(_TIP, chain_id, row["final_number"])
    until: int = tip["mined_at"] if tip is not None else row["final_mined_at"]
    first = await tx.fetch_one(_FIRST_UNREPORTED, chain_id)
    if first is not None and first["mined_at"] is not None:
        until = min(until, first["mined_at"])
    return until


async def _add_block(tx: Transaction, chain_id: int, block: Point) -> None:
    await tx.execute(_ADD_BLOCK, chain_id, block.number, block.hash, block.parent_hash, block.mined_at)


async def _book(tx: Transaction, chain_id: int, booked: Booked, now: int) -> None:
    """Write a transfer down: known again, come back, or new."""
    money = booked.money
    versions = [
        transfer_of(row) for row in await tx.fetch_all(_VERSIONS, chain_id, money.tx_hash, money.ordinal, VERSIONS_MAX)
    ]
    state = TransferState.FINAL if booked.final else TransferState.SEEN
    doubt = booked.doubt.value if booked.doubt is not None else None
    block = money.block
    for one in versions:
        if same_money(one.money, money):
            unchanged = one.money == money and one.state is state
            if unchanged or (one.state is TransferState.FINAL and not booked.final):
                return
            written = await tx.execute(
                _CHANGE_TRANSFER,
                one.id,
                block.number,
                block.hash,
                block.mined_at,
                state.value,
                booked.single_source,
                doubt,
                now,
            )
            ensure(written == 1, "a transfer that was just read is there")
            return
    await tx.execute(
        _ADD_TRANSFER,
        ids.new_id(ids.TRANSACTION),
        chain_id,
        money.tx_hash,
        money.ordinal,
        len(versions),
        money.token,
        money.sender,
        money.recipient,
        str(money.amount_atomic),
        block.number,
        block.hash,
        block.mined_at,
        state.value,
        booked.single_source,
        doubt,
        now,
        str(booked.held_atomic) if booked.held_atomic is not None else None,
    )


def _final(row: Row) -> Point:
    return Point(row["final_number"], row["final_hash"], row["final_parent_hash"], row["final_mined_at"])


def _point(row: Row) -> Point:
    return Point(row["number"], row["hash"], row["parent_hash"], row["mined_at"])


def transfer_of(row: Row) -> Transfer:
    """A row of the books as a value."""
    block = Block(row["block_number"], row["block_hash"], row["block_mined_at"])
    money = Money(
        row["tx_hash"],
        row["ordinal"],
        row["token"],
        row["sender"],
        row["recipient"],
        int(row["amount_atomic"]),
        block,
    )
    return Transfer(
        id=row["id"],
        chain_id=row["chain_id"],
        money=money,
        generation=row["generation"],
        state=TransferState(row["state"]),
        single_source=bool(row["single_source"]),
        doubt=Doubt(row["doubt"]) if row["doubt"] is not None else None,
        held_atomic=int(row["held_atomic"]) if row["held_atomic"] is not None else None,
        revision=row["revision"],
        payment_id=row["payment_id"],
    )
