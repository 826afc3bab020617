"""The one table that turns codes into HTTP statuses and types, and the envelope they are told in."""

from collections.abc import Sequence
from math import ceil
from typing import Final, NamedTuple

import msgspec

from keyturn import Allowance, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import rate_headers
from keyturn.http.wording import FORBIDDEN_CODES
from tillgate.base.errors import SequenceAhead, TillgateError
from tillgate.base.invariants import present

REALM: Final = "tillgate"

Headers = Sequence[tuple[bytes, bytes]]


class ErrorKind(NamedTuple):
    """What a code means on the wire, and what it tells the reader of the documentation."""

    status: int
    type: str
    meaning: str


ERRORS: Final[dict[str, ErrorKind]] = {
    "invalid_api_key": ErrorKind(
        401,
        "authentication",
        "The Authorization header is missing or malformed, or the key is unknown, revoked, disabled, expired or "
        "replaced by a rotation; `reason` says which.",
    ),
    "https_required": ErrorKind(
        403, "permission", "The request came over plain HTTP. It is refused, not redirected: its key was readable."
    ),
    "project_suspended": ErrorKind(403, "permission", "The key's project is suspended, and all its keys with it."),
    "wrong_mode": ErrorKind(403, "permission", "Keys of the other mode only are let in here."),
    "origin_not_allowed": ErrorKind(
        403,
        "permission",
        "The key may be used from certain web origins only, and the request's `Origin` is none of them, or missing.",
    ),
    "app_not_allowed": ErrorKind(
        403,
        "permission",
        "The key may be used by certain mobile apps only, and `x-app-identifier` names none of them, or is missing.",
    ),
    "secret_key_required": ErrorKind(
        403, "permission", "A publishable key cannot do this; it takes a secret key, on your server."
    ),
    "client_secret_missing": ErrorKind(
        403,
        "permission",
        "A publishable key reaches an object only with the client secret that was answered when it was created, sent "
        "as `authorization` beside the key in `x-api-key`.",
    ),
    "client_secret_wrong": ErrorKind(403, "permission", "The client secret is not that of this object."),
    "missing_scope": ErrorKind(
        403,
        "permission",
        "The key is valid but lacks the scope that this operation requires; `requiredScope` and "
        "`grantedScopes` name both sides. Make a key that has it.",
    ),
    "address_not_allowed": ErrorKind(
        403, "permission", "The key may be used from certain networks only, and this request came from another."
    ),
    "test_mode_only": ErrorKind(
        403, "permission", "Payments are simulated, and test clocks kept, with a test key in test mode only."
    ),
    "invalid_body": ErrorKind(
        400,
        "invalid_request",
        "The body is not JSON, or a field is missing, unknown or wrong; `param` names it.",
    ),
    "invalid_query": ErrorKind(
        400, "invalid_request", "A query parameter is unknown, repeated or wrong; `param` names it."
    ),
    "body_too_large": ErrorKind(413, "invalid_request", "The body is larger than 256 KiB."),
    "unsupported_media_type": ErrorKind(
        415, "invalid_request", "The body must be sent as `Content-Type: application/json`."
    ),
    "method_not_allowed": ErrorKind(
        405, "invalid_request", "The path exists, but not with this method; `Allow` lists those it has."
    ),
    "unknown_path": ErrorKind(404, "not_found", "The API has no such path."),
    "not_found": ErrorKind(
        404,
        "not_found",
        "There is no such object, or it belongs to another project or to the other mode: the three look the same.",
    ),
    "conflict": ErrorKind(409, "conflict", "The object is not in a state that allows this."),
    "link_inactive": ErrorKind(409, "conflict", "The payment link is deactivated or archived."),
    "link_archived": ErrorKind(409, "conflict", "An archived payment link cannot be changed; create a new one."),
    "live_mode_not_configured": ErrorKind(
        409, "conflict", "This server has no wallet set up that live payments could go to. Use a test key."
    ),
    "session_not_payable": ErrorKind(
        409, "conflict", "The session's state does not allow this outcome; the message says why."
    ),
    "nothing_to_accept": ErrorKind(
        409, "conflict", "The session has no underpaid, overpaid or late money that waits for your decision."
    ),
    "session_not_pending": ErrorKind(
        409, "conflict", "Money was seen for the session, or it has ended otherwise, so it cannot be expired."
    ),
    "session_not_cancelable": ErrorKind(
        409, "conflict", "Money was seen or captured for the session, or it has ended otherwise."
    ),
    "session_changed": ErrorKind(
        409, "conflict", "The session changed at the same moment. Read it again, then decide."
    ),
    "nothing_to_wait_for": ErrorKind(
        409, "conflict", "The order is not underpaid, so there is no rest that could still come."
    ),
    "nothing_to_refund": ErrorKind(
        409, "conflict", "The order has no money that waits for your decision, or none too much."
    ),
    "payment_not_capturable": ErrorKind(409, "conflict", "Nothing is authorised for the payment, or not any more."),
    "payment_not_cancelable": ErrorKind(
        409, "conflict", "Nothing is authorised for the payment that could be let go of."
    ),
    "capture_exceeds_authorization": ErrorKind(
        409, "conflict", "Less is left of what was authorised than you want to capture; the message says how much."
    ),
    "refund_exceeds_received": ErrorKind(
        409,
        "conflict",
        "Less is left of what came for the payment than you want to give back; refunds under way count as given.",
    ),
    "refund_not_pending": ErrorKind(409, "conflict", "The refund has been sent, has failed, or was canceled."),
    "order_reference_taken": ErrorKind(
        409,
        "conflict",
        "The order's reference was to be unique, and another order of this project and mode, made with "
        "`uniqueReference` and not canceled, has it. Look at that order before you ask for money twice.",
    ),
    "customer_exists": ErrorKind(
        409, "conflict", "Another customer of this project and mode has this e-mail address or reference."
    ),
    "promotion_code_exists": ErrorKind(
        409, "conflict", "Another promotion code of this project and mode reads the same, in whatever case."
    ),
    "product_inactive": ErrorKind(409, "conflict", "A product that a line names is not for sale."),
    "discount_inactive": ErrorKind(409, "conflict", "The coupon or the promotion code is switched off."),
    "discount_expired": ErrorKind(409, "conflict", "The coupon or the promotion code has expired."),
    "discount_used_up": ErrorKind(
        409,
        "conflict",
        "The coupon or the promotion code has been used as often as it may, open sessions included.",
    ),
    "discount_not_applicable": ErrorKind(
        409,
        "conflict",
        "The coupon or the promotion code is not for this customer, price or currency; the message says why.",
    ),
    "test_clock_full": ErrorKind(409, "conflict", "The test clock has as many sessions as it may; create another."),
    "too_many_webhook_endpoints": ErrorKind(
        409, "conflict", "The project has as many webhook endpoints in this mode as it may; delete one first."
    ),
    "delivery_not_replayable": ErrorKind(
        409, "conflict", "A test send has no event to send again; use the endpoint's test instead."
    ),
    "sequence_ahead": ErrorKind(
        409,
        "conflict",
        "The place in the event log (`after`, `log`) is none of this log's: it is beyond the log's end, from before "
        "the database was restored from a backup, or of another project or mode. `newestSequence` and `logId` say what "
        "there is.",
    ),
    "invalid_idempotency_key": ErrorKind(
        400, "invalid_request", "The `Idempotency-Key` header is not 1 to 255 visible ASCII characters."
    ),
    "idempotency_key_reused": ErrorKind(
        409,
        "conflict",
        "The `Idempotency-Key` was used for another request (another method, path or body) within 24 hours. "
        "Use a fresh key for each new thing you want done.",
    ),
    "idempotency_key_in_use": ErrorKind(
        409, "conflict", "The request with this `Idempotency-Key` is still running; try again after `Retry-After`."
    ),
    "rate_limited": ErrorKind(
        429,
        "rate_limited",
        "The key has used up its allowance, or its project that of test events. Wait for the seconds in "
        "`Retry-After`, then send the same request again.",
    ),
    "unavailable": ErrorKind(
        503,
        "server",
        "Something the server needs does not answer right now. Try again after `Retry-After`; where "
        "something is changed, with the same `Idempotency-Key`, because the outcome may not be known.",
    ),
    "internal_error": ErrorKind(500, "server", "Something went wrong on the server. Its log has the request id."),
}


class ErrorBody(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What is inside of ``error``. ``type`` is for branching, ``code`` is stable, ``message`` is for logs.

    Attributes:
        param: on invalid_request, the field that is wrong.
        reason: on 401, ``missing``, ``malformed``, ``ambiguous``, ``key_in_url``, ``unknown``, ``revoked``,
            ``disabled``, ``expired`` or ``superseded``; ``detail`` says what to do about it.
        newest_sequence, log_id: on ``sequence_ahead``, where the event log ends, and which one it is.
    """

    type: str
    code: str
    message: str
    request_id: str
    param: str | None = None
    reason: str | None = None
    detail: str | None = None
    required_scope: str | None = None
    granted_scopes: list[str] | None = None
    newest_sequence: int | None = None
    log_id: str | None = None


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: ErrorBody


class Failure(NamedTuple):
    """A refused request, ready to be sent."""

    status: int
    body: bytes
    headers: Headers = ()


def to_failure(error: TillgateError, request_id: str, headers: Headers = ()) -> Failure:
    """An error in the envelope."""
    kind = ERRORS[error.code]
    end = error if isinstance(error, SequenceAhead) else None
    body = ErrorBody(
        type=kind.type,
        code=error.code,
        message=error.public,
        request_id=request_id,
        param=error.param,
        newest_sequence=end.newest_sequence if end is not None else None,
        log_id=end.log_id if end is not None else None,
    )
    return _failure(kind, body, headers)


_401_MESSAGE: Final = "No valid API key was provided."


def rate_limited(allowance: Allowance, request_id: str, *, by_visitor: bool = False) -> Failure:
    """A key that was too quick, or one visitor who uses it."""
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    kind = ERRORS["rate_limited"]
    limit = allowance.limit
    message = (
        f"Too many requests with this key{' from your address' if by_visitor else ''}: "
        f"{limit.per_second:g} a second are allowed, {limit.burst} at once. "
        f"Try again in {seconds} s."
    )
    body = ErrorBody(type=kind.type, code="rate_limited", message=message, request_id=request_id)
    return _failure(kind, body, [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)])


def refused(refusal: Refused, request_id: str) -> Failure:
    """A refusal at the door, with the challenge of RFC 6750, section 3."""
    said = wording.describe(refusal)
    if said.status == wording.FORBIDDEN:
        code = FORBIDDEN_CODES[refusal.reason]
        kind = ERRORS[code]
        if refusal.reason is not RefusalReason.SCOPE_MISSING:
            return _failure(kind, ErrorBody(type=kind.type, code=code, message=said.message, request_id=request_id))
        scope = present(refusal.need, "the need that a missing scope is about").scope
        body = ErrorBody(
            type=kind.type,
            code=code,
            message=said.message,
            request_id=request_id,
            required_scope=scope,
            granted_scopes=sorted(present(refusal.key, "the key that lacks a scope").scopes),
        )
        return _failure(kind, body, [_challenge(f'error="insufficient_scope", scope="{scope}"')])
    kind = ERRORS["invalid_api_key"]
    body = ErrorBody(
        type=kind.type,
        code="invalid_api_key",
        message=_401_MESSAGE,
        request_id=request_id,
        reason=refusal.reason.value,
        detail=said.message,
    )
    detail = "" if refusal.reason is RefusalReason.MISSING else 'error="invalid_token"'
    return _failure(kind, body, [_challenge(detail)])


def _challenge(detail: str) -> tuple[bytes, bytes]:
    value = f'Bearer realm="{REALM}"' + (f", {detail}" if detail else "")
    return b"www-authenticate", value.encode()


def _failure(kind: ErrorKind, body: ErrorBody, headers: Headers = ()) -> Failure:
    return Failure(kind.status, msgspec.json.encode(ErrorEnvelope(body)), headers)
