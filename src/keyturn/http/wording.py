"""What a refused caller is told: an HTTP status, and words that say what was wrong and what to do. Nothing in them
tells whether a key exists to who does not hold it."""

from typing import Final, NamedTuple, assert_never

from keyturn.invariants import present
from keyturn.keys.model import RefusalReason, Refused

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


def describe(refusal: Refused) -> Description:
    """The refusal in words. 401 where another credential is needed, 403 where this one may not do that."""
    status, message = _describe(refusal)
    return Description(status, refusal.hint or message)


def _describe(refusal: Refused) -> tuple[int, str]:  # noqa: C901, PLR0912 — a case for each reason, with its words
    need = refusal.need
    match refusal.reason:
        case RefusalReason.KEY_IN_URL:
            return UNAUTHORIZED, (
                "A key was sent in the URL, which is logged on its way. Send it in a header, and replace that key: "
                "take it for known to others."
            )
        case RefusalReason.MISSING:
            return UNAUTHORIZED, "Send the header 'Authorization: Bearer <key>'."
        case RefusalReason.AMBIGUOUS:
            return UNAUTHORIZED, "Two different credentials were sent; send one key, in one header."
        case RefusalReason.INSECURE:
            return FORBIDDEN, (
                "API requests are made over HTTPS; this one came in clear text, and so did its key. Use https, and "
                "replace the key: take it for known to others."
            )
        case RefusalReason.MALFORMED:
            return UNAUTHORIZED, (
                "Expected the header 'Authorization: Bearer <key>' with a whole key, such as ck_test_ and 32 letters "
                "and digits; check for cut-off or added characters."
            )
        case RefusalReason.UNKNOWN:
            return UNAUTHORIZED, (
                "This server knows no such key. A key works only on the installation that made it: check that this "
                "is the one, or make a key here."
            )
        case RefusalReason.REVOKED:
            return UNAUTHORIZED, "This key was revoked; create a new one."
        case RefusalReason.DISABLED:
            return UNAUTHORIZED, "This key is switched off; enable it, or use another."
        case RefusalReason.EXPIRED:
            return UNAUTHORIZED, "This key has expired; create a new one."
        case RefusalReason.SUPERSEDED:
            return UNAUTHORIZED, "This key was rotated, and its old secret has ended; use the new one."
        case RefusalReason.PROJECT_SUSPENDED:
            return FORBIDDEN, "The project of this key is suspended; ask whoever runs this server."
        case RefusalReason.WRONG_MODE:
            mode = present(refusal.key, "the key whose mode is wrong").mode.value
            return FORBIDDEN, f"This is a {mode} key, and only keys of the other mode are let in here."
        case RefusalReason.ADDRESS_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key may not be used from this address; its networks are set where the key was made."
            )
        case RefusalReason.ORIGIN_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key may be used from its registered web origins only, and the request's Origin is none of them, "
                "or missing. Add the origin, such as http://localhost:3000, where the key was made."
            )
        case RefusalReason.APP_NOT_ALLOWED:
            return FORBIDDEN, (
                "This key may be used by its registered mobile apps only. Send the header x-app-identifier with the "
                "bundle identifier or package name that was registered where the key was made."
            )
        case RefusalReason.SECRET_KEY_REQUIRED:
            return FORBIDDEN, "A publishable key cannot do this; call it from your server, with a secret key."
        case RefusalReason.CLIENT_SECRET_MISSING:
            return FORBIDDEN, (
                "With a publishable key this needs the object's client secret, which was in the answer that created "
                "it: send the key as x-api-key, and the client secret itself as authorization."
            )
        case RefusalReason.CLIENT_SECRET_WRONG:
            return FORBIDDEN, "This client secret does not open this object."
        case RefusalReason.SCOPE_MISSING:
            scope = need.scope if need is not None else "that is asked for"
            return FORBIDDEN, f"This key lacks the scope {scope}, which this operation requires."
        case _:
            assert_never(refusal.reason)
