"""Reading a cookie of ours from a header that anybody may fill."""

from typing import Final

from starlette.requests import Request

# Browsers keep cookies of 4 KiB; other applications on the same host may have set some, too.
HEADER_LENGTH_MAX: Final = 16 * 1024
COOKIE_LENGTH_MAX: Final = 4 * 1024


def cookie_of(request: Request, name: str) -> str:
    """The cookie's value (RFC 6265, 4.2); empty where it did not come, or is longer than a browser keeps.

    What we set needs no quotes, so none are removed. ``Request.cookies`` does that, by way of ``http.cookies``,
    which takes quadratic time for it before Python 3.11.10 (CVE-2024-7592).
    """
    header = request.headers.get("cookie", "")
    if len(header) > HEADER_LENGTH_MAX:
        return ""
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if key.strip() == name and len(value) <= COOKIE_LENGTH_MAX:
            return value.strip()
    return ""
