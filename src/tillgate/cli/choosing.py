"""Which project a command means: the one that is named, the one that is remembered, or the only one."""

from pathlib import Path
from typing import Final

from keyturn.database import Database
from keyturn.terminal import printable
from tillgate.access.accounts import Accounts, Project
from tillgate.base.clock import SystemClock
from tillgate.base.errors import Conflict, NotFound, TillgateError

# Beside the data, as `tillgate projects use` leaves it.
REMEMBERED_FILE: Final = "default-project"
NAMED_MAX: Final = 20
_BYTES_MAX: Final = 200


def remembered(data: Path) -> str | None:
    """The id that ``tillgate projects use`` has left there; None where it has left none."""
    try:
        with (data / REMEMBERED_FILE).open("rb") as file:
            return file.read(_BYTES_MAX).decode("ascii", "replace").strip() or None
    except OSError:
        return None


def remember(data: Path, project_id: str | None) -> None:
    """Keep an id there, or forget the one that is kept."""
    if project_id is None:
        (data / REMEMBERED_FILE).unlink(missing_ok=True)
        return
    data.mkdir(parents=True, exist_ok=True)
    fresh = data / f"{REMEMBERED_FILE}.new"
    fresh.write_text(f"{project_id}\n", "ascii")
    fresh.replace(data / REMEMBERED_FILE)


class ProjectNotFound(NotFound):
    """There is no such project, in a command's words: it is in no mode, and in no project."""

    def __init__(self, public: str) -> None:
        TillgateError.__init__(self, public)


async def project_id_of(database: Database, given: str | None, data: Path) -> str:
    """The id of the project that a command means.

    Args:
        given: its id or its name; names are compared without regard to case.
        data: the data directory, where a default may be remembered.

    Raises:
        ProjectNotFound: there is no such project, or none at all.
        Conflict: there are several that may be meant.
    """
    projects = await Accounts(database, SystemClock()).list_projects()
    if not projects:
        raise ProjectNotFound("There is no project yet; make one with: tillgate projects create --name NAME")
    if given is not None:
        return _named(projects, given).id
    kept = remembered(data)
    if kept is not None:
        if any(one.id == kept for one in projects):
            return kept
        raise ProjectNotFound(
            f"There is no project {kept!r}, which `tillgate projects use` remembers; choose another: tillgate projects "
            f"use NAME. {_there_are(projects)}"
        )
    if len(projects) > 1:
        raise Conflict(
            "There are several projects; say which with --project NAME, or once with: tillgate projects use NAME. "
            + _there_are(projects)
        )
    return projects[0].id


def _named(projects: list[Project], given: str) -> Project:
    found = [one for one in projects if one.id == given]
    found = found or [one for one in projects if one.name == given]
    found = found or [one for one in projects if one.name.casefold() == given.casefold()]
    if not found:
        raise ProjectNotFound(f"There is no project {given[:64]!r}. {_there_are(projects)}")
    if len(found) > 1:
        raise Conflict(f"Several projects have this name; say which by its id. {_there_are(found)}")
    return found[0]


def _there_are(projects: list[Project]) -> str:
    named = ", ".join(f"{printable(one.name, one_line=True)} ({one.id})" for one in projects[:NAMED_MAX])
    more = f" and {len(projects) - NAMED_MAX} more" if len(projects) > NAMED_MAX else ""
    return f"There are: {named}{more}."
