"""GitHub's part in secret scanning: a list of public keys behind a real HTTP server, and reports signed with theirs."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """One of GitHub's key pairs."""

    def __init__(self, identifier: str, *, is_current: bool = True, curve: ec.EllipticCurve | None = None) -> None:
        self.identifier = identifier
        self.is_current = is_current
        self._private = ec.generate_private_key(curve or ec.SECP256R1())

    @property
    def listed(self) -> dict[str, Any]:
        pem = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {"key_identifier": self.identifier, "key": pem.decode(), "is_current": self.is_current}

    def signature(self, body: bytes) -> str:
        return base64.b64encode(self._private.sign(body, ec.ECDSA(SHA256()))).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        return {
            "Github-Public-Key-Identifier": self.identifier,
            "Github-Public-Key-Signature": self.signature(body),
            "Content-Type": "application/json",
        }


class GitHub:
    """The address that the list is fetched from."""

    def __init__(self) -> None:
        self.signer = Signer("first")
        self.others: list[Signer] = []
        self.fetched = 0
        self.answers: bytes | None = None
        github = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                github.fetched += 1
                listed = [one.listed for one in (github.signer, *github.others)]
                body = github.answers if github.answers is not None else json.dumps({"public_keys": listed}).encode()
                self.send_response(200 if body else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}/meta/public_keys/secret_scanning"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub with one current key."""
    started = GitHub()
    try:
        yield started
    finally:
        started.close()
