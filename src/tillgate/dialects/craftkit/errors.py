"""CraftKit's envelope: ``{"error": {"code", "message", "issues"?}}``, and its codes."""

from math import ceil
from typing import Final

import msgspec

from keyturn import Allowance, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.pipeline import Answer
from keyturn.keys.secret import CRAFTKIT
from tillgate.base.errors import InvalidInput, TillgateError
from tillgate.base.problems import Problem
from tillgate.wire.dialect import ErrorCode, ErrorStyle
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

WORDS: Final = Words(at_path(camel), SENTENCES, WHOLE)
CHALLENGE: Final = (b"www-authenticate", b"Bearer")
# By this server's code: the document's, and its status.
_CODES: Final = {
    "unknown_path": (404, "not_found"),
    "not_found": (404, "not_found"),
    "template_not_found": (404, "template_not_found"),
    "version_not_found": (404, "version_not_found"),
    "invalid_token": (404, "invalid_token"),
    "method_not_allowed": (405, "method_not_allowed"),
    "invalid_signature": (401, "invalid_signature"),
    "body_too_large": (413, "invalid_request"),
    "rate_limited": (429, "rate_limited"),
    # Where the store does not answer, nothing can be queued.
    "unavailable": (503, "queue_unavailable"),
    "queue_unavailable": (503, "queue_unavailable"),
    "documents_not_installed": (503, "documents_not_installed"),
    "invalid_input_data": (400, "invalid_input_data"),
    "invalid_loop_key": (400, "invalid_loop_key"),
    # An otherwise valid key, as the document says.
    "embed_not_enabled": (401, "invalid_credentials"),
    "partner_suspended": (403, "partner_suspended"),
    "refresh_failed": (401, "refresh_failed"),
    "catalog_not_found": (404, "catalog_not_found"),
    "conflict": (409, "conflict"),
    "unsupported_media_type": (400, "invalid_json"),
    "internal_error": (500, "internal"),
}
_CORRECT: Final = "Correct it and send the request again. Nothing was made."
_LATER: Final = "Wait for `Retry-After`, then send the same request again."
_ANOTHER_KEY: Final = "Use a key of this server in CraftKit's format that may do it."
CODES: Final[dict[str, ErrorCode]] = {
    "catalog_not_found": ErrorCode(
        404, "The project has no such catalog, or none in this version.", "`POST /v1/embed/catalogs` makes one."
    ),
    "conflict": ErrorCode(409, "What there is does not allow it.", "The message says what stands in the way."),
    "documents_not_installed": ErrorCode(
        503, "This server makes no documents.", "Its operator installs `tillgate[documents]`."
    ),
    "forbidden": ErrorCode(403, "The key may not do this.", _ANOTHER_KEY),
    "internal": ErrorCode(
        500, "An unexpected error on the server; its log has the cause.", "Look at what was done before you try again."
    ),
    "invalid_credentials": ErrorCode(
        401, "The key is malformed, unknown or over, or its project may not embed.", "Use a key that is valid here."
    ),
    "invalid_input_data": ErrorCode(
        400, "`data` is not what the template's manifest asks for; `issues` says where.", _CORRECT
    ),
    "invalid_json": ErrorCode(400, "The body is empty, or is not JSON.", "Send a JSON object as the body."),
    "invalid_loop_key": ErrorCode(400, "The key of a list of rows has a dot.", "Name it without a dot."),
    "invalid_request": ErrorCode(
        400, "A field or a parameter is missing or wrong, or the body is too large (413).", _CORRECT
    ),
    "invalid_signature": ErrorCode(
        401, "The signature of the hook's request does not match.", "Sign the body's bytes with the hook's own secret."
    ),
    "invalid_token": ErrorCode(404, "There is no hook at this address.", "Copy the hook's address again."),
    "method_not_allowed": ErrorCode(
        405, "The path does not support this method.", "Compare the method with this reference."
    ),
    "missing_authorization": ErrorCode(401, "No key was sent.", "Send `Authorization: Bearer <key>`."),
    "not_found": ErrorCode(
        404, "There is nothing at this path.", "Compare the path and the id with what you were given."
    ),
    "partner_suspended": ErrorCode(
        403, "The project, or its embedding, is suspended.", "Ask the operator of this server."
    ),
    "queue_unavailable": ErrorCode(503, "The render could not be queued.", _LATER),
    "rate_limited": ErrorCode(429, "The key has reached its rate limit or its quota.", _LATER),
    "refresh_failed": ErrorCode(
        401, "The renew token is wrong, was used, or its session is over.", "Open another session."
    ),
    "template_not_found": ErrorCode(
        404, "The project has no such template.", "`GET /v1/templates` lists those that there are."
    ),
    "version_not_found": ErrorCode(
        404, "The template has no such version.", "Leave `versionNumber` out for the current one."
    ),
}
_NO_JSON: Final = frozenset({Problem.NOT_JSON, Problem.EMPTY_BODY, Problem.BODY_CUT_OFF})
_WITH_ISSUES: Final = frozenset({"invalid_request", "invalid_input_data", "invalid_loop_key"})


class Issues(msgspec.Struct, frozen=True, rename="camel"):
    """What is wrong with which field; what is about the whole stands apart."""

    form_errors: list[str]
    field_errors: dict[str, list[str]]


class ErrorBody(msgspec.Struct, frozen=True):
    """What is inside of ``error``."""

    code: str
    message: str
    issues: Issues | msgspec.UnsetType = msgspec.UNSET


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: ErrorBody


def _envelope(
    status: int,
    code: str,
    message: str,
    headers: Headers = (),
    issues: Issues | msgspec.UnsetType = msgspec.UNSET,
) -> Answer:
    return Answer(status, msgspec.json.encode(ErrorEnvelope(ErrorBody(code, message, issues))), headers=headers)


def _refused(refusal: Refused, _: str) -> Answer:
    # The header missing entirely has a code of its own; whatever else is wrong with a key has one and the same.
    status, message = wording.describe(refusal, CRAFTKIT)
    if status == wording.FORBIDDEN:
        suspended = refusal.reason is RefusalReason.PROJECT_SUSPENDED
        return _envelope(status, "partner_suspended" if suspended else "forbidden", message)
    code = "missing_authorization" if refusal.reason is RefusalReason.MISSING else "invalid_credentials"
    return _envelope(status, code, message, [CHALLENGE])


def _rate_limited(allowance: Allowance, _: str, by_visitor: bool) -> Answer:
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    whose = " from your address" if by_visitor else ""
    return _envelope(
        429,
        "rate_limited",
        wording.used_up(allowance) or f"Too many requests with this key{whose}. Try again in {seconds} s.",
        [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)],
    )


def _failed(error: TillgateError, _: str) -> Answer:
    status, code = _code_of(error)
    message = WORDS.message(error)
    issues: Issues | msgspec.UnsetType = msgspec.UNSET
    if code in _WITH_ISSUES and isinstance(error, InvalidInput):
        param, sentence = WORDS.param(error), WORDS.sentence(error)
        issues = Issues([], {param: [sentence]}) if param is not None else Issues([sentence], {})
    return _envelope(status, code, message, [CHALLENGE] if status == wording.UNAUTHORIZED else (), issues)


def _code_of(error: TillgateError) -> tuple[int, str]:
    if isinstance(error, InvalidInput) and error.problem in _NO_JSON:
        return 400, "invalid_json"
    found = _CODES.get(error.code)
    if found is not None:
        return found
    return (400, "invalid_request") if isinstance(error, InvalidInput) else (500, "internal")


ERROR_STYLE: Final = ErrorStyle(_refused, _rate_limited, _failed, ErrorEnvelope, codes=CODES)
