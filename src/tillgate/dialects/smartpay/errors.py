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
from tillgate.wire.dialect import ErrorStyle
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
_BY_CODE: Final = {
    "unknown_path": (404, "request.not-found"),
    "method_not_allowed": (405, "request.method-not-allowed"),
    "unsupported_media_type": (415, "request.malformed"),
    "body_too_large": (413, "request.too-large"),
    "idempotency_key_reused": (409, "idempotency.key-reused"),
    "idempotency_key_in_use": (409, "idempotency.key-in-use"),
}
_BY_CLASS: Final[tuple[tuple[type[TillgateError], int, str], ...]] = (
    (NotFound, 404, "request.not-found"),
    (Forbidden, 403, "request.forbidden"),
    (InvalidInput, 400, "request.invalid"),
    (Conflict, 409, "request.conflict"),
    (TooOften, 429, "request.too-many"),
    (Unavailable, 503, "service.unavailable"),
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
    """A refusal that the document has a code for.

    Attributes:
        status, error_code: as the document lists them.
    """

    def __init__(self, status: int, error_code: str, message: str, *, code: str) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.error_code = error_code


class Missing(Documented):
    """No such object in the key's mode and project."""

    def __init__(self, noun: str) -> None:
        words = noun.replace("-", " ")
        super().__init__(
            404, f"{noun}.not-found", f"No such {words} in the mode and project of this key.", code="not_found"
        )


def _answer(status: int, error_code: str, message: str, headers: Headers = ()) -> Answer:
    body = ErrorBody(status, error_code, message, [message])
    return Answer(status, msgspec.json.encode(body), headers=tuple(headers))


def _failed(error: TillgateError, _: str) -> Answer:
    message = WORDS.message(error)
    if isinstance(error, NotSignedIn):
        return Answer(401, msgspec.json.encode(UnauthorizedBody(_REALM, "Bearer", 401, message)), headers=_BEARER)
    if isinstance(error, Documented):
        return _answer(error.status, error.error_code, message)
    if error.problem in _UNDECODABLE:
        return _answer(400, "request.malformed", message)
    found = _BY_CODE.get(error.code)
    if found is None:
        found = next(((status, code) for type, status, code in _BY_CLASS if isinstance(error, type)), (500, "internal"))
    return _answer(*found, message)


def _rate_limited(allowance: Allowance, _: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    whose = " from your address" if by_visitor else ""
    message = wording.used_up(allowance) or f"Too many requests with this key{whose}. Try again in {seconds} s."
    return _answer(429, "request.too-many", message, [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)])


def _refused(refusal: Refused, _: str) -> Answer:
    status, message = wording.describe(refusal, SMARTPAY)
    # A public key opens nothing that is the secret key's, wherever it is sent from.
    public = refusal.key is not None and refusal.key.kind is Kind.PUBLISHABLE
    if status != wording.FORBIDDEN or (public and refusal.reason is not RefusalReason.INSECURE):
        body = UnauthorizedBody(_REALM, _SCHEME, wording.UNAUTHORIZED, message)
        if status in (wording.UNAUTHORIZED, wording.FORBIDDEN):
            return Answer(wording.UNAUTHORIZED, msgspec.json.encode(body), headers=_CHALLENGES)
        return _answer(status, "service.unavailable", message)
    return _answer(status, "request.forbidden", message)


ERROR_STYLE: Final = ErrorStyle(_refused, _rate_limited, _failed, ErrorBody, UnauthorizedBody)
