"""How refusals and failures are told: ``{"error": {"code", "message", "param"?, "requestId"}}``.

The document describes no envelope; this one is ours, and the same for every answer that is not a success.
"""

from math import ceil
from typing import Final

import msgspec

from keyturn import Allowance, Refused
from keyturn.http import wording
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.pipeline import Answer
from keyturn.http.wording import FORBIDDEN_CODES, INVALID_API_KEY
from keyturn.keys.secret import COIN_MOEBIUS
from tillgate.base.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TillgateError,
    TooOften,
    Unavailable,
)
from tillgate.base.problems import Path
from tillgate.wire.dialect import ErrorCode, ErrorStyle
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

PROVIDER_NOT_AVAILABLE: Final = "provider_not_available"
NOT_SUPPORTED: Final = "not_supported"
CODES: Final[dict[str, ErrorCode]] = {
    PROVIDER_NOT_AVAILABLE: ErrorCode(
        404,
        "The project has not switched this way to pay on, or this server has no such provider.",
        "Offer what `/api/projects/{projectId}/public-info` lists.",
    ),
    NOT_SUPPORTED: ErrorCode(
        404,
        "It needs a provider that bills repeatedly, and there is none here.",
        "Leave it out: there are no subscriptions.",
    ),
}
# Of one kind, but with a status of its own.
_OF_CODE: Final = {
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "method_not_allowed": 405,
    "unknown_path": 404,
    **{code: one.status for code, one in CODES.items()},
}
_OF_KIND: Final[tuple[tuple[type[TillgateError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (TooOften, 429),
    (Unavailable, 503),
)
_NAMES: Final = {"idempotency_key": "Idempotency-Key", "idempotency_visitor": "Idempotency-Visitor"}
_OF_LINE: Final = {"unit_amount": "amount", "product_id": "productId"}
_spell_path: Final = at_path(lambda name: _NAMES.get(name) or camel(name))


class ErrorBody(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """``code`` is stable and for programs, ``message`` for people; ``param`` names the field that is wrong."""

    code: str
    message: str
    param: str | None = None
    request_id: str


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: ErrorBody


def _spell(path: Path) -> str:
    """A field by the document's name: a checkout is for one product, whose line nobody has named."""
    last = path[-1] if path else ""
    if path[:1] == ("line_items",) and isinstance(last, str):
        return _OF_LINE.get(last, camel(last))
    if path == ("client_reference_id",):
        return "metadata.customerRef"
    return _spell_path(path)


WORDS: Final = Words(_spell, SENTENCES, WHOLE)


def _answer(
    status: int, code: str, message: str, request_id: str, headers: Headers = (), param: str | None = None
) -> Answer:
    body = ErrorBody(code=code, message=message, param=param, request_id=request_id)
    return Answer(status, msgspec.json.encode(ErrorEnvelope(body)), headers=headers)


def _refused(refusal: Refused, request_id: str) -> Answer:
    description = wording.describe(refusal, COIN_MOEBIUS)
    if description.status == wording.FORBIDDEN:
        return _answer(description.status, FORBIDDEN_CODES[refusal.reason], description.message, request_id)
    challenge = [(b"www-authenticate", b'Bearer realm="coin-moebius", error="invalid_token"')]
    return _answer(description.status, INVALID_API_KEY, description.message, request_id, challenge)


def _rate_limited(allowance: Allowance, request_id: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    whose = "from your address" if by_visitor else "with this key"
    message = wording.used_up(allowance) or f"Too many requests {whose}. Try again in {seconds} s."
    headers = [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)]
    return _answer(429, "rate_limited", message, request_id, headers)


def _failed(error: TillgateError, request_id: str) -> Answer:
    status = _OF_CODE.get(error.code) or next((status for kind, status in _OF_KIND if isinstance(error, kind)), 500)
    return _answer(status, error.code, WORDS.message(error), request_id, param=WORDS.param(error))


ERROR_STYLE: Final = ErrorStyle(_refused, _rate_limited, _failed, ErrorEnvelope, codes=CODES, native_codes=True)
