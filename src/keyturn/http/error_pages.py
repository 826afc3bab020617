"""What each code of Keyturn's own server means and what to do about it, as pages that the server shows itself.

RFC 9457's ``type`` of a problem is the address of its page: a relative reference, for the server knows no public URL.
"""

from html import escape
from typing import Final, NamedTuple

PAGES_PATH: Final = "/docs/errors"
HTML: Final = b"text/html; charset=utf-8"
HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
SHOWN_MAX: Final = 60


class ErrorPage(NamedTuple):
    """What a page says.

    Attributes:
        meaning: what was wrong.
        todo: what the reader is to do.
    """

    status: int
    meaning: str
    todo: str


PAGES: Final[dict[str, ErrorPage]] = {
    "invalid_body": ErrorPage(
        400,
        "The body is empty or not JSON, or a field is missing, unknown or wrong; param names it.",
        "Correct the field. /v1/openapi.json lists the fields of each operation. Nothing was changed.",
    ),
    "invalid_query": ErrorPage(
        400,
        "A query parameter is unknown, repeated or wrong; param names it.",
        "Correct or omit the parameter. /v1/openapi.json lists those of each operation.",
    ),
    "invalid_project": ErrorPage(
        400,
        "The project is missing or is no project's name.",
        "With the root credential, name the project in projectId; a key always acts in its own.",
    ),
    "invalid_scope": ErrorPage(
        400,
        "A scope is not one that this installation offers.",
        "Use a scope of KEYTURN_SCOPES, or add it there and restart the server.",
    ),
    "invalid_key_name": ErrorPage(
        400,
        "A key's name is empty, too long or holds control characters.",
        "Give the key a name that says which program uses it.",
    ),
    "invalid_expiry": ErrorPage(400, "A key would expire in the past.", "Send an instant in the future, or none."),
    "invalid_network": ErrorPage(
        400,
        "A network that a key is restricted to is none.",
        "Send addresses or networks in CIDR form, such as 203.0.113.0/24.",
    ),
    "invalid_origin": ErrorPage(
        400,
        "A web origin that a key is restricted to is none.",
        "Send scheme, host and port only, such as https://shop.example.",
    ),
    "invalid_app_identifier": ErrorPage(
        400,
        "An app identifier that a key is restricted to is none.",
        "Send a bundle identifier or a package name, such as com.example.shop.",
    ),
    "invalid_limit": ErrorPage(
        400, "A key's own rate limit makes no sense.", "Send a rate such as 5/s, and a burst that is at least as large."
    ),
    "invalid_quota": ErrorPage(
        400,
        "A monthly quota is no number of requests.",
        "Send a whole number from 1, or null for no quota.",
    ),
    "invalid_kind": ErrorPage(
        400,
        "The format has no keys of this kind, or a key of this kind cannot be restricted so.",
        "Choose another kind or format, or leave the restriction out.",
    ),
    "invalid_portal_session": ErrorPage(
        400,
        "A portal session would last too long, allow too many keys or lead back to what is no page over HTTPS.",
        "See `detail` for what was expected. Nothing was made.",
    ),
    "invalid_allow": ErrorPage(
        400,
        "Something is allowed by name that does not exist, or on a key that is not publishable.",
        "Leave it out, or use one of the names that the message lists.",
    ),
    "stronger_than_parent": ErrorPage(
        400,
        "A key would create a key that may do more than itself.",
        "Ask for scopes and restrictions within those of the key that creates it.",
    ),
    "invalid_request_target": ErrorPage(
        400,
        "The path of the request is none, or can be read in more than one way.",
        "Send a path without encoded slashes, dot segments or control characters.",
    ),
    "ambiguous_request": ErrorPage(
        400,
        "A header that decides was sent more than once, or does not fit the others.",
        "Have the proxy send each header once; remove those that clients send.",
    ),
    "preflight_not_answered": ErrorPage(
        404,
        "No key is for the origin of this preflight, or the endpoint is open. Only proxies are told so.",
        "Let the proxy hand the preflight on to the application, as the guide's configuration does.",
    ),
    "forward_auth_misconfigured": ErrorPage(
        400,
        "The proxy did not say what the original request was.",
        "Set up forward-auth as the guide shows for your proxy.",
    ),
    "invalid_api_key": ErrorPage(
        401,
        "No key was sent, or the key is malformed, unknown, revoked, disabled, expired or replaced; reason says which.",
        "Send Authorization: Bearer <key> with a valid key. The same request with the same key fails again.",
    ),
    "missing_scope": ErrorPage(
        403,
        "The key is valid but lacks the scope in requiredScope.",
        "Use a key that has the scope, or add the scope to this key. No scope implies another.",
    ),
    "secret_key_required": ErrorPage(
        403, "A publishable key cannot do this.", "Call from your server, with a secret key."
    ),
    "client_secret_missing": ErrorPage(
        403,
        "A publishable key can access an object only with the object's client secret.",
        "Send the key as x-api-key and the client secret as authorization.",
    ),
    "client_secret_wrong": ErrorPage(
        403, "The client secret does not belong to this object.", "Send the one that was returned with the object."
    ),
    "address_not_allowed": ErrorPage(
        403,
        "The key can be used from certain networks only, and the request came from elsewhere.",
        "Call from one of its networks, or add the address to them.",
    ),
    "origin_not_allowed": ErrorPage(
        403,
        "The key can be used from certain web origins only.",
        "Add the page's origin to the key. Only browsers send Origin; from a server, use a secret key.",
    ),
    "app_not_allowed": ErrorPage(
        403, "The key can be used by certain apps only.", "Send x-app-identifier with one that the key allows."
    ),
    "project_suspended": ErrorPage(
        403, "The key's project is suspended, and with it all its keys.", "Contact the operator of this server."
    ),
    "wrong_mode": ErrorPage(403, "The server accepts keys of the other mode only.", "Use a key of the other mode."),
    "https_required": ErrorPage(
        403,
        "The request came over plain HTTP, and its key with it.",
        "Use https, and replace the key: others may have read it.",
    ),
    "root_required": ErrorPage(
        403,
        "Only the root credential may do this.",
        "Use the root credential of this installation; no key can be given the right to.",
    ),
    "disabled_by_another": ErrorPage(
        403,
        "The key was disabled by somebody whom this caller cannot overrule.",
        "Ask whoever disabled it, or use the root credential.",
    ),
    "need_not_declared": ErrorPage(
        403,
        "The endpoint declares no scope, so every request is refused.",
        "The author of the API has to declare what the endpoint needs.",
    ),
    "proxy_not_trusted": ErrorPage(
        403,
        "The request for forward-auth did not come from a trusted proxy.",
        "List the proxy's address in KEYTURN_TRUSTED_PROXIES.",
    ),
    "key_not_found": ErrorPage(
        404, "There is no such key in this project.", "Check the id, and the project that the credential acts in."
    ),
    "portal_session_not_found": ErrorPage(
        404,
        "There is no such portal session in this project and mode.",
        "Check the id. Sessions are dropped 30 days after they expired.",
    ),
    "unknown_path": ErrorPage(404, "The server does not have this path.", "/v1/openapi.json lists all paths."),
    "method_not_allowed": ErrorPage(
        405, "The path does not support this method.", "Use one of the methods that the Allow header lists."
    ),
    "key_revoked": ErrorPage(409, "A revoked key cannot be changed or brought back.", "Create a new key."),
    "rotation_pending": ErrorPage(
        409,
        "A rotation waits for the first use of the new secret.",
        "Use the new secret, or end the rotation, then try again.",
    ),
    "portal_not_set_up": ErrorPage(
        409,
        "The server does not know the address at which customers would reach their page.",
        "Set KEYTURN_PUBLIC_URL and restart the server.",
    ),
    "too_many_keys": ErrorPage(
        409,
        "The customer has as many keys as are allowed.",
        "Revoke one that is not used any more, or allow more with keysMax.",
    ),
    "too_many_descendants": ErrorPage(
        409,
        "The key has created as many keys as it may, or stands at the end of a chain that may not be longer.",
        "Revoke keys that are not used any more, or create keys from another one.",
    ),
    "too_many_secrets": ErrorPage(
        409,
        "The key has 100 secrets that are still accepted, which is the most.",
        "Finish the rotation, or rotate without an overlap, which ends the earlier secrets.",
    ),
    "invalid_label": ErrorPage(
        400,
        "The external id, the metadata or a tag is too long, too many, or holds characters that it cannot.",
        "See `detail` for what was expected.",
    ),
    "key_exists": ErrorPage(409, "A key with this digest already exists.", "Import it once only."),
    "idempotency_key_reused": ErrorPage(
        409,
        "This Idempotency-Key was sent before, with another request.",
        "Send a new one with each new request; the same one only with a request that is sent again.",
    ),
    "invalid_idempotency_key": ErrorPage(
        400, "The Idempotency-Key is empty, too long or holds other characters than visible ASCII.", "Send a UUID."
    ),
    "body_too_large": ErrorPage(413, "The body is larger than 64 KiB.", "Send a smaller body."),
    "rate_limited": ErrorPage(
        429, "The key has reached its rate limit.", "Wait for Retry-After, then send the same request again."
    ),
    "quota_exceeded": ErrorPage(
        429,
        "The key, or the customer whose it is, has used up the month's quota.",
        "Wait until the month begins again, in UTC: the message and Retry-After say when. Or have the quota raised.",
    ),
    "internal_error": ErrorPage(
        500,
        "An unexpected error on the server; its log has the cause.",
        "Look at what was done before you try again.",
    ),
    "auth_unavailable": ErrorPage(
        503,
        "The key could not be verified: the database does not answer, and no lease allows an answer without it.",
        "Try again after Retry-After. /readyz says what is wrong.",
    ),
}


def page_of(code: str) -> tuple[int, bytes]:
    """The page of a code, with its status: 404 where there is no such code. All codes under the empty one."""
    if not code:
        rows = "".join(
            f'<li><a href="{PAGES_PATH}/{one}"><code>{one}</code></a> ({page.status}): {escape(page.meaning)}</li>'
            for one, page in sorted(PAGES.items())
        )
        return 200, _html("Errors", f"<ul>{rows}</ul>")
    page = PAGES.get(code)
    back = f'<p><a href="{PAGES_PATH}">All error codes</a></p>'
    if page is None:
        return 404, _html("No such error code", f"<p>There is no <code>{escape(code[:SHOWN_MAX])}</code>.</p>{back}")
    words = f"<p>{escape(page.meaning)}</p><h2>What to do</h2><p>{escape(page.todo)}</p>"
    return 200, _html(code, f"<p>Status {page.status}.</p>{words}{back}")


def _html(title: str, body: str) -> bytes:
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    return f"{head}<title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>\n".encode()
