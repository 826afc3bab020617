"""Whether a webhook is genuine: ``X-Webhook-Signature: t=<unix seconds>,v1=<hex>``, HMAC-SHA256 over
``<t>.<raw body>`` with the endpoint's whole secret as key."""

import hashlib
import hmac
import re
import time
from typing import Final

import msgspec

from tillgate_client.errors import ConfigurationError, WebhookVerificationError
from tillgate_client.objects import Event

TOLERANCE_SECONDS: Final = 300

_SECRET: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_decoder: Final = msgspec.json.Decoder(Event)


def verify_webhook(
    payload: bytes | str,
    signature: str | None,
    secret: str,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    timestamp: str | int | None = None,
) -> Event:
    """The event that a webhook carries, once it is proved to come from your server and to be fresh.

    Events may arrive more than once: keep the ``id`` of those you have handled.

    Args:
        payload: the body exactly as it came. Parsed and serialised again, it would not match its signature.
        signature: the value of the header ``X-Webhook-Signature``. Its ``v1`` may be there several times, and one
            that fits is enough.
        secret: the endpoint's secret, ``whsec_`` included.
        tolerance_seconds: how far its time may be from this machine's, in both directions.
        timestamp: the value of ``X-Webhook-Timestamp``, for when the signature carries no ``t=``.

    Raises:
        WebhookVerificationError: it is not genuine, too old, or no event; ``reason`` says which.
        ConfigurationError: the secret is empty, or the tolerance is not a positive number.
    """
    # With an empty secret anybody could sign.
    if not secret or not secret.strip():
        raise ConfigurationError("secret: expected the webhook endpoint's secret (whsec_…), got none.")
    if not _SECRET.fullmatch(secret):
        raise ConfigurationError(
            "secret: it has a space, a line break or a character that no secret has; a line break at its end comes "
            "from a file, as a rule: use secret.strip()."
        )
    if not tolerance_seconds > 0:
        raise ConfigurationError("tolerance_seconds: expected a positive number of seconds.")
    if not signature:
        raise WebhookVerificationError("signature_missing", "The header X-Webhook-Signature is missing.")
    body = payload.encode() if isinstance(payload, str) else bytes(payload)

    stamps: list[str] = []
    digests: list[str] = []
    for part in signature.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            stamps.append(value)
        elif name == "v1":
            digests.append(value)
    if not stamps and timestamp is not None:
        stamps.append(str(timestamp))
    if not stamps:
        raise WebhookVerificationError(
            "timestamp_missing", "The signature has no t=, and no X-Webhook-Timestamp was given instead."
        )
    if len(stamps) != 1 or not _TIMESTAMP.fullmatch(stamps[0]) or not any(map(_DIGEST.fullmatch, digests)):
        raise WebhookVerificationError(
            "signature_malformed", "X-Webhook-Signature: expected t=<unix seconds>,v1=<64 hex digits>."
        )

    expected = hmac.new(secret.encode(), stamps[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(expected.encode(), digest.encode()) for digest in digests):
        raise WebhookVerificationError(
            "signature_mismatch",
            "The signature does not fit: another endpoint's secret, or the body is not the raw one.",
        )
    if not abs(time.time() - int(stamps[0])) <= tolerance_seconds:
        raise WebhookVerificationError(
            "timestamp_out_of_tolerance",
            f"The webhook was signed more than {tolerance_seconds:g} seconds from now: an old one sent again, or a "
            "clock that is wrong.",
        )
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WebhookVerificationError("payload_malformed", "The body is genuine, but it is no event.") from error
