"""What the buyer sees: a link's address, the hosted checkout, and how it ended."""

from starlette.routing import BaseRoute

from tillgate.pages import links, sessions
from tillgate.pages.desk import PagesDesk

__all__ = ["PagesDesk", "routes"]


def routes(desk: PagesDesk) -> list[BaseRoute]:
    """Every page of this room, for the app to serve at its root."""
    return [*links.routes(desk), *sessions.routes(desk)]
