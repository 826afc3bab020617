"""One attempt over the network: post what a style makes of it, and say what came back."""

import asyncio
import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Protocol

import httpx

from tillgate.base.clock import Clock
from tillgate.events.deliveries.guard import CONNECTIONS_MAX
from tillgate.events.deliveries.model import EXCERPT_BYTES_MAX, Attempt, retry_after
from tillgate.events.deliveries.records import Claimed
from tillgate.events.signing import SigningSecret
from tillgate.events.styles import Outgoing, Style

TIMEOUT_SECONDS: Final = 15.0
USER_AGENT: Final = "Tillgate-Webhooks/1"


class Unseal(Protocol):
    """Gives an endpoint's secret back from its sealed form."""

    def open(self, sealed: str) -> str: ...


class Sender:
    """Posts deliveries. Redirects are answers like any other, and count as failures."""

    def __init__(self, unseal: Unseal, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._unseal = unseal
        self._clock = clock
        self._client = httpx.AsyncClient(
            transport=transport,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX // 5),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            # What one receiver sets is nothing to tell another, or the same one again.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def attempt(self, claimed: Claimed, style: Style) -> Attempt:
        """Try once. Whatever goes wrong out there is a value, not an exception."""
        attempted_at, begun = self._clock.now(), time.monotonic()
        status: int | None = None
        excerpt: str | None = None
        error: str | None = None
        asked_ms: int | None = None
        secrets = tuple(SigningSecret(self._unseal.open(sealed)) for sealed in _signing(claimed, attempted_at))
        request = style.request(
            Outgoing(
                event_id=claimed.event_id,
                delivery_id=claimed.delivery_id,
                endpoint_id=claimed.endpoint_id,
                form=claimed.form,
                number=claimed.number,
                at=attempted_at,
                secrets=secrets,
            )
        )
        headers = httpx.Headers({"user-agent": USER_AGENT, "accept-encoding": "identity"})
        headers.update(request.headers)
        try:
            # httpx's own limits are for each step; together they must end well before the lease does.
            async with asyncio.timeout(TIMEOUT_SECONDS):
                async with self._client.stream(
                    "POST",
                    claimed.url,
                    content=request.body,
                    headers=headers,
                    extensions={"payer": claimed.project_id},
                ) as answer:
                    status = answer.status_code
                    asked_ms = retry_after(status, answer.headers.get("retry-after"), self._clock.now())
                    excerpt = await _excerpt(answer)
        except (httpx.TimeoutException, TimeoutError):
            error = f"no answer within {TIMEOUT_SECONDS:.0f} seconds"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as problem:
            error = str(problem)[:500] or type(problem).__name__
        return Attempt(
            number=claimed.number,
            attempted_at=attempted_at,
            duration_ms=round((time.monotonic() - begun) * 1_000),
            response_status=status,
            response_excerpt=excerpt,
            error=error,
            retry_after_ms=asked_ms,
        )

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()


def _signing(claimed: Claimed, now: int) -> list[str]:
    """The sealed secrets that sign now, the newest first."""
    previous, until = claimed.previous_secret_sealed, claimed.previous_secret_until
    overlaps = previous is not None and until is not None and now < until
    return [claimed.secret_sealed, previous] if overlaps and previous is not None else [claimed.secret_sealed]


async def _excerpt(answer: httpx.Response) -> str:
    """The first 2 kB of the body as text; the rest is never read, and nothing is unpacked."""
    read = b""
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= EXCERPT_BYTES_MAX:
            break
    # PostgreSQL stores no NUL in text.
    return read[:EXCERPT_BYTES_MAX].decode("utf-8", "replace").replace("\0", "�")
