"""The one table that turns codes into HTTP statuses and types, and the envelope that carries them."""

from math import ceil
from typing import Any, Final, NamedTuple

import msgspec

from keyturn import Allowance, RefusalReason, Refused
from keyturn.http import wording
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.pipeline import Answer
from keyturn.http.wording import FORBIDDEN_CODES
from tillgate.base.errors import SequenceAhead, TillgateError
from tillgate.base.invariants import present
from tillgate.wire.dialect import ErrorStyle
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path, camel

REALM: Final = "tillgate"


class ErrorKind(NamedTuple):
    """A code's HTTP status and type, and its meaning for the documentation."""

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
    "project_suspended": ErrorKind(403, "permission", "The key's project is suspended, and with it all its keys."),
    "wrong_mode": ErrorKind(403, "permission", "This server accepts only keys of the other mode."),
    "origin_not_allowed": ErrorKind(
        403,
        "permission",
        "The key can be used from certain web origins only, and the request's `Origin` is missing or not one of them.",
    ),
    "app_not_allowed": ErrorKind(
        403,
        "permission",
        "The key can be used by certain mobile apps only, and `x-app-identifier` is missing or names another app.",
    ),
    "secret_key_required": ErrorKind(
        403, "permission", "A publishable key cannot do this. Use a secret key, on your server."
    ),
    "client_secret_missing": ErrorKind(
        403,
        "permission",
        "A publishable key can access an object only with the client secret that was returned when the object was "
        "created. Send it as `authorization`, with the key in `x-api-key`.",
    ),
    "client_secret_wrong": ErrorKind(403, "permission", "The client secret does not belong to this object."),
    "missing_scope": ErrorKind(
        403,
        "permission",
        "The key is valid but lacks the scope that this operation requires; `requiredScope` and "
        "`grantedScopes` name both. Create a key that has the scope.",
    ),
    "address_not_allowed": ErrorKind(
        403, "permission", "The key can be used from certain networks only, and this request came from elsewhere."
    ),
    "test_mode_only": ErrorKind(
        403, "permission", "Simulated payments and test clocks exist in test mode only. Use a test key."
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
        405, "invalid_request", "The path does not support this method; `Allow` lists the methods it supports."
    ),
    "unknown_path": ErrorKind(404, "not_found", "The API does not have this path."),
    "not_found": ErrorKind(
        404,
        "not_found",
        "The object does not exist, or it belongs to another project or mode. The answer is the same for all three.",
    ),
    "conflict": ErrorKind(409, "conflict", "The object is not in a state that allows this."),
    "link_inactive": ErrorKind(409, "conflict", "The payment link is deactivated or archived."),
    "link_expired": ErrorKind(409, "conflict", "The payment link's expiresAt has passed."),
    "link_used_up": ErrorKind(409, "conflict", "The payment link has reached its maxCompletedSessions."),
    "link_archived": ErrorKind(409, "conflict", "An archived payment link cannot be changed; create a new one."),
    "live_mode_not_configured": ErrorKind(
        409, "conflict", "No network, or no confirmed wallet of the project, is set up for live payments."
    ),
    "currency_not_accepted": ErrorKind(
        409,
        "conflict",
        "No token that the project takes is worth the price's currency; the message names the currencies that are.",
    ),
    "session_not_payable": ErrorKind(
        409, "conflict", "The session's state does not allow this outcome; the message says why."
    ),
    "nothing_to_accept": ErrorKind(
        409, "conflict", "The session has no underpaid, overpaid or late money to decide on."
    ),
    "session_not_pending": ErrorKind(
        409, "conflict", "The session cannot be expired or marked as received: money was seen for it, or it has ended."
    ),
    "session_not_cancelable": ErrorKind(
        409, "conflict", "The session cannot be canceled: money was seen or captured for it, or it has already ended."
    ),
    "session_changed": ErrorKind(
        409, "conflict", "The session was changed by another request at the same time. Read it again, then decide."
    ),
    "order_not_deliverable": ErrorKind(
        409, "conflict", "The order is not paid, or one of the items has another final delivery already."
    ),
    "nothing_to_wait_for": ErrorKind(
        409, "conflict", "The order is not underpaid, so there is no missing amount to wait for."
    ),
    "nothing_to_refund": ErrorKind(409, "conflict", "The order has no money to decide on, or no excess."),
    "payment_not_capturable": ErrorKind(409, "conflict", "The payment has no authorization that can be captured."),
    "payment_not_cancelable": ErrorKind(409, "conflict", "The payment has no authorization that can be canceled."),
    "capture_exceeds_authorization": ErrorKind(
        409, "conflict", "The amount is more than can still be captured; the message says how much can."
    ),
    "refund_exceeds_received": ErrorKind(
        409,
        "conflict",
        "The amount is more than can still be refunded; pending refunds count as refunded.",
    ),
    "refund_being_sent": ErrorKind(409, "conflict", "The refund is being sent, and the money may have left already."),
    "refund_not_pending": ErrorKind(
        409, "conflict", "The refund is not pending: it was sent, failed, or was canceled."
    ),
    "refund_not_proved": ErrorKind(409, "conflict", "The transaction is not the one that was to send the refund."),
    "refund_without_destination": ErrorKind(
        409, "conflict", "The refund has no destination yet, so nothing can have been sent there."
    ),
    "refund_asks_no_address": ErrorKind(
        409, "conflict", "The refund asks for no address: it goes out on no network, or was sent already."
    ),
    "refund_without_email": ErrorKind(
        409, "conflict", "The order of the refund has no customer with an e-mail address that a link could go to."
    ),
    "transfer_not_open": ErrorKind(
        409,
        "conflict",
        "The transfer cannot be assigned or marked returned: it is not final, was orphaned, or was decided already; or "
        "the order takes no money.",
    ),
    "order_reference_taken": ErrorKind(
        409,
        "conflict",
        "`uniqueReference` was set, and another order of this project and mode that has not ended has this "
        "reference. Check that order before you ask for the money again.",
    ),
    "product_reference_taken": ErrorKind(
        409, "conflict", "Another product of this project and mode has this reference."
    ),
    "customer_exists": ErrorKind(
        409, "conflict", "Another customer of this project and mode has this e-mail address or reference."
    ),
    "customer_erased": ErrorKind(409, "conflict", "The customer was erased and can no longer be changed."),
    "promotion_code_exists": ErrorKind(
        409,
        "conflict",
        "Another promotion code of this project and mode that is on has this text; case does not matter.",
    ),
    "product_inactive": ErrorKind(409, "conflict", "A product in `lineItems` is not for sale."),
    "discount_inactive": ErrorKind(409, "conflict", "The coupon or promotion code is deactivated."),
    "discount_expired": ErrorKind(409, "conflict", "The coupon or promotion code has expired."),
    "discount_used_up": ErrorKind(
        409,
        "conflict",
        "The coupon or promotion code has reached its redemption limit. Open sessions count.",
    ),
    "discount_not_applicable": ErrorKind(
        409,
        "conflict",
        "The coupon or promotion code does not apply to this customer, price or currency; the message says why.",
    ),
    "test_clock_full": ErrorKind(409, "conflict", "The test clock has reached its limit of sessions. Create another."),
    "too_many_webhook_endpoints": ErrorKind(
        409, "conflict", "The project has reached its limit of webhook endpoints in this mode. Delete one first."
    ),
    "delivery_not_replayable": ErrorKind(
        409,
        "conflict",
        "A test delivery has no event, so it cannot be replayed. Send another test instead. Nor can an event be sent "
        "to an endpoint in whose dialect it was not kept.",
    ),
    "sequence_ahead": ErrorKind(
        409,
        "conflict",
        "The position (`after`, `log`) does not belong to this event log: it is beyond the end of the log, from "
        "before the database was restored from a backup, or of another project or mode. `newestSequence` and "
        "`logId` describe the current log.",
    ),
    "invalid_idempotency_key": ErrorKind(
        400, "invalid_request", "The `Idempotency-Key` header is not 1 to 255 visible ASCII characters."
    ),
    "idempotency_key_reused": ErrorKind(
        409,
        "conflict",
        "The `Idempotency-Key` was used for another request (another method, path or body) within 24 hours. "
        "Use a new key for each new operation.",
    ),
    "idempotency_key_in_use": ErrorKind(
        409,
        "conflict",
        "The first request with this `Idempotency-Key` is still running. Try again after `Retry-After`.",
    ),
    "invalid_if_match": ErrorKind(
        400,
        "invalid_request",
        "The `If-Match` header is not `*` or a list of ETags, or the operation is not about one object that has one.",
    ),
    "precondition_failed": ErrorKind(
        412, "conflict", "The object has changed since the ETag in `If-Match` was read. Nothing was changed."
    ),
    "rate_limited": ErrorKind(
        429,
        "rate_limited",
        "The key has reached its rate limit, or its project that of test events. Wait for the number of seconds in "
        "`Retry-After`, then send the same request again.",
    ),
    "quota_exceeded": ErrorKind(
        429,
        "rate_limited",
        "The key has used up its quota of this calendar month. The message and `Retry-After` say when the next begins.",
    ),
    "document_not_issued": ErrorKind(
        404, "not_found", "The order has no such document: it is not paid, nothing is to be paid, or no refund has it."
    ),
    "document_not_ready": ErrorKind(
        503, "server", "The document is issued, and its file is still being made. Try again after `Retry-After`."
    ),
    "documents_not_installed": ErrorKind(
        503, "server", "The server cannot make PDF files: it was installed without the extra `[documents]`."
    ),
    "unavailable": ErrorKind(
        503,
        "server",
        "The server cannot reach its database or another service that it needs. Try again after `Retry-After`. "
        "Retry a change with the same `Idempotency-Key`, because its outcome may be unknown.",
    ),
    "internal_error": ErrorKind(
        500, "server", "An unexpected error on the server. The server's log contains the request id."
    ),
}


class ErrorBody(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What is inside of ``error``. ``type`` is for branching, ``code`` is stable, ``message`` is for logs.

    Attributes:
        doc_url: the page about ``code``, on this installation.
        param: on invalid_request, the field that is wrong.
        reason: on 401, ``missing``, ``malformed``, ``ambiguous``, ``key_in_url``, ``unknown``, ``revoked``,
            ``disabled``, ``expired`` or ``superseded``; ``detail`` says what to do about it.
        newest_sequence, log_id: on ``sequence_ahead``, where the event log ends, and which one it is.
    """

    type: str
    code: str
    message: str
    doc_url: str
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


_OWN_NAMES: Final = {
    "idempotency_key": "Idempotency-Key",
    "idempotency_visitor": "Idempotency-Visitor",
    "starting_after": "starting_after",
}
# Where the installation's own page of a code is served, below its public URL.
PAGES_PATH: Final = "/docs/errors"
WORDS: Final = Words(
    # Headers and the pages of a list are called as HTTP and earlier versions call them.
    at_path(lambda name: _OWN_NAMES.get(name) or camel(name)),
    SENTENCES,
    WHOLE,
)
_401_MESSAGE: Final = "No valid API key was provided."


class Envelope:
    """Everything that is not a success, with the address of the page of its code on this installation."""

    def __init__(self, public_url: str) -> None:
        self._docs = f"{public_url}{PAGES_PATH}/"
        self.errors = ErrorStyle(self._refused, self._rate_limited, self._failed)

    def _failed(self, error: TillgateError, request_id: str) -> Answer:
        end = error if isinstance(error, SequenceAhead) else None
        return self._answer(
            error.code,
            WORDS.message(error),
            request_id,
            param=WORDS.param(error),
            newest_sequence=end.newest_sequence if end is not None else None,
            log_id=end.log_id if end is not None else None,
        )

    def _rate_limited(self, allowance: Allowance, request_id: str, by_visitor: bool = False) -> Answer:
        """A key over its rate limit, or one visitor who uses it."""
        seconds = max(ceil(allowance.retry_after_seconds), 1)
        used_up = wording.used_up(allowance)
        message = used_up or (
            f"Too many requests with this key{' from your address' if by_visitor else ''}: "
            f"{allowance.limit} are allowed. "
            f"Try again in {seconds} s."
        )
        headers = [(b"retry-after", b"%d" % seconds), *rate_headers(allowance)]
        if used_up is not None:
            return self._answer("quota_exceeded", used_up, request_id, headers)
        return self._answer("rate_limited", message, request_id, headers)

    def _refused(self, refusal: Refused, request_id: str) -> Answer:
        """A refusal at admission, with the challenge of RFC 6750, section 3."""
        description = wording.describe(refusal)
        if description.status == wording.FORBIDDEN:
            code = FORBIDDEN_CODES[refusal.reason]
            if refusal.reason is not RefusalReason.SCOPE_MISSING:
                return self._answer(code, description.message, request_id)
            scope = present(refusal.need, "the need that a missing scope is about").scope
            return self._answer(
                code,
                description.message,
                request_id,
                [_challenge(f'error="insufficient_scope", scope="{scope}"')],
                required_scope=scope,
                granted_scopes=sorted(present(refusal.key, "the key that lacks a scope").scopes),
            )
        challenge = _challenge("" if refusal.reason is RefusalReason.MISSING else 'error="invalid_token"')
        return self._answer(
            "invalid_api_key",
            _401_MESSAGE,
            request_id,
            [challenge],
            reason=refusal.reason.value,
            detail=description.message,
        )

    def _answer(self, code: str, message: str, request_id: str, headers: Headers = (), **more: Any) -> Answer:
        kind = ERRORS[code]
        body = ErrorBody(
            type=kind.type, code=code, message=message, doc_url=self._docs + code, request_id=request_id, **more
        )
        return Answer(kind.status, msgspec.json.encode(ErrorEnvelope(body)), headers=headers)


def _challenge(detail: str) -> tuple[bytes, bytes]:
    value = f'Bearer realm="{REALM}"' + (f", {detail}" if detail else "")
    return b"www-authenticate", value.encode()
