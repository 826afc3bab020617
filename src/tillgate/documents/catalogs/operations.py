"""Making and reading catalogs."""

from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.problems import Problem
from tillgate.documents.catalogs import records
from tillgate.documents.catalogs.model import (
    CATALOG_BYTES_MAX,
    NAMES_MAX,
    Catalog,
    CatalogNotFound,
    Variables,
    checked_name,
    manifest_of,
)
from tillgate.store import Transaction

# Sessions may name one of the last; a session keeps what it was opened with.
VERSIONS_KEPT: Final = 100


async def create_catalog(tx: Transaction, project_id: str, name: str, variables: Variables, *, now: int) -> Catalog:
    """A catalog's first version, or its next, which becomes the current one.

    Raises:
        InvalidInput: its name or a variable is not well formed; it is named.
        Conflict: the project has as many catalogs as it may have, or somebody makes this version at this moment.
    """
    checked_name(name)
    manifest_of(variables)
    size = len(msgspec.json.encode(variables))
    if size > CATALOG_BYTES_MAX:
        raise InvalidInput("catalog", Problem.TOO_LONG, maximum=CATALOG_BYTES_MAX, length=size)
    newest = await records.newest(tx, project_id, name)
    if newest is None and await records.names(tx, project_id, NAMES_MAX) >= NAMES_MAX:
        raise Conflict(f"A project has at most {NAMES_MAX} catalogs. Make a version of one that it has.")
    made = Catalog(
        id=ids.new_id(ids.EMBED_CATALOG),
        project_id=project_id,
        name=name,
        version=newest.version + 1 if newest is not None else 1,
        variables=variables,
        created_at=now,
    )
    if not await records.insert(tx, made):
        raise Conflict(f"Somebody makes a version of the catalog {name} at this moment. Try again.")
    await records.drop_before(tx, project_id, name, made.version - VERSIONS_KEPT + 1)
    return made


async def get_catalog(tx: Transaction, project_id: str, name: str, version: int | None = None) -> Catalog:
    """A version of a catalog, the current one unless another is asked for.

    Raises:
        CatalogNotFound: there is none.
    """
    found = None
    if version is None:
        found = await records.newest(tx, project_id, name)
    elif version >= 1:
        found = await records.by_version(tx, project_id, name, version)
    if found is None:
        raise CatalogNotFound
    return found
