"""What the commands share that speak to a server over HTTP, as a merchant's own program would."""

from typing import Annotated, Any, Final

import httpx
import typer

from keyturn.cli.output import fail
from tillgate.settings import API_KEY_VARIABLE, HOST_DEFAULT, PORT_DEFAULT, api_key

TIMEOUT_SECONDS: Final = 20.0
LIVE_HEAD: Final = "ck_live_"

BaseUrl = Annotated[
    str, typer.Option("--base-url", metavar="URL", help="The server's address, without a path.", show_default=True)
]
BASE_URL_DEFAULT: Final = f"http://{HOST_DEFAULT}:{PORT_DEFAULT}"


def api(base_url: str, *, test_mode: bool = False) -> httpx.Client:
    """A client below ``/api/v1`` with the key from the environment, or a clear end of the command.

    Args:
        test_mode: refuse a live key before anything is sent.
    """
    key = api_key()
    if not key:
        fail(f"{API_KEY_VARIABLE} is not set: export it with an API key, such as ck_test_…")
    check_key(key, API_KEY_VARIABLE)
    if test_mode and key.startswith(LIVE_HEAD):
        fail(f"{API_KEY_VARIABLE} is a live key; use a test key")
    return connect(base_url, key)


def check_key(key: str, named: str) -> str:
    """A key that can be sent, or a clear end of the command; it is not repeated."""
    if not key.isascii() or not key.isprintable() or not key.strip():
        fail(f"{named} is not an API key: it contains characters other than visible ASCII")
    return key


def check_base_url(base_url: str) -> None:
    """A server's address, or a clear end of the command."""
    if not base_url.startswith(("http://", "https://")):
        fail(f"--base-url: expected http(s)://host, got {base_url[:60]!r}")
    try:
        httpx.URL(base_url)
    except httpx.InvalidURL as error:
        fail(f"--base-url: {error}")


def connect(base_url: str, key: str) -> httpx.Client:
    """A client below ``/api/v1`` of this server with this key, or a clear end of the command."""
    check_base_url(base_url)
    return httpx.Client(
        base_url=f"{base_url.rstrip('/')}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
    )


def error_message(answer: httpx.Response) -> str:
    """What a refusal says, in one line."""
    try:
        error: Any = answer.json()["error"]
        return f"{answer.status_code} {error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"
