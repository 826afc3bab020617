"""The rendering processes: what a template can reach, and what it can take."""

import asyncio
import io
import os
import signal
import struct
import zlib
from collections.abc import AsyncIterator, Callable

import msgspec
import pypdf
import pytest

from tests.shop import eventually
from tillgate.documents.engine import Engine, Failed, Failure, Limits, Made, Outcome, Work
from tillgate.documents.engine.pool import _Worker
from tillgate.documents.templates.manifest import ROWS_MAX
from tillgate.documents.templates.model import FILES_BYTES_MAX

pytestmark = pytest.mark.anyio

# What is endless is ended by its processor time, so that a busy machine ends nothing else.
LIMITS = Limits(
    seconds_max=120, cpu_seconds_max=3, memory_bytes_max=600 * 1024 * 1024, pages_max=20, output_bytes_max=300_000
)
AT = 1_700_000_000
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">
<script>fetch("http://127.0.0.1:9/")</script><image href="http://127.0.0.1:9/a.png" width="9" height="9"/></svg>"""


@pytest.fixture
async def engine(anyio_backend: object) -> AsyncIterator[Engine]:
    opened = Engine(LIMITS, workers=2)
    yield opened
    await opened.close()


def work(source: str, data: bytes = b"{}", *, test: bool = False, **files: bytes) -> Work:
    return Work(source, data, AT, test, {name.replace("_", "."): content for name, content in files.items()})


def text_of(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Made), outcome
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(outcome.content)).pages]


async def test_data_is_inert_and_the_same_input_gives_the_same_bytes(engine: Engine) -> None:
    """Markup in the data is text; nothing of the clock or the process is in a document."""
    source = '#let data = json("data.json")\n#data.x #datetime.today().display()'
    given = b'{"x": "#read(1) $x$ *b* #panic()"}'
    first = await engine.render(work(source, given))
    [text] = text_of(first)
    assert "#read(1) $x$ *b* #panic()" in text
    assert "2023-11-14" in text
    for worker in engine._idle:
        worker.kill()
        await worker.ended()
    assert await engine.render(work(source, given)) == first


async def test_every_page_of_a_test_document_says_so_whatever_its_template_does(engine: Engine) -> None:
    """As text that can be selected, on pages of any size."""
    source = """#show "TEST": none
#set page(foreground: none, width: 80pt, height: 60pt)
a #pagebreak() b
#set page(width: 900pt, height: 2000pt)
c"""
    pages = text_of(await engine.render(work(source, test=True)))
    assert len(pages) == 3
    assert all("TEST" in page for page in pages)
    assert not any("TEST" in page for page in text_of(await engine.render(work(source))))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('#read("/etc/passwd")', "line 1, column 6: file not found"),
        ('#read("../../etc/passwd")', "would escape the project root"),
        ('#eval("read(\\"/etc/passwd\\")")', "file not found"),
        ('#image("/proc/self/environ")', "file not found"),
        ('#import "@preview/cetz:0.3.0"', "packages cannot be imported here"),
        ('#import "@pre" + "view/cetz:0.3.0"', "line 1"),
        ('#import "@local/any:1.0.0"', "packages cannot be imported here"),
        ('#plugin("any.wasm")', "file not found"),
        ('#image("a.svg")', "127.0.0.1"),
        ("#let f(n) = f(n + 1)\n#f(0)", "maximum function call depth"),
        ("#while true {}", "condition is always true"),
        ("#let x = ", "line 1"),
        ('#assert(false, message: "a\\u{0}b")', "assertion failed: ab"),
    ],
)
async def test_a_template_reaches_nothing_but_its_own_files(engine: Engine, source: str, told: str) -> None:
    """No file of the host, no package, no network; what is wrong is told at its line, without a path of this host."""
    outcome = await engine.render(work(source, a_svg=SVG))
    assert isinstance(outcome, Failed)
    assert (outcome.why, told in outcome.message) == (Failure.TEMPLATE, True), outcome
    assert "/tmp" not in outcome.message and "\0" not in outcome.message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "#let f() = {\n let i = 1\n while i > 0 { i = calc.rem(i, 7) + 1 }\n}\n#f()",
            {Failure.TIME, Failure.TEMPLATE},
        ),
        ("#for i in range(1000000000) {}", {Failure.MEMORY, Failure.TIME}),
        ('#let s = "aaaaaaaaaaaaaaaa"\n#for i in range(40) { s = s + s }\n#s.len()', {Failure.MEMORY, Failure.TIME}),
        ("#for i in range(40) { pagebreak() }", {Failure.PAGES}),
        ("#lorem(3000000)", {Failure.TIME, Failure.MEMORY}),
    ],
    ids=["endless", "huge list", "doubling", "pages", "long"],
)
async def test_what_takes_too_much_is_ended_and_holds_up_nobody(engine: Engine, source: str, why: set[Failure]) -> None:
    """Another document is made meanwhile, and the place is free again afterwards."""
    greedy = asyncio.ensure_future(engine.render(work(source)))
    assert text_of(await engine.render(work("quick"))) == ["quick"]
    outcome = await greedy
    assert isinstance(outcome, Failed)
    assert outcome.why in why, outcome
    assert text_of(await engine.render(work("after"))) == ["after"]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(side: int, line: Callable[[], bytes]) -> bytes:
    """A square PNG image of these lines, three bytes a pixel."""
    packed = zlib.compressobj(9)
    data = b"".join(packed.compress(b"\0" + line()) for _ in range(side)) + packed.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def svg(inner: bytes, before: bytes = b"") -> bytes:
    names = b'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return before + b"<svg " + names + b' width="9" height="9">' + inner + b"</svg>"


# A WebAssembly module whose one function goes round and round: (loop br 0).
ENDLESS_PLUGIN = (
    bytes([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 0, 7, 14, 2, 1, 102, 0, 0, 6])
    + b"memory"
    + bytes([2, 0, 10, 10, 1, 8, 0, 3, 64, 12, 0, 11, 0, 11])
)
LAUGHS = b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9)
)
USES = (
    b'<rect id="a0" width="1" height="1"/>'
    + b"".join(b'<g id="a%d">' % (n + 1) + b'<use xlink:href="#a%d"/>' % n * 10 + b"</g>" for n in range(9))
    + b'<use xlink:href="#a9"/>'
)


@pytest.mark.parametrize(
    ("source", "file", "why", "told"),
    [
        ('#image("a.png")', lambda: picture(14_000, lambda: bytes(42_000)), Failure.MEMORY, "more memory"),
        ('#image("a.svg")', lambda: svg(b"<text>&j;</text>", LAUGHS + b"]>"), Failure.TEMPLATE, "entity reference"),
        (
            '#image("a.svg")',
            lambda: svg(b'<rect id="a0" width="1" height="1"/>' + USES + b'<use xlink:href="#a9"/>'),
            Failure.TEMPLATE,
            "SVG",
        ),
        ('#image("a.svg")', lambda: svg(b"<g>" * 200_000 + b"</g>" * 200_000), Failure.TEMPLATE, "nodes limit"),
        (
            '#image("a.svg")',
            lambda: svg(b'<image xlink:href="file:///etc/passwd" width="9" height="9"/>'),
            Failure.TEMPLATE,
            "absolute paths are not allowed",
        ),
        # Five megabytes that cannot be made smaller: a file that is larger than a document may be.
        ('#image("a.png")', lambda: picture(1_290, lambda: os.urandom(3_870)), Failure.SIZE, "larger than"),
        ('#image("http://127.0.0.1:9/a.png")', lambda: b"", Failure.TEMPLATE, "file not found"),
    ],
    ids=["bomb", "entities", "uses", "nested", "linked", "five megabytes", "fetched"],
)
async def test_an_attack_by_a_file_ends_with_a_clear_error(
    engine: Engine, source: str, file: Callable[[], bytes], why: Failure, told: str
) -> None:
    """Decompression bombs, entities, pictures that lead elsewhere: another document is made
    meanwhile."""
    content = file()
    assert len(content) <= FILES_BYTES_MAX
    attack = asyncio.ensure_future(engine.render(work(source, **{"a_png" if "a.png" in source else "a_svg": content})))
    assert text_of(await engine.render(work("quick"))) == ["quick"]
    outcome = await attack
    assert isinstance(outcome, Failed), outcome
    assert (outcome.why, told in outcome.message) == (why, True), outcome


async def test_a_plugin_without_end_is_ended() -> None:
    """By the time that a document may take, also where it takes no processor time."""
    engine = Engine(msgspec.structs.replace(LIMITS, seconds_max=3), workers=1)
    try:
        outcome = await engine.render(work(f"#plugin(bytes({tuple(ENDLESS_PLUGIN)})).f()"))
    finally:
        await engine.close()
    assert isinstance(outcome, Failed)
    assert outcome.why is Failure.TIME, outcome


async def test_a_picture_runs_nothing_and_ten_thousand_rows_are_set(engine: Engine) -> None:
    """A script in an SVG image is nothing; a loop of as many rows as data may have ends, or says what it takes too much
    of."""
    scripted = svg(b'<script>fetch("http://127.0.0.1:9/")</script><rect width="5" height="5"/>')
    assert isinstance(await engine.render(work('#image("a.svg")', a_svg=scripted)), Made)
    rows = msgspec.json.encode({"rows": [{"name": f"row {n}"} for n in range(ROWS_MAX)]})
    source = '#let data = json("data.json")\n#let last = none\n#for row in data.rows { last = row.name }\n#last'
    assert text_of(await engine.render(work(source, rows))) == [f"row {ROWS_MAX - 1}"]
    pages = await engine.render(work('#let data = json("data.json")\n#for row in data.rows { pagebreak() }', rows))
    assert isinstance(pages, Failed) and pages.why in (Failure.PAGES, Failure.SIZE, Failure.TIME), pages


async def test_a_document_that_is_too_large_is_not_handed_over(engine: Engine) -> None:
    """Whatever makes it large: here, an image that does not compress."""
    noise = os.urandom(400_000).hex()[:700_000].encode()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>' + noise + b"</text></svg>"
    outcome = await engine.render(work('#pdf.attach("a.svg")', a_svg=svg))
    assert isinstance(outcome, Failed)
    assert outcome.why is Failure.SIZE, outcome


async def test_a_worker_that_is_killed_is_told_apart(engine: Engine) -> None:
    """It may succeed when it is tried again; the next document has a process of its own."""
    running = asyncio.ensure_future(engine.render(work("#lorem(3000000)")))

    def process() -> asyncio.subprocess.Process | None:
        return next((one._process for one in engine._busy if one._process is not None), None)

    os.kill((await eventually(process)).pid, signal.SIGKILL)
    outcome = await running
    assert isinstance(outcome, Failed)
    assert outcome.why is Failure.ENDED
    assert text_of(await engine.render(work("next"))) == ["next"]


async def test_what_others_left_in_a_process_is_not_held_against_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has too little memory beside it is tried again in a process of its own, and only then it has failed."""
    started = []
    start = _Worker._start

    async def counted(self: _Worker) -> None:
        started.append(self)
        await start(self)

    monkeypatch.setattr(_Worker, "_start", counted)
    engine = Engine(msgspec.structs.replace(LIMITS, seconds_max=60, cpu_seconds_max=60), workers=1)
    greedy = work('#("a" * 700000000).len()')
    try:
        assert text_of(await engine.render(work("before"))) == ["before"]
        outcome = await engine.render(greedy)
        assert isinstance(outcome, Failed)
        assert (outcome.why, len(started)) == (Failure.MEMORY, 2)
        # In a process of its own already.
        await engine.render(greedy)
        assert len(started) == 3
    finally:
        await engine.close()
