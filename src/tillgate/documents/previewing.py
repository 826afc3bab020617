"""Pictures of templates that somebody works on. Nothing is kept, and nothing is published.

They are drawn by a process of their own: however a template that is not finished behaves, it holds up no document.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from tillgate.base.errors import TooOften
from tillgate.documents.engine import Engine, Limits, Made, Work, is_installed
from tillgate.documents.errors import NotInstalled
from tillgate.documents.templates.manifest import Manifest, bound
from tillgate.documents.templates.page_settings import PageSettings

PICTURES_MAX: Final = 3
WAITING_MAX: Final = 8
LIMITS: Final = Limits(seconds_max=8.0, cpu_seconds_max=8, pages_max=20, output_bytes_max=4 * 1024 * 1024)
_PLACE: Final = re.compile(r"line (\d{1,9}), column (\d{1,9}): ")
_pictures: Final = msgspec.msgpack.Decoder(list[bytes])


class Rate(Protocol):
    """How fast somebody may ask."""

    async def seconds_to_wait(self, *whose: str) -> int:
        """Count one more; zero where it may go ahead, or whole seconds until it could."""


class Picture(NamedTuple):
    """A document's first pages as PNG, and how many there are."""

    pictures: list[bytes]
    pages: int


class Trouble(NamedTuple):
    """Why there is no picture, for whoever writes the template.

    Attributes:
        line: of the source, counted from one; None where it is about no line.
    """

    message: str
    line: int | None = None
    column: int | None = None


class PreviewsBusy(TooOften):
    """This server draws as many pictures as it can."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many previews are asked for. Try again in a moment.", retry_after_seconds=seconds)


class Previewer:
    """Draws them, one after the other."""

    def __init__(self, limits: Limits, rate: Rate) -> None:
        """
        Args:
            limits: of documents; those of pictures are stricter.
            rate: of one who asks.
        """
        self._engine = Engine(
            msgspec.structs.replace(
                LIMITS,
                seconds_max=min(LIMITS.seconds_max, limits.seconds_max),
                cpu_seconds_max=min(LIMITS.cpu_seconds_max, limits.cpu_seconds_max),
                memory_bytes_max=limits.memory_bytes_max,
                pages_max=min(LIMITS.pages_max, limits.pages_max),
            ),
            workers=1,
        )
        self._rate = rate
        self._waiting = asyncio.Semaphore(WAITING_MAX)

    async def draw(
        self,
        who: str,
        source: str,
        manifest: Manifest,
        data: Mapping[str, Any],
        files: dict[str, bytes],
        at: int,
        page: PageSettings,
    ) -> Picture | Trouble:
        """A template's first pages, made of this data.

        Args:
            who: asks, for the rate.
            at: Unix seconds: what the document takes for now.

        Raises:
            InvalidInput: the data does not match the manifest.
            NotInstalled: this server makes no documents.
            PreviewsBusy: too many are asked for, by this one or by all.
        """
        if not is_installed():
            raise NotInstalled
        seconds = await self._rate.seconds_to_wait(who)
        if seconds or self._waiting.locked():
            raise PreviewsBusy(max(seconds, 1))
        given = msgspec.json.encode(bound(manifest, data))
        async with self._waiting:
            outcome = await self._engine.render(Work(source, given, at, True, files, PICTURES_MAX, page.to_typst()))
        if isinstance(outcome, Made):
            return Picture(_pictures.decode(outcome.content), outcome.pages)
        place = _PLACE.match(outcome.message)
        if place is None:
            return Trouble(outcome.message)
        return Trouble(outcome.message[place.end() :], int(place[1]), int(place[2]))

    async def close(self) -> None:
        """End its process."""
        await self._engine.close()
