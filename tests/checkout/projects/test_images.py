"""A logo is what its content says, whole and within its bounds."""

import struct
import zlib

import pytest

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.checkout.projects.images import LOGO_BYTES_MAX, LOGO_PIXELS_MAX, Image, image_of
from tillgate.checkout.projects.model import checked_logo


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 3, more: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress((b"\0" + b"\xff" * width) * min(height, 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 3) -> bytes:
    app = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\0"
    return b"\xff\xd8" + app + frame + b"\xff\xda\x00\x08\x01\x01\0\0?\0" + b"\x7f" + b"\xff\xd9"


def riff(kind: bytes, data: bytes) -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


LOSSY = riff(b"VP8 ", b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", 2, 3) + b"\0" * 8)
LOSSLESS = riff(b"VP8L", b"\x2f" + (1 | 2 << 14).to_bytes(4, "little") + b"\0" * 7)
EXTENDED = riff(b"VP8X", b"\0" * 4 + (1).to_bytes(3, "little") + (2).to_bytes(3, "little") + b"\0" * 2)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(), "image/png"),
        (jpeg(), "image/jpeg"),
        (LOSSY, "image/webp"),
        (LOSSLESS, "image/webp"),
        (EXTENDED, "image/webp"),
    ],
    ids=["png", "jpeg", "webp", "webp lossless", "webp extended"],
)
def test_an_image_is_known_by_its_content(content: bytes, media_type: str) -> None:
    """Its type and its size are those of its bytes; the file's name is never asked."""
    assert image_of(content) == Image(media_type, 2, 3)
    # Every part of it is none: nothing is read beyond the end.
    assert all(image_of(content[:end]) is None for end in range(len(content)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 30,
        b"<!doctype html><script>alert(1)</script>",
        png() + b"<script>alert(1)</script>",
        jpeg() + b"<script>alert(1)</script>",
        LOSSY + b"<script>alert(1)</script>",
        png(0, 3),
        png().replace(b"IHDR", b"IHDX"),
        png()[:40] + b"\0" + png()[41:],
    ],
    ids=["nothing", "svg", "gif", "html", "png+", "jpeg+", "webp+", "no pixels", "no header", "a wrong sum"],
)
def test_what_is_none_is_refused(content: bytes) -> None:
    """SVG, HTML, what is broken, and an image with something behind it."""
    with pytest.raises(InvalidInput) as caught:
        checked_logo(content)
    assert (caught.value.field, caught.value.problem) == (("logo",), Problem.NOT_AN_IMAGE)


def test_a_logo_has_bounds() -> None:
    """In bytes, before anything is looked at, and in pixels."""
    with pytest.raises(InvalidInput) as caught:
        checked_logo(b"\0" * (LOGO_BYTES_MAX + 1))
    assert caught.value.problem is Problem.IMAGE_TOO_LARGE
    checked_logo(png(LOGO_PIXELS_MAX, 1))
    with pytest.raises(InvalidInput) as caught:
        checked_logo(png(1, LOGO_PIXELS_MAX + 1))
    assert caught.value.problem is Problem.IMAGE_TOO_WIDE


def test_many_chunks_end() -> None:
    """A PNG of nothing but chunks costs a bounded number of looks."""
    assert image_of(png(more=chunk(b"tEXt", b"") * 2_000)) is None
