"""Every statement about second factors."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tillgate.access.second_factor.model import PASSKEYS_MAX, Passkey
from tillgate.store import Row, Transaction

_PASSKEY: Final = "id, user_id, credential_id, public_key, sign_count, name, created_at, used_at"


class Totp(NamedTuple):
    """What is kept of an authenticator app."""

    secret_sealed: str
    last_step: int
    confirmed_at: int | None


async def totp_of(tx: Transaction, user_id: str) -> Totp | None:
    """A person's authenticator app, also one that has shown no code yet."""
    row = await tx.fetch_one("SELECT secret_sealed, last_step, confirmed_at FROM totp_factors WHERE id = $1", user_id)
    return Totp(row["secret_sealed"], row["last_step"], row["confirmed_at"]) if row is not None else None


async def has_any(tx: Transaction, user_id: str) -> bool:
    """Whether a second step is asked of this person."""
    row = await tx.fetch_one(
        "SELECT 1 FROM users u WHERE u.id = $1 AND (EXISTS (SELECT 1 FROM totp_factors t WHERE t.id = u.id "
        "AND t.confirmed_at IS NOT NULL) OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id))",
        user_id,
    )
    return row is not None


async def propose_totp(tx: Transaction, user_id: str, secret_sealed: str, now: int) -> int:
    """Keep a secret that counts for nothing yet; zero where one that counts is there."""
    return await tx.execute(
        "INSERT INTO totp_factors (id, secret_sealed, last_step, confirmed_at, created_at) "
        "VALUES ($1, $2, 0, NULL, $3) ON CONFLICT (id) DO UPDATE SET secret_sealed = excluded.secret_sealed, "
        "created_at = excluded.created_at WHERE totp_factors.confirmed_at IS NULL",
        user_id,
        secret_sealed,
        now,
    )


async def confirm_totp(tx: Transaction, user_id: str, step: int, now: int) -> int:
    """Let a proposed secret count; zero where it does already."""
    return await tx.execute(
        "UPDATE totp_factors SET confirmed_at = $1, last_step = $2 WHERE id = $3 AND confirmed_at IS NULL",
        now,
        step,
        user_id,
    )


async def use_step(tx: Transaction, user_id: str, step: int) -> bool:
    """Use a code up; False where it, or a newer one, was used before."""
    changed = await tx.execute(
        "UPDATE totp_factors SET last_step = $1 WHERE id = $2 AND last_step < $1 AND confirmed_at IS NOT NULL",
        step,
        user_id,
    )
    return changed == 1


async def delete_totp(tx: Transaction, user_id: str) -> int:
    """End a person's authenticator app."""
    return await tx.execute("DELETE FROM totp_factors WHERE id = $1", user_id)


async def replace_recovery_codes(tx: Transaction, user_id: str, digests: Iterable[str]) -> None:
    """Let these recovery codes, and no others, work for a person."""
    await tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    for one in digests:
        await tx.execute("INSERT INTO recovery_codes (user_id, code_digest) VALUES ($1, $2)", user_id, one)


async def use_recovery_code(tx: Transaction, user_id: str, code_digest: str) -> bool:
    """Use a recovery code up; False where there is no such one."""
    changed = await tx.execute(
        "DELETE FROM recovery_codes WHERE user_id = $1 AND code_digest = $2", user_id, code_digest
    )
    return changed == 1


async def recovery_codes_left(tx: Transaction, user_id: str) -> int:
    """How many recovery codes a person has."""
    row = await tx.fetch_one("SELECT COUNT(*) AS count FROM recovery_codes WHERE user_id = $1", user_id)
    return int(row["count"]) if row is not None else 0


async def insert_halfway(tx: Transaction, token_digest: str, user_id: str, *, now: int, expires_at: int) -> None:
    """Remember a browser whose password was right; forget those that took too long."""
    await tx.execute("DELETE FROM halfway_sign_ins WHERE expires_at <= $1", now)
    await tx.execute(
        "INSERT INTO halfway_sign_ins (token_digest, user_id, expires_at, challenge) VALUES ($1, $2, $3, '')",
        token_digest,
        user_id,
        expires_at,
    )


async def halfway(tx: Transaction, token_digest: str, now: int) -> tuple[str, str] | None:
    """Whose second step a browser waits for, and what a passkey has to sign for it."""
    row = await tx.fetch_one(
        "SELECT user_id, challenge FROM halfway_sign_ins WHERE token_digest = $1 AND expires_at > $2",
        token_digest,
        now,
    )
    return (row["user_id"], row["challenge"]) if row is not None else None


async def challenge_halfway(tx: Transaction, token_digest: str, challenge: str) -> None:
    """Say what a passkey has to sign next; an empty text for nothing."""
    await tx.execute("UPDATE halfway_sign_ins SET challenge = $1 WHERE token_digest = $2", challenge, token_digest)


async def delete_halfway(tx: Transaction, token_digest: str) -> int:
    """End a browser's waiting; zero where it has ended."""
    return await tx.execute("DELETE FROM halfway_sign_ins WHERE token_digest = $1", token_digest)


async def delete_halfways(tx: Transaction, user_id: str) -> None:
    """End the waiting of every browser of a person."""
    await tx.execute("DELETE FROM halfway_sign_ins WHERE user_id = $1", user_id)


async def challenge_sign_in(tx: Transaction, token_digest: str, challenge: str) -> None:
    """Say what a passkey has to sign next in a signed-in browser; an empty text for nothing."""
    await tx.execute("UPDATE sign_ins SET challenge = $1 WHERE token_digest = $2", challenge, token_digest)


async def challenge_of(tx: Transaction, token_digest: str) -> str:
    """What a passkey has to sign in a signed-in browser."""
    row = await tx.fetch_one("SELECT challenge FROM sign_ins WHERE token_digest = $1", token_digest)
    return str(row["challenge"]) if row is not None else ""


async def insert_passkey(tx: Transaction, passkey: Passkey) -> int:
    """Keep a passkey; zero where the same one is kept already."""
    return await tx.execute(
        f"INSERT INTO passkeys ({_PASSKEY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (credential_id) DO NOTHING",
        passkey.id,
        passkey.user_id,
        passkey.credential_id,
        passkey.public_key,
        passkey.sign_count,
        passkey.name,
        passkey.created_at,
        passkey.used_at,
    )


async def passkeys_of(tx: Transaction, user_id: str) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    rows = await tx.fetch_all(
        f"SELECT {_PASSKEY} FROM passkeys WHERE user_id = $1 ORDER BY id LIMIT {PASSKEYS_MAX}", user_id
    )
    return [_passkey(row) for row in rows]


async def use_passkey(tx: Transaction, passkey_id: str, sign_count: int, now: int) -> None:
    """Remember that a passkey was used."""
    await tx.execute("UPDATE passkeys SET sign_count = $1, used_at = $2 WHERE id = $3", sign_count, now, passkey_id)


async def delete_passkey(tx: Transaction, user_id: str, passkey_id: str) -> int:
    """End one of a person's passkeys."""
    return await tx.execute("DELETE FROM passkeys WHERE user_id = $1 AND id = $2", user_id, passkey_id)


async def delete_all(tx: Transaction, user_id: str) -> None:
    """End all that a person has beside their password."""
    for table, column in (
        ("totp_factors", "id"),
        ("recovery_codes", "user_id"),
        ("passkeys", "user_id"),
        ("halfway_sign_ins", "user_id"),
    ):
        await tx.execute(f"DELETE FROM {table} WHERE {column} = $1", user_id)


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row["id"],
        user_id=row["user_id"],
        credential_id=row["credential_id"],
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        name=row["name"],
        created_at=row["created_at"],
        used_at=row["used_at"],
    )
