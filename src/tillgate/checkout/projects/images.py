"""What an uploaded logo is, by its content. It is served as it came, so nothing but a whole image passes.

Only the structure is read. Pillow would decode the picture as well, which makes its decoders, and the memory of what
they unpack, a stranger's to play with; nothing here needs the pixels.
"""

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

LOGO_BYTES_MAX: Final = 100 * 1024
LOGO_PIXELS_MAX: Final = 1_024

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS_MAX: Final = 1_000
# Frames of JPEG (ITU-T T.81, table B.1): all but DHT, JPG and DAC, which share the range.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN: Final = 0xDA
_JPEG_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class Image(NamedTuple):
    """An image whose structure is sound.

    Attributes:
        media_type: by its content, whatever it was called.
    """

    media_type: str
    width: int
    height: int


def image_of(content: bytes) -> Image | None:
    """The image that these bytes are, from the first to the last; None where they are none of PNG, JPEG and WebP."""
    for media_type, size_of in _KINDS.items():
        size = size_of(content)
        if size is not None and min(size) > 0:
            return Image(media_type, *size)
    return None


def _png(content: bytes) -> tuple[int, int] | None:
    """PNG (W3C, third edition): chunks with their sums, the header first, and nothing after the end."""
    if not content.startswith(_PNG):
        return None
    at, size = len(_PNG), None
    for number in range(_PNG_CHUNKS_MAX):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return None
        if (number == 0) != (kind == b"IHDR"):
            return None
        if kind == b"IHDR":
            size = int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16])
        if kind == b"IEND":
            return size if end == len(content) else None
        at = end
    return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """JPEG (ITU-T T.81, annex B): segments up to the first scan, one of them the frame; at the end the end's mark."""
    if not content.startswith(b"\xff\xd8\xff") or not content.endswith(b"\xff\xd9"):
        return None
    at, size = 2, None
    while at + 4 <= len(content) and content[at] == 0xFF:
        kind = content[at + 1]
        if kind == 0xFF:  # a fill byte
            at += 1
            continue
        if kind in _JPEG_ALONE:
            at += 2
            continue
        if kind == _JPEG_SCAN:
            return size
        if kind in _JPEG_FRAMES:
            if at + 9 > len(content):
                return None
            size = int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + max(int.from_bytes(content[at + 2 : at + 4]), 2)
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    """WebP (RFC 9649): a RIFF container of exactly this length, whose first chunk says the size."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    declared = int.from_bytes(content[4:8], "little") + 8
    if declared != len(content):
        return None
    kind, data = content[12:16], content[20:]
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    return None


_KINDS: Final[dict[str, Callable[[bytes], tuple[int, int] | None]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
