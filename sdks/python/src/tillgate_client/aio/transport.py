"""Sends calls, and sends them again where that helps."""

import asyncio
import logging
from typing import Any, Final, TypeVar

import httpx

from tillgate_client.calls import (
    RETRIES_MAX,
    ROOT,
    TIMEOUT_SECONDS,
    Call,
    headers_of,
    read_api_key,
    read_base_url,
    read_max_retries,
    read_timeout,
    result,
    unreachable,
    wait_seconds,
)
from tillgate_client.errors import ConfigurationError

T = TypeVar("T")

_log: Final = logging.getLogger("tillgate_client")


class AsyncTransport:
    """A server, a key, and how patient to be with them."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_retries: int = RETRIES_MAX,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self.key = read_api_key(api_key)
        self.base_url = read_base_url(base_url)
        self._timeout = read_timeout(timeout_seconds)
        self._max_retries = read_max_retries(max_retries)
        self._owned = http_client is None
        self._http = http_client if http_client is not None else httpx.AsyncClient()

    def with_limits(self, timeout_seconds: float | None, max_retries: int | None) -> "AsyncTransport":
        """The same server, key and connections under other limits; None keeps one. Closing it closes nothing."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._owned = False
        if timeout_seconds is not None:
            other._timeout = read_timeout(timeout_seconds)
        if max_retries is not None:
            other._max_retries = read_max_retries(max_retries)
        return other

    async def send(self, call: Call, answer: type[T]) -> T:
        """The answer to a call.

        Raises:
            ApiError: the server answered, and it was not a success.
            ApiConnectionError: no answer came.
        """
        headers = headers_of(call, self.key, answer)
        for attempt in range(self._max_retries + 1):
            outcome: httpx.Response | httpx.RequestError
            try:
                # A redirect would carry the key to somebody who was not chosen.
                outcome = await self._http.request(
                    call.method,
                    f"{self.base_url}{ROOT}{call.path}",
                    params=call.query or None,
                    content=call.body,
                    headers=headers,
                    timeout=self._timeout,
                    follow_redirects=False,
                )
            except (
                httpx.TimeoutException,
                httpx.NetworkError,
                httpx.RemoteProtocolError,
                httpx.DecodingError,
            ) as error:
                outcome = error
            except httpx.RequestError as error:
                raise unreachable(call, error, attempt + 1) from error
            except httpx.InvalidURL as error:
                raise ConfigurationError(f"base_url: {error}.") from error
            except RuntimeError as error:
                if not self._http.is_closed:
                    raise
                raise ConfigurationError("The client is closed; make another one.") from error
            response = outcome if isinstance(outcome, httpx.Response) else None
            wait = wait_seconds(attempt, response) if attempt < self._max_retries else None
            if wait is None:
                if isinstance(outcome, httpx.Response):
                    return result(call, outcome, answer, self.key)
                raise unreachable(call, outcome, attempt + 1) from outcome
            _log.info(
                "retrying %s %s%s in %.2f s: %s",
                call.method,
                ROOT,
                call.path,
                wait,
                type(outcome).__name__ if response is None else response.status_code,
            )
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client is the caller's own."""
        if self._owned:
            await self._http.aclose()

    def __repr__(self) -> str:
        return f"base_url={self.base_url!r}, api_key='{self.key!r}'"

    def __getstate__(self) -> Any:
        raise TypeError("a client holds a key and open connections and cannot be pickled; make one where it is used")
