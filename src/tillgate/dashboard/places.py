"""How many files are written at once: each is read from the database for as long as its reader takes."""

from collections import Counter
from typing import Final

from tillgate.base.errors import TooOften

OF_PROJECT_MAX: Final = 3
OF_SERVER_MAX: Final = 12
_AGAIN_SECONDS: Final = 10


class Place:
    """One of them, until it is given back; also by whoever forgets it."""

    def __init__(self, places: "ExportPlaces", project_id: str) -> None:
        self._places: ExportPlaces | None = places
        self._project_id = project_id

    def give_back(self) -> None:
        """Let the next one have it; once."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back(self._project_id)

    def __del__(self) -> None:
        self.give_back()


class ExportPlaces:
    """The places of one process, and of each project among them."""

    def __init__(self, of_project_max: int = OF_PROJECT_MAX, of_server_max: int = OF_SERVER_MAX) -> None:
        self._of_project_max, self._of_server_max = of_project_max, of_server_max
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """How many are taken."""
        return self._held.total()

    def take(self, project_id: str) -> Place:
        """A place for a file of a project.

        Raises:
            TooOften: the project, or all together, have as many as may be.
        """
        if self._held[project_id] >= self._of_project_max:
            raise TooOften(
                f"{self._of_project_max} files of this project are being downloaded right now, which is the limit. "
                "Wait until one is done, then try again.",
                retry_after_seconds=_AGAIN_SECONDS,
            )
        if self.held >= self._of_server_max:
            raise TooOften(
                f"{self._of_server_max} files are being downloaded from this server right now, which is the limit. "
                "Wait a moment, then try again.",
                retry_after_seconds=_AGAIN_SECONDS,
            )
        self._held[project_id] += 1
        return Place(self, project_id)

    def give_back(self, project_id: str) -> None:
        """One of a project's files is done."""
        self._held[project_id] -= 1
        if not self._held[project_id]:
            del self._held[project_id]
