"""Reading and changing what is set of a project."""

import hashlib
from typing import Any, Final

import msgspec

from tillgate.base.errors import NotFound
from tillgate.checkout.projects import records
from tillgate.checkout.projects.model import ChangedMeanwhile, Changes, Logo, Profile, ProjectSettings, checked_logo
from tillgate.store import Transaction
from tillgate.words import ENGLISH, Words, language_of, words_in

DIGEST_LENGTH: Final = 24


async def get_profile(tx: Transaction, project_id: str) -> Profile:
    """A project as its buyers meet it.

    Raises:
        NotFound: there is no such project.
    """
    profile = await records.profile(tx, project_id)
    if profile is None:
        raise NotFound("project", project_id)
    return profile


async def get_settings(tx: Transaction, project_id: str) -> ProjectSettings:
    """What is set of a project.

    Raises:
        NotFound: there is no such project.
    """
    settings = await records.settings(tx, project_id)
    if settings is None:
        raise NotFound("project", project_id)
    return settings


def words_of(profile: Profile | None) -> Words:
    """The language that whoever runs a project reads: the project's own, else English."""
    return words_in((language_of(profile.settings.locale) if profile is not None else None) or ENGLISH)


async def get_words(tx: Transaction, project_id: str) -> Words:
    """The same of a project by its id; English where there is no such."""
    return words_of(await records.profile(tx, project_id))


async def lock_profile(tx: Transaction, project_id: str) -> Profile:
    """A project that nobody else changes until this transaction ends.

    Raises:
        NotFound: there is no such project.
    """
    profile = await records.locked(tx, project_id)
    if profile is None:
        raise NotFound("project", project_id)
    return profile


async def change_project(
    tx: Transaction, project_id: str, name: str, settings: ProjectSettings, *, version: str | None = None
) -> Changes:
    """Write a project's name and what is set of it; answers with what that changed, for the audit log.

    Args:
        name: checked already.
        version: as whoever decided on the changes has read the project; None where they hold it.

    Raises:
        NotFound: there is no such project.
        ChangedMeanwhile: it is not as it was read, and nothing is written.
    """
    held = await lock_profile(tx, project_id)
    before, after = msgspec.structs.asdict(held.settings), msgspec.structs.asdict(settings)
    moved = {one: {"from": before[one], "to": after[one]} for one in after if before[one] != after[one]}
    changes = Changes({"name": {"from": held.name, "to": name}} if name != held.name else {}, moved)
    if changes and version is not None and version != held.version:
        raise ChangedMeanwhile(held)
    if changes:
        await records.change(tx, project_id, name, settings)
    return changes


async def change_logo(tx: Transaction, project_id: str, content: bytes | None) -> dict[str, Any]:
    """Keep a logo in the place of an earlier one, or forget it; answers with what that changed, for the audit log.

    Args:
        content: the image; None for no logo.

    Raises:
        InvalidInput: it will not do.
        NotFound: there is no such project.
    """
    before = (await lock_profile(tx, project_id)).logo
    if content is None:
        await remove_logo(tx, project_id)
    after = await set_logo(tx, project_id, content) if content is not None else None
    return {"logo": {"from": before, "to": after}} if after != before else {}


async def set_logo(tx: Transaction, project_id: str, content: bytes) -> str:
    """Keep a logo in the place of an earlier one; answers with its digest.

    Raises:
        InvalidInput: it will not do.
        NotFound: there is no such project.
    """
    image, content = checked_logo(content)
    await get_profile(tx, project_id)
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]
    await records.keep_issued_logo(tx, project_id)
    await records.set_logo(tx, project_id, digest, Logo(image.media_type, content))
    return digest


async def remove_logo(tx: Transaction, project_id: str) -> bool:
    """Forget a project's logo, except of what was issued with it; False where it has none."""
    await records.keep_issued_logo(tx, project_id)
    return await records.delete_logo(tx, project_id) > 0


async def get_logo(tx: Transaction, project_id: str, digest: str) -> Logo:
    """A project's logo.

    Raises:
        NotFound: it is not this one, or there is none.
    """
    found = await records.logo(tx, project_id, digest)
    if found is None:
        raise NotFound("logo")
    return found
