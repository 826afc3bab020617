"""What a renderer is given and what comes back, as values that cross the border between two processes."""

from enum import StrEnum
from typing import Final

import msgspec

DATA_FILE: Final = "data.json"
SOURCE_FILE: Final = "template.typ"


class Limits(msgspec.Struct, frozen=True):
    """What one render may take.

    Attributes:
        seconds_max: of wall time, from when a worker begins.
        cpu_seconds_max: of all its threads together.
        memory_bytes_max: of address space, the program and its fonts included.
    """

    seconds_max: float = 20.0
    cpu_seconds_max: int = 20
    memory_bytes_max: int = 1024 * 1024 * 1024
    pages_max: int = 500
    output_bytes_max: int = 10 * 1024 * 1024


class Work(msgspec.Struct, frozen=True):
    """One document to be made.

    Attributes:
        source: Typst source; it finds ``data`` as ``data.json`` beside it, and ``files`` by their names.
        at: Unix seconds: what the document takes for now, so that the same input gives the same bytes.
        test: whether each page is marked as a test.
        pictures: how many of its first pages are wanted as PNG; then what is made is these, as a msgpack array, and no
            PDF document.
        page: a line of Typst before the source, which sets its pages; lines are counted without it.
    """

    source: str
    data: bytes
    at: int
    test: bool
    files: dict[str, bytes] = {}
    pictures: int = 0
    page: str = ""


class Failure(StrEnum):
    """Why there is no document."""

    TEMPLATE = "template"  # the template does not compile with this data
    TIME = "time"
    MEMORY = "memory"
    PAGES = "pages"
    SIZE = "size"
    ENDED = "ended"  # from outside: it may succeed when it is tried again


class Made(msgspec.Struct, frozen=True, tag=True):
    """A PDF document."""

    content: bytes
    pages: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """No document, and why, for whoever wrote the template."""

    why: Failure
    message: str


Outcome = Made | Failed
