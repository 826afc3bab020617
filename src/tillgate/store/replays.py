"""What a replay gives back to nobody but who was answered first.

A one-time secret in an answer, such as a webhook endpoint's signing secret, is kept under a key that is made of the
caller's API key and the name of the request, by HKDF-SHA256 (RFC 5869), sealed by AES-256-GCM. Neither of the two is
stored in a form that opens it: the table holds the name, and of an API key only its digest. So a stolen database, or
the server while nobody asks, opens nothing; and another key, or the same one after its rotation, is another caller.
"""

import base64
import os
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE: Final = b"tillgate idempotent replay 1"
_NONCE_BYTES: Final = 12


class Holder(NamedTuple):
    """Who was answered, as a secret that they present with each request.

    Attributes:
        credential: the API key's text.
        visitor: the random value of a visitor, where anybody may hold the key; empty otherwise.
    """

    credential: str
    visitor: str = ""

    def __repr__(self) -> str:
        return "Holder(…)"

    def seal(self, body: bytes, *, key: str, what: str) -> str:
        """The sealed body, fit for a row.

        Args:
            key: the ``Idempotency-Key``.
            what: was asked for, by method and path; the body is bound to it.
        """
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(key).encrypt(nonce, body, what.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, key: str, what: str) -> bytes | None:
        """The body again; None where somebody else was answered."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], what.encode())
        except InvalidTag:
            return None

    def _cipher(self, key: str) -> AESGCM:
        # Each part by its length, so that no two different ones read the same together.
        parts = [part.encode() for part in (key, self.visitor)]
        info = _PURPOSE + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return AESGCM(HKDF(SHA256(), 32, salt=None, info=info).derive(self.credential.encode()))
