"""Where leaked keys are handed in over HTTP: a small ASGI application for two paths, to be mounted anywhere.

- ``POST /credentials/revoke`` is for everybody, and asks for no key: whoever found some hands them in, and those that
  are secret keys here end. The answer is 202 and says nothing of which were.
- ``POST /leaks/github`` is for GitHub's secret scanning (:mod:`keyturn.leaks.github`), where that is set up.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any, Final, Protocol

import msgspec

from keyturn.database import StoreUnavailable
from keyturn.errors import BadReport, PublicKeysUnavailable
from keyturn.invariants import present
from keyturn.keys.secret import MaskedRepr
from keyturn.leaks.responding import Leak, LeakResponder, LeakResponse
from keyturn.limiting.gcra import Limit, Limiter

REVOKE_PATH: Final = "/credentials/revoke"
GITHUB_PATH: Final = "/leaks/github"
PATHS: Final = (REVOKE_PATH, GITHUB_PATH)
CREDENTIALS_MAX: Final = 1_000
REVOKE_BYTES_MAX: Final = 512 * 1024
GITHUB_BYTES_MAX: Final = 4 * 1024 * 1024
# As GitHub's own: sixty an hour from one address.
REVOKE_LIMIT: Final = Limit(60 / 3_600, 60)
# Of one IPv6 address's neighbours, which are one customer's.
_NEIGHBOURS: Final = 64

Answer = tuple[int, dict[str, Any] | bytes, list[tuple[bytes, bytes]]]


class _Reported(MaskedRepr, msgspec.Struct, frozen=True):
    credentials: list[str]


class SignedReports(Protocol):
    """Takes a partner's reports: :class:`keyturn.leaks.github.GitHubReports`."""

    async def take(self, body: bytes, identifier: str, signature: str) -> bytes:
        """Deal with a report; the partner's answer as JSON.

        Raises:
            BadReport: it is not theirs, or is none; nothing was done.
            PublicKeysUnavailable: unknown at the moment.
        """
        ...


class LeakReports:
    """Both paths as plain ASGI."""

    def __init__(
        self,
        context: LeakResponder,
        limiter: Limiter,
        github: SignedReports | None = None,
        *,
        address: Callable[[Any], str | None] = lambda scope: scope["client"][0] if scope.get("client") else None,
    ) -> None:
        """
        Args:
            limiter: one of its own, in which addresses are counted.
            github: takes what GitHub reports; where there is none its path does not exist.
            address: where a request came from, where a proxy stands before the server that does not say so itself.
        """
        self._address = address
        self._context = context
        self._limiter = limiter
        self._github = github

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, answer, headers = await self._answer(scope, receive)
        body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"cache-control", b"no-store"),
                    (b"content-length", str(len(body)).encode()),
                    *headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        take = {REVOKE_PATH: self._revoke, GITHUB_PATH: self._from_github if self._github is not None else None}
        found = take.get(scope["path"])
        if found is None:
            return _refused(404, "unknown_path", "There is no such path.")
        if scope["method"] != "POST":
            return (*_refused(405, "method_not_allowed", "Use POST.")[:2], [(b"allow", b"POST")])
        try:
            return await found(scope, receive)
        except StoreUnavailable:
            return _unavailable("The database does not answer; nothing is known of the outcome. Try again.")

    async def _revoke(self, scope: Any, receive: Callable[[], Awaitable[Any]]) -> Answer:
        allowance = self._limiter.take(_sender(self._address(scope)), REVOKE_LIMIT)
        if allowance.exceeded:
            seconds = max(ceil(allowance.retry_after_seconds), 1)
            refused = _refused(429, "rate_limited", f"Too many reports from this address. Try again in {seconds} s.")
            return (*refused[:2], [(b"retry-after", b"%d" % seconds)])
        body = await _body(receive, REVOKE_BYTES_MAX)
        if body is None:
            return _too_large(REVOKE_BYTES_MAX)
        try:
            reported = msgspec.json.decode(body, type=_Reported).credentials
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _refused(400, "invalid_body", 'Expected {"credentials": ["…", …]} with texts only.')
        if len(reported) > CREDENTIALS_MAX:
            return _refused(400, "invalid_body", f"At most {CREDENTIALS_MAX} credentials at once; send the rest after.")
        await self._context.reported(
            (Leak(text, "reported as exposed") for text in reported), response=LeakResponse.REVOKE, test_too=True
        )
        return 202, {"message": "Thank you. Secret keys of this installation in the report were revoked."}, []

    async def _from_github(self, scope: Any, receive: Callable[[], Awaitable[Any]]) -> Answer:
        github = present(self._github, "GitHub's keys, without which there is no such path")
        headers = dict(scope["headers"])
        identifier = headers.get(b"github-public-key-identifier", b"").decode("latin-1")
        signature = headers.get(b"github-public-key-signature", b"").decode("latin-1")
        if not identifier or not signature:
            # Before its body is read.
            return _refused(400, BadReport.code, "The headers that say who signed this report are missing.")
        body = await _body(receive, GITHUB_BYTES_MAX)
        if body is None:
            return _too_large(GITHUB_BYTES_MAX)
        try:
            return 200, await github.take(body, identifier, signature), []
        except BadReport as error:
            return _refused(400, error.code, f"The report was refused: {error}.")
        except PublicKeysUnavailable as error:
            return _unavailable(f"The signature cannot be checked at the moment ({error.code}). Try again.")


async def _body(receive: Callable[[], Awaitable[Any]], bytes_max: int) -> bytes | None:
    """The request's body; None where it is larger than that, or its sender has gone before it was complete."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _sender(address: str | None) -> str:
    """What is counted as one sender: an IPv4 address, or the IPv6 network that a customer is given."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, _NEIGHBOURS), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _refused(status: int, code: str, message: str) -> Answer:
    type = {404: "not_found", 429: "rate_limited", 503: "server"}.get(status, "invalid_request")
    return status, {"error": {"type": type, "code": code, "message": message}}, []


def _too_large(bytes_max: int) -> Answer:
    return _refused(413, "body_too_large", f"The body is larger than {bytes_max // 1024} KiB.")


def _unavailable(message: str) -> Answer:
    return (*_refused(503, "unavailable", message)[:2], [(b"retry-after", b"1")])
