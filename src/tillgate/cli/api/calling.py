"""One operation called, and called again: pages to their end, and watched for what changes."""

import contextlib
import json
import os
import select
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import typer

from keyturn.cli.output import fail, note
from tillgate.cli.api.printing import Printer
from tillgate.cli.remote import error_message

POLL_SECONDS: Final = 2.0
PAUSE_SECONDS_MAX: Final = 30.0
# What comes between two looks is read back to what was seen, so far.
PAGES_BACK_MAX: Final = 20
_STATUS_GONE: Final = frozenset({408, 429})


class Request(NamedTuple):
    """One request, below ``/api/v1``."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None
    idempotency_key: str | None

    def onward(self, **query: Any) -> "Request":
        """The same with more said in its query."""
        return self._replace(query=self.query | query)


def send(server: httpx.Client, request: Request) -> httpx.Response:
    """A success, or a clear end of the command."""
    name = request.idempotency_key or (str(uuid.uuid4()) if request.method != "GET" else None)
    try:
        answer = _sent(server, request, name)
    except httpx.HTTPError as error:
        again = f"; whether it was done is not known: repeat it with --idempotency-key {name}" if name else ""
        fail(f"the server does not answer: {str(error) or type(error).__name__}{again}")
    if not answer.is_success:
        fail(refusal(answer))
    return answer


def _sent(server: httpx.Client, request: Request, name: str | None) -> httpx.Response:
    return server.request(
        request.method,
        request.path,
        params=request.query,
        json=request.body,
        headers={"Idempotency-Key": name} if name else {},
    )


def refusal(answer: httpx.Response) -> str:
    """What a refusal says, and what to do about it."""
    try:
        error = answer.json()["error"]
        more = [str(error[name]) for name in ("detail", "docUrl") if error.get(name)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        hint = "; it is no answer of this API: look at the address" if not answer.is_server_error else ""
        return f"{error_message(answer)}{hint}"
    return " ".join([error_message(answer), *more])


def decoded(answer: httpx.Response) -> dict[str, Any]:
    """The object that was answered, or a clear end of the command."""
    if not answer.content:
        return {}
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        fail("the server answered something else than this API does: look at the address")
    return found


def pages(server: httpx.Client, request: Request) -> Iterator[dict[str, Any]]:
    """Each page of a list, to its end."""
    while True:
        page = decoded(send(server, request))
        yield page
        onward = _onward(request, page)
        if onward is None:
            return
        request = onward


def _onward(request: Request, page: Mapping[str, Any]) -> Request | None:
    if "total" in page:
        if not page["data"] or page["page"] * page["limit"] >= page["total"]:
            return None
        # By cursor, for what is added meanwhile would move the pages.
        query = {name: value for name, value in request.query.items() if name != "page"}
        return request._replace(query=query | {"starting_after": page["data"][-1]["id"]})
    if not page.get("hasMore") or page.get("nextCursor") is None:
        return None
    if "after" in request.query:
        return request.onward(after=page["nextCursor"], log=page["logId"])
    return request.onward(starting_after=page["nextCursor"])


def watch(server: httpx.Client, request: Request, printer: Printer) -> None:
    """Print what there is, and then what is new or has changed, until it is interrupted."""
    seen: dict[str, bytes] | None = None
    failures = 0
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            found = _look(server, request, seen)
            if found is None:
                failures += 1
                if failures == 1:
                    note("  the server does not answer; trying again")
            else:
                failures = 0
                fresh = [one for one in found if seen is None or seen.get(_key(one)) != _digest(one)]
                printer.rows(fresh[::-1])
                # What a page no longer shows is remembered no longer, but for what it was pushed off by.
                # So it is at most a few thousand digests, however long it is watched.
                seen = {_key(one): _digest(one) for one in found}
            if _reader_left_within(min(POLL_SECONDS * 2.0 ** min(failures, 5), PAUSE_SECONDS_MAX)):
                return
    raise typer.Exit(130)


def _reader_left_within(seconds: float) -> bool:
    """Wait; whether the program that reads our output has ended meanwhile, as ``head`` does."""
    waiting = select.poll()
    try:
        waiting.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        time.sleep(seconds)
        return False
    return bool(waiting.poll(seconds * 1_000))


def _look(server: httpx.Client, request: Request, seen: dict[str, bytes] | None) -> list[dict[str, Any]] | None:
    """The newest objects, back to what was seen; None where the server is away."""
    found: list[dict[str, Any]] = []
    for _ in range(PAGES_BACK_MAX):
        try:
            answer = _sent(server, request, None)
        except httpx.HTTPError:
            return None
        if answer.is_server_error or answer.status_code in _STATUS_GONE:
            return None
        if not answer.is_success:
            fail(refusal(answer))
        page = decoded(answer)
        if "data" not in page:
            return [page]
        found += page["data"]
        onward = _onward(request, page)
        if seen is None or onward is None or any(_key(one) in seen for one in page["data"]):
            break
        request = onward
    return found


def _key(one: Mapping[str, Any]) -> str:
    return str(one.get("id", ""))


def _digest(one: Mapping[str, Any]) -> bytes:
    return sha256(json.dumps(one, sort_keys=True).encode()).digest()


def save(content: bytes, to: Path | None) -> None:
    """Write a file, or hand it to whatever reads standard output. An existing file is left alone."""
    if to is None:
        if sys.stdout.isatty():
            fail("this is a file: say where it goes, with --to FILE")
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        fail(f"--to: {to} is there already")
    except OSError as error:
        fail(f"--to: {to} cannot be written: {error.strerror or error}")
