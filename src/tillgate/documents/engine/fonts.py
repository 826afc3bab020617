"""The fonts of documents: the compiler's own, and those of distributions that hold nothing else.

No font of the host is used: the same document is the same on each host, and letters that one of them has are there on
all of them.
"""

from importlib.util import find_spec
from typing import Final

# IBM Plex Sans for Arabic; Noto Sans for Latin, Greek, Cyrillic, Hebrew and some twenty other scripts; Noto Sans for
# Chinese, Japanese and Korean.
DISTRIBUTIONS: Final = ("fontpkg_ibm_plex_sans_arabic", "manimgx_fonts", "noto_cjk_sans_jp_regular")


def are_installed() -> bool:
    """Whether all are there."""
    return all(find_spec(name) is not None for name in DISTRIBUTIONS)


def directories() -> list[str]:
    """Where their files are."""
    found = (find_spec(name) for name in DISTRIBUTIONS)
    return [place for one in found if one is not None for place in one.submodule_search_locations or ()]
