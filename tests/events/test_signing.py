"""Signatures, checked by code that is not ours."""

import base64
import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tillgate.events.signing import SigningSecret

BODY = b'{"type":"session.paid","data":{"amount":"99.00 \xe2\x82\xac"}}'


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def crypto_checkout_accepts(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Crypto Checkout's own page on signatures, followed step by step: HMAC-SHA256 over ``<t>.<raw body>``."""
    stamp, _, signature = headers["X-Webhook-Signature"].partition(",v1=")
    assert re.fullmatch(r"t=\d+", stamp)
    assert re.fullmatch(r"[0-9a-f]{64}", signature)
    assert headers["X-Webhook-Timestamp"] == stamp[2:]
    return hmac.new(secret.encode(), stamp[2:].encode() + b"." + body, sha256).hexdigest() == signature


@given(st.binary(max_size=300), st.integers(0, 2**33))
def test_crypto_checkouts_signature_can_be_checked_by_its_own_recipe(body: bytes, timestamp: int) -> None:
    """``t=…,v1=…`` over the raw bytes; the whole secret is the key, ``whsec_`` included."""
    secret = SigningSecret.new()
    headers = secret.headers(event_id="evt_1", body=body, timestamp=timestamp)
    assert crypto_checkout_accepts(secret.reveal(), headers, body)
    assert not crypto_checkout_accepts(secret.reveal(), headers, body + b" ")
    assert not crypto_checkout_accepts(SigningSecret.new().reveal(), headers, body)


def test_the_standard_webhooks_package_verifies_ours() -> None:
    """The reference implementation from PyPI takes what we send, and nothing that was changed."""
    secret = SigningSecret.new()
    headers = secret.headers(event_id="evt_1", body=BODY, timestamp=now())
    webhook = Webhook(secret.reveal())
    assert webhook.verify(BODY.decode(), headers)["type"] == "session.paid"
    with pytest.raises(WebhookVerificationError):
        webhook.verify(BODY.decode().replace("99", "98"), headers)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(BODY.decode(), headers | {"webhook-id": "evt_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(SigningSecret.new().reveal()).verify(BODY.decode(), headers)


def test_an_old_attempt_is_refused_by_receivers() -> None:
    """The timestamp is signed: replaying a captured request does not work after five minutes."""
    secret = SigningSecret.new()
    old = now() - 301
    headers = secret.headers(event_id="evt_1", body=BODY, timestamp=old)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret.reveal()).verify(BODY.decode(), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret.reveal()).verify(BODY.decode(), headers | {"webhook-timestamp": str(now())})


def test_a_secret_is_24_random_bytes_in_the_standards_form() -> None:
    """``whsec_`` and base 64, as Standard Webhooks asks for 24 to 64 bytes; no two are alike."""
    made = {SigningSecret.new().reveal() for _ in range(200)}
    assert len(made) == 200
    assert all(len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) == 24 for text in made)


def test_a_secret_shows_no_more_than_its_prefix() -> None:
    """repr and str tell ``whsec_`` and six characters."""
    secret = SigningSecret.new()
    text = secret.reveal()
    for told in (repr(secret), str(secret), f"{[secret]}"):
        assert text[:12] in told
        assert text[12:] not in told


def test_six_characters_of_any_secret_are_shown() -> None:
    """Also of one in another style's form, which has no head that says what it is."""
    assert SigningSecret("whsec_abcdefghij").prefix == "whsec_abcdef"
    assert SigningSecret("BcDeFgHiJkLm").prefix == "BcDeFg"
    assert repr(SigningSecret("BcDeFgHiJkLm")) == "SigningSecret(BcDeFg…)"
