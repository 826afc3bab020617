"""Every statement about what is set of a project."""

import base64
from typing import Final

import msgspec

from keyturn.database import Both
from tillgate.checkout.projects.model import Logo, Profile, ProjectSettings, settings_of
from tillgate.store import Row, Transaction

_PROFILE: Final = (
    "SELECT p.id, p.name, p.settings, l.digest FROM projects p LEFT JOIN project_logos l ON l.project_id = p.id "
    "WHERE p.id = $1"
)
# Rows that only refer to the project do not wait for this.
_LOCKED: Final = Both(sqlite=_PROFILE, postgres=f"{_PROFILE} FOR NO KEY UPDATE OF p")
_SETTINGS: Final = "SELECT settings FROM projects WHERE id = $1"
_KEEP_ISSUED: Final = (
    "INSERT INTO issued_logos (project_id, digest, media_type, content) "
    "SELECT project_id, digest, media_type, content FROM project_logos l WHERE project_id = $1 AND EXISTS "
    "(SELECT 1 FROM issued_documents d WHERE d.project_id = $1 AND d.logo = l.digest) ON CONFLICT DO NOTHING"
)
_ISSUED: Final = (
    "SELECT media_type, content FROM project_logos WHERE project_id = $1 AND digest = $2 "
    "UNION ALL SELECT media_type, content FROM issued_logos WHERE project_id = $1 AND digest = $2 LIMIT 1"
)


async def profile(tx: Transaction, project_id: str) -> Profile | None:
    """A project as its buyers meet it, in one read."""
    return _profile(await tx.fetch_one(_PROFILE, project_id))


async def locked(tx: Transaction, project_id: str) -> Profile | None:
    """The same, and nobody else changes it until this transaction ends."""
    return _profile(await tx.fetch_one(_LOCKED, project_id))


def _profile(row: Row | None) -> Profile | None:
    if row is None:
        return None
    return Profile(row["id"], row["name"], settings_of(row["settings"]), row["digest"])


async def settings(tx: Transaction, project_id: str) -> ProjectSettings | None:
    """What is set of a project, alone: each session that is opened asks for it."""
    row = await tx.fetch_one(_SETTINGS, project_id)
    return settings_of(row[0]) if row is not None else None


async def change(tx: Transaction, project_id: str, name: str, settings: ProjectSettings) -> None:
    """Write a project's name and what is set of it."""
    text = msgspec.json.encode(settings).decode()
    await tx.execute("UPDATE projects SET name = $1, settings = $2 WHERE id = $3", name, text, project_id)


async def set_logo(tx: Transaction, project_id: str, digest: str, logo: Logo) -> None:
    """Keep a logo in the place of an earlier one."""
    await tx.execute(
        "INSERT INTO project_logos (project_id, digest, media_type, content) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (project_id) DO UPDATE SET digest = excluded.digest, media_type = excluded.media_type, "
        "content = excluded.content",
        project_id,
        digest,
        logo.media_type,
        base64.b64encode(logo.content).decode(),
    )


async def delete_logo(tx: Transaction, project_id: str) -> int:
    """Forget a project's logo; 0 where it has none."""
    return await tx.execute("DELETE FROM project_logos WHERE project_id = $1", project_id)


async def logo(tx: Transaction, project_id: str, digest: str) -> Logo | None:
    """A project's logo, if it is this one."""
    row = await tx.fetch_one(
        "SELECT media_type, content FROM project_logos WHERE project_id = $1 AND digest = $2", project_id, digest
    )
    return Logo(row["media_type"], base64.b64decode(row["content"])) if row is not None else None


async def keep_issued_logo(tx: Transaction, project_id: str) -> None:
    """Keep a logo that is about to go, where a document was issued with it."""
    await tx.execute(_KEEP_ISSUED, project_id)


async def issued_logo(tx: Transaction, project_id: str, digest: str) -> Logo | None:
    """A logo that a document was issued with, whether the project still has it or not."""
    row = await tx.fetch_one(_ISSUED, project_id, digest)
    return Logo(row["media_type"], base64.b64decode(row["content"])) if row is not None else None
