"""The words of a refusal: an HTTP status, what was wrong and what to do. They do not disclose whether a key exists
unless its full text was presented."""

from typing import Final, NamedTuple, assert_never

from keyturn.instants import to_rfc3339
from keyturn.invariants import present
from keyturn.keys.model import Kind, Mode, RefusalReason, Refused
from keyturn.keys.secret import NATIVE, KeyFormat
from keyturn.limiting.gcra import Allowance

UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403


# The stable code of a refusal as a caller's program reads it. What is not among them needs another credential.
INVALID_API_KEY: Final = "invalid_api_key"
FORBIDDEN_CODES: Final = {
    RefusalReason.INSECURE: "https_required",
    RefusalReason.PROJECT_SUSPENDED: "project_suspended",
    RefusalReason.WRONG_MODE: "wrong_mode",
    RefusalReason.ADDRESS_NOT_ALLOWED: "address_not_allowed",
    RefusalReason.ORIGIN_NOT_ALLOWED: "origin_not_allowed",
    RefusalReason.APP_NOT_ALLOWED: "app_not_allowed",
    RefusalReason.SECRET_KEY_REQUIRED: "secret_key_required",
    RefusalReason.CLIENT_SECRET_MISSING: "client_secret_missing",
    RefusalReason.CLIENT_SECRET_WRONG: "client_secret_wrong",
    RefusalReason.SCOPE_MISSING: "missing_scope",
}


class Description(NamedTuple):
    """A refusal as the caller reads it."""

    status: int
    message: str


def describe(refusal: Refused, format: KeyFormat = NATIVE) -> Description:
    """The refusal in words. 401 where another credential is needed, 403 where this one may not do that.

    Args:
        format: how the keys are written that are expected there.
    """
    status, message = _describe(refusal, format)
    return Description(status, refusal.hint or message)


def used_up(allowance: Allowance) -> str | None:
    """That a monthly quota is used up, and when it begins again; None where it is not."""
    quota = allowance.quota
    if quota is None or not quota.exceeded:
        return None
    begins = to_rfc3339(quota.resets_at)
    return f"The monthly quota of {quota.limit} requests is used up. It begins again at {begins}."


def _example(format: KeyFormat) -> str:
    """The beginning of a test key, and how long its rest is."""
    return f"{format.head(Kind.SECRET, Mode.TEST)} and {format.body_length} letters and digits"


def _describe(refusal: Refused, format: KeyFormat) -> tuple[int, str]:  # noqa: C901, PLR0912 — a case for each reason, with its words
    need = refusal.need
    match refusal.reason:
        case RefusalReason.KEY_IN_URL:
            return UNAUTHORIZED, (
                "A key was sent in the URL, and URLs are logged. Send keys in a header, and replace this key: others "
                "may have read it."
            )
        case RefusalReason.MISSING:
            return UNAUTHORIZED, "Send the header 'Authorization: Bearer <key>'."
        case RefusalReason.AMBIGUOUS:
            return UNAUTHORIZED, "Two different credentials were sent. Send one key, in one header."
        case RefusalReason.INSECURE:
            return FORBIDDEN, (
                "This request came over plain HTTP, and its key with it. Use https, and replace the key: others may "
                "have read it."
            )
        case RefusalReason.MALFORMED:
            return UNAUTHORIZED, (
                f"Expected the header 'Authorization: Bearer <key>' with a complete key, such as {_example(format)}. "
                "Check for missing or added characters."
            )
        case RefusalReason.UNKNOWN:
            return UNAUTHORIZED, (
                "This key is unknown on this server. A key works only on the installation that created it: check the "
                "server's address, or create a key here."
            )
        case RefusalReason.REVOKED:
            return UNAUTHORIZED, "This key was revoked. Create a new one."
        case RefusalReason.DISABLED:
            return UNAUTHORIZED, "This key is disabled. Enable it, or use another."
        case RefusalReason.EXPIRED:
            return UNAUTHORIZED, "This key has expired. Create a new one."
        case RefusalReason.SUPERSEDED:
            return UNAUTHORIZED, "This key was rotated, and its old secret has ended. Use the new one."
        case RefusalReason.PROJECT_SUSPENDED:
            return FORBIDDEN, "The project of this key is suspended. Contact the operator of this server."
        case RefusalReason.WRONG_MODE:
            mode = present(refusal.key, "the key whose mode is wrong").mode.value
            return FORBIDDEN, f"This is a {mode} key. This server accepts keys of the other mode only."
        case RefusalReason.ADDRESS_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key cannot be used from this IP address. Add the address to the key's networks, or call from "
                "one of them."
            )
        case RefusalReason.ORIGIN_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key can be used from its registered web origins only, and the request's Origin header is "
                "missing or not one of them. Add the origin, such as http://localhost:3000, to the key."
            )
        case RefusalReason.APP_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key can be used by its registered mobile apps only. Send the header x-app-identifier with a "
                "bundle identifier or package name that is registered for the key."
            )
        case RefusalReason.SECRET_KEY_REQUIRED:
            return FORBIDDEN, "A publishable key cannot do this. Call from your server, with a secret key."
        case RefusalReason.CLIENT_SECRET_MISSING:
            return FORBIDDEN, (
                "With a publishable key, this operation requires the object's client secret, which was returned when "
                "the object was created. Send the key as x-api-key and the client secret as authorization."
            )
        case RefusalReason.CLIENT_SECRET_WRONG:
            return FORBIDDEN, "This client secret does not belong to this object."
        case RefusalReason.SCOPE_MISSING:
            scope = need.scope if need is not None else "of this operation"
            return FORBIDDEN, f"This key lacks the scope {scope}, which this operation requires."
        case _:
            assert_never(refusal.reason)
