"""Everything this package raises.

::

    CheckoutError
    ├── ConfigurationError         the client cannot be made like this (also a ValueError)
    ├── EventDataError             an event is about another object than was asked for (also a TypeError)
    ├── WebhookVerificationError   this webhook is not to be trusted
    ├── ApiConnectionError         no answer came
    │   └── ApiTimeoutError        … in time
    └── ApiError                   the server answered, and it was not a success
        ├── AuthenticationError    401  no valid key
        ├── PermissionDeniedError  403  the key lacks a scope, or test mode only
        ├── InvalidRequestError    400, 405, 413, 415, 422  something in the request is wrong
        ├── NotFoundError          404  no such object, or not yours
        ├── ConflictError          409, 412  the object's state, an idempotency key used twice, or ``if_match``
        │   └── SequenceAheadError      …  a place in the event log that is not in this one
        ├── RateLimitedError       429  too many requests
        │   └── QuotaExceededError      …  the month's quota is used up
        ├── ServerError            5xx
        └── UnexpectedAnswerError  not an answer of this API at all: look at base_url and at what is in between

None of them holds the API key, in any form.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

WebhookProblem = Literal[
    "signature_missing",
    "signature_malformed",
    "timestamp_missing",
    "signature_mismatch",
    "timestamp_out_of_tolerance",
    "payload_malformed",
]


class CheckoutError(Exception):
    """The root of the tree."""


class ConfigurationError(CheckoutError, ValueError):
    """The client, or a call, cannot be made like this; nothing was sent."""


class EventDataError(CheckoutError, TypeError):
    """The event is about another object than was asked for, or about one that this client does not know; its ``data``
    is as it was sent."""


class WebhookVerificationError(CheckoutError):
    """A webhook that is not to be trusted: answer it with 400 and do nothing.

    Attributes:
        reason: which check it failed.
    """

    def __init__(self, reason: WebhookProblem, message: str) -> None:
        super().__init__(message)
        self.reason: WebhookProblem = reason


class ApiConnectionError(CheckoutError):
    """No answer came, also after the retries. Whether the server did it is not known.

    Attributes:
        idempotency_key: repeat a mutating call with it, and it is done once. None for a read.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class ApiTimeoutError(ApiConnectionError):
    """No answer came in time."""


class ApiError(CheckoutError):
    """The server answered, and it was not a success.

    Attributes:
        status: the HTTP status.
        type: the category to branch on.
        code: stable and finer; ``doc_url`` leads to its page.
        message: for logs, not for your customers.
        doc_url: the page about ``code``, on the server's own installation.
        param: on ``invalid_request``, the field that is wrong.
        request_id: what to tell whoever runs the server.
        reason: on 401, ``missing``, ``malformed``, ``unknown``, ``revoked`` or ``expired``.
        detail: what to do about it, where the server says.
        required_scope, granted_scopes: on 403, both sides of a missing scope.
        retry_after_seconds: when the server asked for a pause.
        idempotency_key: the one that was sent; None for a read.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        type: str,
        code: str,
        doc_url: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        reason: str | None = None,
        detail: str | None = None,
        required_scope: str | None = None,
        granted_scopes: tuple[str, ...] | None = None,
        retry_after_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.doc_url = doc_url
        self.param = param
        self.request_id = request_id
        self.reason = reason
        self.detail = detail
        self.required_scope = required_scope
        self.granted_scopes = granted_scopes
        self.retry_after_seconds = retry_after_seconds
        self.idempotency_key = idempotency_key

    def __str__(self) -> str:
        facts = [f"{self.status} {self.code}", f"request {self.request_id}" if self.request_id else ""]
        detail = f" {self.detail}" if self.detail else ""
        return f"{self.message}{detail} ({', '.join(fact for fact in facts if fact)})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class AuthenticationError(ApiError):
    """401: the key is missing, malformed, unknown, revoked or expired; ``reason`` says which."""


class PermissionDeniedError(ApiError):
    """403: the key is valid but may not do this."""


class InvalidRequestError(ApiError):
    """The request is wrong; ``param`` names the field."""


class NotFoundError(ApiError):
    """404: there is no such object, or it belongs to another project or to the other mode."""


class ConflictError(ApiError):
    """409: the object's state does not allow it, or the idempotency key was used with another body. 412: the object is
    not what ``if_match`` says."""


class SequenceAheadError(ConflictError):
    """409 ``sequence_ahead``: the place that you follow events from is not in this log. As a rule the server's
    database was restored from a backup; else the key is of another project or mode.

    What to do: list with ``after=0``, handle the events whose ``id`` you have not handled, and follow on from there
    with that page's ``log_id``. If you keep no ids, go on from ``newest_sequence``.

    Attributes:
        newest_sequence: the number of the newest event that there is.
        log_id: the log that there is.
    """

    def __init__(
        self, message: str, *, newest_sequence: int | None = None, log_id: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.newest_sequence = newest_sequence
        self.log_id = log_id

    def __str__(self) -> str:
        place = f" or go on from after={self.newest_sequence}" if self.newest_sequence is not None else ""
        return (
            f"{super().__str__()} What to do: list with after=0 and handle the events whose id you have not handled,"
            f"{place} if you keep no ids; follow on with the page's log_id."
        )


class RateLimitedError(ApiError):
    """429: too many requests; ``retry_after_seconds`` says how long to pause."""


class QuotaExceededError(RateLimitedError):
    """429 ``quota_exceeded``: the key has made the requests of this calendar month (UTC). It is never tried again
    here: the next month may be weeks away. Wait until ``resets_at``, or have the quota raised.

    Attributes:
        resets_at: when the next month begins, as far as ``Retry-After`` says; None where it does not.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **facts: Any) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds, **facts)
        self.resets_at: datetime | None = None
        if retry_after_seconds is not None:
            self.resets_at = datetime.now(UTC) + timedelta(seconds=retry_after_seconds)


class ServerError(ApiError):
    """5xx: something went wrong on the server."""


class UnexpectedAnswerError(ApiError):
    """What answered does not speak this API: often a wrong ``base_url``, or a proxy's own page."""
