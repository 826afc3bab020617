"""Smartpay's envelope: ``{"statusCode", "errorCode", "message", "details"}``; of a 401 ``{"realm", "scheme",
"statusCode"}``."""

from math import ceil
from typing import Final

import msgspec

from keyturn import Allowance, Kind, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.pipeline import Answer
from keyturn.keys.secret import SMARTPAY
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.problems import Problem
from tillgate.wire.dialect import ErrorCode, ErrorStyle
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

_NAMES: Final = {
    "line_items": "items",
    "unit_amount": "amount",
    "payment_id": "payment",
    "shipping_amount": "feeAmount",
    "coupon_id": "coupon",
    "customer_id": "customerInfo.emailAddress",
    "max_redemptions": "maxRedemptionCount",
    "events": "eventSubscriptions",
}
WORDS: Final = Words(at_path(lambda name: _NAMES.get(name) or camel(name)), SENTENCES, WHOLE)

_REALM: Final = "smartpay"
_SCHEME: Final = "Basic"
_CHALLENGES: Final = ((b"www-authenticate", b'Basic realm="smartpay"'), (b"www-authenticate", b"Bearer"))
_BEARER: Final = (_CHALLENGES[1],)
_CORRECT: Final = "Correct it and send the request again. Nothing was changed."
_LATER: Final = "Wait for `Retry-After`, then send the same request again."
_READ_AGAIN: Final = "Read it again, and act by its status."
# What is looked for by an id.
NOUNS: Final = (
    "checkout-session",
    "coupon",
    "order",
    "payment",
    "promotion-code",
    "refund",
    "token",
    "webhook-endpoint",
)
# Every code there is here; nothing is told under another.
CODES: Final[dict[str, ErrorCode]] = {
    "request.invalid": ErrorCode(400, "A field or a parameter is missing or wrong; `details` says which.", _CORRECT),
    "request.malformed": ErrorCode(
        400,
        "The body is empty, or is not JSON, or is not declared as JSON (415).",
        "Send a JSON object as the body, with `Content-Type: application/json`.",
    ),
    "request.forbidden": ErrorCode(
        403,
        "The key may not do this, or may not be used from there.",
        "Use a key that may; the message says what it lacks.",
    ),
    "request.not-found": ErrorCode(404, "The server does not have this path.", "Compare the path with this reference."),
    "request.method-not-allowed": ErrorCode(
        405, "The path does not support this method.", "Compare the method with this reference."
    ),
    "request.conflict": ErrorCode(
        409, "What there is does not allow it.", "Read the object again; the message says what stands in the way."
    ),
    "request.too-large": ErrorCode(413, "The body is larger than 256 KiB.", "Send a smaller body."),
    "request.too-many": ErrorCode(429, "The key has reached its rate limit or its quota.", _LATER),
    "idempotency.key-reused": ErrorCode(
        409, "This `Idempotency-Key` was sent before, with another request.", "Send a new one with each new request."
    ),
    "idempotency.key-in-use": ErrorCode(
        409, "The first request with this `Idempotency-Key` is still running.", "Wait a second, then send it again."
    ),
    "amount.insufficient": ErrorCode(
        403, "More than is left of the payment would go back.", "Refund at most what is left; read the payment again."
    ),
    "payment.excessive-amount": ErrorCode(
        409, "More than is left of the order would be captured.", "Capture at most what is left; read the order again."
    ),
    "order.cannot-authorize": ErrorCode(409, "The order is not waiting for its shopper.", _READ_AGAIN),
    "order.cannot-cancel": ErrorCode(409, "The order is paid or over.", "Refund its payments instead."),
    "order.cannot-capture": ErrorCode(409, "The order is not authorized, or is over.", _READ_AGAIN),
    "promotion-code.exists": ErrorCode(
        409, "Another promotion code is spelled so, whatever its case.", "Choose another code, or change that one."
    ),
    "token.cannot-approve": ErrorCode(409, "The token is not waiting for its shopper.", _READ_AGAIN),
    "token.invalid": ErrorCode(
        400, "The token is not active.", "Ask the shopper to approve it, or enable it, then make the order again."
    ),
    "service.unavailable": ErrorCode(503, "The database does not answer.", _LATER),
    "internal": ErrorCode(
        500, "An unexpected error on the server; its log has the cause.", "Look at what was done before you try again."
    ),
} | {
    f"{noun}.not-found": ErrorCode(
        404,
        f"There is no such {noun.replace('-', ' ')} in the mode and project of the key.",
        "Check the id, and whether the key is of the same mode.",
    )
    for noun in NOUNS
}
_BY_CODE: Final = {
    "unknown_path": "request.not-found",
    "method_not_allowed": "request.method-not-allowed",
    "unsupported_media_type": "request.malformed",
    "body_too_large": "request.too-large",
    "idempotency_key_reused": "idempotency.key-reused",
    "idempotency_key_in_use": "idempotency.key-in-use",
}
# Of one code, but with a status of its own.
_STATUSES: Final = {"unsupported_media_type": 415}
_BY_CLASS: Final[tuple[tuple[type[TillgateError], str], ...]] = (
    (NotFound, "request.not-found"),
    (Forbidden, "request.forbidden"),
    (InvalidInput, "request.invalid"),
    (Conflict, "request.conflict"),
    (TooOften, "request.too-many"),
    (Unavailable, "service.unavailable"),
)
_UNDECODABLE: Final = frozenset({Problem.NOT_JSON, Problem.EMPTY_BODY, Problem.BODY_CUT_OFF})


class ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    """Every answer that is not a success, but a 401."""

    status_code: int
    error_code: str
    message: str
    details: list[str]


class UnauthorizedBody(msgspec.Struct, frozen=True, rename="camel"):
    """A 401. ``message`` is this server's own: which of the ways to be unauthorized it was."""

    realm: str
    scheme: str
    status_code: int
    message: str


class NotSignedIn(TillgateError):
    """Who calls is no shopper who has signed in."""

    default_code = "invalid_api_key"


class Documented(TillgateError):
    """A refusal that has a code of its own.

    Attributes:
        error_code: one of ``CODES``, which has its status.
    """

    def __init__(self, error_code: str, message: str, *, code: str) -> None:
        super().__init__(message, code=code)
        self.error_code = error_code


class Missing(Documented):
    """No such object in the key's mode and project."""

    def __init__(self, noun: str) -> None:
        words = noun.replace("-", " ")
        super().__init__(f"{noun}.not-found", f"No such {words} in the mode and project of this key.", code="not_found")


def _answer(error_code: str, message: str, headers: Headers = (), *, status: int | None = None) -> Answer:
    status = status or CODES[error_code].status
    body = ErrorBody(status, error_code, message, [message])
    return Answer(status, msgspec.json.encode(body), headers=tuple(headers))


def _failed(error: TillgateError, _: str) -> Answer:
    message = WORDS.message(error)
    if isinstance(error, NotSignedIn):
        return Answer(401, msgspec.json.encode(UnauthorizedBody(_REALM, "Bearer", 401, message)), headers=_BEARER)
    if isinstance(error, Documented):
        return _answer(error.error_code, message)
    if error.problem in _UNDECODABLE:
        return _answer("request.malformed", message)
    found = _BY_CODE.get(error.code)
    if found is None:
        found = next((code for type, code in _BY_CLASS if isinstance(error, type)), "internal")
    return _answer(found, message, status=_STATUSES.get(error.code))


def _rate_limited(allowance: Allowance, _: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    whose = " from your address" if by_visitor else ""
    message = wording.used_up(allowance) or f"Too many requests with this key{whose}. Try again in {seconds} s."
    return _answer("request.too-many", message, [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)])


def _refused(refusal: Refused, _: str) -> Answer:
    status, message = wording.describe(refusal, SMARTPAY)
    # A public key opens nothing that is the secret key's, wherever it is sent from.
    public = refusal.key is not None and refusal.key.kind is Kind.PUBLISHABLE
    if status != wording.FORBIDDEN or (public and refusal.reason is not RefusalReason.INSECURE):
        body = UnauthorizedBody(_REALM, _SCHEME, wording.UNAUTHORIZED, message)
        if status in (wording.UNAUTHORIZED, wording.FORBIDDEN):
            return Answer(wording.UNAUTHORIZED, msgspec.json.encode(body), headers=_CHALLENGES)
        return _answer("service.unavailable", message)
    return _answer("request.forbidden", message)


ERROR_STYLE: Final = ErrorStyle(_refused, _rate_limited, _failed, ErrorBody, UnauthorizedBody, CODES)
