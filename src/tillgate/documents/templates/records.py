"""Every statement about templates, their versions and their hooks."""

import base64
from typing import Final

import msgspec

from keyturn.database import Both
from tillgate.base import ids
from tillgate.documents.templates.manifest import Manifest
from tillgate.documents.templates.model import TEMPLATES_MAX, Hook, Template, Version, VersionLine
from tillgate.documents.templates.page_settings import PageSettings
from tillgate.store import Row, Sealer, Transaction

_COLUMNS: Final = "id, project_id, slug, name, description, current_version, versions, created_at, updated_at, tenant"
_BY_SLUG: Final = f"SELECT {_COLUMNS} FROM templates WHERE project_id = $1 AND slug = $2"
_LOCKED: Final = Both(sqlite=_BY_SLUG, postgres=f"{_BY_SLUG} FOR NO KEY UPDATE")
_INSERT: Final = (
    f"INSERT INTO templates ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING"
)


async def insert(tx: Transaction, one: Template) -> bool:
    """Keep a new template; False where its project has one with this slug."""
    return (
        await tx.execute(
            _INSERT,
            one.id,
            one.project_id,
            one.slug,
            one.name,
            one.description,
            one.current_version,
            one.versions,
            one.created_at,
            one.updated_at,
            one.tenant,
        )
        == 1
    )


async def by_slug(tx: Transaction, project_id: str, slug: str) -> Template | None:
    """One template of a project."""
    row = await tx.fetch_one(_BY_SLUG, project_id, slug)
    return _template(row) if row is not None else None


async def by_id(tx: Transaction, template_id: str) -> Template | None:
    """One template."""
    row = await tx.fetch_one(f"SELECT {_COLUMNS} FROM templates WHERE id = $1", template_id)
    return _template(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, slug: str) -> Template | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, project_id, slug)
    return _template(row) if row is not None else None


async def of_project(tx: Transaction, project_id: str) -> list[Template]:
    """A project's own templates, by their slugs; it has no more than are listed."""
    rows = await tx.fetch_all(
        f"SELECT {_COLUMNS} FROM templates WHERE project_id = $1 AND tenant IS NULL ORDER BY slug LIMIT $2",
        project_id,
        TEMPLATES_MAX,
    )
    return [_template(row) for row in rows]


async def after(tx: Transaction, project_id: str, slug: str, limit: int) -> list[Template]:
    """Up to ``limit`` templates of a project, its tenants' among them, whose slugs follow this one."""
    rows = await tx.fetch_all(
        f"SELECT {_COLUMNS} FROM templates WHERE project_id = $1 AND slug > $2 ORDER BY slug LIMIT $3",
        project_id,
        slug,
        limit,
    )
    return [_template(row) for row in rows]


async def with_manifests(
    tx: Transaction, project_id: str, tenant: str | None, limit: int
) -> list[tuple[Template, Manifest]]:
    """Up to ``limit`` templates of a tenant, or the project's own, each with the manifest of its current version."""
    whose = "t.tenant = $2" if tenant is not None else "t.tenant IS NULL AND $2 = ''"
    columns = ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
    rows = await tx.fetch_all(
        f"SELECT {columns}, v.manifest FROM templates t JOIN template_versions v ON v.template_id = t.id "
        f"AND v.number = t.current_version WHERE t.project_id = $1 AND {whose} ORDER BY t.slug LIMIT $3",
        project_id,
        tenant or "",
        limit,
    )
    return [(_template(row), msgspec.json.decode(row["manifest"], type=Manifest)) for row in rows]


async def count(tx: Transaction, project_id: str, tenant: str | None, most: int) -> int:
    """How many templates a tenant has, or the project itself, counted up to ``most``."""
    whose = "tenant = $2" if tenant is not None else "tenant IS NULL AND $2 = ''"
    row = await tx.fetch_one(
        f"SELECT COUNT(*) AS found FROM (SELECT 1 FROM templates WHERE project_id = $1 AND {whose} LIMIT $3) AS had",
        project_id,
        tenant or "",
        most,
    )
    return int(row["found"]) if row is not None else 0


async def versions(tx: Transaction, template_id: str, before: int, limit: int) -> list[VersionLine]:
    """Up to ``limit`` versions of a template below a number, the newest first, without what they hold."""
    rows = await tx.fetch_all(
        "SELECT number, published_by, created_at FROM template_versions WHERE template_id = $1 AND number < $2 "
        "ORDER BY number DESC LIMIT $3",
        template_id,
        before,
        limit,
    )
    return [VersionLine(row["number"], row["published_by"], row["created_at"]) for row in rows]


async def replace_hook(tx: Transaction, sealer: Sealer, hook: Hook, digest: str) -> None:
    """Give a template's hook of a mode another token and secret."""
    await tx.execute(
        "UPDATE template_hooks SET token_digest = $1, token_sealed = $2, secret_sealed = $3 "
        "WHERE template_id = $4 AND livemode = $5",
        digest,
        sealer.seal(hook.token),
        sealer.seal(hook.secret),
        hook.template_id,
        hook.livemode,
    )


async def update(tx: Transaction, one: Template) -> None:
    """Write what may be changed of a locked template."""
    await tx.execute(
        "UPDATE templates SET name = $1, description = $2, current_version = $3, versions = $4, updated_at = $5 "
        "WHERE id = $6",
        one.name,
        one.description,
        one.current_version,
        one.versions,
        one.updated_at,
        one.id,
    )


async def insert_version(tx: Transaction, one: Version) -> None:
    """Keep a new version."""
    files = {name: base64.b64encode(content).decode() for name, content in one.files.items()}
    await tx.execute(
        "INSERT INTO template_versions (id, template_id, number, source, manifest, files, published_by, created_at, "
        "page) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        f"{one.template_id}:{one.number}",
        one.template_id,
        one.number,
        one.source,
        msgspec.json.encode(one.manifest).decode(),
        msgspec.json.encode(files).decode(),
        one.published_by,
        one.created_at,
        msgspec.json.encode(one.page).decode(),
    )


async def version(tx: Transaction, template_id: str, number: int) -> Version | None:
    """One version with all that it holds."""
    row = await tx.fetch_one(
        "SELECT template_id, number, source, manifest, files, published_by, created_at, page FROM template_versions "
        "WHERE template_id = $1 AND number = $2",
        template_id,
        number,
    )
    if row is None:
        return None
    files = msgspec.json.decode(row["files"], type=dict[str, str])
    return Version(
        template_id=row["template_id"],
        number=row["number"],
        source=row["source"],
        manifest=msgspec.json.decode(row["manifest"], type=Manifest),
        files={name: base64.b64decode(content) for name, content in files.items()},
        published_by=row["published_by"],
        created_at=row["created_at"],
        page=msgspec.json.decode(row["page"], type=PageSettings),
    )


async def insert_hook(tx: Transaction, sealer: Sealer, hook: Hook, digest: str) -> None:
    """Keep a template's hook."""
    await tx.execute(
        "INSERT INTO template_hooks (id, template_id, livemode, token_digest, token_sealed, secret_sealed, "
        "signature_required) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        ids.new_id(ids.TEMPLATE_HOOK),
        hook.template_id,
        hook.livemode,
        digest,
        sealer.seal(hook.token),
        sealer.seal(hook.secret),
        hook.signature_required,
    )


async def require_signatures(tx: Transaction, template_id: str, required: bool) -> None:
    """Say whether a template's hooks take signed requests only."""
    await tx.execute("UPDATE template_hooks SET signature_required = $1 WHERE template_id = $2", required, template_id)


_HOOK: Final = "template_id, livemode, token_sealed, secret_sealed, signature_required"


async def hook(tx: Transaction, sealer: Sealer, template_id: str, livemode: bool) -> Hook | None:
    """A template's hook of a mode."""
    row = await tx.fetch_one(
        f"SELECT {_HOOK} FROM template_hooks WHERE template_id = $1 AND livemode = $2", template_id, livemode
    )
    return _hook(sealer, row) if row is not None else None


async def hook_by_token(tx: Transaction, sealer: Sealer, digest: str) -> Hook | None:
    """The hook with this token."""
    row = await tx.fetch_one(f"SELECT {_HOOK} FROM template_hooks WHERE token_digest = $1", digest)
    return _hook(sealer, row) if row is not None else None


def _hook(sealer: Sealer, row: Row) -> Hook:
    return Hook(
        template_id=row["template_id"],
        livemode=bool(row["livemode"]),
        token=sealer.open(row["token_sealed"]),
        secret=sealer.open(row["secret_sealed"]),
        signature_required=bool(row["signature_required"]),
    )


def _template(row: Row) -> Template:
    return Template(
        id=row["id"],
        project_id=row["project_id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        current_version=row["current_version"],
        versions=row["versions"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        tenant=row["tenant"],
    )
