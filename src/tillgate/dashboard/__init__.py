"""What the merchant sees: server-rendered pages that work without a script, and better with one."""

from tillgate.dashboard.context import DashboardContext
from tillgate.dashboard.routing import routes

__all__ = ["DashboardContext", "routes"]
