"""What the buyer sees: a link's address, the hosted checkout, and how it ended; and what a partner's tenants see."""

from starlette.routing import BaseRoute

from tillgate.pages import brand, downloads, embed, instalments, links, promises, refunds, sessions
from tillgate.pages.context import PagesContext

__all__ = ["PagesContext", "routes"]


def routes(context: PagesContext) -> list[BaseRoute]:
    """Every page of this room, for the app to serve at its root."""
    return [
        *links.routes(context),
        *sessions.routes(context),
        *downloads.routes(context),
        *instalments.routes(context),
        *promises.routes(context),
        *refunds.routes(context),
        *brand.routes(context),
        *embed.routes(context),
    ]
