"""GitHub's secret scanning: whose reports are taken, and with what feedback."""

import asyncio
import base64
import contextlib
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keyturn import FORMATS, Issuer, KeyParser, KeyWish, Mode, Status
from keyturn.errors import BadReport, PublicKeysUnavailable
from keyturn.leaks.github import (
    FAILED_MS,
    KEPT_MS,
    LOOK_AGAIN_MS,
    FilePublicKeys,
    GitHubReports,
    UrlPublicKeys,
    is_signed,
    public_keys_at,
)
from keyturn.leaks.responding import LeakResponder
from keyturn.stores.memory import MemoryKeyStore
from tests.github import GitHub, Signer
from tests.makers import StillClock

pytestmark = pytest.mark.anyio

# The example of GitHub's documentation, with the test key that it names.
PAYLOAD = b'[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]'
SIGNATURE = "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY="
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP
HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==
-----END PUBLIC KEY-----
"""


class CommandContext:
    """Takes reports, over keys of its own."""

    def __init__(self, url: str) -> None:
        self.clock = StillClock()
        self.store = MemoryKeyStore()
        self.issuer = Issuer(self.store, self.clock, [])
        context = LeakResponder(self.store, self.clock, KeyParser(FORMATS.values()))
        self.reports = GitHubReports(context, public_keys_at(url), self.clock)

    async def take(self, body: bytes, by: Signer) -> object:
        return json.loads(await self.reports.take(body, by.identifier, by.signature(body)))


def test_the_documentations_own_example_is_verified() -> None:
    """GitHub's published payload, key and signature fit; one byte more, and they do not."""
    assert is_signed(PUBLIC_KEY, SIGNATURE, PAYLOAD)
    assert not is_signed(PUBLIC_KEY, SIGNATURE, PAYLOAD + b"\n")


def test_what_is_no_signature_of_that_key_is_none() -> None:
    """Another curve, another key, no key, no base 64, no DER: all the same no."""
    other, wide = Signer("a"), Signer("b", curve=ec.SECP384R1())
    assert is_signed(other.listed["key"], other.signature(PAYLOAD), PAYLOAD)
    assert not is_signed(wide.listed["key"], wide.signature(PAYLOAD), PAYLOAD)
    assert not is_signed(other.listed["key"], SIGNATURE, PAYLOAD)
    assert not is_signed("no key", SIGNATURE, PAYLOAD)
    assert not is_signed(PUBLIC_KEY, f"{SIGNATURE}!", PAYLOAD)
    assert not is_signed(PUBLIC_KEY, base64.b64encode(b"0").decode(), PAYLOAD)


async def test_a_report_ends_the_keys_it_found_and_says_which_were_real(github: GitHub) -> None:
    """Each match is answered in order by its token's hash, its type and a label; no token comes back. A live key is
    revoked, and says where it was found."""
    context = CommandContext(github.url)
    issued = await context.issuer.issue(KeyWish(project_id="prj_a", mode=Mode.LIVE, name="a"), by="user:1")
    text = issued.secret.reveal()
    matches = [
        {"token": text, "type": "ck_live", "url": "https://github.com/a/b/blob/c/d", "source": "content"},
        {"token": "some_token", "type": "ck_test", "url": "", "source": "commit"},
    ]
    answer = await context.take(json.dumps(matches).encode(), github.signer)
    assert answer == [
        {"token_hash": hashlib.sha256(token.encode()).hexdigest(), "token_type": type, "label": label}
        for token, type, label in ((text, "ck_live", "true_positive"), ("some_token", "ck_test", "false_positive"))
    ]
    key = await context.store.by_id("prj_a", issued.key.id)
    assert key is not None
    assert (key.status, key.revoked_by) == (Status.REVOKED, "system:leak-desk")
    assert key.exposed_how == key.revoked_reason == "found by GitHub: https://github.com/a/b/blob/c/d"


async def test_a_report_that_is_not_githubs_changes_nothing(github: GitHub) -> None:
    """A body that was changed, a key that is not listed or not current any more, no signature, no list of matches."""
    context = CommandContext(github.url)
    issued = await context.issuer.issue(KeyWish(project_id="prj_a", mode=Mode.LIVE, name="a"), by="user:1")
    body = json.dumps([{"token": issued.secret.reveal(), "type": "t"}]).encode()
    retired, stranger = Signer("retired", is_current=False), Signer("stranger")
    github.others = [retired]
    take, mine = context.reports.take, github.signer
    for signed, identifier, signature in (
        (body + b" ", mine.identifier, mine.signature(body)),
        (body, mine.identifier, stranger.signature(body)),
        (body, "stranger", stranger.signature(body)),
        (body, "retired", retired.signature(body)),
        (body, mine.identifier, ""),
        (body, "", mine.signature(body)),
        *((odd, mine.identifier, mine.signature(odd)) for odd in (b"", b"{}", b'[{"token":1}]', b"[" * 9_999)),
    ):
        with pytest.raises(BadReport):
            await take(signed, identifier, signature)
    assert await context.store.by_id("prj_a", issued.key.id) == issued.key


async def test_the_list_is_kept_and_fetched_again_when_it_must_be(github: GitHub) -> None:
    """One fetch an hour; sooner for an identifier that is unknown, but not as often as strangers can make them up."""
    context = CommandContext(github.url)
    for _ in range(3):
        await context.take(b"[]", github.signer)
    assert github.fetched == 1
    fresh = Signer("second")
    github.others = [fresh]
    with pytest.raises(BadReport):
        await context.take(b"[]", fresh)
    assert github.fetched == 1
    context.clock.forward(LOOK_AGAIN_MS)
    assert await context.take(b"[]", fresh) == []
    for number in range(5):
        with pytest.raises(BadReport):
            await context.take(b"[]", Signer(f"made up {number}"))
    assert github.fetched == 2
    context.clock.forward(KEPT_MS)
    await context.take(b"[]", github.signer)
    assert github.fetched == 3


async def test_without_the_list_nothing_is_decided(github: GitHub, tmp_path: Path) -> None:
    """A server that fails, is gone or answers with something else, a file that is not there: try again, not refused."""
    for answer in (b"", b"<html>", b"{}", b"x" * 300_000):
        github.answers = answer
        with pytest.raises(PublicKeysUnavailable):
            await CommandContext(github.url).take(PAYLOAD, github.signer)
    with pytest.raises(PublicKeysUnavailable):
        await UrlPublicKeys("http://127.0.0.1:9/").fetch()
    with pytest.raises(PublicKeysUnavailable):
        await FilePublicKeys(tmp_path / "nowhere").fetch()
    with pytest.raises(ValueError, match="http"):
        UrlPublicKeys("file:///etc/passwd")


async def test_a_list_that_did_not_come_is_not_asked_for_again_at_once(github: GitHub) -> None:
    """Reports in the name of made-up keys would have it fetched for each of them, while the place does not answer. What
    is signed with a key that is known is dealt with meanwhile, and the list is asked for again after a moment."""
    context = CommandContext(github.url)
    good = github.answers
    assert await context.take(b"[]", github.signer) == []
    context.clock.forward(LOOK_AGAIN_MS)
    github.answers = b"<html>"
    for number in range(5):
        with pytest.raises(PublicKeysUnavailable, match="no list of public keys"):
            await context.take(b"[]", Signer(f"made up {number}"))
    assert await context.take(b"[]", github.signer) == []
    assert github.fetched == 2
    context.clock.forward(FAILED_MS)
    github.answers = good
    with pytest.raises(BadReport):
        await context.take(b"[]", Signer("made up"))
    assert github.fetched == 3


async def test_the_list_may_lie_in_a_file(tmp_path: Path) -> None:
    """For a server that reaches no other."""
    signer = Signer("mine")
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"public_keys": [signer.listed]}))
    assert await CommandContext(str(path)).take(b"[]", signer) == []


async def test_a_list_that_dribbles_keeps_no_report_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps a socket's time from running out; all of the list has one time, whoever sends
    it."""
    monkeypatch.setattr("keyturn.leaks.github.FETCH_SECONDS_MAX", 0.3)

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(dribble, "127.0.0.1", 0)
    with pytest.raises(PublicKeysUnavailable, match=r"within 0\.3 seconds|too slowly"):
        await UrlPublicKeys(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/").fetch()
    await asyncio.wait_for(ended.wait(), 10)
    server.close()
