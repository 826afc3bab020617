"""What ``GET /metrics`` tells, in the Prometheus text format."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from tillgate.events.deliveries import records as deliveries
from unitofwork import Database

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """One server's counters."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._responses = Counter(
            "tillgate_api_responses", "Answers of the API by HTTP status.", ["status"], registry=self._registry
        )
        self._by_status: dict[int, Counter] = {}
        self._pending = Gauge(
            "tillgate_webhook_deliveries_pending", "Deliveries that are still to be made.", registry=self._registry
        )

    def count_response(self, status: int) -> None:
        """Count an answer of the API."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._responses.labels(str(status))
        counter.inc()

    async def expose(self, database: Database) -> bytes:
        """Everything as it is now.

        Raises:
            StoreError: the database does not answer.
        """
        self._pending.set(await database.read(deliveries.count_pending))
        return generate_latest(self._registry)
