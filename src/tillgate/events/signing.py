"""Signatures of webhooks, in two dialects over the same bytes and the same instant.

- Crypto Checkout: ``X-Webhook-Signature: t=<unix seconds>,v1=<hex>``, HMAC-SHA256 over
  ``<timestamp>.<raw body>``; the key is the whole secret as text, ``whsec_`` included.
- Standard Webhooks (https://www.standardwebhooks.com, version 1): ``webhook-signature: v1,<base64>``,
  HMAC-SHA256 over ``<id>.<timestamp>.<raw body>``; the key is what follows ``whsec_``, base 64 decoded.

While a rotated secret overlaps with its successor each header carries one signature of each:
``t=…,v1=<new>,v1=<old>`` and ``v1,<new> v1,<old>``. A receiver accepts what any of them fits.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_HEAD = "whsec_"  # noqa: S105 — what every secret begins with, not one
SECRET_BYTES = 24
SECRET_PREFIX_VISIBLE = 6


class SigningSecret:
    """An endpoint's secret, in the form of its style. Shown once when the endpoint is made; its ``repr`` shows the
    prefix only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def new(cls) -> "SigningSecret":
        """192 fresh random bits in the form of the native style, which Standard Webhooks has as well."""
        return cls(SECRET_HEAD + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())

    def reveal(self) -> str:
        """The text itself: to show it once, or to seal it."""
        return self._text

    @property
    def prefix(self) -> str:
        """What may be shown for ever: ``whsec_abc123``, and six characters of a secret without that head."""
        head = len(SECRET_HEAD) if self._text.startswith(SECRET_HEAD) else 0
        return self._text[: head + SECRET_PREFIX_VISIBLE]

    def __repr__(self) -> str:
        return f"SigningSecret({self.prefix}…)"

    def headers(self, *, event_id: str, body: bytes, timestamp: int) -> dict[str, str]:
        """The headers of one attempt; ``timestamp`` is that attempt's Unix seconds."""
        return signature_headers([self], event_id=event_id, body=body, timestamp=timestamp)

    def _hex(self, stamp: bytes, body: bytes) -> str:
        return hmac.new(self._text.encode(), stamp + b"." + body, hashlib.sha256).hexdigest()

    def _standard(self, event_id: str, stamp: bytes, body: bytes) -> str:
        key = base64.b64decode(self._text.removeprefix(SECRET_HEAD))
        signed = event_id.encode() + b"." + stamp + b"." + body
        return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signature_headers(
    signing: Sequence[SigningSecret], *, event_id: str, body: bytes, timestamp: int
) -> dict[str, str]:
    """The headers of one attempt, signed by each of these secrets."""
    stamp = str(timestamp).encode()
    return {
        "X-Webhook-Signature": ",".join([f"t={timestamp}", *(f"v1={one._hex(stamp, body)}" for one in signing)]),
        "X-Webhook-Timestamp": str(timestamp),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one._standard(event_id, stamp, body)}" for one in signing),
    }
