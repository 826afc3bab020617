"""``client.test_clocks``."""

from datetime import datetime

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import TestClock


class AsyncTestClocks:
    """Test clocks, in test mode. Needs the scopes ``sessions:read`` and ``sessions:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, *, name: str | None = None, idempotency_key: str | None = None) -> TestClock:
        """Create a clock; sessions follow it that are created with its id as ``test_clock_id``.

        Args:
            name: What it is called; None for no name.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        call = call_of("POST", "/test_clocks", body=given(name=name), idempotency_key=idempotency_key)
        return await self._transport.send(call, TestClock)

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> AsyncPage[TestClock]:
        """List test clocks, newest first.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
        }
        return await list_page(self._transport, "/test_clocks", query, TestClock)

    async def retrieve(self, id: str) -> TestClock:
        """Retrieve a test clock."""
        return await self._transport.send(call_of("GET", path_of("test_clocks", id)), TestClock)

    async def advance(
        self, id: str, *, seconds: int, idempotency_key: str | None = None, if_match: str | None = None
    ) -> TestClock:
        """Put a clock forward: its sessions' deadlines come nearer, and what is due has happened when this returns.

        Args:
            seconds: By how many seconds the clock is put forward, at most 366 days.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("test_clocks", id, "advance"),
            body={"seconds": seconds},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, TestClock)
