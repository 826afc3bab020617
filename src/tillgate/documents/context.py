"""What documents are made with."""

from pathlib import Path
from typing import NamedTuple

from tillgate.base.clock import DAY_MS, Clock
from tillgate.documents.engine import Engine, Limits
from tillgate.documents.files import DatabaseFiles, FileStore
from tillgate.documents.previewing import Previewer
from tillgate.events.outbox import Outbox
from tillgate.store import Sealer


class DocumentSettings(NamedTuple):
    """What an operator says of documents.

    Attributes:
        workers: how many documents each server process makes at once.
        waiting_max: how many renders of a project and mode may wait.
        kept_ms: how long renders and their files are kept after their end.
        directory: where files are kept; None for the database.
    """

    limits: Limits = Limits()
    workers: int = 2
    waiting_max: int = 1_000
    kept_ms: int = 365 * DAY_MS
    directory: Path | None = None


class DocumentContext(NamedTuple):
    """Handed to every operation that makes documents.

    Attributes:
        installed: whether this server has what documents are made with.
        previewer: draws templates that somebody works on.
    """

    settings: DocumentSettings
    public_url: str
    clock: Clock
    outbox: Outbox
    sealer: Sealer
    engine: Engine
    installed: bool
    previewer: Previewer
    files: FileStore = DatabaseFiles()
