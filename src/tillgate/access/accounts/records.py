"""Every statement about projects, users and signed-in browsers."""

from typing import Final, NamedTuple

from tillgate.access.accounts.model import UNUSED_MAX_MS, Membership, Project, SignIn, User
from tillgate.access.roles import Role
from tillgate.base import ids
from tillgate.store import Row, Transaction
from tillgate.store.alone import alone

_PROJECT: Final = "id, name, created_at"
_USER: Final = "id, email, installation_owner, created_at"
_WHO: Final = "u.id AS user_id, u.email, u.installation_owner, u.created_at AS user_created_at"
_WHERE: Final = "p.id AS project_id, p.name AS project_name, p.created_at AS project_created_at"
# Looked up with every request, so that who is removed or has another role is so with the next one.
_SIGNED_IN: Final = (
    f"SELECT {_WHO}, {_WHERE}, m.role, s.livemode, s.confirmed_at, s.seen_at FROM sign_ins s "
    "JOIN users u ON u.id = s.user_id "
    "JOIN projects p ON p.id = s.project_id "
    "LEFT JOIN memberships m ON m.user_id = s.user_id AND m.project_id = s.project_id "
    "WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.seen_at > $3 "
    "AND (u.installation_owner OR m.role IS NOT NULL)"
)
_PROJECTS_OF: Final = (
    "SELECT p.id, p.name, p.created_at FROM projects p WHERE EXISTS "
    "(SELECT 1 FROM users u WHERE u.id = $1 AND u.installation_owner) "
    "OR p.id IN (SELECT m.project_id FROM memberships m WHERE m.user_id = $1) ORDER BY p.id LIMIT $2"
)
# An owner of the installation has one membership, which is no project's.
_MEMBERSHIPS: Final = (
    f"SELECT {_WHO}, {_WHERE}, m.role FROM users u LEFT JOIN memberships m ON m.user_id = u.id "
    "LEFT JOIN projects p ON p.id = m.project_id WHERE (u.email, COALESCE(m.project_id, '')) > ($1, $2) "
    "AND (CAST($3 AS TEXT) IS NULL OR m.project_id = $3 OR u.installation_owner) "
    "ORDER BY u.email, COALESCE(m.project_id, '') LIMIT $4"
)
# What they may look at no more, nobody looks at for them.
_END_STRAY: Final = (
    "DELETE FROM sign_ins WHERE user_id = $1 AND project_id NOT IN (SELECT project_id FROM memberships "
    "WHERE user_id = $1) AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.installation_owner)"
)


_SIGN_INS_OF: Final = (
    "SELECT token_digest, id, network, agent, created_at, seen_at FROM sign_ins WHERE user_id = $1 "
    "AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id LIMIT $4"
)


async def insert_project(tx: Transaction, project: Project) -> None:
    """Keep a new project."""
    await tx.execute(
        "INSERT INTO projects (id, name, created_at) VALUES ($1, $2, $3)",
        project.id,
        project.name,
        project.created_at,
    )


async def project_by_id(tx: Transaction, project_id: str) -> Project | None:
    """One project."""
    row = await tx.fetch_one(f"SELECT {_PROJECT} FROM projects WHERE id = $1", project_id)
    return _project(row) if row is not None else None


async def projects(tx: Transaction) -> list[Project]:
    """All projects, oldest first."""
    return [_project(row) for row in await tx.fetch_all(f"SELECT {_PROJECT} FROM projects ORDER BY id LIMIT 1000")]


async def insert_user(tx: Transaction, user: User, password_hash: str) -> bool:
    """Keep a new user; False if the address is taken."""
    changed = await tx.execute(
        "INSERT INTO users (id, email, password_hash, installation_owner, created_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (email) DO NOTHING",
        user.id,
        user.email,
        password_hash,
        user.installation_owner,
        user.created_at,
    )
    return changed == 1


async def any_project(tx: Transaction) -> bool:
    """Whether there is a project."""
    return await tx.fetch_one("SELECT 1 FROM projects LIMIT 1") is not None


async def any_user(tx: Transaction) -> bool:
    """Whether the instance has been claimed."""
    return await tx.fetch_one("SELECT 1 FROM users LIMIT 1") is not None


async def user_and_hash(tx: Transaction, email: str) -> tuple[User, str] | None:
    """The user with this address, and the hash of their password."""
    row = await tx.fetch_one(f"SELECT {_USER}, password_hash FROM users WHERE email = $1", email)
    return (_user(row), row["password_hash"]) if row is not None else None


async def set_password_hash(tx: Transaction, user_id: str, password_hash: str) -> None:
    """Replace a password's hash, as when its parameters have become too weak."""
    await tx.execute("UPDATE users SET password_hash = $1 WHERE id = $2", password_hash, user_id)


async def replace_setup_link(tx: Transaction, token_digest: str, now: int) -> None:
    """Make this the only set-up link that works."""
    await tx.execute("DELETE FROM setup_links")
    await tx.execute("INSERT INTO setup_links (token_digest, created_at) VALUES ($1, $2)", token_digest, now)


async def setup_link_exists(tx: Transaction, token_digest: str) -> bool:
    """Whether this set-up link still works."""
    found = await tx.fetch_one("SELECT 1 FROM setup_links WHERE token_digest = $1", token_digest)
    return found is not None


async def use_setup_link(tx: Transaction, token_digest: str) -> bool:
    """Use a set-up link up; False if it never was or is used already."""
    return await tx.execute("DELETE FROM setup_links WHERE token_digest = $1", token_digest) == 1


class Found(NamedTuple):
    """A signed-in browser: who it is, where it looks, and when it proved and showed itself."""

    membership: Membership
    livemode: bool
    confirmed_at: int
    seen_at: int


async def insert_sign_in(
    tx: Transaction,
    token_digest: str,
    user_id: str,
    project_id: str,
    *,
    now: int,
    expires_at: int,
    network: str,
    agent: str,
) -> None:
    """Remember a signed-in browser, in test mode to begin with; forget those that have lapsed."""
    await tx.execute("DELETE FROM sign_ins WHERE expires_at <= $1 OR seen_at <= $2", now, now - UNUSED_MAX_MS)
    await tx.execute(
        "INSERT INTO sign_ins (token_digest, id, user_id, project_id, livemode, created_at, expires_at, seen_at, "
        "confirmed_at, network, agent) VALUES ($1, $2, $3, $4, FALSE, $5, $6, $5, $5, $7, $8)",
        token_digest,
        ids.new_id(ids.SIGN_IN),
        user_id,
        project_id,
        now,
        expires_at,
        network,
        agent,
    )


async def signed_in(tx: Transaction, token_digest: str, now: int) -> Found | None:
    """Who this browser is, in which project as what, and whether it looks at live mode."""
    row = await tx.fetch_one(_SIGNED_IN, token_digest, now, now - UNUSED_MAX_MS)
    return (
        Found(_membership(row), bool(row["livemode"]), row["confirmed_at"], row["seen_at"]) if row is not None else None
    )


async def note_seen(tx: Transaction, token_digest: str, now: int, network: str, agent: str) -> None:
    """Remember when, from where and with what a signed-in browser was last in use."""
    await tx.execute(
        "UPDATE sign_ins SET seen_at = $1, network = $2, agent = $3 WHERE token_digest = $4",
        now,
        network,
        agent,
        token_digest,
    )


async def note_confirmed(tx: Transaction, token_digest: str, now: int) -> int:
    """Remember that whoever uses a signed-in browser has proved again who they are."""
    return await tx.execute("UPDATE sign_ins SET confirmed_at = $1 WHERE token_digest = $2", now, token_digest)


async def sign_ins_of(tx: Transaction, user_id: str, token_digest: str, now: int, limit: int) -> list[SignIn]:
    """A person's signed-in browsers, the one last seen first."""
    rows = await tx.fetch_all(_SIGN_INS_OF, user_id, now, now - UNUSED_MAX_MS, limit)
    return [
        SignIn(
            id=row["id"],
            network=row["network"],
            agent=row["agent"],
            created_at=row["created_at"],
            seen_at=row["seen_at"],
            current=row["token_digest"] == token_digest,
        )
        for row in rows
    ]


async def end_sign_in(tx: Transaction, user_id: str, sign_in_id: str) -> int:
    """End one of a person's sign-ins."""
    return await tx.execute("DELETE FROM sign_ins WHERE user_id = $1 AND id = $2", user_id, sign_in_id)


async def end_sign_ins(tx: Transaction, user_id: str, *, but: str = "") -> int:
    """End a person's sign-ins, apart from the one with a digest; how many."""
    return await tx.execute("DELETE FROM sign_ins WHERE user_id = $1 AND token_digest <> $2", user_id, but)


async def is_new_device(tx: Transaction, user_id: str, token_digest: str, since: int) -> bool:
    """Whether somebody has signed in from a device before, and not from this one."""
    row = await tx.fetch_one(
        "SELECT COUNT(*) AS known, SUM(CASE WHEN token_digest = $2 THEN 1 ELSE 0 END) AS this FROM known_devices "
        "WHERE user_id = $1 AND used_at >= $3",
        user_id,
        token_digest,
        since,
    )
    return row is not None and row["known"] > 0 and not row["this"]


async def forget_devices(tx: Transaction, user_id: str) -> None:
    """Forget which devices a person has signed in from."""
    await tx.execute("DELETE FROM known_devices WHERE user_id = $1", user_id)


async def look_at(tx: Transaction, token_digest: str, project_id: str, livemode: bool) -> int:
    """Turn a browser to another project or mode."""
    return await tx.execute(
        "UPDATE sign_ins SET project_id = $1, livemode = $2 WHERE token_digest = $3",
        project_id,
        livemode,
        token_digest,
    )


async def delete_sign_in(tx: Transaction, token_digest: str) -> None:
    """Sign a browser out."""
    await tx.execute("DELETE FROM sign_ins WHERE token_digest = $1", token_digest)


async def lock_subject(tx: Transaction, subject: str) -> None:
    """Nobody else counts this subject until the transaction ends. Several are locked in one order by everybody."""
    await alone(tx, f"sign_in {subject}")


async def failures_since(tx: Transaction, subject: str, since: int) -> int:
    """How many sign-ins failed for this subject from an instant on."""
    row = await tx.fetch_one(
        "SELECT COUNT(*) AS count FROM sign_in_failures WHERE subject = $1 AND failed_at >= $2",
        subject,
        since,
    )
    return int(row["count"]) if row is not None else 0


async def note_failure(tx: Transaction, subject: str, now: int) -> str:
    """Count a sign-in against this subject; answers with the id under which it stands."""
    failure_id = ids.new_ulid()
    await tx.execute(
        "INSERT INTO sign_in_failures (id, subject, failed_at) VALUES ($1, $2, $3)",
        failure_id,
        subject,
        now,
    )
    return failure_id


async def withdraw_failure(tx: Transaction, failure_id: str) -> None:
    """Take one back that was none; the subject's others stay."""
    await tx.execute("DELETE FROM sign_in_failures WHERE id = $1", failure_id)


async def knows_device(tx: Transaction, token_digest: str, email: str, since: int) -> bool:
    """Whether the person with this address has signed in from the device since an instant."""
    row = await tx.fetch_one(
        "SELECT 1 FROM known_devices d JOIN users u ON u.id = d.user_id "
        "WHERE d.token_digest = $1 AND u.email = $2 AND d.used_at >= $3",
        token_digest,
        email,
        since,
    )
    return row is not None


async def keep_device(tx: Transaction, token_digest: str, user_id: str, now: int, *, since: int, most: int) -> None:
    """Remember a device of somebody; forget those of theirs that were not used since an instant, or are too many."""
    await tx.execute(
        "INSERT INTO known_devices (token_digest, user_id, used_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (token_digest, user_id) DO UPDATE SET used_at = excluded.used_at",
        token_digest,
        user_id,
        now,
    )
    await tx.execute("DELETE FROM known_devices WHERE user_id = $1 AND used_at < $2", user_id, since)
    await tx.execute(
        "DELETE FROM known_devices WHERE user_id = $1 AND token_digest NOT IN ("
        "SELECT token_digest FROM known_devices WHERE user_id = $1 ORDER BY used_at DESC, token_digest LIMIT $2)",
        user_id,
        most,
    )


async def forget_failures(tx: Transaction, subject: str) -> None:
    """Clear a subject, after it has proved itself."""
    await tx.execute("DELETE FROM sign_in_failures WHERE subject = $1", subject)


async def forget_failures_before(tx: Transaction, before: int) -> None:
    """Drop what no longer counts for anybody."""
    await tx.execute("DELETE FROM sign_in_failures WHERE failed_at < $1", before)


async def lock_people(tx: Transaction) -> None:
    """Nobody else changes who belongs here until the transaction ends."""
    await alone(tx, "people")


async def user_by_email(tx: Transaction, email: str) -> User | None:
    """The user with this address."""
    row = await tx.fetch_one(f"SELECT {_USER} FROM users WHERE email = $1", email)
    return _user(row) if row is not None else None


async def user_by_id(tx: Transaction, user_id: str) -> User | None:
    """The user with this id."""
    row = await tx.fetch_one(f"SELECT {_USER} FROM users WHERE id = $1", user_id)
    return _user(row) if row is not None else None


async def projects_of(tx: Transaction, user_id: str, limit: int) -> list[Project]:
    """The projects that a person belongs to, oldest first."""
    return [_project(row) for row in await tx.fetch_all(_PROJECTS_OF, user_id, limit)]


async def memberships(tx: Transaction, after: tuple[str, str], project_id: str | None, limit: int) -> list[Membership]:
    """Who is what where, by address and project; of one project where that is given. Owners of all are in each."""
    return [_membership(row) for row in await tx.fetch_all(_MEMBERSHIPS, *after, project_id, limit)]


async def role_in(tx: Transaction, user_id: str, project_id: str) -> Role | None:
    """What a person is in a project by a membership of theirs."""
    row = await tx.fetch_one("SELECT role FROM memberships WHERE user_id = $1 AND project_id = $2", user_id, project_id)
    return Role(row["role"]) if row is not None else None


async def set_member(tx: Transaction, user_id: str, project_id: str, role: Role, now: int) -> None:
    """Let a person belong to a project, in this role."""
    await tx.execute(
        "INSERT INTO memberships (user_id, project_id, role, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (user_id, project_id) DO UPDATE SET role = excluded.role",
        user_id,
        project_id,
        role.value,
        now,
    )


async def delete_member(tx: Transaction, user_id: str, project_id: str) -> int:
    """Let a person belong to a project no more."""
    return await tx.execute("DELETE FROM memberships WHERE user_id = $1 AND project_id = $2", user_id, project_id)


async def delete_members(tx: Transaction, user_id: str) -> None:
    """Let a person belong to no single project."""
    await tx.execute("DELETE FROM memberships WHERE user_id = $1", user_id)


async def any_membership(tx: Transaction, user_id: str) -> bool:
    """Whether a person belongs to any project by a membership of theirs."""
    return await tx.fetch_one("SELECT 1 FROM memberships WHERE user_id = $1 LIMIT 1", user_id) is not None


async def other_installation_owner(tx: Transaction, user_id: str) -> bool:
    """Whether somebody else owns the installation, too."""
    found = await tx.fetch_one("SELECT 1 FROM users WHERE installation_owner AND id <> $1 LIMIT 1", user_id)
    return found is not None


async def set_installation_owner(tx: Transaction, user_id: str, value: bool) -> None:
    """Make a person an owner of the installation, or no longer one."""
    await tx.execute("UPDATE users SET installation_owner = $1 WHERE id = $2", value, user_id)


async def end_stray_sign_ins(tx: Transaction, user_id: str) -> int:
    """End a person's sign-ins at projects that they do not belong to; how many."""
    return await tx.execute(_END_STRAY, user_id)


async def delete_user(tx: Transaction, user_id: str) -> int:
    """End an account with everything of its own; how many sign-ins ended."""
    ended = await tx.execute("DELETE FROM sign_ins WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM memberships WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM users WHERE id = $1", user_id)
    return ended


def _membership(row: Row) -> Membership:
    user = User(
        id=row["user_id"],
        email=row["email"],
        installation_owner=bool(row["installation_owner"]),
        created_at=row["user_created_at"],
    )
    project = None
    if row["project_id"] is not None:
        project = Project(id=row["project_id"], name=row["project_name"], created_at=row["project_created_at"])
    role = Role.OWNER if user.installation_owner else Role(row["role"]) if row["role"] is not None else None
    return Membership(user=user, project=project, role=role)


def _project(row: Row) -> Project:
    return Project(id=row["id"], name=row["name"], created_at=row["created_at"])


def _user(row: Row) -> User:
    return User(
        id=row["id"],
        email=row["email"],
        installation_owner=bool(row["installation_owner"]),
        created_at=row["created_at"],
    )


async def forget_sign_ins(tx: Transaction) -> None:
    """End every sign-in, invitation and set-up link, and forget every device, wherever it is."""
    await tx.execute("DELETE FROM sign_ins")
    await tx.execute("DELETE FROM halfway_sign_ins")
    await tx.execute("DELETE FROM invitations")
    await tx.execute("DELETE FROM setup_links")
    await tx.execute("DELETE FROM password_resets")
    await tx.execute("DELETE FROM known_devices")
