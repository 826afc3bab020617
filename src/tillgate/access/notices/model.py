"""Which lines of the audit log owners are notified of."""

from typing import Final, NamedTuple

from keyturn.insight.audit import AuditEntry
from tillgate.base.clock import DAY_MS

# Lines that are looked through, and lines that are shown; what is beyond is in the audit log.
LOOKED_THROUGH: Final = 200
SHOWN_MAX: Final = 20
TOLD_FOR_MS: Final = 30 * DAY_MS

# People, roles and second factors, whatever the mode.
PEOPLE: Final = ("invitation.", "second_factor.", "user.")
# Members who join or leave change nothing.
COMINGS_AND_GOINGS: Final = frozenset({"user.signed_in", "user.signed_out"})
# In live mode only.
LIVE: Final = frozenset(
    {
        "key.created",
        "key.imported",
        "key.changed",
        "key.rotated",
        "key.enabled",
        "webhook.created",
        "webhook.secret_rotated",
        # Where buyers are sent, how much less is enough, and under whose name they are asked to pay.
        "project.renamed",
        "project.settings_changed",
        "wallet.set",
        "wallet.confirmed",
        "wallet.skipped",
        "token.accepted",
        "network.added",
        "network.changed",
        "token.added",
        "rate.set",
        "rate.removed",
        "feed.added",
        "feed.removed",
    }
)


class Notices(NamedTuple):
    """What an owner has not seen yet.

    Attributes:
        lines: newest first, at most :data:`SHOWN_MAX`.
        more: whether there may be others.
        seen: by project, empty for the installation, the number up to which these have told everything.
    """

    lines: list[AuditEntry]
    more: bool
    seen: dict[str, int]


def may_be_dangerous(line: AuditEntry) -> bool:
    """Whether owners are notified of a line, as far as it says itself; of a key, if it is one of live mode."""
    if line.action.startswith(PEOPLE):
        return line.action not in COMINGS_AND_GOINGS
    return line.action in LIVE and line.detail.get("mode", "live") == "live"
