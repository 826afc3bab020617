"""What a project's people do with templates. No key does any of it."""

import hashlib
import secrets
from typing import Final, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict
from tillgate.base.text import checked_text
from tillgate.documents.errors import HookNotFound, ImageNotFound, TemplateNotFound, VersionNotFound
from tillgate.documents.templates import records
from tillgate.documents.templates.manifest import Manifest, checked_manifest
from tillgate.documents.templates.model import (
    DESCRIPTION_MAX,
    NAME_MAX,
    TEMPLATES_MAX,
    TENANT_TEMPLATES_MAX,
    Hook,
    Template,
    Version,
    VersionLine,
    checked_files,
    checked_image,
    checked_slug,
    checked_source,
)
from tillgate.documents.templates.page_settings import PageSettings
from tillgate.store import Sealer, Transaction

_TOKEN_BYTES: Final = 24
_SECRET_BYTES: Final = 32


class NewVersion(NamedTuple):
    """What is published: a template's name and what documents are made of.

    Attributes:
        tenant: of a new template, the partner's tenant whose it is; None for the project's own.
    """

    slug: str
    name: str
    source: str
    manifest: Manifest
    files: dict[str, bytes]
    description: str | None = None
    signature_required: bool | None = None
    tenant: str | None = None
    page: PageSettings = PageSettings()


class Published(NamedTuple):
    """A template with its new version, and where renders of it are asked for without a key."""

    template: Template
    live: Hook
    test: Hook


def checked_new(new: NewVersion) -> NewVersion:
    """What is to be published, well formed. Whether it compiles is another question.

    Raises:
        InvalidInput: a part is not; it is named.
    """
    description = new.description
    if description is not None:
        description = checked_text(description, field="description", length_max=DESCRIPTION_MAX)
    return new._replace(
        slug=checked_slug(new.slug),
        name=checked_text(new.name, field="name", length_max=NAME_MAX),
        source=checked_source(new.source),
        manifest=checked_manifest(new.manifest),
        files=checked_files(new.files),
        description=description,
    )


async def publish(tx: Transaction, sealer: Sealer, project_id: str, new: NewVersion, *, by: str, now: int) -> Published:
    """Publish a version: the template's first, or its next. Renders that were asked for keep theirs.

    Raises:
        InvalidInput: a part is not well formed; it is named.
        Conflict: the project has as many templates as a project may have.
    """
    new = checked_new(new)
    template = await records.locked(tx, project_id, new.slug)
    if template is None:
        template = await _made(tx, sealer, project_id, new, now)
    number = template.versions + 1
    await records.insert_version(
        tx,
        Version(
            template_id=template.id,
            number=number,
            source=new.source,
            manifest=new.manifest,
            files=new.files,
            published_by=by,
            created_at=now,
            page=new.page,
        ),
    )
    template = msgspec.structs.replace(
        template,
        name=new.name,
        description=new.description if new.description is not None else template.description,
        current_version=number,
        versions=number,
        updated_at=now,
    )
    await records.update(tx, template)
    if new.signature_required is not None:
        await records.require_signatures(tx, template.id, new.signature_required)
    live = await _hook_of(tx, sealer, template, livemode=True)
    return Published(template, live, await _hook_of(tx, sealer, template, livemode=False))


async def change_image(
    tx: Transaction, sealer: Sealer, project_id: str, slug: str, name: str, content: bytes | None, *, by: str, now: int
) -> Published:
    """Publish the current version again with another image, or without this one: a version never changes.

    Args:
        content: None where the image is removed.

    Raises:
        TemplateNotFound: there is none.
        ImageNotFound: it has no image of this name, so none is removed.
        InvalidInput: the image is none, or there are too many of them.
    """
    template = await records.locked(tx, project_id, slug)
    if template is None:
        raise TemplateNotFound(slug)
    version = await get_version(tx, template)
    files = dict(version.files)
    if content is not None:
        files[name] = checked_image(name, content)
    elif files.pop(name, None) is None:
        raise ImageNotFound(name)
    new = NewVersion(slug, template.name, version.source, version.manifest, files, page=version.page)
    return await publish(tx, sealer, project_id, new, by=by, now=now)


async def roll_back(tx: Transaction, project_id: str, slug: str, number: int, *, now: int) -> Template:
    """Make an earlier version the one that renders are made of; none is lost, and the next is numbered on.

    Raises:
        TemplateNotFound, VersionNotFound: there is none.
    """
    template = await records.locked(tx, project_id, slug)
    if template is None:
        raise TemplateNotFound(slug)
    if not 1 <= number <= template.versions:
        raise VersionNotFound(number, template.versions)
    template = msgspec.structs.replace(template, current_version=number, updated_at=now)
    await records.update(tx, template)
    return template


async def get_template(tx: Transaction, project_id: str, slug: str) -> Template:
    """One template of a project.

    Raises:
        TemplateNotFound: it has none with this slug.
    """
    template = await records.by_slug(tx, project_id, slug)
    if template is None:
        raise TemplateNotFound(slug)
    return template


async def get_version(tx: Transaction, template: Template, number: int | None = None) -> Version:
    """A version of a template, the current one unless another is asked for.

    Raises:
        VersionNotFound: it has none with this number.
    """
    wanted = template.current_version if number is None else number
    version = await records.version(tx, template.id, wanted) if 1 <= wanted <= template.versions else None
    if version is None:
        raise VersionNotFound(wanted, template.versions)
    return version


async def list_templates(tx: Transaction, project_id: str) -> list[Template]:
    """A project's own templates, by their slugs; those of a partner's tenants are not among them."""
    return await records.of_project(tx, project_id)


async def list_after(tx: Transaction, project_id: str, slug: str, limit: int) -> tuple[list[Template], bool]:
    """A page of a project's templates, its tenants' among them, and whether more follow."""
    found = await records.after(tx, project_id, slug, limit + 1)
    return found[:limit], len(found) > limit


async def list_versions(
    tx: Transaction, template: Template, before: int | None, limit: int
) -> tuple[list[VersionLine], bool]:
    """A page of a template's versions, the newest first, and whether more follow."""
    first = template.versions + 1 if before is None else before
    found = await records.versions(tx, template.id, first, limit + 1)
    return found[:limit], len(found) > limit


async def get_hooks(tx: Transaction, sealer: Sealer, template: Template) -> tuple[Hook, Hook]:
    """A template's hooks, of live mode and of test mode."""
    return (
        await _hook_of(tx, sealer, template, livemode=True),
        await _hook_of(tx, sealer, template, livemode=False),
    )


async def rotate_hook(tx: Transaction, sealer: Sealer, template: Template, *, livemode: bool) -> Hook:
    """Give a template's hook of a mode another address and secret; the earlier one ends at once."""
    hook = await _hook_of(tx, sealer, template, livemode=livemode)
    made = msgspec.structs.replace(hook, token=_new_token(livemode), secret=secrets.token_hex(_SECRET_BYTES))
    await records.replace_hook(tx, sealer, made, _digest(made.token))
    return made


async def require_signatures(tx: Transaction, template: Template, required: bool) -> None:
    """Say whether a template's hooks take signed requests only."""
    await records.require_signatures(tx, template.id, required)


async def find_hook(tx: Transaction, sealer: Sealer, token: str) -> tuple[Hook, Template]:
    """The hook that a token is of, and its template.

    Raises:
        HookNotFound: it is of none.
    """
    hook = await records.hook_by_token(tx, sealer, _digest(token))
    template = await records.by_id(tx, hook.template_id) if hook is not None else None
    if hook is None or template is None:
        raise HookNotFound
    return hook, template


async def _made(tx: Transaction, sealer: Sealer, project_id: str, new: NewVersion, now: int) -> Template:
    """A new template, with a hook for each mode, and no version yet."""
    most = TEMPLATES_MAX if new.tenant is None else TENANT_TEMPLATES_MAX
    if await records.count(tx, project_id, new.tenant, most) >= most:
        raise Conflict(f"A {'project' if new.tenant is None else 'tenant'} has at most {most} templates.")
    template = Template(
        id=ids.new_id(ids.TEMPLATE),
        project_id=project_id,
        slug=new.slug,
        name=new.name,
        description=new.description,
        current_version=0,
        versions=0,
        created_at=now,
        updated_at=now,
        tenant=new.tenant,
    )
    if not await records.insert(tx, template):
        raise Conflict(f"Somebody publishes the template {new.slug} at this moment. Try again.")
    for livemode in (True, False):
        hook = Hook(
            template_id=template.id,
            livemode=livemode,
            token=_new_token(livemode),
            secret=secrets.token_hex(_SECRET_BYTES),
            signature_required=bool(new.signature_required),
        )
        await records.insert_hook(tx, sealer, hook, _digest(hook.token))
    return template


async def _hook_of(tx: Transaction, sealer: Sealer, template: Template, *, livemode: bool) -> Hook:
    hook = await records.hook(tx, sealer, template.id, livemode)
    if hook is None:
        raise HookNotFound
    return hook


def _new_token(livemode: bool) -> str:
    return f"hk_{'live' if livemode else 'test'}_{secrets.token_urlsafe(_TOKEN_BYTES)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
