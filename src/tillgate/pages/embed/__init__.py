"""The page inside of a partner's page: choose a template, fill it in, look at it, publish it."""

from tillgate.pages.embed.views import routes

__all__ = ["routes"]
