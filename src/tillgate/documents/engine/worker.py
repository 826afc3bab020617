"""The process that makes documents: ``python -I -m tillgate.documents.engine.worker``, spoken to over its pipes.

It holds no secret, knows no database, and is given nothing but a template, its data and its files.
"""

import io
import json
import os
import re
import struct
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final, Literal

import msgspec
import pypdf
import typst

from tillgate.documents.engine.confining import allow_cpu, confine
from tillgate.documents.engine.fonts import directories
from tillgate.documents.engine.model import DATA_FILE, SOURCE_FILE, Failed, Failure, Limits, Made, Outcome, Work

Standard = Literal["a-2a", "a-2b"]
HEAD: Final = struct.Struct(">I")
MESSAGE_MAX: Final = 1_000
_MARK: Final = """#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: none)
#place(center + horizon, rotate(-30deg, text(size: {size}pt, fill: rgb(200, 30, 30, 70), weight: "bold")[TEST]))
"""
# Tried in this order. What was laid out for one is not laid out again for the next.
STANDARDS: Final[tuple[Standard, ...]] = ("a-2a", "a-2b")
_STANDARD: Final = "PDF/A"
_PLACE: Final = re.compile(rf"{re.escape(SOURCE_FILE)}:(\d{{1,9}}):(\d{{1,9}})")
_MARKS_MAX: Final = 32
# Sharp enough beside a form, at a tenth of a megabyte a page.
PICTURE_PPI: Final = 110.0


class Renderer:
    """Typst over one private directory."""

    def __init__(self, limits: Limits, directory: str) -> None:
        self._limits = limits
        # One for all: to remove a directory takes a disk longer than to lay out a page.
        self._root = Path(tempfile.mkdtemp(dir=directory))
        self._fonts = typst.Fonts(include_system_fonts=False, font_paths=directories())
        self._marks: dict[tuple[int, int], pypdf.PageObject] = {}

    def render(self, work: Work) -> Outcome:
        """Make one document."""
        root = self._root
        try:
            return self._made(work, root)
        except typst.TypstError as error:
            return Failed(Failure.TEMPLATE, told(error, str(root), 1 if work.page else 0))
        except MemoryError:
            return Failed(Failure.MEMORY, "The document needs more memory than a render may take.")
        finally:
            # The next one, which may be another project's, finds nothing of it.
            for path in root.iterdir():
                path.unlink()

    def _made(self, work: Work, root: Path) -> Outcome:
        source = f"{work.page}\n{work.source}" if work.page else work.source
        (root / SOURCE_FILE).write_text(source, "utf-8")
        (root / DATA_FILE).write_bytes(work.data)
        for name, content in work.files.items():
            (root / name).write_bytes(content)
        content = self._archived(root / SOURCE_FILE, root, work)
        limits = self._limits
        # A document that is too large is not looked through.
        if len(content) > limits.output_bytes_max:
            return _too_large(limits)
        reader = pypdf.PdfReader(io.BytesIO(content))
        pages = len(reader.pages)
        if pages > limits.pages_max:
            return Failed(Failure.PAGES, f"The document has {pages} pages; at most {limits.pages_max} are made.")
        if work.pictures:
            return self._pictured(work, root, pages)
        if not work.test:
            return Made(content, pages)
        marked = self._marked(reader, root)
        return Made(marked, pages) if len(marked) <= limits.output_bytes_max else _too_large(limits)

    def _archived(self, source: Path, root: Path, work: Work) -> bytes:
        """The document as PDF/A (ISO 19005-2): level A if all of its images say what they show, else level B; and as
        plain PDF where neither can be, as with an attached file. One of test mode is not for an archive."""
        for standard in () if work.test else STANDARDS:
            try:
                return self._compiled(source, root, work.at, standard)
            except typst.TypstError as error:
                if not str(error.message).startswith(_STANDARD):
                    raise
        return self._compiled(source, root, work.at)

    def _compiled(self, source: Path, root: Path, at: int, standard: Standard | None = None) -> bytes:
        nowhere = str(root / "packages")
        return typst.compile(
            str(source),
            root=str(root),
            font_paths=self._fonts,
            ignore_system_fonts=True,
            package_path=nowhere,
            package_cache_path=nowhere,
            timestamp=at,
            pdf_standards=[standard] if standard is not None else [],
        )

    def _pictured(self, work: Work, root: Path, pages: int) -> Outcome:
        """The first pages as pictures. What was laid out for the PDF document is remembered, and not done again."""
        nowhere = str(root / "packages")
        drawn: Any = typst.compile(
            str(root / SOURCE_FILE),
            root=str(root),
            font_paths=self._fonts,
            ignore_system_fonts=True,
            format="png",
            ppi=PICTURE_PPI,
            package_path=nowhere,
            package_cache_path=nowhere,
            timestamp=work.at,
        )
        pictures = drawn if isinstance(drawn, list) else [drawn]
        content = msgspec.msgpack.encode(pictures[: work.pictures])
        return Made(content, pages) if len(content) <= self._limits.output_bytes_max else _too_large(self._limits)

    def _marked(self, reader: pypdf.PdfReader, root: Path) -> bytes:
        """The document with a mark over every page: put there afterwards, so that no template can leave it out."""
        writer = pypdf.PdfWriter(clone_from=reader)
        for page in writer.pages:
            box = page.mediabox
            page.merge_page(self._mark(round(box.width), round(box.height), root))
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    def _mark(self, width: int, height: int, root: Path) -> pypdf.PageObject:
        found = self._marks.get((width, height))
        if found is None:
            file = root / "mark.typ"
            file.write_text(_MARK.format(width=width, height=height, size=max(min(width, height) // 4, 6)))
            found = pypdf.PdfReader(io.BytesIO(self._compiled(file, root, 0))).pages[0]
            if len(self._marks) >= _MARKS_MAX:
                self._marks.clear()
            self._marks[width, height] = found
        return found


def _too_large(limits: Limits) -> Failed:
    return Failed(Failure.SIZE, f"The document is larger than {limits.output_bytes_max // 1024} kB.")


def told(error: Any, root: str, above: int = 0) -> str:
    """What is wrong with a template, at its line, where some above it are ours; nothing of this machine's paths."""
    # A template says what it likes, with its data's words; a database keeps no NUL.
    message = str(error.message).replace("\0", "").replace(f"{root}/", "").replace(root, "")
    if "package" in message and ("download" in message or "searched for" in message):
        message = "packages cannot be imported here; put what you need into the template"
    found = _PLACE.search(str(error.diagnostic))
    where = f"line {max(int(found[1]) - above, 1)}, column {found[2]}: " if found is not None else ""
    return f"{where}{message}"[:MESSAGE_MAX]


def read(stream: IO[bytes]) -> bytes | None:
    """One message; None at the end."""
    head = stream.read(HEAD.size)
    return stream.read(HEAD.unpack(head)[0]) if len(head) == HEAD.size else None


def main() -> None:
    """Make documents until the pipe ends. The first argument is the limits as JSON, the second a directory."""
    limits = msgspec.convert(json.loads(sys.argv[1]), Limits)
    asked = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # Nothing that a library prints is an answer.
    empty = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(empty, number)
    os.nice(5)
    confine(limits)
    renderer = Renderer(limits, sys.argv[2])
    decoder = msgspec.msgpack.Decoder(Work)
    while (message := read(asked)) is not None:
        allow_cpu(limits.cpu_seconds_max)
        outcome = msgspec.msgpack.encode(renderer.render(decoder.decode(message)))
        answers.write(HEAD.pack(len(outcome)) + outcome)
        answers.flush()


if __name__ == "__main__":
    main()
