"""The icons of the navigation: Lucide's files as they are vendored, each written into the page that shows it."""

from functools import cache
from importlib.resources import files

from markupsafe import Markup


@cache
def icon(name: str) -> Markup:
    """A drawing of 24 by 24 in the colour of the text beside it, which says all that it says.

    Raises:
        FileNotFoundError: no such icon is vendored.
    """
    text = files("tillgate").joinpath("static/vendor/lucide-1.62.0", f"{name}.svg").read_text("utf-8")
    drawn = text.partition("<svg")[2].partition(">")[2].rpartition("</svg>")[0]
    inside = "".join(line.strip() for line in drawn.splitlines())
    return Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{inside}</svg>')  # noqa: S704 — a vendored file, held by its hash
