"""Keeping the filters of a list under a name, and finding them again."""

from typing import Final

from tillgate.access.saved import records
from tillgate.access.saved.records import Owner, Saved
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.text import checked_text
from tillgate.store import Transaction

NAME_MAX: Final = 60
# Of one list, by one person in one project.
SAVED_MAX: Final = 20


async def saved_of(tx: Transaction, owner: Owner) -> list[Saved]:
    """What somebody has saved of a list, by name."""
    return await records.of(tx, owner, SAVED_MAX)


async def find(tx: Transaction, owner: Owner, name: str) -> Saved:
    """What they have saved under a name.

    Raises:
        NotFound: nothing.
    """
    for one in await saved_of(tx, owner):
        if one.name == name:
            return one
    raise NotFound("saved filter", name)


async def save(tx: Transaction, owner: Owner, name: str, query: str, now: int) -> Saved:
    """Keep filters under a name, in place of those that have it.

    Raises:
        InvalidInput: the name is none.
        Conflict: there are as many as there may be.
    """
    one = Saved(_checked(name), query)
    kept = await saved_of(tx, owner)
    if len(kept) >= SAVED_MAX and all(one.name != other.name for other in kept):
        raise Conflict(f"A list has at most {SAVED_MAX} saved filters. Remove one first.")
    await records.save(tx, owner, one, now)
    return one


async def rename(tx: Transaction, owner: Owner, name: str, to: str) -> Saved:
    """Give saved filters another name.

    Raises:
        InvalidInput: the new name is none.
        NotFound: nothing is saved under the first one.
        Conflict: the new name is taken.
    """
    one, wanted = await find(tx, owner, name), _checked(to)
    if wanted != name and not await records.rename(tx, owner, name, wanted):
        raise Conflict("You have saved other filters of this list under that name.", field="name")
    return Saved(wanted, one.query)


async def remove(tx: Transaction, owner: Owner, name: str) -> None:
    """Forget saved filters.

    Raises:
        NotFound: nothing is saved under this name.
    """
    if not await records.remove(tx, owner, name):
        raise NotFound("saved filter", name)


def _checked(text: str) -> str:
    return checked_text(" ".join(text.split()), field="name", length_max=NAME_MAX)
