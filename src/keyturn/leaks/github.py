"""GitHub's secret scanning partner programme: it finds keys in public and posts them here, signed.

https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program. The signature is ECDSA over
P-256 with SHA-256, in DER and base 64, of the raw body; the header beside it names which of GitHub's public keys it was
made with. Those are a list that changes now and then.
"""

import asyncio
import base64
import binascii
import hashlib
import http.client
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from keyturn.errors import BadReport, PublicKeysUnavailable
from keyturn.keys.secret import MaskedRepr
from keyturn.leaks.responding import Leak, LeakResponder
from keyturn.stores.ports import Clock

GITHUB_KEYS_URL: Final = "https://api.github.com/meta/public_keys/secret_scanning"
KEPT_MS: Final = 3_600_000
# An unknown identifier is a reason to look again, but strangers can make them up.
LOOK_AGAIN_MS: Final = 60_000
# As long as it is told at once that the list did not come, instead of being asked for again by each report.
FAILED_MS: Final = 10_000
FETCH_SECONDS_MAX: Final = 10.0
LIST_BYTES_MAX: Final = 256 * 1024
MATCHES_MAX: Final = 10_000
SIGNATURE_LENGTH_MAX: Final = 500


class PublicKey(msgspec.Struct, frozen=True):
    """One of the keys that reports are signed with.

    Attributes:
        key: PEM, SubjectPublicKeyInfo.
        is_current: whether it signs still.
    """

    key_identifier: str
    key: str
    is_current: bool


class PublicKeys(Protocol):
    """Where the list of keys comes from."""

    async def fetch(self) -> Sequence[PublicKey]:
        """The list as it is now.

        Raises:
            PublicKeysUnavailable: it is unavailable, or not a list.
        """
        ...


class _Listed(msgspec.Struct, frozen=True):
    public_keys: list[PublicKey]


class FilePublicKeys:
    """The list in a file, as GitHub's address answers with it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def fetch(self) -> Sequence[PublicKey]:
        return _decoded(await asyncio.to_thread(self._read))

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                return file.read(LIST_BYTES_MAX + 1)
        except OSError as error:
            raise PublicKeysUnavailable(f"the list of public keys cannot be read: {error.strerror}") from error


class UrlPublicKeys:
    """The list from GitHub, or from wherever else it is kept."""

    def __init__(self, url: str = GITHUB_KEYS_URL) -> None:
        """
        Raises:
            ValueError: it is no http address.
        """
        if not url.startswith(("https://", "http://")):
            raise ValueError("the address of the public keys is an http(s) URL")
        self._url = url
        self._running: asyncio.Future[bytes] | None = None

    async def fetch(self) -> Sequence[PublicKey]:
        # A socket's own time is for each piece that comes, this is for all of it: who sends a byte now and then keeps
        # one thread busy, and no report waiting.
        if self._running is not None and not self._running.done():
            raise PublicKeysUnavailable("the list of public keys is still being fetched")
        running = self._running = asyncio.ensure_future(asyncio.to_thread(self._get))
        running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({running}, timeout=FETCH_SECONDS_MAX)
        if not done:
            raise PublicKeysUnavailable(f"the list of public keys did not come within {FETCH_SECONDS_MAX:g} seconds")
        self._running = None
        try:
            return _decoded(running.result())
        finally:
            # What was raised knows this frame, and would be known by it for ever.
            del running, done

    def _get(self) -> bytes:
        request = urllib.request.Request(  # noqa: S310 — the scheme was checked
            self._url, headers={"Accept": "application/json", "User-Agent": "keyturn"}
        )
        try:
            with urllib.request.urlopen(request, timeout=FETCH_SECONDS_MAX) as answer:  # noqa: S310
                return _read(answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise PublicKeysUnavailable(f"the list of public keys cannot be fetched: {error}") from error


def _read(answer: Any) -> bytes:
    """What came, as far as one byte beyond the longest list, and no longer than it may take.

    Raises:
        TimeoutError: it took longer.
    """
    until = time.monotonic() + FETCH_SECONDS_MAX
    read = bytearray()
    while len(read) <= LIST_BYTES_MAX and (part := answer.read1(LIST_BYTES_MAX + 1 - len(read))):
        read += part
        if time.monotonic() > until:
            raise TimeoutError("the response was too slow")
    return bytes(read)


def public_keys_at(place: str) -> PublicKeys:
    """The list at an http(s) address or in a file."""
    return UrlPublicKeys(place) if "://" in place else FilePublicKeys(Path(place))


def _decoded(body: bytes) -> Sequence[PublicKey]:
    if len(body) > LIST_BYTES_MAX:
        raise PublicKeysUnavailable("the list of public keys is too long to be one")
    try:
        return msgspec.json.decode(body, type=_Listed).public_keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PublicKeysUnavailable(f"what was fetched is no list of public keys: {error}") from error


class GitHubReports:
    """Takes GitHub's reports: who signed them, what they found, and the outcome of it."""

    def __init__(self, context: LeakResponder, keys: PublicKeys, clock: Clock) -> None:
        self._context = context
        self._keys = keys
        self._clock = clock
        self._known: dict[str, PublicKey] = {}
        self._fetched_at: int | None = None
        self._failed: tuple[int, str] | None = None
        self._fetching = asyncio.Lock()

    async def take(self, body: bytes, identifier: str, signature: str) -> bytes:
        """Deal with a report; GitHub's feedback on each match as JSON. The tokens are answered as their SHA-256 in hex,
        so that nothing that stands in the answer needs to be kept from anybody.

        Args:
            identifier, signature: the headers ``Github-Public-Key-Identifier`` and ``Github-Public-Key-Signature``.

        Raises:
            BadReport: the signature does not fit, or the body is no list of matches.
            PublicKeysUnavailable: whether it matches is unknown at the moment.
        """
        if not identifier or not 1 <= len(signature) <= SIGNATURE_LENGTH_MAX:
            raise BadReport("the headers that say who signed this are missing")
        key = await self._key(identifier)
        if key is None:
            raise BadReport("this was signed with a key that is not on the list, or not current any more")
        if not is_signed(key.key, signature, body):
            raise BadReport("the signature does not fit the body")
        try:
            matches = msgspec.json.decode(body, type=list[_Match])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadReport("the body is no list of matches") from error
        if len(matches) > MATCHES_MAX:
            raise BadReport(f"more than {MATCHES_MAX} matches at once")
        ours = await self._context.reported(
            Leak(match.token, f"found by GitHub: {match.url or match.source or 'unknown place'}") for match in matches
        )
        return msgspec.json.encode(
            [
                {
                    "token_hash": hashlib.sha256(match.token.encode("utf-8", "surrogatepass")).hexdigest(),
                    "token_type": match.type,
                    "label": "true_positive" if true else "false_positive",
                }
                for match, true in zip(matches, ours, strict=True)
            ]
        )

    async def _key(self, identifier: str) -> PublicKey | None:
        found = self._listed(identifier)
        if found is None:
            # Who names a key that is on the list does not wait for those who make up others.
            async with self._fetching:
                found, now = self._listed(identifier), self._clock.now()
                if found is None and (self._fetched_at is None or now - self._fetched_at >= LOOK_AGAIN_MS):
                    self._known = await self._fetched(now)
                    self._fetched_at = now
                    found = self._listed(identifier)
        return found

    def _listed(self, identifier: str) -> PublicKey | None:
        """The key with this name, if it signs still and the list is not too old."""
        found = self._known.get(identifier)
        fresh = self._fetched_at is not None and self._clock.now() - self._fetched_at < KEPT_MS
        return found if fresh and found is not None and found.is_current else None

    async def _fetched(self, now: int) -> dict[str, PublicKey]:
        """The list as it is now; what has failed just before fails again without being tried."""
        if self._failed is not None and 0 <= now - self._failed[0] < FAILED_MS:
            raise PublicKeysUnavailable(self._failed[1])
        try:
            keys = await self._keys.fetch()
        except PublicKeysUnavailable as error:
            self._failed = self._clock.now(), str(error)
            raise
        self._failed = None
        return {key.key_identifier: key for key in keys}


class _Match(MaskedRepr, msgspec.Struct, frozen=True):
    token: str
    type: str
    url: str | None = None
    source: str | None = None


def is_signed(key: str, signature: str, body: bytes) -> bool:
    """Whether the signature (DER in base 64) is that of the body by this key (PEM), over P-256 with SHA-256."""
    try:
        public = load_pem_public_key(key.encode())
        der = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        return False
    try:
        public.verify(der, body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
