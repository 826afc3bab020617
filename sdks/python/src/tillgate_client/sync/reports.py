# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.reports``."""

from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import MonthlyReport
from tillgate_client.sync.transport import Transport


class Reports:
    """Months of the books. Needs the scope ``payments:read``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def monthly(self, month: str, *, time_zone: str | None = None) -> MonthlyReport:
        """Retrieve a month, such as ``2026-11``: what was sold, received and refunded in it, by currency and network,
        and the balances that it began and ended with. Its days are those of the project's time zone, unless another is
        named.

        Args:
            month: The month, written ``2026-11``; None for the current one.
            time_zone: The IANA time zone in which the month begins and ends; None for the project's.
        """
        query = {"month": month, "timeZone": time_zone}
        return self._transport.send(call_of("GET", path_of("reports", "monthly"), query=query), MonthlyReport)
