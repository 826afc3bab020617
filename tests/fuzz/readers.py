"""What reads the bytes of strangers, each with the exceptions that it declares and what holds of everything it gives.

``tests/fuzz/test_readers.py`` runs them for seconds,
``make attack ARGS="--fuzz SECONDS"`` for as long as one likes. The
inputs that once were special are kept in ``tests/fuzz/corpus``, a line of JSON each: the bytes as Latin-1.
"""

import asyncio
import json
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import httpcore
import msgspec
from hypothesis import strategies as st
from starlette.requests import Request

from keyturn import FORMATS, Carriers, KeyParser
from keyturn.admission.carriers import Carried
from keyturn.admission.needs import Rules, UnclearPath, checked_path, checked_target
from keyturn.errors import InvalidKey
from keyturn.http import forwarding
from keyturn.http import reading as keyturn_reading
from keyturn.http.headers import texts_by_name
from keyturn.http.proxies import Networks, Transport, client_of, is_own_host
from keyturn.http.reading import Denied
from keyturn.http.shapes import NewKey, Verify, WhichLines
from keyturn.insight.logged import Cursor
from keyturn.instants import to_rfc3339
from keyturn.keys import importing
from keyturn.keys.importing import ImportRules, InvalidImport, import_keys
from keyturn.keys.model import Mode, Refused
from keyturn.keys.restrictions import checked_apps, checked_networks, checked_origins, parse_rate
from keyturn.leaks.spotting import Spotter
from keyturn.terminal import printable
from tests.key_harness import KeyHarness
from tests.mail.reports import WHOLE, report
from tillgate.api.application import ROUTES
from tillgate.api.errors import WORDS
from tillgate.base import ids
from tillgate.base.clock import from_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.money import parse_amount
from tillgate.base.pages import PageRequest, checked_cursor
from tillgate.base.text import checked_email, checked_url
from tillgate.dashboard import forms
from tillgate.dashboard.cookies import COOKIE_LENGTH_MAX, cookie_of
from tillgate.events.deliveries.answers import BODY_BYTES_MAX, HEAD_BYTES_MAX, BoundedStream
from tillgate.events.deliveries.guard import AddressGuard
from tillgate.events.deliveries.model import RETRY_AFTER_MAX_MS, retry_after
from tillgate.events.endpoints.targets import checked_target as checked_webhook
from tillgate.mail.returning import Unreadable, read_report
from tillgate.store.idempotency import checked_key
from tillgate.wire import reading

CORPUS: Final = Path(__file__).with_name("corpus")
BYTES_MAX: Final = 2_000
"""Of an input that is made up: what matters about length is tested beside time, in tests/house/test_patterns.py."""

_CARRIERS: Final = Carriers(KeyParser(FORMATS.values()))
_TRUSTED: Final = Networks(["10.0.0.0/8", "::1/128"])
_RULES: Final = Rules({"GET /a/{id}/b": "a:read", "/c/*": "a:write", "/d": "d:read"})
_BODIES: Final = [msgspec.json.Decoder(route.body) for route in ROUTES if route.body is not None]
_QUERIES: Final = [route.query for route in ROUTES if route.query is not None]
_KEYTURN_BODIES: Final = [msgspec.json.Decoder(body) for body in (Verify, NewKey)]


class Reader(NamedTuple):
    """One parser.

    Attributes:
        name: what it reads, and the name of its corpus.
        read: reads the bytes, and asserts what holds of everything that it gives.
        declared: what it may raise.
        words: out of which inputs are made that are nearly right.
    """

    name: str
    read: Callable[[bytes], object]
    declared: tuple[type[Exception], ...] = ()
    words: Sequence[bytes] = ()

    def check(self, data: bytes) -> None:
        """Read it: whatever comes is what is declared."""
        try:
            self.read(data)
        except self.declared as error:
            assert len(str(error)) < 2_000, "what is said about an input is short, however long that was"

    @property
    def corpus(self) -> list[bytes]:
        """The inputs that are kept for it."""
        path = CORPUS / f"{self.name}.jsonl"
        lines = path.read_text("ascii").splitlines() if path.exists() else []
        return [json.loads(line).encode("latin-1") for line in lines]

    @property
    def inputs(self) -> st.SearchStrategy[bytes]:
        """Anything at all, anything made of its words, and what is kept, altered."""
        words = [*self.words, *self.corpus] or [b"a"]
        part = (
            st.sampled_from(words) | st.binary(max_size=8) | st.text(max_size=4).map(lambda text: text.encode("utf-8"))
        )
        made = st.lists(part, max_size=12).map(b"".join)
        altered = st.builds(
            _altered, st.sampled_from(words), st.integers(0, BYTES_MAX), st.binary(max_size=3), st.integers(0, 3)
        )
        return (st.binary(max_size=200) | made | altered).map(lambda data: data[:BYTES_MAX])


def _altered(data: bytes, at: int, put: bytes, cut: int) -> bytes:
    at %= len(data) + 1
    return data[:at] + put + data[at + cut :]


def _carriers(data: bytes) -> None:
    first, _, second = data.decode("latin-1").partition("\n")
    for authorization, api_key in ((first, None), (None, first), (first, second), (first, first)):
        found = _CARRIERS.find(authorization, api_key)
        assert isinstance(found, Carried | Refused)
        assert isinstance(found, Carried) or found.hint is None or len(found.hint) < 300
        if isinstance(found, Carried):
            assert found.secret.reveal() not in repr(found)
            again = _CARRIERS.find(f"Bearer {found.secret.reveal()}")
            assert isinstance(again, Carried) and again.secret.reveal() == found.secret.reveal()
    cleaned = _CARRIERS.clean(first)
    assert _CARRIERS.clean(cleaned) == cleaned, "cleaning twice cleans nothing more"
    assert len(_CARRIERS.clipped(first, 200)) <= 201
    _CARRIERS.in_url(first)


def _path(data: bytes) -> None:
    raw = data.decode("latin-1")
    checked_target(raw)
    _RULES.need_of_target("GET", raw)
    path = checked_path(raw)
    assert path.startswith("/") and "\\" not in path and "\0" not in path and "//" not in path
    assert not {".", ".."} & set(path.split("/"))
    again = urllib.parse.quote(path, safe="/")
    assert checked_path(again) == path, "the normal form of a normal form is itself"


def _forwarded(data: bytes) -> None:
    peer, _, rest = data.decode("latin-1").partition("\n")
    hops, _, schemes = rest.partition("\n")
    for whose in ("10.0.0.1", peer):
        client = client_of(whose, "http", hops, schemes, _TRUSTED)
        assert client.transport in Transport
        if not _TRUSTED.has(whose):
            assert client.address == whose, "a stranger says nothing about itself"
    assert isinstance(is_own_host(hops), bool)


def _forward_auth(data: bytes) -> None:
    parts = data.decode("latin-1").split("\n")
    names = ("x-original-uri", "x-original-method", "x-original-url", "x-forwarded-uri", "x-forwarded-method")
    headers = [(name.encode(), value.encode("latin-1")) for name, value in zip(names, parts, strict=False)]
    headers += [(parts[-1].lower().encode("latin-1"), b"a")]
    scope = {"raw_path": b"/v1/forward-auth" + data[:30], "path": "", "query_string": data[:60], "method": "GET"}
    forwarding._refuse_disguised(headers)
    original, _ = forwarding._asked(scope, texts_by_name(headers))
    assert len(original.path) + len(original.query) <= 3 * len(data) + 100
    scope["raw_path"] = b"/v1/forward-auth"
    original, _ = forwarding._asked(scope, texts_by_name(headers))
    assert original.method in parts


def _cookie(data: bytes) -> None:
    request = Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"cookie", data)]}
    )
    value = cookie_of(request, "tillgate_session")
    assert len(value) <= COOKIE_LENGTH_MAX and ";" not in value and value in data.decode("latin-1")


def _form(data: bytes) -> None:
    fields = forms.parse(data)._fields
    assert len(fields) <= 100
    for name, values in fields.items():
        for value in values:
            assert "\0" not in value
            (name + value).encode("utf-8")
    again = urllib.parse.urlencode(fields, doseq=True).encode()
    assert forms.parse(again)._fields == {name: values for name, values in fields.items() if values}


def _way_back(data: bytes) -> None:
    path = forms.local_path(data.decode("latin-1"))
    assert path is None or (path.startswith("/dashboard") and path.isprintable() and not path.startswith("//"))


def _cursor(data: bytes) -> None:
    text = data.decode("latin-1")
    checked_cursor(PageRequest(25, text), "cs")
    assert ids.is_id("cs", text) and len(text) < 64 and text.isascii()


def _log_cursor(data: bytes) -> None:
    cursor = Cursor.parse(data.decode("latin-1"))
    if cursor is not None:
        assert Cursor.parse(str(cursor)) == cursor


def _bodies(data: bytes) -> None:
    refused: InvalidInput | None = None
    for decoder in _BODIES:
        try:
            body = reading.decode_body(decoder, data)
        except InvalidInput as error:
            refused = error
            assert len(WORDS.message(error)) < 2_000 and len(WORDS.param(error) or "") < 400
        else:
            again = msgspec.json.encode(body)
            assert msgspec.json.encode(reading.decode_body(decoder, again)) == again
    if refused is not None:
        raise refused


def _keyturn_bodies(data: bytes) -> None:
    for decoder in _KEYTURN_BODIES:
        try:
            body = keyturn_reading.decode_body(decoder, data)
        except Denied as refusal:
            assert len(refusal.denial.message) < 2_000
        else:
            assert "ck_live_" not in repr(body)


def _queries(data: bytes) -> None:
    given = reading.read_query(data)
    assert all(value.isprintable() for value in given.values())
    for query in _QUERIES:
        try:
            reading.decode_query(query, given)
        except InvalidInput as error:
            assert len(WORDS.message(error)) < 2_000


def _keyturn_query(data: bytes) -> None:
    keyturn_reading.decode_query(WhichLines, data)


def _instant(data: bytes) -> None:
    at = from_rfc3339(data.decode("latin-1"))
    assert from_rfc3339(to_rfc3339(at)) == at, "what is told is what was read"


def _retry_after(data: bytes) -> None:
    found = retry_after(503, data.decode("latin-1"), 1_700_000_000_000)
    assert found is None or 0 <= found <= RETRY_AFTER_MAX_MS


class _Sent(httpcore.AsyncNetworkStream):
    """A receiver that sends these bytes, in pieces as they are asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.taken = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        part = self._data[self.taken : self.taken + max_bytes]
        self.taken += len(part)
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Taken."""

    async def aclose(self) -> None:
        """Closed."""


def _webhook_answer(data: bytes) -> None:
    sent = _Sent(data * (1 + 300_000 // (len(data) + 1)))

    async def asked() -> None:
        stream = BoundedStream(sent)
        origin = httpcore.Origin(b"http", b"merchant.example", 80)
        async with httpcore.AsyncHTTP11Connection(origin, stream) as connection:
            response = await connection.handle_async_request(httpcore.Request("POST", "http://merchant.example/in"))
            stream.begin_body()
            await response.aread()

    try:
        asyncio.run(asked())
    finally:
        assert sent.taken <= HEAD_BYTES_MAX + BODY_BYTES_MAX + 8_192, "no more is read than an answer may have"


_FORM: Final = importing.parse_form("acme_live_{40}")
_RULES_OF_IMPORT: Final = (
    ImportRules(project_id="prj_a", mode=Mode.LIVE, scopes=("links:read",), forms=(_FORM,)),
    ImportRules(project_id="prj_a", mode=Mode.LIVE, scopes=("links:read",), plaintext=True, forms=(_FORM,)),
)


def _import_file(data: bytes) -> None:
    refused: InvalidImport | None = None
    for rules in _RULES_OF_IMPORT:
        desk = KeyHarness()
        content = data.decode("utf-8", "replace")
        try:
            imported = asyncio.run(
                import_keys(desk.store, desk.issuer, desk.clock, content, rules, by="operator:a", dry_run=True)
            )
        except InvalidImport as error:
            refused = error
        else:
            assert bool(imported.keys) != bool(imported.problems)
            assert all(len(str(problem)) < 2_000 for problem in imported.problems)
    if refused is not None:
        raise refused


def _form_of_keys(data: bytes) -> None:
    form = importing.parse_form(data.decode("latin-1"))
    assert 16 <= form.length_min <= 256


def _spotted(data: bytes) -> None:
    for found in Spotter().find(data):
        assert found is not None


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _amount(text: str) -> None:
    money = parse_amount(text, "USD", field="amount")
    assert money is not None


def _terminal(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown, "what may be shown stays as it is"
    assert not any(ord(one) < 32 and one not in "\n\t" for one in shown) and "\x9b" not in shown


def _origins(text: str) -> None:
    kept = checked_origins([text])
    assert checked_origins(kept) == kept, "what is kept is a normal form"


def _networks(text: str) -> None:
    kept = checked_networks([text])
    assert checked_networks(kept) == kept


_KEY: Final = b"ck_test_0123456789abcdefghijABCDEFGHIJ12"
_WORDS: Final = (
    b"Bearer ", b"Basic ", b"bearer", _KEY, b"ck_live_", b"eyJ", b".", b",", b", ", b'"', b"'", b"%0a", b"\\n", b"\n",
    b"cs_01hxyz00000000000000000000_secret_abc", b"Y2tfdGVzdF8=", b":", b"$KEY", b"{{", b"<", b" ", b"\t", b"Token ",
)  # fmt: skip
_PATHS: Final = (
    b"/", b"/a/1/b", b"/c/x", b"/d", b"..", b".", b";", b";x=1", b"#", b"?", b"%2f", b"%2e", b"%5c", b"\\", b"%25",
    b"%", b"%00",
    b"%c0%af", b"//", b"%20", b"%c3%a9", b"+", b"*", b"@", b"%ef%bc%8f",
)  # fmt: skip
_HOPS: Final = (
    b"10.0.0.1", b"203.0.113.7", b", ", b",", b"\n", b"https", b"http", b"wss", b"[::1]", b"[2001:db8::1]:443",
    b"1.2.3.4:80",
    b"unknown", b"_hidden", b"::ffff:10.0.0.1", b"fe80::1%eth0", b"localhost", b"0x7f.1", b"for=1.2.3.4",
)  # fmt: skip
_JSON: Final = (
    b"{", b"}", b"[", b"]", b":", b",", b'"', b'"amount"', b'{"value":"1.00","currency":"USD"}', b'"metadata"',
    b"\\u0000", b"\\ud800",
    b"1e999", b"9" * 40, b"null", b"true", b'{"metadata":{"a":', b'"name":"a"', b'{"key":"', _KEY, b'"}',
    b'"scopes":["a:b"]', b"\xff", b"\xef\xbb\xbf",
)  # fmt: skip
_QUERY: Final = (
    b"limit=",
    b"1",
    b"&",
    b"=",
    b"%00",
    b"%ff",
    b"+",
    b"startingAfter=",
    b"cs_01hxyz0000000000000000000",
    b"a",
    b";",
    b"%",
    b"createdAfter=2024-01-01T00:00:00Z",
)
_INSTANTS: Final = (
    b"2024-11-01T12:00:00Z",
    b"9999-12-31T23:59:59-01:00",
    b"0001-01-01T00:00:00+23:59",
    b"T",
    b"Z",
    b".",
    b"999999999",
    b"-24:00",
    b"2024-02-30",
    b"24:00:00",
    b"23:59:60",
    b"z",
)
_HEADS: Final = (
    b"HTTP/1.1 ", b"HTTP/1.0 ", b"200 OK", b"103 Early Hints", b"100", b"999", b"\r\n", b"\n", b"\r\n\r\n",
    b"content-length: ", b"5", b"-1",
    b"transfer-encoding: chunked\r\n", b"0\r\n\r\n", b"ffffffff\r\n", b"a: b\r\n", b" folded\r\n",
    b"content-encoding: gzip\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
)  # fmt: skip
_FILES: Final = (
    b"name,sha256,scopes\n",
    b"a,",
    b"0" * 64,
    b",a:b\n",
    b'{"name":"a","digest":"',
    b'"}\n',
    b'"',
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\0",
    b",,,",
    b"name,name\n",
    b"\x85",
    b"\x1c",
)

_REPORTS: Final = (
    report(),
    report(returned=WHOLE),
    b"Content-Type: ",
    b"message/global-delivery-status",
    b"charset*=a'b'c",
    b"=?utf-8?q?=ff?=",
    b"Content-Transfer-Encoding: base64",
    b"\r",
    b"\xff",
    b"\n\n",
)
READERS: Final[tuple[Reader, ...]] = (
    Reader("carriers", _carriers, (), _WORDS),
    Reader("paths", _path, (UnclearPath,), _PATHS),
    Reader("forwarded", _forwarded, (), _HOPS),
    Reader(
        "forward_auth",
        _forward_auth,
        (Denied,),
        (*_PATHS, b"\n", b"GET", b"http://a.example", b"x_keyturn_project", b"X-Keyturn-Mode"),
    ),
    Reader(
        "cookies",
        _cookie,
        (),
        (b"tillgate_session=", b";", b"; ", b'"', b"\\", b"=", b"abc", b"tillgate_session", b"__Host-"),
    ),
    Reader(
        "forms", _form, (ValueError,), (b"&", b"=", b"%00", b"%ff", b"%0d%0a", b"+", b"csrf=x", b"name", b";", b"%")
    ),
    Reader(
        "ways_back",
        _way_back,
        (),
        (
            b"/dashboard",
            b"//",
            b"\\",
            b"evil.example",
            b"?",
            b"#",
            b"@",
            b"..",
            b":",
            b"\r\n",
            b"https:",
            b"%2f",
            b"\t",
        ),
    ),
    Reader(
        "cursors", _cursor, (InvalidInput,), (b"cs_", b"01hxyz0000000000000000000", b"0", b"z", b"CS_", b"\xb2", b"\n")
    ),
    Reader(
        "log_cursors",
        _log_cursor,
        (ValueError, InvalidKey),
        (b"0", b"_", b"-", b".", b"req_", b"1700000000000", b":", b"a"),
    ),
    Reader("bodies", _bodies, (InvalidInput,), _JSON),
    Reader("keyturn_bodies", _keyturn_bodies, (), _JSON),
    Reader("queries", _queries, (InvalidInput,), _QUERY),
    Reader("keyturn_queries", _keyturn_query, (Denied,), (*_QUERY, b"projectId=", b"format=")),
    Reader("instants", _instant, (ValueError,), _INSTANTS),
    Reader(
        "retry_after",
        _retry_after,
        (),
        (
            b"1",
            b"0",
            b"-",
            b"Wed, 21 Oct 2026 07:28:00 GMT",
            b"9" * 20,
            b" ",
            b"+0000",
            b"-9999",
            b"\xb2",
            b"Feb",
            b"99",
        ),
    ),
    Reader("mail_reports", read_report, (Unreadable,), _REPORTS),
    Reader("webhook_answers", _webhook_answer, (httpcore.ProtocolError, httpcore.NetworkError), _HEADS),
    Reader("import_files", _import_file, (InvalidImport,), _FILES),
    Reader(
        "import_forms",
        _form_of_keys,
        (InvalidImport,),
        (b"acme_live_", b"{40}", b"{32,64}", b"{", b"}", b",", b"999", b"\xb2", b" "),
    ),
    Reader("keys_in_files", _spotted, (), _WORDS),
    Reader(
        "amounts",
        _text(_amount),
        (InvalidInput,),
        (b"1", b".", b"00", b"-", b"e", b"9" * 30, b"\xd9\xa0", b",", b"_", b" "),
    ),
    Reader(
        "urls",
        _text(lambda text: checked_url(text, field="url", http_loopback=True)),
        (InvalidInput,),
        (b"https://", b"http://", b"localhost", b"a.example", b"@", b"#", b"[::1]", b":", b"%", b"\\", b"..", b" "),
    ),
    Reader(
        "webhook_urls",
        _text(lambda text: checked_webhook(text, http_loopback=False, guard=AddressGuard())),
        (InvalidInput,),
        (
            b"https://",
            b"a.example",
            b"127.0.0.1",
            b"[::1]",
            b"@",
            b"#",
            b":",
            b"0x7f",
            b"xn--",
            b".",
            b"%",
            b"\xe3\x80\x82",
        ),
    ),
    Reader(
        "emails",
        _text(checked_email),
        (InvalidInput,),
        (b"a", b"@", b"b.example", b".", b" ", b"\xc4\xb0", b"\n", b"<"),
    ),
    Reader("idempotency_keys", _text(checked_key), (InvalidInput,), (b"a", b" ", b"\x7f", b"-", b"\xc3\xa9")),
    Reader(
        "origins",
        _text(_origins),
        (InvalidKey,),
        (
            b"https://",
            b"http://",
            b"*.",
            b"a.example",
            b"localhost",
            b":",
            b"8443",
            b"/",
            b"co.uk",
            b"xn--",
            b"[::1]",
            b"\xc3\xa9",
            b"null",
        ),
    ),
    Reader(
        "networks",
        _text(_networks),
        (InvalidKey,),
        (b"10.0.0.0", b"/", b"8", b"::", b"2001:db8::", b"%eth0", b"::ffff:1.2.3.4", b"/129", b" "),
    ),
    Reader("apps", _text(lambda text: checked_apps([text])), (InvalidKey,), (b"com", b".", b"a", b"-", b"_", b"*")),
    Reader("rates", _text(parse_rate), (InvalidKey,), (b"5", b"/s", b"/m", b"/h", b"e", b"inf", b"nan", b"-", b".")),
    Reader(
        "terminal_texts",
        _text(_terminal),
        (),
        (b"\x1b[2J", b"\x9b", b"\r", b"\x08", b"a", b"\xe2\x80\xae", b"\xc2\x9b", b"\n"),
    ),
)
