"""What the buyer sees: a link's address, the hosted checkout, and how it ended."""

from starlette.routing import BaseRoute

from tillgate.pages import brand, instalments, links, sessions
from tillgate.pages.context import PagesContext

__all__ = ["PagesContext", "routes"]


def routes(context: PagesContext) -> list[BaseRoute]:
    """Every page of this room, for the app to serve at its root."""
    return [*links.routes(context), *sessions.routes(context), *instalments.routes(context), *brand.routes(context)]
