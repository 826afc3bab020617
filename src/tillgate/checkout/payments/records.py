"""Every statement about payments and the transactions that belong to them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypedDict, Unpack

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.invariants import ensure, present
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, since
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
from tillgate.rails.port import Block, Observation, PaymentOption, PaymentTerms
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_first

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
_RECORDED: Final = (
    "SELECT p.session_id, p.project_id, p.livemode, p.order_id, p.state, p.metadata, p.created_at, p.updated_at, "
    f"s.expires_at, {JOINED_COLUMNS} FROM payments p JOIN checkout_sessions s ON s.id = p.session_id"
)
# What stands for the address of a payment that has none, before its id: the column is unique.
NO_ADDRESS: Final = "none:"
_INSERT: Final = (
    "INSERT INTO payments (id, session_id, project_id, livemode, order_id, state, rail, chain_id, asset, "
    "asset_decimals, address, amount_atomic, native_price_usd, amount_minor, currency, capture_method, created_at, "
    "updated_at, tolerance_basis_points, tolerance_minor) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19)"
)
_OFFER: Final = "UPDATE payments SET options = $1, networks = $2, kept = NULL WHERE id = $3"
_NOTE_NETWORKS: Final = "INSERT INTO offered_networks (networks) VALUES ($1) ON CONFLICT (networks) DO NOTHING"
_OFFERED_NETWORKS: Final = f"SELECT networks FROM offered_networks ORDER BY networks LIMIT {OFFERED_NETWORKS_MAX}"
_CHOOSE: Final = (
    "UPDATE payments SET chain_id = $1, asset = $2, asset_decimals = $3, amount_atomic = $4, address = $5, "
    "updated_at = $6, kept = NULL WHERE id = $7"
)
_BY_ID: Final = f"{_RECORDED} WHERE p.id = $1 AND p.project_id = $2 AND p.livemode = $3"
_OF_SESSION: Final = f"{_RECORDED} WHERE p.session_id = $1"
_NEWEST: Final = (
    f"{_RECORDED} WHERE p.project_id = $1 AND p.livemode = $2 AND p.id < $3 AND p.id >= $5 AND p.created_at >= $4"
)
_NEWEST_KEPT: Final = (
    "SELECT p.id, p.kept FROM payments p "
    "WHERE p.project_id = $1 AND p.livemode = $2 AND p.id < $3 AND p.id >= $5 AND p.created_at >= $4"
)
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
    "UPDATE payments SET amount_atomic = $1, amount_minor = $2, updated_at = $3, kept = NULL, options = $5 "
    "WHERE id = $4"
)
_TOUCH: Final = "UPDATE payments SET updated_at = $1, kept = NULL WHERE id = $2"
_SET_METADATA: Final = "UPDATE payments SET metadata = $1, updated_at = $2, kept = NULL WHERE id = $3"

_TRANSFER_COLUMNS: Final = (
    "payment_id, reference, ordinal, amount_atomic, seen_at, confirmed_at, kind, value_minor, dropped_at, tx_hash, "
    "block_number, block_hash, block_mined_at, confirmations, asset"
)
_TRANSFERS: Final = with_list(
    f"SELECT {_TRANSFER_COLUMNS} FROM transactions WHERE payment_id IN {{list}} ORDER BY seen_at, id"
)
_ADD: Final = (
    "INSERT INTO transactions (id, payment_id, chain_id, asset, reference, ordinal, amount_atomic, seen_at, "
    "confirmed_at, kind, value_minor, dropped_at, tx_hash, block_number, block_hash, block_mined_at, confirmations, "
    "project_id, livemode) SELECT $1, p.id, p.chain_id, p.asset, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
    "$15, p.project_id, p.livemode FROM payments p WHERE p.id = $2 "
)
# Seeing a transfer again adds nothing. What a reorganisation reversed is final again only if it is seen again.
_OBSERVE: Final = (
    f"{_ADD} ON CONFLICT (chain_id, reference, ordinal) DO UPDATE SET "
    "dropped_at = CASE WHEN excluded.dropped_at IS NULL THEN NULL "
    "ELSE COALESCE(transactions.dropped_at, excluded.dropped_at) END, "
    "confirmed_at = CASE WHEN excluded.dropped_at IS NOT NULL THEN NULL "
    "ELSE COALESCE(transactions.confirmed_at, excluded.confirmed_at) END, "
    "tx_hash = COALESCE(excluded.tx_hash, transactions.tx_hash), confirmations = excluded.confirmations, "
    + ", ".join(
        f"{name} = CASE WHEN excluded.block_number IS NULL THEN transactions.{name} ELSE excluded.{name} END"
        for name in ("block_number", "block_hash", "block_mined_at")
    )
    + " WHERE transactions.payment_id = excluded.payment_id"
)
# The same in whichever of the offered assets came.
_OBSERVE_OPTION: Final = _OBSERVE.replace("p.chain_id, p.asset,", "CAST($16 AS BIGINT), CAST($17 AS TEXT),", 1)
_SETTLE: Final = (
    "UPDATE transactions SET confirmed_at = $1, tx_hash = COALESCE($2, tx_hash), block_number = $4, block_hash = $5, "
    "block_mined_at = $6 WHERE id = $3"
)
_SET_HASH: Final = "UPDATE transactions SET tx_hash = $1 WHERE id = $2"
_DROP: Final = "UPDATE transactions SET dropped_at = $1, confirmed_at = NULL WHERE id = $2"
_TRANSACTION_COLUMNS: Final = (
    "t.id, t.livemode, t.chain_id, p.order_id, p.asset_decimals, p.amount_atomic AS required_atomic, "
    "p.amount_minor, p.currency, t.payment_id, t.reference, t.ordinal, t.amount_atomic, t.seen_at, t.confirmed_at, "
    "t.kind, t.value_minor, t.dropped_at, t.tx_hash, t.block_number, t.block_hash, t.block_mined_at, t.confirmations, "
    "t.asset, p.options"
)
_WITH_PAYMENT: Final = "FROM transactions t JOIN payments p ON p.id = t.payment_id"
_TRANSACTIONS: Final = f"SELECT {_TRANSACTION_COLUMNS} {_WITH_PAYMENT}"
_TRANSACTION: Final = f"{_TRANSACTIONS} WHERE t.id = $1 AND t.project_id = $2 AND t.livemode = $3"
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
    """What a list of payments may be narrowed to; ``created_after`` is inclusive."""

    state: PaymentState | None
    order_id: str | None
    session_id: str | None
    created_after: int | None


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
        await tx.execute(_OFFER, _kept_options(terms.options), networks, payment.id)
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
    rows = await _newest(tx, _NEWEST, project_id, livemode, page, filters)
    return await _with_transactions(tx, [_recorded(row) for row in rows])


async def newest_kept(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    public_url: str,
    **filters: Unpack[PaymentFilters],
) -> list[KeptForm]:
    """The same payments in their kept forms."""
    return kept_forms(await _newest(tx, _NEWEST_KEPT, project_id, livemode, page, filters), public_url)


async def move(tx: Transaction, payment_id: str, was: PaymentState, to: PaymentState, now: int) -> int:
    """Move a payment out of the state it is believed to be in; 0 if it has left that meanwhile."""
    return await tx.execute(_MOVE, to.value, now, payment_id, was.value)


async def write(tx: Transaction, payment: Payment, now: int) -> None:
    """Write authorisation, decline, decision and the mark of unexpected money; the session's row is held."""
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
    """Write what a payment asks for now that its price has changed; its session's row is held."""
    options = _kept_options(payment.terms.options) if payment.terms.options else None
    await tx.execute(_REPRICE, str(payment.terms.amount_atomic), payment.price.minor, now, payment.id, options)
    await kept.outdate(tx, payment.session_id)


async def touch(tx: Transaction, payment_id: str, now: int) -> None:
    """What belongs to a payment has changed, though its own row has not."""
    await tx.execute(_TOUCH, now, payment_id)


async def set_metadata(tx: Transaction, payment_id: str, metadata: str | None, now: int) -> None:
    """Write the merchant's metadata of a payment whose session's row is held."""
    await tx.execute(_SET_METADATA, metadata, now, payment_id)


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
        option = terms.option(seen.asset)
        ensure(
            ours or (option is not None and option.chain_id == seen.chain_id),
            f"payment {payment.id} is observed in what was quoted for it",
        )
        block = seen.block
        written = await tx.execute(
            _OBSERVE_OPTION if option is not None else _OBSERVE,
            ids.new_id(ids.TRANSACTION),
            payment.id,
            seen.reference,
            seen.ordinal,
            str(seen.amount_atomic),
            now,
            now if seen.confirmed and not seen.reorged else None,
            TransactionKind.TRANSFER.value,
            None,
            now if seen.reorged else None,
            seen.tx_hash,
            block.number if block is not None else None,
            block.hash if block is not None else None,
            block.mined_at if block is not None else None,
            seen.confirmations,
            *((seen.chain_id, seen.asset) if option is not None else ()),
        )
        ensure(written == 1, f"a transfer that is observed for payment {payment.id} is no other payment's")
    seen_by_now = await read_again(tx, payment)
    if seen_by_now != payment:
        await kept.outdate(tx, payment.session_id)
    return seen_by_now


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
    )
    await kept.outdate(tx, payment.session_id)


async def settle(
    tx: Transaction, payment: Payment, transaction_id: str, tx_hash: str | None, block: Block | None, now: int
) -> None:
    """A movement that was under way is final, by what is known of it."""
    where = (block.number, block.hash, block.mined_at) if block is not None else (None, None, None)
    await tx.execute(_SETTLE, now, tx_hash, transaction_id, *where)
    await kept.outdate(tx, payment.session_id)


async def set_hash(tx: Transaction, payment: Payment, transaction_id: str, tx_hash: str) -> None:
    """A movement that is under way has a transaction hash by now."""
    await tx.execute(_SET_HASH, tx_hash, transaction_id)
    await kept.outdate(tx, payment.session_id)


async def drop(tx: Transaction, payment: Payment, transaction_id: str, now: int) -> None:
    """A movement that was under way came to nothing."""
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
) -> list[RecordedTransaction]:
    """Up to ``limit + 1`` transactions, newest first, that match what is given."""
    oldest = since(ids.TRANSACTION, created_after)
    params = [project_id, livemode, page.before, created_after or 0, oldest]
    filters = {"t.payment_id = {}": payment_id, _FOR_ORDER: order_id, "t.kind = {}": kind}
    sql, params = newest_first(_NEWEST_TRANSACTIONS, params, filters, by="t.id", limit=page.limit)
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
        terms=terms if options is None else terms._replace(options=_options(options)),
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
    return ",".join(str(one) for one in sorted({terms.chain_id, *(one.chain_id for one in terms.options)}))


def chains_of(networks: str) -> list[int]:
    """The chains of such a text."""
    return [int(one) for one in networks.split(",")]


class _KeptOption(msgspec.Struct, frozen=True):
    """An option as its row keeps it; its amount is text, which has no greatest number."""

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


def _kept_options(options: Sequence[PaymentOption]) -> str:
    kept_form = [_KeptOption(**{**one._asdict(), "amount_atomic": str(one.amount_atomic)}) for one in options]
    return msgspec.json.encode(kept_form).decode()


# Each is read several times while a buyer looks.
@lru_cache(maxsize=1_000)
def _options(text: str) -> tuple[PaymentOption, ...]:
    found = msgspec.json.decode(text, type=list[_KeptOption])
    return tuple(
        PaymentOption(**{**msgspec.structs.asdict(one), "amount_atomic": int(one.amount_atomic)}) for one in found
    )


async def _newest(
    tx: Transaction, select: str, project_id: str, livemode: bool, page: PageRequest, filters: PaymentFilters
) -> list[Row]:
    created_after = filters.get("created_after")
    oldest = since(ids.PAYMENT, created_after)
    params = [project_id, livemode, page.before, created_after or 0, oldest]
    conditions = {
        "p.state = {}": filters.get("state"),
        _OF_ORDER: filters.get("order_id"),
        "p.session_id = {}": filters.get("session_id"),
    }
    sql, params = newest_first(select, params, conditions, by="p.id", limit=page.limit)
    return await tx.fetch_all(sql, *params)


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
    return RecordedPayment(
        payment=payment_from(row[9:], session_id),
        project_id=project_id,
        livemode=bool(livemode),
        order_id=order_id,
        state=PaymentState(state),
        expires_at=expires_at,
        metadata=metadata,
        created_at=created_at,
        updated_at=updated_at,
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
    )


def _transaction(row: Row) -> RecordedTransaction:
    transfer = _transfer(row)
    value, required, decimals = transfer.value_minor, int(row["required_atomic"]), row["asset_decimals"]
    if row["options"] is not None:
        option = next((one for one in _options(row["options"]) if one.asset == transfer.asset), None)
        if option is not None:
            required, decimals = option.amount_atomic, option.decimals
    if value is None:
        # Where nothing was asked for, there is no price to say it by.
        value = transfer.amount_atomic * row["amount_minor"] // required if required else 0
    return RecordedTransaction(
        id=row["id"],
        livemode=bool(row["livemode"]),
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        chain_id=row["chain_id"],
        asset_decimals=decimals,
        value=Money(value, row["currency"]),
        transfer=transfer,
    )
