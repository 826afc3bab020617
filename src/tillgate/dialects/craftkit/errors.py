"""Its envelope: ``{"error": {"code", "message"}}``."""

from math import ceil
from typing import Final

import msgspec

from keyturn import Allowance, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.pipeline import Answer
from tillgate.base.errors import TillgateError
from tillgate.wire.dialect import Telling
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

WORDS: Final = Words(at_path(camel), SENTENCES, WHOLE)
CHALLENGE: Final = (b"www-authenticate", b"Bearer")
_STATUS: Final = {"unknown_path": 404, "not_found": 404, "method_not_allowed": 405, "unavailable": 503}


class ErrorBody(msgspec.Struct, frozen=True):
    """What is inside of ``error``."""

    code: str
    message: str


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: ErrorBody


def _told(status: int, code: str, message: str, headers: Headers = ()) -> Answer:
    return Answer(status, msgspec.json.encode(ErrorEnvelope(ErrorBody(code, message))), headers=headers)


def _refused(refusal: Refused, _: str) -> Answer:
    # The header missing entirely has a code of its own; whatever else is wrong with a key has one and the same.
    status, message = wording.describe(refusal)
    if status == wording.FORBIDDEN:
        return _told(status, "forbidden", message)
    code = "missing_authorization" if refusal.reason is RefusalReason.MISSING else "invalid_credentials"
    return _told(status, code, message, [CHALLENGE])


def _rate_limited(allowance: Allowance, _: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    whose = " from your address" if by_visitor else ""
    return _told(
        429,
        "rate_limited",
        f"Too many requests with this key{whose}. Try again in {seconds} s.",
        [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)],
    )


def _failed(error: TillgateError, _: str) -> Answer:
    status = _STATUS.get(error.code, 400 if error.field else 500)
    code = {"unknown_path": "not_found", "internal_error": "internal"}.get(error.code, error.code)
    return _told(status, code, WORDS.message(error))


TELLING: Final = Telling(_refused, _rate_limited, _failed, ErrorEnvelope)
