"""Refusals and failures in Crossmint's envelope: ``{"error": true, "message": "…"}``."""

from math import ceil
from typing import Any, Final

import msgspec

from keyturn import Allowance, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import rate_headers
from keyturn.http.pipeline import Answer
from keyturn.keys.secret import CROSSMINT
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.wire.dialect import ErrorCode, ErrorStyle
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

_NAMES: Final = {"product_id": "collectionLocator", "idempotency_key": "Idempotency-Key", "cursor": "cursor"}
WORDS: Final = Words(at_path(lambda name: _NAMES.get(name) or camel(name)), SENTENCES, WHOLE)

_STATUS: Final = {
    "unknown_path": 404,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "body_too_large": 413,
    "idempotency_key_reused": 409,
    "idempotency_key_in_use": 409,
    "session_changed": 409,
    "invalid_body": 400,
    "internal_error": 500,
}
_BY_CLASS: Final[tuple[tuple[type[TillgateError], int], ...]] = (
    (NotFound, 404),
    (Forbidden, 403),
    (InvalidInput, 400),
    # What the document calls a bad request: the order's state does not allow it.
    (Conflict, 400),
    (TooOften, 429),
    (Unavailable, 503),
)
_INTERNAL: Final = 500
_SCOPES: Final = {"sessions:write": "orders.create", "orders:read": "orders.read", "orders:write": "orders.update"}
_SECRET_OF_ORDER: Final = "Send the clientSecret of the order's creation as the header authorization, without a scheme."  # noqa: S105


class ErrorBody(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    message: str
    error: bool = True


def _answer(status: int, message: str, headers: Any = ()) -> Answer:
    return Answer(status, msgspec.json.encode(ErrorBody(message)), headers=tuple(headers))


def _failed(error: TillgateError, request_id: str) -> Answer:
    status = _STATUS.get(error.code)
    if status is None:
        status = next((one for type, one in _BY_CLASS if isinstance(error, type)), _INTERNAL)
    return _answer(status, WORDS.message(error))


def _rate_limited(allowance: Allowance, request_id: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    message = (
        wording.used_up(allowance)
        or f"Too many requests with this key{' from your address' if by_visitor else ''}. Try again in {seconds} s."
    )
    return _answer(429, message, [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)])


def _refused(refusal: Refused, request_id: str) -> Answer:
    description = wording.describe(refusal, CROSSMINT)
    return _answer(description.status, _worded(refusal) or description.message)


def _worded(refusal: Refused) -> str | None:
    """What Crossmint's callers know under other names; None where the key layer's own words fit."""
    match refusal.reason:
        case RefusalReason.MISSING:
            return "Send your API key in the header x-api-key."
        case RefusalReason.MALFORMED:
            return refusal.hint or (
                "Malformed API key: expected the header x-api-key with a key such as sk_staging_… or ck_staging_…, as "
                "it was shown when it was created."
            )
        case RefusalReason.AMBIGUOUS:
            return (
                "Two credentials were sent. Send the key in x-api-key; authorization holds the clientSecret alone. "
                "Keys that require a user's JWT are not supported on this server."
            )
        case RefusalReason.CLIENT_SECRET_MISSING:
            return f"With a client-side key this operation requires the order's clientSecret. {_SECRET_OF_ORDER}"
        case RefusalReason.CLIENT_SECRET_WRONG:
            return "This clientSecret does not belong to this order."
        case RefusalReason.SECRET_KEY_REQUIRED:
            return "A client-side key cannot do this. Call from your server, with a server-side key."
        case RefusalReason.SCOPE_MISSING if refusal.need is not None:
            scope = refusal.need.scope
            return f"This key lacks the scope {_SCOPES.get(scope, scope)} ({scope} on this server)."
        case _:
            return None


_LATER: Final = "Wait for `Retry-After`, then send the same request again."
# Its errors have no codes: a program branches on the status.
STATUSES: Final[dict[str, ErrorCode]] = {
    str(one.status): one
    for one in (
        ErrorCode(
            400,
            "A field is missing or wrong, or the order's state does not allow it; `message` says which.",
            "Correct the field, or read the order again. Nothing was changed.",
        ),
        ErrorCode(401, "The key is missing, malformed, unknown or over.", "Send a valid key in `x-api-key`."),
        ErrorCode(
            403, "The key may not do this, or not from there.", "Use a key that may; `message` says what it lacks."
        ),
        ErrorCode(404, "There is no such order or path.", "Check the id, and whether the key is of the same mode."),
        ErrorCode(405, "The path does not support this method.", "Compare the method with this reference."),
        ErrorCode(
            409,
            "The `Idempotency-Key` was sent with another request or is in use, or the order was changed meanwhile.",
            "Send a new key with a new request; else read the order again.",
        ),
        ErrorCode(413, "The body is larger than 256 KiB.", "Send a smaller body."),
        ErrorCode(415, "The body is not declared as JSON.", "Send `Content-Type: application/json`."),
        ErrorCode(429, "The key has reached its rate limit or its quota.", _LATER),
        ErrorCode(
            500,
            "An unexpected error on the server; its log has the cause.",
            "Look at what was done before you try again.",
        ),
        ErrorCode(503, "The database does not answer.", _LATER),
    )
}
ERROR_STYLE: Final = ErrorStyle(_refused, _rate_limited, _failed, ErrorBody, codes=STATUSES)
