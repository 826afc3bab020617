"""Every statement about networks and tokens."""

from typing import Final

from tillgate.rails.evm.networks.model import NETWORKS_MAX, TOKENS_MAX, AcceptedToken, Finality, Limits, Network, Token
from tillgate.store import Row, Transaction

_COLUMNS: Final = (
    "id, name, title, chain_id, genesis_hash, finality, confirmations, exchange_label, coin, explorer, is_testnet, "
    "block_ms, range_blocks_max, topics_max, takes_batches, paused_at, joined_at, created_at, updated_at"
)
_READ: Final = f"{_COLUMNS}, factory_seen_at"
_SET_FACTORY_SEEN: Final = "UPDATE networks SET factory_seen_at = $1 WHERE id = $2"
_INSERT: Final = (
    f"INSERT INTO networks ({_COLUMNS}, rpc_urls_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
    "$13, $14, $15, NULL, $16, $16, $16, $17)"
)
_UPDATE: Final = (
    "UPDATE networks SET genesis_hash = COALESCE(genesis_hash, $1), finality = $2, confirmations = $3, explorer = $4, "
    "block_ms = $5, range_blocks_max = $6, topics_max = $7, takes_batches = $8, updated_at = $9, rpc_urls_sealed = $10 "
    "WHERE id = $11"
)
_ALL: Final = f"SELECT {_READ} FROM networks ORDER BY chain_id LIMIT {NETWORKS_MAX}"
_BY_NAME: Final = f"SELECT {_READ} FROM networks WHERE name = $1"
_BY_CHAIN: Final = f"SELECT {_READ} FROM networks WHERE chain_id = $1"
_COUNT: Final = "SELECT COUNT(*) FROM networks"
_SEALED: Final = "SELECT rpc_urls_sealed FROM networks WHERE id = $1"
_PAUSE: Final = "UPDATE networks SET paused_at = $1, updated_at = $1 WHERE id = $2 AND paused_at IS NULL"
_RESUME: Final = (
    "UPDATE networks SET paused_at = NULL, joined_at = $1, updated_at = $1 WHERE id = $2 AND paused_at IS NOT NULL"
)
_SINCE: Final = "SELECT MAX(joined_at) FROM networks WHERE paused_at IS NULL"

_HELD: Final = "t.chain_id, t.address, t.symbol, t.decimals, t.currency, t.is_verified, t.changed_at"
_KEEP: Final = (
    "INSERT INTO tokens (chain_id, address, symbol, decimals, currency, is_verified, compared_at, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING"
)
_TOKENS: Final = (
    f"SELECT {_HELD} FROM tokens t WHERE t.chain_id = $1 ORDER BY t.created_at, t.address LIMIT {TOKENS_MAX}"
)
_ONE_TOKEN: Final = f"SELECT {_HELD} FROM tokens t WHERE t.chain_id = $1 AND t.address = $2"
_COUNT_TOKENS: Final = "SELECT COUNT(*) FROM tokens WHERE chain_id = $1"
_COMPARED: Final = (
    "UPDATE tokens SET compared_at = $1, changed_at = CASE WHEN decimals = $2 THEN NULL ELSE COALESCE(changed_at, $1) "
    "END WHERE chain_id = $3 AND address = $4"
)
_OF_PROJECT: Final = (
    f"SELECT {_HELD}, COALESCE(a.is_accepted, t.is_verified) FROM tokens t LEFT JOIN accepted_tokens a "
    "ON a.project_id = $1 AND a.chain_id = t.chain_id AND a.address = t.address "
    f"ORDER BY t.chain_id, t.created_at, t.address LIMIT {NETWORKS_MAX * TOKENS_MAX}"
)
_ACCEPT: Final = (
    "INSERT INTO accepted_tokens (project_id, chain_id, address, is_accepted, updated_at) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (project_id, chain_id, address) DO UPDATE SET is_accepted = excluded.is_accepted, "
    "updated_at = excluded.updated_at"
)


async def insert(tx: Transaction, network: Network, sealed_urls: str) -> None:
    """Keep a network."""
    limits = network.limits
    await tx.execute(
        _INSERT,
        network.id,
        network.name,
        network.title,
        network.chain_id,
        network.genesis_hash,
        network.finality.value,
        network.confirmations,
        network.exchange_label,
        network.coin,
        network.explorer,
        network.is_testnet,
        limits.block_ms,
        limits.range_blocks_max,
        limits.topics_max,
        limits.takes_batches,
        network.created_at,
        sealed_urls,
    )


async def update(tx: Transaction, network: Network, sealed_urls: str) -> None:
    """Keep other nodes for it, and what they were found to be."""
    limits = network.limits
    await tx.execute(
        _UPDATE,
        network.genesis_hash,
        network.finality.value,
        network.confirmations,
        network.explorer,
        limits.block_ms,
        limits.range_blocks_max,
        limits.topics_max,
        limits.takes_batches,
        network.updated_at,
        sealed_urls,
        network.id,
    )


async def every(tx: Transaction) -> list[Network]:
    """Every network, by its chain id."""
    return [_network(row) for row in await tx.fetch_all(_ALL)]


async def by_name(tx: Transaction, name: str) -> Network | None:
    """The network with this name."""
    row = await tx.fetch_one(_BY_NAME, name)
    return _network(row) if row is not None else None


async def by_chain(tx: Transaction, chain_id: int) -> Network | None:
    """The network with this chain id."""
    row = await tx.fetch_one(_BY_CHAIN, chain_id)
    return _network(row) if row is not None else None


async def count(tx: Transaction) -> int:
    """How many networks there are."""
    row = await tx.fetch_one(_COUNT)
    return int(row[0]) if row is not None else 0


async def sealed_urls(tx: Transaction, network_id: str) -> str | None:
    """The sealed URLs of a network's nodes."""
    row = await tx.fetch_one(_SEALED, network_id)
    return str(row[0]) if row is not None else None


async def pause(tx: Transaction, network_id: str, now: int) -> bool:
    """Offer nothing on a network any more; whether that is new."""
    return await tx.execute(_PAUSE, now, network_id) == 1


async def resume(tx: Transaction, network_id: str, now: int) -> bool:
    """Offer it again; whether that is new."""
    return await tx.execute(_RESUME, now, network_id) == 1


async def set_factory_seen(tx: Transaction, network_id: str, at: int | None) -> None:
    """Note that the contract that makes a treasury's addresses is on a network, or is not."""
    await tx.execute(_SET_FACTORY_SEEN, at, network_id)


async def joined_since(tx: Transaction) -> int | None:
    """When the newest of the networks in use joined; None where none is in use."""
    row = await tx.fetch_one(_SINCE)
    return int(row[0]) if row is not None and row[0] is not None else None


async def add_token(tx: Transaction, token: Token, now: int) -> bool:
    """Keep a token; whether it is new."""
    return (
        await tx.execute(
            _KEEP,
            token.chain_id,
            token.address,
            token.symbol,
            token.decimals,
            token.currency,
            token.is_verified,
            now,
        )
        == 1
    )


async def tokens_of(tx: Transaction, chain_id: int) -> list[Token]:
    """The tokens of a network, oldest first."""
    return [_token(row) for row in await tx.fetch_all(_TOKENS, chain_id)]


async def token(tx: Transaction, chain_id: int, address: str) -> Token | None:
    """One token."""
    row = await tx.fetch_one(_ONE_TOKEN, chain_id, address)
    return _token(row) if row is not None else None


async def count_tokens(tx: Transaction, chain_id: int) -> int:
    """How many tokens of a network there are."""
    row = await tx.fetch_one(_COUNT_TOKENS, chain_id)
    return int(row[0]) if row is not None else 0


async def note_decimals(tx: Transaction, chain_id: int, address: str, decimals: int, now: int) -> None:
    """Note what a token's contract says now: what is not what was pinned takes it off offer."""
    await tx.execute(_COMPARED, now, decimals, chain_id, address)


async def tokens_of_project(tx: Transaction, project_id: str) -> list[AcceptedToken]:
    """Every token, and whether a project takes it."""
    return [AcceptedToken(_token(row), bool(row[7])) for row in await tx.fetch_all(_OF_PROJECT, project_id)]


async def accept(tx: Transaction, project_id: str, token: Token, *, accepted: bool, now: int) -> None:
    """Note whether a project takes a token."""
    await tx.execute(_ACCEPT, project_id, token.chain_id, token.address, accepted, now)


def _network(row: Row) -> Network:
    return Network(
        id=row["id"],
        name=row["name"],
        title=row["title"],
        chain_id=int(row["chain_id"]),
        genesis_hash=row["genesis_hash"],
        finality=Finality(row["finality"]),
        confirmations=int(row["confirmations"]),
        exchange_label=row["exchange_label"],
        coin=row["coin"],
        explorer=row["explorer"],
        is_testnet=bool(row["is_testnet"]),
        limits=Limits(
            int(row["block_ms"]), int(row["range_blocks_max"]), int(row["topics_max"]), bool(row["takes_batches"])
        ),
        paused_at=row["paused_at"],
        joined_at=int(row["joined_at"]),
        created_at=int(row["created_at"]),
        updated_at=int(row["updated_at"]),
        factory_seen_at=row["factory_seen_at"],
    )


def _token(row: Row) -> Token:
    return Token(
        int(row["chain_id"]),
        row["address"],
        row["symbol"],
        int(row["decimals"]),
        row["currency"],
        bool(row["is_verified"]),
        row["changed_at"],
    )
