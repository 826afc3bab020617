"""Every statement about payments and the transfers that reached them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tillgate.base import ids
from tillgate.checkout.payments.model import Payment, Transfer
from tillgate.rails.port import Observation, PaymentTerms
from tillgate.store import Transaction
from unitofwork import with_list

# Sessions read their payment in the same statement; it is theirs alone.
JOINED: Final = "JOIN payments p ON p.session_id = s.id"
JOINED_COLUMNS: Final = (
    "p.id AS payment_id, p.rail, p.chain_id, p.asset, p.asset_decimals, p.address, p.amount_atomic, p.native_price_usd"
)
_INSERT: Final = (
    "INSERT INTO payments (id, session_id, rail, chain_id, asset, asset_decimals, address, amount_atomic, "
    "native_price_usd, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
)
_TRANSFER_COLUMNS: Final = "payment_id, tx_hash, ordinal, amount_atomic, seen_at, confirmed_at"
_TRANSFERS: Final = with_list(
    f"SELECT {_TRANSFER_COLUMNS} FROM transactions WHERE payment_id IN {{list}} ORDER BY seen_at, id"
)
_OBSERVE: Final = (
    "INSERT INTO transactions (id, payment_id, chain_id, tx_hash, ordinal, amount_atomic, seen_at, confirmed_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chain_id, tx_hash, ordinal) DO UPDATE "
    "SET confirmed_at = COALESCE(transactions.confirmed_at, excluded.confirmed_at)"
)


async def insert(tx: Transaction, payment: Payment, now: int) -> None:
    """Keep a new payment."""
    terms = payment.terms
    await tx.execute(
        _INSERT,
        payment.id,
        payment.session_id,
        payment.rail,
        terms.chain_id,
        terms.asset,
        terms.asset_decimals,
        terms.address,
        str(terms.amount_atomic),
        terms.native_price_usd,
        now,
    )


async def transfers_of(tx: Transaction, payment_ids: Sequence[str]) -> dict[str, tuple[Transfer, ...]]:
    """The transfers of several payments, by payment id, oldest first; no entry where there is none."""
    if not payment_ids:
        return {}
    found: dict[str, tuple[Transfer, ...]] = {}
    for row in await tx.fetch_all(_TRANSFERS, msgspec.json.encode(payment_ids).decode()):
        transfer = Transfer(
            tx_hash=row["tx_hash"],
            ordinal=row["ordinal"],
            amount_atomic=int(row["amount_atomic"]),
            seen_at=row["seen_at"],
            confirmed_at=row["confirmed_at"],
        )
        found[row["payment_id"]] = (*found.get(row["payment_id"], ()), transfer)
    return found


async def observe(tx: Transaction, payment: Payment, observations: Sequence[Observation], now: int) -> Payment:
    """Write down what a rail saw; seeing it again adds nothing, and a confirmation is never taken back."""
    for seen in observations:
        await tx.execute(
            _OBSERVE,
            ids.new_id(ids.TRANSACTION),
            payment.id,
            payment.terms.chain_id,
            seen.tx_hash,
            seen.ordinal,
            str(seen.amount_atomic),
            now,
            now if seen.confirmed else None,
        )
    transfers = await transfers_of(tx, [payment.id])
    return msgspec.structs.replace(payment, transfers=transfers.get(payment.id, ()))


def payment_from(columns: tuple[Any, ...], session_id: str) -> Payment:
    """A payment, its transfers not yet read, out of the :data:`JOINED_COLUMNS` of a row."""
    payment_id, rail, chain_id, asset, asset_decimals, address, amount_atomic, native_price_usd = columns
    return Payment(
        id=payment_id,
        session_id=session_id,
        rail=rail,
        terms=PaymentTerms(chain_id, asset, asset_decimals, address, int(amount_atomic), native_price_usd),
    )
