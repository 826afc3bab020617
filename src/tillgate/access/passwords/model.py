"""A link that sets another password."""

from typing import Final

from tillgate.base.clock import MINUTE_MS

RESET: Final = "/dashboard/password"
LIFETIME_MS: Final = 30 * MINUTE_MS
# The newest of a person's links that work; one more ends the oldest.
LINKS_MAX: Final = 3
# With this number of links that work, another is mailed only once the newest is this old. So whoever asks in somebody's
# name, however often and from wherever, has them mailed nine in an hour at most, and whenever they ask themselves, a
# link is in their mail that works for twenty minutes more.
AGAIN_AFTER_MS: Final = 10 * MINUTE_MS
