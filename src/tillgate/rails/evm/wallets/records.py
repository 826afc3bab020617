"""Every statement about wallets and their addresses."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.rails.evm.wallets.model import Wallet
from tillgate.store import Row, Transaction

# The names under which counters are kept beside the database begin so.
MARK_HEAD: Final = "addresses/"

_COLUMNS: Final = (
    "id, project_id, fingerprint, next_index, is_current, confirmed_at, created_at, treasury, treasury_chains"
)
_INSERT: Final = (
    "INSERT INTO wallets (id, project_id, fingerprint, source_sealed, treasury, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (fingerprint) DO NOTHING"
)
_OF_PROJECT: Final = f"SELECT {_COLUMNS} FROM wallets WHERE project_id = $1 ORDER BY id LIMIT $2"
_BY_FINGERPRINT: Final = f"SELECT {_COLUMNS} FROM wallets WHERE fingerprint = $1"
_BY_FINGERPRINTS: Final = with_list(f"SELECT {_COLUMNS} FROM wallets WHERE fingerprint IN {{list}}")
_COUNT: Final = "SELECT COUNT(*) FROM wallets WHERE project_id = $1"
_CURRENT: Final = f"SELECT {_COLUMNS} FROM wallets WHERE project_id = $1 AND is_current"
_LOCKED_CURRENT: Final = Both(sqlite=_CURRENT, postgres=f"{_CURRENT} FOR UPDATE")
_UNCONFIRMED: Final = f"SELECT {_COLUMNS} FROM wallets WHERE project_id = $1 AND confirmed_at IS NULL"
# Rows that only refer to the project do not wait for this.
_LOCKED_PROJECT: Final = Both(
    sqlite="SELECT id FROM projects WHERE id = $1", postgres="SELECT id FROM projects WHERE id = $1 FOR NO KEY UPDATE"
)
_OF_TREASURY: Final = (
    f"SELECT {_COLUMNS} FROM wallets WHERE project_id = $1 AND treasury = $2 AND treasury IS NOT NULL "
    "AND confirmed_at IS NOT NULL ORDER BY id DESC LIMIT 1"
)
_SET_TREASURY_CHAINS: Final = "UPDATE wallets SET treasury_chains = $1, updated_at = $2 WHERE id = $3"
_TREASURIES: Final = "SELECT 1 FROM wallets WHERE treasury IS NOT NULL LIMIT 1"
_SEALED: Final = "SELECT source_sealed FROM wallets WHERE id = $1"
_SEAL: Final = "UPDATE wallets SET source_sealed = $1 WHERE id = $2"
_DROP_UNCONFIRMED: Final = "DELETE FROM wallets WHERE project_id = $1 AND confirmed_at IS NULL"
_RETIRE: Final = "UPDATE wallets SET is_current = FALSE, updated_at = $1 WHERE project_id = $2 AND is_current"
_MAKE_CURRENT: Final = (
    "UPDATE wallets SET is_current = TRUE, confirmed_at = COALESCE(confirmed_at, $1), updated_at = $1 WHERE id = $2"
)
_SET_NEXT: Final = "UPDATE wallets SET next_index = $1, updated_at = $2 WHERE id = $3 AND next_index < $1"
_NEXT_FRESH: Final = (
    "SELECT address_index, address FROM wallet_addresses WHERE wallet_id = $1 AND address_index >= $2 "
    "AND given_at IS NULL AND used_at IS NULL AND fresh_at >= $3 ORDER BY address_index LIMIT 1"
)
_GIVE: Final = (
    "UPDATE wallet_addresses SET given_at = $1, payment_id = $2 "
    "WHERE wallet_id = $3 AND address_index = $4 AND given_at IS NULL"
)
_READY: Final = (
    "SELECT COUNT(*) FROM wallet_addresses WHERE wallet_id = $1 AND address_index >= $2 AND given_at IS NULL "
    "AND used_at IS NULL AND fresh_at >= $3"
)
_LAST_KNOWN: Final = "SELECT MAX(address_index) FROM wallet_addresses WHERE wallet_id = $1"
_ADD_ADDRESS: Final = (
    "INSERT INTO wallet_addresses (wallet_id, address_index, address) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)
_TO_LOOK_AT: Final = (
    "SELECT address_index, address FROM wallet_addresses WHERE wallet_id = $1 AND address_index >= $2 "
    "AND given_at IS NULL AND used_at IS NULL AND (fresh_at IS NULL OR fresh_at < $3) ORDER BY address_index LIMIT $4"
)
_MARK_FRESH: Final = (
    "UPDATE wallet_addresses SET fresh_at = $1 WHERE wallet_id = $2 AND address_index = $3 AND used_at IS NULL"
)
_MARK_USED: Final = (
    "UPDATE wallet_addresses SET used_at = $1, fresh_at = NULL WHERE wallet_id = $2 AND address_index = $3 "
    "AND given_at IS NULL"
)
_TO_FILL: Final = f"SELECT {_COLUMNS} FROM wallets WHERE is_current AND id > $1 ORDER BY id LIMIT $2"
_EVERY: Final = (
    "SELECT LOWER(address) AS address FROM wallet_addresses WHERE LOWER(address) > $1 AND used_at IS NULL "
    "ORDER BY LOWER(address) LIMIT $2"
)
_LOOKED_AT: Final = (
    "SELECT LOWER(address) AS address FROM wallet_addresses WHERE LOWER(address) > $1 AND used_at IS NULL "
    "AND fresh_at IS NOT NULL ORDER BY LOWER(address) LIMIT $2"
)
_OWNER_OF: Final = (
    "SELECT w.project_id FROM wallet_addresses a JOIN wallets w ON w.id = a.wallet_id WHERE LOWER(a.address) = $1 "
    "LIMIT 1"
)
_GIVEN_OUT: Final = (
    "SELECT address_index, address FROM wallet_addresses WHERE wallet_id = $1 AND address_index >= $2 "
    "AND given_at IS NOT NULL ORDER BY address_index LIMIT $3"
)
_INDEX_OF: Final = "SELECT wallet_id, address_index, given_at FROM wallet_addresses WHERE address = $1"


class Unlooked(NamedTuple):
    """An address of a wallet that nobody has looked at lately."""

    address_index: int
    address: str


async def lock_project(tx: Transaction, project_id: str) -> bool:
    """Whether there is such a project; changes of its wallets wait for each other until the transaction ends."""
    return await tx.fetch_one(_LOCKED_PROJECT, project_id) is not None


async def insert(
    tx: Transaction, *, id: str, project_id: str, fingerprint: str, sealed: str, treasury: str | None, now: int
) -> None:
    """Keep a wallet that nobody has confirmed yet; does nothing where there is one of this fingerprint."""
    await tx.execute(_INSERT, id, project_id, fingerprint, sealed, treasury, now)


async def of_treasury(tx: Transaction, project_id: str, treasury: str) -> Wallet | None:
    """The wallet that a project has confirmed for a treasury; the newest, where it has several."""
    row = await tx.fetch_one(_OF_TREASURY, project_id, treasury)
    return _wallet(row) if row is not None else None


async def set_treasury_chains(tx: Transaction, wallet_id: str, chains: frozenset[int] | None, now: int) -> None:
    """Note on which networks a treasury is a contract; None where it is an account without code."""
    text = msgspec.json.encode(sorted(chains)).decode() if chains is not None else None
    await tx.execute(_SET_TREASURY_CHAINS, text, now, wallet_id)


async def of_project(tx: Transaction, project_id: str, limit: int) -> list[Wallet]:
    """A project's wallets, oldest first."""
    return [_wallet(row) for row in await tx.fetch_all(_OF_PROJECT, project_id, limit)]


async def page_of_current(tx: Transaction, after: str, limit: int) -> list[Wallet]:
    """Wallets that serve new sessions, of every project, by their ids."""
    return [_wallet(row) for row in await tx.fetch_all(_TO_FILL, after, limit)]


async def count(tx: Transaction, project_id: str) -> int:
    """How many wallets a project has had."""
    row = await tx.fetch_one(_COUNT, project_id)
    return int(row[0]) if row is not None else 0


async def by_fingerprint(tx: Transaction, fingerprint: str) -> Wallet | None:
    """The wallet with this fingerprint, in any project."""
    row = await tx.fetch_one(_BY_FINGERPRINT, fingerprint)
    return _wallet(row) if row is not None else None


async def by_fingerprints(tx: Transaction, fingerprints: Sequence[str]) -> list[Wallet]:
    """Those of these that there are."""
    return [_wallet(row) for row in await tx.fetch_all(_BY_FINGERPRINTS, msgspec.json.encode(fingerprints).decode())]


async def current(tx: Transaction, project_id: str) -> Wallet | None:
    """The wallet that serves a project's new sessions."""
    row = await tx.fetch_one(_CURRENT, project_id)
    return _wallet(row) if row is not None else None


async def locked_current(tx: Transaction, project_id: str) -> Wallet | None:
    """The same; whoever asks for it next waits until the transaction ends."""
    row = await tx.fetch_one(_LOCKED_CURRENT, project_id)
    return _wallet(row) if row is not None else None


async def unconfirmed(tx: Transaction, project_id: str) -> Wallet | None:
    """The wallet that was set and waits for its confirmation."""
    row = await tx.fetch_one(_UNCONFIRMED, project_id)
    return _wallet(row) if row is not None else None


async def sealed_source(tx: Transaction, wallet_id: str) -> str | None:
    """What the addresses of a wallet follow from, sealed."""
    row = await tx.fetch_one(_SEALED, wallet_id)
    return str(row[0]) if row is not None else None


async def seal_again(tx: Transaction, wallet_id: str, sealed: str) -> None:
    """Keep the same of a wallet, sealed again."""
    await tx.execute(_SEAL, sealed, wallet_id)


async def has_treasuries(tx: Transaction) -> bool:
    """Whether any project has a treasury."""
    return await tx.fetch_one(_TREASURIES) is not None


async def drop_unconfirmed(tx: Transaction, project_id: str) -> None:
    """Forget the wallet that waits for its confirmation: nothing was given out of it."""
    await tx.execute(_DROP_UNCONFIRMED, project_id)


async def make_current(tx: Transaction, wallet: Wallet, now: int) -> None:
    """Let a wallet serve its project's new sessions, and no other one."""
    await tx.execute(_RETIRE, now, wallet.project_id)
    await tx.execute(_MAKE_CURRENT, now, wallet.id)


async def set_next_index(tx: Transaction, wallet: Wallet, next_index: int, now: int) -> bool:
    """Move the counter of a wallet forward; whether it moved. It is never moved back."""
    moved = await tx.execute(_SET_NEXT, next_index, now, wallet.id) == 1
    if moved:
        # A mark is that of a number that was given out, counted from 1.
        tx.given_out(mark_of(wallet.fingerprint), next_index)
    return moved


async def next_fresh(tx: Transaction, wallet: Wallet, fresh_since: int) -> Unlooked | None:
    """The first address from the counter on that is known to be fresh."""
    row = await tx.fetch_one(_NEXT_FRESH, wallet.id, wallet.next_index, fresh_since)
    return Unlooked(int(row[0]), str(row[1])) if row is not None else None


async def give(tx: Transaction, wallet_id: str, index: int, payment_id: str, now: int) -> bool:
    """Note whose an address is; whether it was nobody's before."""
    return await tx.execute(_GIVE, now, payment_id, wallet_id, index) == 1


async def count_ready(tx: Transaction, wallet: Wallet, fresh_since: int) -> int:
    """How many addresses could be given out at once."""
    row = await tx.fetch_one(_READY, wallet.id, wallet.next_index, fresh_since)
    return int(row[0]) if row is not None else 0


async def last_known(tx: Transaction, wallet_id: str) -> int:
    """The highest index whose address was derived; -1 where there is none."""
    row = await tx.fetch_one(_LAST_KNOWN, wallet_id)
    return int(row[0]) if row is not None and row[0] is not None else -1


async def add_address(tx: Transaction, wallet_id: str, index: int, address: str) -> None:
    """Keep an address of a wallet, not looked at yet."""
    await tx.execute(_ADD_ADDRESS, wallet_id, index, address)


async def to_look_at(tx: Transaction, wallet: Wallet, fresh_since: int, limit: int) -> list[Unlooked]:
    """Addresses from the counter on that nobody has looked at since then."""
    rows = await tx.fetch_all(_TO_LOOK_AT, wallet.id, wallet.next_index, fresh_since, limit)
    return [Unlooked(int(row[0]), str(row[1])) for row in rows]


async def every(tx: Transaction, after: str, limit: int) -> list[str]:
    """A page of the addresses of all wallets, given out or not, lower case and in order; without those that somebody
    else has used."""
    return [str(row["address"]) for row in await tx.fetch_all(_EVERY, after, limit)]


async def looked_at(tx: Transaction, after: str, limit: int) -> list[str]:
    """The same of those that were found to be unused: whatever they have now has come since."""
    return [str(row["address"]) for row in await tx.fetch_all(_LOOKED_AT, after, limit)]


async def owner_of(tx: Transaction, address: str) -> str | None:
    """The project whose wallet has an address."""
    row = await tx.fetch_one(_OWNER_OF, address.lower())
    return str(row["project_id"]) if row is not None else None


async def mark_looked_at(tx: Transaction, wallet_id: str, index: int, *, fresh: bool, now: int) -> None:
    """Note what an address was found to be."""
    await tx.execute(_MARK_FRESH if fresh else _MARK_USED, now, wallet_id, index)


async def given_out(tx: Transaction, wallet_id: str, from_index: int, limit: int) -> list[Unlooked]:
    """The addresses of a wallet that payments have, from an index on."""
    rows = await tx.fetch_all(_GIVEN_OUT, wallet_id, from_index, limit)
    return [Unlooked(int(row[0]), str(row[1])) for row in rows]


async def place_of(tx: Transaction, address: str) -> Row | None:
    """Which wallet an address is of, its index, and when it was given out."""
    return await tx.fetch_one(_INDEX_OF, address)


def mark_of(fingerprint: str) -> str:
    """The name under which a wallet's counter is kept beside the database."""
    return f"{MARK_HEAD}{fingerprint}"


def fingerprint_of(mark: str) -> str:
    """The wallet of such a name."""
    return mark.removeprefix(MARK_HEAD)


def _wallet(row: Row) -> Wallet:
    return Wallet(
        str(row[0]),
        str(row[1]),
        str(row[2]),
        int(row[3]),
        bool(row[4]),
        int(row[5]) if row[5] is not None else None,
        int(row[6]),
        str(row[7]) if row[7] is not None else None,
        frozenset(msgspec.json.decode(row[8], type=list[int])) if row[8] is not None else None,
    )
