"""Every statement about payments and the transactions that belong to them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypedDict, Unpack

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.invariants import ensure, present
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period, since, until
from tillgate.checkout import kept
from tillgate.checkout.kept import KeptForm, kept_forms
from tillgate.checkout.payments.model import (
    Authorization,
    CaptureMethod,
    Decision,
    Decline,
    Payment,
    PaymentState,
    RecordedPayment,
    RecordedTransaction,
    ReleaseReason,
    TransactionKind,
    Transfer,
)
from tillgate.rails.port import Block, EarlierOffer, LockedRate, Observation, PaymentOption, PaymentTerms
from tillgate.store import Row, Transaction
from tillgate.store.lists import Walk, counted, newest_first

# As many combinations of networks as an operator's changes ever lead to.
OFFERED_NETWORKS_MAX: Final = 10_000

# Sessions and orders read their payment in the same statement; it is theirs alone.
JOINED: Final = "JOIN payments p ON p.session_id = s.id"
JOINED_COLUMNS: Final = (
    "p.id AS payment_id, p.rail, p.chain_id, p.asset, p.asset_decimals, p.address, p.amount_atomic, "
    "p.native_price_usd, p.amount_minor, p.currency, p.capture_method, p.authorized_minor, p.authorized_at, "
    "p.lapses_at, p.released_minor, p.release_reason, p.decline_code, p.declined_at, p.decision, "
    "p.reopened, p.unexpected, p.tolerance_basis_points, p.tolerance_minor, p.options"
)
# By value: quicker than asking the enumeration, for each row.
_CAPTURE_METHODS: Final = {one.value: one for one in CaptureMethod}
_RECORDED_COLUMNS: Final = (
    "p.session_id, p.project_id, p.livemode, p.order_id, p.state, p.metadata, p.created_at, p.updated_at, "
    f"s.expires_at, p.counted, p.booked, {JOINED_COLUMNS}"
)
_RECORDED: Final = f"SELECT {_RECORDED_COLUMNS} FROM payments p JOIN checkout_sessions s ON s.id = p.session_id"
# What stands for the address of a payment that has none, before its id: the column is unique.
NO_ADDRESS: Final = "none:"
_INSERT: Final = (
    "INSERT INTO payments (id, session_id, project_id, livemode, order_id, state, rail, chain_id, asset, "
    "asset_decimals, address, amount_atomic, native_price_usd, amount_minor, currency, capture_method, created_at, "
    "updated_at, tolerance_basis_points, tolerance_minor, counted, booked) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, TRUE, TRUE)"
)
_OFFER: Final = "UPDATE payments SET options = $1, networks = $2, kept = NULL WHERE id = $3"
_NOTE_NETWORKS: Final = "INSERT INTO offered_networks (networks) VALUES ($1) ON CONFLICT (networks) DO NOTHING"
_OFFERED_NETWORKS: Final = f"SELECT networks FROM offered_networks ORDER BY networks LIMIT {OFFERED_NETWORKS_MAX}"
_CHOOSE: Final = (
    "UPDATE payments SET chain_id = $1, asset = $2, asset_decimals = $3, amount_atomic = $4, address = $5, "
    "native_price_usd = $6, updated_at = $7, kept = NULL WHERE id = $8"
)
_BY_ID: Final = f"{_RECORDED} WHERE p.id = $1 AND p.project_id = $2 AND p.livemode = $3"
_OF_SESSION: Final = f"{_RECORDED} WHERE p.session_id = $1"
# Whoever buys, and what the merchant calls it, is known of the order, which is made with its payment. Where one of them
# is asked for, the list of orders is read, which has an index for each.
_OF_ORDERS: Final = "FROM orders o JOIN payments p ON p.session_id = o.session_id"
WITHIN_ORDERS: Final = "o.project_id = $1 AND o.livemode = $2 AND o.id < $3 AND o.id >= $5 AND o.created_at >= $4"
_WITHIN: Final = WITHIN_ORDERS.replace("o.", "p.")
_WALK: Final = Walk(
    ids.PAYMENT,
    "p.id",
    select=f"{_RECORDED} WHERE {_WITHIN}",
    kept=f"SELECT p.id, p.kept FROM payments p WHERE {_WITHIN}",
    counted="SELECT 1 FROM payments p WHERE p.project_id = $1 AND p.livemode = $2",
)
_WALK_OF_ORDERS: Final = Walk(
    ids.ORDER,
    "o.id",
    select=f"SELECT {_RECORDED_COLUMNS} {_OF_ORDERS} JOIN checkout_sessions s ON s.id = o.session_id "
    f"WHERE {WITHIN_ORDERS}",
    kept=f"SELECT p.id, p.kept {_OF_ORDERS} WHERE {WITHIN_ORDERS}",
    counted=f"SELECT 1 {_OF_ORDERS} WHERE o.project_id = $1 AND o.livemode = $2",
)
# The columns of the indexes that a list may be sorted by.
_SORTS: Final = {"created": (), "amount": ("p.currency", "p.amount_minor"), "status": ("p.state",)}
_ORDER_OF: Final = {
    ids.PAYMENT: "SELECT order_id FROM payments WHERE id = $1 AND project_id = $2 AND livemode = $3",
    ids.CHECKOUT_SESSION: "SELECT order_id FROM payments WHERE session_id = $1 AND project_id = $2 AND livemode = $3",
}
_BY_IDS: Final = with_list(f"{_RECORDED} WHERE p.id IN {{list}} AND p.project_id = $2 AND p.livemode = $3")
# An order has one session, and that one payment: each is found in the unique index that says so.
_OF_ORDER: Final = "p.session_id = (SELECT session_id FROM orders WHERE id = {})"
_FOR_ORDER: Final = (
    "t.payment_id = (SELECT id FROM payments WHERE session_id = (SELECT session_id FROM orders WHERE id = {}))"
)
_LOCK: Final = (
    "SELECT 1 FROM checkout_sessions WHERE id = "
    "(SELECT session_id FROM payments WHERE id = $1 AND project_id = $2 AND livemode = $3)"
)
_LOCKED: Final = Both(sqlite=_LOCK, postgres=f"{_LOCK} FOR UPDATE")
_MOVE: Final = (
    "UPDATE payments SET kept = NULL, state = $1, updated_at = $2, reopened = reopened OR $1 = 'awaiting' "
    "WHERE id = $3 AND state = $4"
)
_WRITE: Final = (
    "UPDATE payments SET authorized_minor = $1, authorized_at = $2, lapses_at = $3, released_minor = $4, "
    "release_reason = $5, decline_code = $6, declined_at = $7, decision = $8, updated_at = $9, unexpected = $11, "
    "kept = NULL WHERE id = $10"
)
_REPRICE: Final = (
    "UPDATE payments SET amount_atomic = $1, amount_minor = $2, updated_at = $3, kept = NULL, options = $5, "
    "chain_id = $6, asset = $7, asset_decimals = $8 WHERE id = $4"
)
_TOUCH: Final = "UPDATE payments SET updated_at = $1, kept = NULL WHERE id = $2"
_TO_COUNT: Final = "SELECT project_id, livemode FROM payments WHERE NOT counted LIMIT 1"
_ANY_TO_COUNT: Final = "SELECT 1 FROM payments WHERE project_id = $1 AND livemode = $2 AND NOT counted LIMIT 1"
_SESSIONS_TO_COUNT: Final = (
    "SELECT session_id FROM payments WHERE project_id = $1 AND livemode = $2 AND NOT counted ORDER BY id LIMIT $3"
)
_TO_BOOK: Final = _TO_COUNT.replace("counted", "booked")
_ANY_TO_BOOK: Final = _ANY_TO_COUNT.replace("counted", "booked")
_SESSIONS_TO_BOOK: Final = _SESSIONS_TO_COUNT.replace("counted", "booked")
_SESSIONS: Final = with_list("SELECT id FROM checkout_sessions WHERE id IN {list} ORDER BY id")
_LOCK_SESSIONS: Final = Both(sqlite=_SESSIONS.sqlite, postgres=f"{_SESSIONS.postgres} FOR UPDATE")
_OF_SESSIONS: Final = with_list(f"{_RECORDED} WHERE p.session_id IN {{list}} AND NOT p.counted")
_OF_SESSIONS_TO_BOOK: Final = with_list(f"{_RECORDED} WHERE p.session_id IN {{list}} AND NOT p.booked")
_SET_BOOKED: Final = with_list("UPDATE payments SET booked = TRUE WHERE id IN {list} AND NOT booked")
_SET_COUNTED: Final = with_list("UPDATE payments SET counted = TRUE WHERE id IN {list} AND NOT counted")
_SET_METADATA: Final = "UPDATE payments SET metadata = $1, updated_at = $2, kept = NULL WHERE id = $3"

_TRANSFER_COLUMNS: Final = (
    "payment_id, reference, ordinal, amount_atomic, seen_at, confirmed_at, kind, value_minor, dropped_at, tx_hash, "
    "block_number, block_hash, block_mined_at, confirmations, asset, doubted"
)
_TRANSFERS: Final = with_list(
    f"SELECT {_TRANSFER_COLUMNS} FROM transactions WHERE payment_id IN {{list}} ORDER BY seen_at, id"
)
_ADD: Final = (
    "INSERT INTO transactions (id, payment_id, chain_id, asset, reference, ordinal, amount_atomic, seen_at, "
    "confirmed_at, kind, value_minor, dropped_at, tx_hash, block_number, block_hash, block_mined_at, confirmations, "
    "doubted, project_id, livemode) SELECT $1, p.id, p.chain_id, p.asset, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
    "$13, $14, $15, CAST($16 AS BOOLEAN), p.project_id, p.livemode FROM payments p WHERE p.id = $2 "
)
# Seeing a transfer again adds nothing. What a reorganisation reversed is final again only if it is seen again.
_OBSERVE: Final = (
    f"{_ADD} ON CONFLICT (chain_id, reference, ordinal) DO UPDATE SET "
    "dropped_at = CASE WHEN excluded.dropped_at IS NULL THEN NULL "
    "ELSE COALESCE(transactions.dropped_at, excluded.dropped_at) END, "
    "confirmed_at = CASE WHEN excluded.dropped_at IS NOT NULL THEN NULL "
    "ELSE COALESCE(transactions.confirmed_at, excluded.confirmed_at) END, "
    "tx_hash = COALESCE(excluded.tx_hash, transactions.tx_hash), confirmations = excluded.confirmations, "
    "doubted = excluded.doubted, "
    + ", ".join(
        f"{name} = CASE WHEN excluded.block_number IS NULL THEN transactions.{name} ELSE excluded.{name} END"
        for name in ("block_number", "block_hash", "block_mined_at")
    )
    + " WHERE transactions.payment_id = excluded.payment_id"
)
# The same in whichever of the offered assets came, or in what a person assigned.
_OBSERVE_OPTION: Final = _OBSERVE.replace("p.chain_id, p.asset,", "CAST($17 AS BIGINT), CAST($18 AS TEXT),", 1)
_SET_DECIMALS: Final = (
    "UPDATE transactions SET asset_decimals = $1 WHERE payment_id = $2 AND chain_id = $3 AND reference = $4 "
    "AND ordinal = $5"
)
_SETTLE: Final = (
    "UPDATE transactions SET confirmed_at = $1, tx_hash = COALESCE($2, tx_hash), block_number = $4, block_hash = $5, "
    "block_mined_at = $6 WHERE id = $3"
)
_PUT: Final = (
    "UPDATE transactions SET tx_hash = $1, block_number = $2, block_hash = $3, block_mined_at = $4, "
    "confirmations = $5, confirmed_at = NULL WHERE id = $6"
)
_SET_HASH: Final = "UPDATE transactions SET tx_hash = $1 WHERE id = $2"
_DROP: Final = "UPDATE transactions SET dropped_at = $1, confirmed_at = NULL WHERE id = $2"
_TRANSACTION_COLUMNS: Final = (
    "t.id, t.livemode, t.chain_id, p.order_id, p.asset_decimals, p.amount_atomic AS required_atomic, "
    "p.amount_minor, p.currency, t.payment_id, t.reference, t.ordinal, t.amount_atomic, t.seen_at, t.confirmed_at, "
    "t.kind, t.value_minor, t.dropped_at, t.tx_hash, t.block_number, t.block_hash, t.block_mined_at, t.confirmations, "
    "t.asset, t.doubted, t.asset_decimals AS own_decimals, p.options, p.asset AS asked_asset"
)
_WITH_PAYMENT: Final = "FROM transactions t JOIN payments p ON p.id = t.payment_id"
_TRANSACTIONS: Final = f"SELECT {_TRANSACTION_COLUMNS} {_WITH_PAYMENT}"
_TRANSACTION: Final = f"{_TRANSACTIONS} WHERE t.id = $1 AND t.project_id = $2 AND t.livemode = $3"
_BY_HASH: Final = (
    "SELECT id FROM transactions WHERE project_id = $1 AND livemode = $2 AND tx_hash = $3 ORDER BY id DESC LIMIT $4"
)
_BY_ADDRESS: Final = "SELECT id FROM payments WHERE address = $3 AND project_id = $1 AND livemode = $2 LIMIT 1"
# As whoever copies it writes it: with or without the capital letters of its checksum.
_BY_LIVE_ADDRESS: Final = (
    "SELECT id FROM payments WHERE rail = 'evm' AND LOWER(address) = LOWER($3) AND project_id = $1 AND livemode = $2 "
    "LIMIT 1"
)
_TRANSACTIONS_BY_ID: Final = with_list(
    f"{_TRANSACTIONS} WHERE t.id IN {{list}} AND t.project_id = $2 AND t.livemode = $3"
)
_NEWEST_OF_PAYMENTS: Final = with_list(
    f"SELECT * FROM (SELECT {_TRANSACTION_COLUMNS}, ROW_NUMBER() OVER (PARTITION BY t.payment_id ORDER BY t.id DESC) "
    f"AS place {_WITH_PAYMENT} WHERE t.payment_id IN {{list}} AND t.project_id = $2 AND t.livemode = $3) AS numbered "
    "WHERE place <= $4 ORDER BY id DESC"
)
_NEWEST_TRANSACTIONS: Final = (
    f"{_TRANSACTIONS} WHERE t.project_id = $1 AND t.livemode = $2 AND t.id < $3 AND t.id >= $5 AND t.seen_at >= $4"
)


class PaymentFilters(TypedDict, total=False):
    """What a list of payments may be narrowed to; ``created_after`` is inclusive, ``created_before`` is not.
    ``customer_id`` and ``reference`` are the order's."""

    id: str | None
    state: PaymentState | None
    order_id: str | None
    session_id: str | None
    customer_id: str | None
    reference: str | None
    created_after: int | None
    created_before: int | None
    currency: str | None
    amount_minor: int | None


def of_orders(filters: Mapping[str, Any]) -> bool:
    """Whether something is asked for that is the order's: then the list goes by orders, and a page begins at one."""
    return filters.get("customer_id") is not None or filters.get("reference") is not None


def _kept_address(payment: Payment) -> str:
    """No two payments have one address, and many have none yet."""
    return payment.terms.address or f"{NO_ADDRESS}{payment.id}"


async def insert(tx: Transaction, recorded: RecordedPayment) -> None:
    """Keep a new payment."""
    payment = recorded.payment
    terms = payment.terms
    await tx.execute(
        _INSERT,
        payment.id,
        payment.session_id,
        recorded.project_id,
        recorded.livemode,
        recorded.order_id,
        recorded.state.value,
        payment.rail,
        terms.chain_id,
        terms.asset,
        terms.asset_decimals,
        _kept_address(payment),
        str(terms.amount_atomic),
        terms.native_price_usd,
        payment.price.minor,
        payment.price.currency,
        payment.capture_method.value,
        recorded.created_at,
        payment.tolerance_basis_points,
        payment.tolerance_minor,
    )
    if terms.options:
        networks = networks_of(terms)
        await tx.execute(_OFFER, _kept_options(terms), networks, payment.id)
        await tx.execute(_NOTE_NETWORKS, networks)


async def offered_networks(tx: Transaction) -> list[str]:
    """Every combination of chains that payments were offered on, as :func:`networks_of` writes it."""
    return [row["networks"] for row in await tx.fetch_all(_OFFERED_NETWORKS)]


async def choose(tx: Transaction, payment: Payment, now: int) -> None:
    """Write which of its options a payment asks for first, and its address; its session's row is held."""
    terms = payment.terms
    await tx.execute(
        _CHOOSE,
        terms.chain_id,
        terms.asset,
        terms.asset_decimals,
        str(terms.amount_atomic),
        _kept_address(payment),
        terms.native_price_usd,
        now,
        payment.id,
    )
    await kept.outdate(tx, payment.session_id)


async def by_id(tx: Transaction, project_id: str, livemode: bool, payment_id: str) -> RecordedPayment | None:
    """One payment of this project and mode."""
    row = await tx.fetch_one(_BY_ID, payment_id, project_id, livemode)
    return (await _with_transactions(tx, [_recorded(row)]))[0] if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, payment_id: str) -> RecordedPayment | None:
    """The same, and nobody else changes it, its order or its session until this transaction ends."""
    # The session's row stands for all of it, so that nobody waits in a circle.
    await tx.fetch_one(_LOCKED, payment_id, project_id, livemode)
    return await by_id(tx, project_id, livemode, payment_id)


async def of_session(tx: Transaction, session_id: str) -> RecordedPayment:
    """The payment of a session, its transactions not yet read; whoever changes it holds that session's row."""
    return _recorded(present(await tx.fetch_one(_OF_SESSION, session_id), "the payment of a session"))


async def by_ids(tx: Transaction, project_id: str, livemode: bool, payment_ids: Sequence[str]) -> list[RecordedPayment]:
    """Several payments of this project and mode, in no order."""
    if not payment_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(payment_ids).decode(), project_id, livemode)
    return await _with_transactions(tx, [_recorded(row) for row in rows])


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, **filters: Unpack[PaymentFilters]
) -> list[RecordedPayment]:
    """Up to ``limit + 1`` payments, newest first, that match what is given."""
    walk = _walk(filters)
    rows = await _newest(tx, walk, walk.select, (project_id, livemode), page, filters)
    return await _with_transactions(tx, [_recorded(row) for row in rows])


async def count(tx: Transaction, project_id: str, livemode: bool, most: int, **filters: Unpack[PaymentFilters]) -> int:
    """How many payments match what is given, counted up to ``most``."""
    period = Period(filters.get("created_after"), filters.get("created_before"))
    walk, params, asked = _walk(filters), [project_id, livemode], _conditions(filters)
    return await counted(tx, walk.counted, params, asked, prefix=walk.prefix, period=period, most=most, by=walk.by)


async def order_of(tx: Transaction, project_id: str, livemode: bool, id: str) -> str | None:
    """The order of a payment or a session of this project and mode."""
    row = await tx.fetch_one(_ORDER_OF[id.partition("_")[0]], id, project_id, livemode)
    return row["order_id"] if row is not None else None


async def newest_kept(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    public_url: str,
    **filters: Unpack[PaymentFilters],
) -> list[KeptForm]:
    """The same payments in their kept forms."""
    walk = _walk(filters)
    return kept_forms(await _newest(tx, walk, walk.kept, (project_id, livemode), page, filters), public_url)


async def move(tx: Transaction, payment_id: str, was: PaymentState, to: PaymentState, now: int) -> int:
    """Move a payment out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, payment_id, was.value)


async def write(tx: Transaction, payment: Payment, now: int) -> None:
    """Write authorization, decline, decision and the mark of unexpected money; the session's row is held."""
    held, decline = payment.authorization, payment.decline
    await tx.execute(
        _WRITE,
        held.amount_minor if held is not None else None,
        held.authorized_at if held is not None else None,
        held.lapses_at if held is not None else None,
        held.released_minor if held is not None else None,
        held.release_reason.value if held is not None and held.release_reason is not None else None,
        decline.code if decline is not None else None,
        decline.declined_at if decline is not None else None,
        payment.decision.value if payment.decision is not None else None,
        now,
        payment.id,
        payment.unexpected,
    )
    await kept.outdate(tx, payment.session_id)


async def reprice(tx: Transaction, payment: Payment, now: int) -> None:
    """Write what a payment asks for now that its price or its offers have changed; its session's row is held. The
    networks on which it is offered are never others."""
    terms = payment.terms
    await tx.execute(
        _REPRICE,
        str(terms.amount_atomic),
        payment.price.minor,
        now,
        payment.id,
        _kept_options(terms) if terms.options else None,
        terms.chain_id,
        terms.asset,
        terms.asset_decimals,
    )
    await kept.outdate(tx, payment.session_id)


async def touch(tx: Transaction, payment_id: str, now: int) -> None:
    """What belongs to a payment has changed, though its own row has not."""
    await tx.execute(_TOUCH, now, payment_id)


async def set_metadata(tx: Transaction, payment_id: str, metadata: str | None, now: int) -> None:
    """Write the merchant's metadata of a payment whose session's row is held."""
    await tx.execute(_SET_METADATA, metadata, now, payment_id)


async def any_to_count(tx: Transaction, project_id: str, livemode: bool) -> bool:
    """Whether a payment of this project and mode is not in its figures yet."""
    return await tx.fetch_one(_ANY_TO_COUNT, project_id, livemode) is not None


async def log_to_count(tx: Transaction) -> tuple[str, bool] | None:
    """A project and mode that have such a payment."""
    row = await tx.fetch_one(_TO_COUNT)
    return (row["project_id"], bool(row["livemode"])) if row is not None else None


async def locked_to_count(tx: Transaction, project_id: str, livemode: bool, limit: int) -> list[RecordedPayment]:
    """Up to ``limit`` of them, and nobody else changes them until this transaction ends."""
    return await _locked(tx, (_SESSIONS_TO_COUNT, _OF_SESSIONS), project_id, livemode, limit)


async def any_to_book(tx: Transaction, project_id: str, livemode: bool) -> bool:
    """Whether a payment of this project and mode is not in its books yet."""
    return await tx.fetch_one(_ANY_TO_BOOK, project_id, livemode) is not None


async def log_to_book(tx: Transaction) -> tuple[str, bool] | None:
    """A project and mode that have such a payment."""
    row = await tx.fetch_one(_TO_BOOK)
    return (row["project_id"], bool(row["livemode"])) if row is not None else None


async def locked_to_book(tx: Transaction, project_id: str, livemode: bool, limit: int) -> list[RecordedPayment]:
    """Up to ``limit`` of them, and nobody else changes them until this transaction ends."""
    return await _locked(tx, (_SESSIONS_TO_BOOK, _OF_SESSIONS_TO_BOOK), project_id, livemode, limit)


async def _locked(
    tx: Transaction, statements: tuple[str, Both], project_id: str, livemode: bool, limit: int
) -> list[RecordedPayment]:
    sessions, of_sessions = statements
    found = await tx.fetch_all(sessions, project_id, livemode, limit)
    wanted = msgspec.json.encode([row["session_id"] for row in found]).decode()
    await tx.fetch_all(_LOCK_SESSIONS, wanted)
    rows = await tx.fetch_all(of_sessions, wanted)
    return await _with_transactions(tx, [_recorded(row) for row in rows])


async def set_booked(tx: Transaction, payment_ids: Sequence[str]) -> None:
    """These payments are in their project's books from now on."""
    await tx.execute(_SET_BOOKED, msgspec.json.encode(payment_ids).decode())


async def set_counted(tx: Transaction, payment_ids: Sequence[str]) -> None:
    """These payments are in their project's figures from now on."""
    await tx.execute(_SET_COUNTED, msgspec.json.encode(payment_ids).decode())


async def transfers_of(tx: Transaction, payment_ids: Sequence[str]) -> dict[str, tuple[Transfer, ...]]:
    """All that moved for several payments, by payment id, oldest first; no entry where there is nothing."""
    if not payment_ids:
        return {}
    found: dict[str, tuple[Transfer, ...]] = {}
    for row in await tx.fetch_all(_TRANSFERS, msgspec.json.encode(payment_ids).decode()):
        found[row["payment_id"]] = (*found.get(row["payment_id"], ()), _transfer(row))
    return found


async def observe(tx: Transaction, payment: Payment, observations: Sequence[Observation], now: int) -> Payment:
    """Write down what a rail saw; seeing it again adds nothing, and only a reorganisation takes anything back.

    Raises:
        BrokenInvariant: it is no money of this payment: another network or asset, or another payment's transfer.
    """
    terms = payment.terms
    for seen in observations:
        ours = (seen.chain_id, seen.asset) == (terms.chain_id, terms.asset)
        option = terms.known_option(seen.asset)
        assigned = is_assigned(payment, seen)
        ensure(
            ours or assigned or (option is not None and option.chain_id == seen.chain_id),
            f"payment {payment.id} is observed in what was quoted for it",
        )
        named = assigned or option is not None
        written = await tx.execute(_OBSERVE_OPTION if named else _OBSERVE, *_seen(payment, seen, now, named=named))
        ensure(written == 1, f"a transfer that is observed for payment {payment.id} is no other payment's")
    seen_by_now = await read_again(tx, payment)
    if seen_by_now != payment:
        await kept.outdate(tx, payment.session_id)
    return seen_by_now


def is_assigned(payment: Payment, seen: Observation) -> bool:
    """Whether a person has assigned this transfer to a payment, whose transactions were read."""
    return any(
        (one.reference, one.ordinal, one.asset) == (seen.reference, seen.ordinal, seen.asset)
        and one.kind is TransactionKind.TRANSFER
        and one.value_minor is not None
        for one in (*payment.transfers, *payment.dropped)
    )


async def assign(
    tx: Transaction, payment: Payment, seen: Observation, *, value_minor: int, asset_decimals: int, now: int
) -> Payment:
    """Write down a transfer that a person assigned to a payment, whatever it came in.

    Args:
        value_minor: what it is worth, in minor units of the price's currency.

    Raises:
        BrokenInvariant: it is another payment's.
    """
    written = await tx.execute(_OBSERVE_OPTION, *_seen(payment, seen, now, named=True, value_minor=value_minor))
    ensure(written == 1, f"a transfer that is assigned to payment {payment.id} is no other payment's")
    await tx.execute(_SET_DECIMALS, asset_decimals, payment.id, seen.chain_id, seen.reference, seen.ordinal)
    await kept.outdate(tx, payment.session_id)
    return await read_again(tx, payment)


def _seen(
    payment: Payment, seen: Observation, now: int, *, named: bool, value_minor: int | None = None
) -> tuple[Any, ...]:
    """The parameters of one observation.

    Args:
        named: in the asset that it names, instead of that of the payment's terms.
    """
    block = seen.block
    return (
        ids.new_id(ids.TRANSACTION),
        payment.id,
        seen.reference,
        seen.ordinal,
        str(seen.amount_atomic),
        now,
        now if seen.confirmed and not seen.reorged else None,
        TransactionKind.TRANSFER.value,
        value_minor,
        now if seen.reorged else None,
        seen.tx_hash,
        block.number if block is not None else None,
        block.hash if block is not None else None,
        block.mined_at if block is not None else None,
        seen.confirmations,
        seen.doubted,
        *((seen.chain_id, seen.asset) if named else ()),
    )


async def add(tx: Transaction, payment: Payment, transfer: Transfer, transaction_id: str) -> None:
    """Write a capture or a refund down, which is named by its id."""
    block = transfer.block
    await tx.execute(
        _ADD,
        transaction_id,
        payment.id,
        transaction_id,
        transfer.ordinal,
        str(transfer.amount_atomic),
        transfer.seen_at,
        transfer.confirmed_at,
        transfer.kind.value,
        transfer.value_minor,
        transfer.dropped_at,
        transfer.tx_hash,
        block.number if block is not None else None,
        block.hash if block is not None else None,
        block.mined_at if block is not None else None,
        transfer.confirmations,
        transfer.doubted,
    )
    await kept.outdate(tx, payment.session_id)


async def settle(
    tx: Transaction, payment: Payment, transaction_id: str, tx_hash: str | None, block: Block | None, now: int
) -> None:
    """A movement that was under way is final, by what is known of it."""
    where = (block.number, block.hash, block.mined_at) if block is not None else (None, None, None)
    await tx.execute(_SETTLE, now, tx_hash, transaction_id, *where)
    await kept.outdate(tx, payment.session_id)


async def put(
    tx: Transaction, payment: Payment, transaction_id: str, tx_hash: str, block: Block | None, confirmations: int
) -> None:
    """A movement that is under way lies here by now, and is not final."""
    where = block if block is not None else (None, None, None)
    await tx.execute(_PUT, tx_hash, *where, confirmations, transaction_id)
    await kept.outdate(tx, payment.session_id)


async def set_hash(tx: Transaction, payment: Payment, transaction_id: str, tx_hash: str) -> None:
    """A movement that is under way has a transaction hash by now."""
    await tx.execute(_SET_HASH, tx_hash, transaction_id)
    await kept.outdate(tx, payment.session_id)


async def drop(tx: Transaction, payment: Payment, transaction_id: str, now: int) -> None:
    """A movement that was under way failed."""
    await tx.execute(_DROP, now, transaction_id)
    await kept.outdate(tx, payment.session_id)


async def read_again(tx: Transaction, payment: Payment) -> Payment:
    """The payment with what has moved by now."""
    return with_transactions(payment, (await transfers_of(tx, [payment.id])).get(payment.id, ()))


async def transaction_by_id(
    tx: Transaction, project_id: str, livemode: bool, transaction_id: str
) -> RecordedTransaction | None:
    """One transaction of this project and mode."""
    row = await tx.fetch_one(_TRANSACTION, transaction_id, project_id, livemode)
    return _transaction(row) if row is not None else None


async def transactions_by_id(
    tx: Transaction, project_id: str, livemode: bool, transaction_ids: Sequence[str]
) -> list[RecordedTransaction]:
    """Several transactions of this project and mode, in no order."""
    if not transaction_ids:
        return []
    wanted = msgspec.json.encode(transaction_ids).decode()
    return [_transaction(row) for row in await tx.fetch_all(_TRANSACTIONS_BY_ID, wanted, project_id, livemode)]


async def of_hash(tx: Transaction, project_id: str, livemode: bool, tx_hash: str, limit: int) -> list[str]:
    """The ids of up to ``limit`` transactions of this project and mode with a hash, newest first."""
    return [row["id"] for row in await tx.fetch_all(_BY_HASH, project_id, livemode, tx_hash, limit)]


async def of_address(tx: Transaction, project_id: str, livemode: bool, address: str) -> list[str]:
    """The ids of payments of this project and mode that were given this address."""
    found = [
        row["id"]
        for statement in (_BY_ADDRESS, _BY_LIVE_ADDRESS)
        for row in await tx.fetch_all(statement, project_id, livemode, address)
    ]
    return list(dict.fromkeys(found))


async def newest_of_payments(
    tx: Transaction, project_id: str, livemode: bool, payment_ids: Sequence[str], each: int
) -> list[RecordedTransaction]:
    """The newest transactions of several payments, at most ``each`` of each, newest first."""
    if not payment_ids:
        return []
    wanted = msgspec.json.encode(payment_ids).decode()
    return [_transaction(row) for row in await tx.fetch_all(_NEWEST_OF_PAYMENTS, wanted, project_id, livemode, each)]


async def newest_transactions(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    payment_id: str | None,
    order_id: str | None,
    kind: TransactionKind | None,
    created_after: int | None,
    created_before: int | None,
) -> list[RecordedTransaction]:
    """Up to ``limit + 1`` transactions, newest first, that match what is given."""
    oldest = since(ids.TRANSACTION, created_after)
    params = [project_id, livemode, until(ids.TRANSACTION, page.before, created_before), created_after or 0, oldest]
    filters = {
        "t.payment_id = {}": payment_id,
        _FOR_ORDER: order_id,
        "t.kind = {}": kind,
        "t.seen_at < {}": created_before,
    }
    sql, params = newest_first(_NEWEST_TRANSACTIONS, params, filters, by="t.id", page=page)
    rows = await tx.fetch_all(sql, *params)
    return [_transaction(row) for row in rows]


def with_transactions(payment: Payment, moved: Sequence[Transfer]) -> Payment:
    """The payment with what moved, sorted by which way it went and whether it counts."""
    came = [one for one in moved if one.kind is not TransactionKind.REFUND]
    return msgspec.structs.replace(
        payment,
        transfers=tuple(one for one in came if one.dropped_at is None),
        dropped=tuple(one for one in came if one.dropped_at is not None),
        returned=tuple(one for one in moved if one.kind is TransactionKind.REFUND and one.dropped_at is None),
    )


def is_reopened(columns: tuple[Any, ...]) -> bool:
    """Whether the payment of these :data:`JOINED_COLUMNS` has seen money, and waits for it again."""
    return bool(columns[19])


def payment_from(columns: tuple[Any, ...], session_id: str) -> Payment:
    """A payment, its transactions not yet read, out of the :data:`JOINED_COLUMNS` of a row."""
    payment_id, rail, chain_id, asset, asset_decimals, address, amount_atomic, native_price_usd = columns[:8]
    amount_minor, currency, method, authorized, authorized_at, lapses_at, released, reason = columns[8:16]
    decline_code, declined_at, decision, reopened, unexpected, basis_points, tolerance_minor, options = columns[16:]
    if address.startswith(NO_ADDRESS):
        address = ""
    terms = PaymentTerms(chain_id, asset, asset_decimals, address, int(amount_atomic), native_price_usd)
    return Payment(
        id=payment_id,
        session_id=session_id,
        rail=rail,
        terms=terms if options is None else terms._replace(**_offers(options)._asdict()),
        price=Money(amount_minor, currency),
        capture_method=_CAPTURE_METHODS[method],
        authorization=Authorization(
            amount_minor=authorized,
            authorized_at=authorized_at,
            lapses_at=lapses_at,
            released_minor=released,
            release_reason=ReleaseReason(reason) if reason is not None else None,
        )
        if authorized is not None
        else None,
        decline=Decline(code=decline_code, declined_at=declined_at) if decline_code is not None else None,
        decision=Decision(decision) if decision is not None else None,
        reopened=bool(reopened),
        unexpected=bool(unexpected),
        tolerance_basis_points=basis_points,
        tolerance_minor=tolerance_minor,
    )


def networks_of(terms: PaymentTerms) -> str:
    """The chains that terms can be paid on, in order: sessions with the same ones end by the same rule."""
    return ",".join(str(one) for one in sorted(terms.chain_ids))


def chains_of(networks: str) -> list[int]:
    """The chains of such a text."""
    return [int(one) for one in networks.split(",")]


class _KeptOption(msgspec.Struct, frozen=True, omit_defaults=True):
    """An option as its row keeps it; its amount is text, which has no greatest number. One that a new quote replaced
    has when, and the price it was for."""

    network: str
    title: str
    exchange_label: str
    explorer: str | None
    chain_id: int
    asset: str
    symbol: str
    decimals: int
    amount_atomic: str
    confirmations: int | None
    block_ms: int
    rate: LockedRate | None = None
    until: int | None = None
    price_minor: int = 0


class _Offers(NamedTuple):
    """What the column holds: the options, and those that new quotes have replaced."""

    options: tuple[PaymentOption, ...]
    earlier: tuple[EarlierOffer, ...]


def _kept_options(terms: PaymentTerms) -> str:
    kept_form = [_kept_option(one) for one in terms.options]
    kept_form += [_kept_option(one.option, until=one.until, price_minor=one.price_minor) for one in terms.earlier]
    return msgspec.json.encode(kept_form).decode()


def _kept_option(one: PaymentOption, **replaced: int) -> _KeptOption:
    return _KeptOption(**{**one._asdict(), "amount_atomic": str(one.amount_atomic), **replaced})


# Each is read several times while a buyer looks.
@lru_cache(maxsize=1_000)
def _offers(text: str) -> _Offers:
    options, earlier = list[PaymentOption](), list[EarlierOffer]()
    for one in msgspec.json.decode(text, type=list[_KeptOption]):
        fields = {**msgspec.structs.asdict(one), "amount_atomic": int(one.amount_atomic)}
        until, price_minor = fields.pop("until"), fields.pop("price_minor")
        option = PaymentOption(**fields)
        if until is None:
            options.append(option)
        else:
            earlier.append(EarlierOffer(option, price_minor, until))
    return _Offers(tuple(options), tuple(earlier))


async def _newest(
    tx: Transaction, walk: Walk, select: str, of: tuple[str, bool], page: PageRequest, filters: PaymentFilters
) -> list[Row]:
    created_after, created_before = filters.get("created_after"), filters.get("created_before")
    oldest = since(walk.prefix, created_after)
    params = [*of, until(walk.prefix, page.before, created_before), created_after or 0, oldest]
    conditions = {**_conditions(filters), "p.created_at < {}": created_before}
    sql, params = newest_first(select, params, conditions, by=walk.by, page=page, sorts=_SORTS)
    return await tx.fetch_all(sql, *params)


def _walk(filters: PaymentFilters) -> Walk:
    return _WALK_OF_ORDERS if of_orders(filters) else _WALK


def _conditions(filters: PaymentFilters) -> dict[str, Any]:
    """The conditions of what a list is narrowed to, but for the period."""
    found = {
        "p.state = {}": filters.get("state"),
        _OF_ORDER: filters.get("order_id"),
        "p.session_id = {}": filters.get("session_id"),
        "p.currency = {}": filters.get("currency"),
        "p.amount_minor = {}": filters.get("amount_minor"),
    }
    if "id" in filters:
        found["p.id = {}"] = filters["id"]
    if of_orders(filters):
        found["o.customer_id = {}"] = filters.get("customer_id")
        found["o.reference = {}"] = filters.get("reference")
    return found


async def _with_transactions(tx: Transaction, found: list[RecordedPayment]) -> list[RecordedPayment]:
    # One that waits for its first money has seen none.
    moved = [one.payment.id for one in found if one.state is not PaymentState.AWAITING or one.payment.reopened]
    if not moved:
        return found
    transfers = await transfers_of(tx, moved)
    return [
        one._replace(payment=with_transactions(one.payment, transfers[one.payment.id]))
        if one.payment.id in transfers
        else one
        for one in found
    ]


def _recorded(row: Row) -> RecordedPayment:
    session_id, project_id, livemode, order_id, state, metadata, created_at, updated_at, expires_at = row[:9]
    counted, booked = row[9:11]
    return RecordedPayment(
        payment=payment_from(row[11:], session_id),
        project_id=project_id,
        livemode=bool(livemode),
        order_id=order_id,
        state=PaymentState(state),
        expires_at=expires_at,
        metadata=metadata,
        created_at=created_at,
        updated_at=updated_at,
        counted=bool(counted),
        booked=bool(booked),
    )


def _transfer(row: Row) -> Transfer:
    return Transfer(
        tx_hash=row["tx_hash"],
        reference=row["reference"],
        block=Block(row["block_number"], row["block_hash"], row["block_mined_at"])
        if row["block_number"] is not None
        else None,
        confirmations=row["confirmations"],
        ordinal=row["ordinal"],
        amount_atomic=int(row["amount_atomic"]),
        seen_at=row["seen_at"],
        confirmed_at=row["confirmed_at"],
        kind=TransactionKind(row["kind"]),
        value_minor=row["value_minor"],
        dropped_at=row["dropped_at"],
        asset=row["asset"],
        doubted=bool(row["doubted"]),
    )


def _transaction(row: Row) -> RecordedTransaction:
    transfer = _transfer(row)
    value, required, decimals = transfer.value_minor, int(row["required_atomic"]), row["asset_decimals"]
    network = symbol = None
    price_minor, offer_ended_at = row["amount_minor"], None
    if row["options"] is not None:
        terms = PaymentTerms(row["chain_id"], row["asked_asset"], decimals, "", required, "", *_offers(row["options"]))
        option, every = terms.known_option(transfer.asset), (*terms.options, *(one.option for one in terms.earlier))
        network = next((one.network for one in every if one.chain_id == row["chain_id"]), None)
        if option is not None:
            symbol = option.symbol
            required, decimals = option.amount_atomic, option.decimals
        earlier = terms.earlier_offer(transfer.asset, transfer.offered_at)
        if earlier is not None and value is None:
            required, price_minor, offer_ended_at = earlier.option.amount_atomic, earlier.price_minor, earlier.until
    if row["own_decimals"] is not None:
        decimals = row["own_decimals"]
    if value is None:
        # Where nothing was asked for, there is no price to say it by.
        value = transfer.amount_atomic * price_minor // required if required else 0
    return RecordedTransaction(
        id=row["id"],
        livemode=bool(row["livemode"]),
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        chain_id=row["chain_id"],
        asset=transfer.asset or row["asked_asset"],
        network=network,
        symbol=symbol,
        asset_decimals=decimals,
        value=Money(value, row["currency"]),
        transfer=transfer,
        offer_ended_at=offer_ended_at,
    )
