"""Where a session's buyer is sent, with what the merchant wants to know of the session filled in."""

from typing import Final
from urllib.parse import quote

from tillgate.checkout.sessions.model import CheckoutSession

SESSION_ID: Final = "{CHECKOUT_SESSION_ID}"
ORDER_REFERENCE: Final = "{ORDER_REFERENCE}"


def return_address(url: str, session: CheckoutSession) -> str:
    """The same as :func:`filled`, of a session."""
    return filled(url, session.id, session.reference or session.client_reference_id or "")


def filled(url: str, session_id: str, reference: str) -> str:
    """The URL with its placeholders filled in, percent-encoded (RFC 3986, 2.1) to the last reserved character.

    ``{ORDER_REFERENCE}`` is the order's ``reference``, or else its ``clientReferenceId``, which a stranger may have
    chosen: whatever it is, it stays one part of a path, one value or one fragment, and never reaches the scheme or the
    host. A reference of dots alone is left out, for browsers read ``..`` as a step up, percent-encoded too.
    """
    scheme, colon, rest = url.partition(":")
    authority, rest = _split_authority(rest) if scheme.lower() in ("https", "http") else ("", rest)
    rest = rest.replace(SESSION_ID, quote(session_id, safe=""))
    rest = rest.replace(ORDER_REFERENCE, quote(reference, safe="") if reference.strip(".") else "")
    return scheme + colon + authority + rest


def _split_authority(rest: str) -> tuple[str, str]:
    """``//host:port`` and what follows it."""
    ends = [at for mark in "/?#" if (at := rest.find(mark, 2)) != -1]
    end = min(ends, default=len(rest))
    return rest[:end], rest[end:]
