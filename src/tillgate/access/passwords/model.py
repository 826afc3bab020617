"""A link that sets another password."""

from typing import Final

from tillgate.base.clock import MINUTE_MS

RESET: Final = "/dashboard/password"
LIFETIME_MS: Final = 30 * MINUTE_MS
# The newest of a person's links that work; one more ends the oldest.
LINKS_MAX: Final = 3
