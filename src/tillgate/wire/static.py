"""The static files of pages, each at an address that changes with its content."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from keyturn.http.playground_pages import FOLDER

STATIC: Final = Path(__file__).parents[1] / "static"
# Beside them: package and folder of those that Keyturn's pages have as well.
SHARED: Final = ("keyturn.http", FOLDER)


@cache
def static_url(name: str) -> str:
    """Where a static file is served, with its content's hash, so that it can be cached for good."""
    own = STATIC / name
    shared = files(SHARED[0]).joinpath(SHARED[1], name)
    digest = hashlib.sha256(own.read_bytes() if own.is_file() else shared.read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"
