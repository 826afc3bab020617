"""What has been kept for long enough is dropped, a batch at a time, so that no write holds up others for long."""

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol

from keyturn.insight.usage import DAY_MS
from keyturn.limiting.quotas import MONTHS_KEPT, QuotaStore, month_of
from keyturn.stores.ports import Clock, RequestStore, UsageStore

USAGE_DAYS: Final = 400
PORTAL_DAYS: Final = 30
BATCH: Final = 1_000
LOOK_SECONDS: Final = 600.0


class PortalStore(Protocol):
    """What of the portal's sessions is needed to drop those that are over."""

    async def forget_sessions(self, before: int, limit: int) -> int:
        """Drop some of the sessions that expired before this instant; how many that was."""
        ...


async def forget(
    usage: UsageStore,
    requests: RequestStore | None,
    now: int,
    *,
    quotas: QuotaStore | None = None,
    portal: PortalStore | None = None,
    request_days: int,
    usage_days: int = USAGE_DAYS,
    rows_max: float = math.inf,
) -> int:
    """Drop what is older than it may get; how many rows that was.

    Args:
        request_days: 0 drops every request there is.
        rows_max: stop after about this number; there may be more.
    """
    dropped = 0
    while (
        requests and dropped < rows_max and (some := await requests.forget_requests(now - request_days * DAY_MS, BATCH))
    ):
        dropped += some
    while dropped < rows_max and (some := await usage.forget_counts(now // DAY_MS - usage_days, BATCH)):
        dropped += some
    months = month_of(now).number - MONTHS_KEPT
    while quotas is not None and dropped < rows_max and (some := await quotas.forget_quotas(months, BATCH)):
        dropped += some
    while (
        portal is not None
        and dropped < rows_max
        and (some := await portal.forget_sessions(now - PORTAL_DAYS * DAY_MS, BATCH))
    ):
        dropped += some
    return dropped


async def keep_forgetting(
    usage: UsageStore,
    requests: RequestStore | None,
    clock: Clock,
    *,
    quotas: QuotaStore | None = None,
    portal: PortalStore | None = None,
    request_days: int = 0,
    failed: Callable[[Exception], None],
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Do so until cancelled.

    Args:
        failed: told when a store did not answer; it is tried again the next time.
    """
    while True:
        try:
            await forget(usage, requests, clock.now(), quotas=quotas, portal=portal, request_days=request_days)
        except Exception as error:
            failed(error)
        await asyncio.sleep(look_seconds)
