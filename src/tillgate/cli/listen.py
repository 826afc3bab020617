"""``tillgate listen``: events come to a program on this machine, without a public address.

It follows ``GET /events?after=`` and forwards each event as a signed webhook. The place in the sequence is
kept only once an event was handed over, so neither a lost connection nor a restart of anything skips one.
"""

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer

from keyturn.cli.output import fail, say
from tillgate.cli.remote import BASE_URL_DEFAULT, BaseUrl, api, error_message
from tillgate.events.signing import SECRET_HEAD, SigningSecret
from tillgate.settings import WEBHOOK_SECRET_VARIABLE, webhook_secret

POLL_SECONDS: Final = 1.0
RETRY_SECONDS_MAX: Final = 10.0
PAGE_MAX: Final = 100
USER_AGENT: Final = "Tillgate-Listen/1"


class _Page(msgspec.Struct, rename="camel"):
    """A page of events, each left as the bytes that it came in: a webhook carries the very same."""

    data: list[msgspec.Raw]
    has_more: bool
    log_id: str | None = None


class _Event(msgspec.Struct):
    id: str
    type: str
    sequence: int


class _Cursor(msgspec.Struct):
    """What the state file keeps: where we are in which log's sequence, and what we sign with."""

    after: int
    secret: str
    log: str | None = None


def listen(
    forward_to: Annotated[str, typer.Option("--forward-to", metavar="URL", help="The URL that events are sent to.")],
    base_url: BaseUrl = BASE_URL_DEFAULT,
    after: Annotated[
        int | None,
        typer.Option(
            "--after",
            min=0,
            help="Start after this sequence; 0 for all stored events.",
            show_default="now, or where --state ended",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help="Store the position and the secret in this file, and continue from it."
        ),
    ] = None,
) -> None:
    """Forward events to a program on this machine, signed as webhooks are. The key is read from CHECKOUT_API_KEY.

    It signs with CHECKOUT_WEBHOOK_SECRET, or else with a secret that it prints. The program's answers are printed, and
    failures are not retried; if it cannot be reached, listen waits. Stop with Ctrl-C.
    """
    kept = _read(state)
    secret = _secret(kept)
    with api(base_url) as server, _receiver(forward_to) as receiver:
        start = after if after is not None else kept.after if kept is not None else _newest(server)
        log = kept.log if kept is not None and after is None else None
        follower = _Follower(server, receiver, forward_to=forward_to, secret=secret, state=state, after=start, log=log)
        say(f"Forwarding to {forward_to}, from the event after sequence {start} on.")
        say(f"Signing secret: {secret.reveal()}")
        try:
            follower.follow()
        except KeyboardInterrupt:
            say(f"\nStopped. Continue with --after {follower.after}.")
            raise typer.Exit(130) from None


class _Follower:
    """Fetches what is new and hands it over, in order, for ever."""

    def __init__(
        self,
        server: httpx.Client,
        receiver: httpx.Client,
        *,
        forward_to: str,
        secret: SigningSecret,
        state: Path | None,
        after: int,
        log: str | None,
    ) -> None:
        self._server = server
        self._receiver = receiver
        self._forward_to = forward_to
        self._secret = secret
        self._state = state
        self._log = log
        self.after = after

    def follow(self) -> None:
        """Until interrupted."""
        self._keep(self.after)
        while True:
            page = self._fetch()
            self._log = page.log_id
            for body in page.data:
                event = msgspec.json.decode(body, type=_Event)
                if event.sequence != self.after + 1 and self.after:
                    say(
                        f"  sequences {self.after + 1} to {event.sequence - 1} are not in the log: they are past the "
                        "retention time, or were lost when the database was restored"
                    )
                answered = self._forward(event, bytes(body))
                self._keep(event.sequence)
                say(answered)
            if not page.has_more:
                time.sleep(POLL_SECONDS)

    def _fetch(self) -> _Page:
        """The next page, however long the server is away."""
        failures = 0
        while True:
            try:
                place = {"after": self.after} | ({"log": self._log} if self._log is not None else {})
                answer = self._server.get("/events", params=place | {"limit": PAGE_MAX})
                if answer.status_code == 200:
                    if failures:
                        say("  the server answers again")
                    return msgspec.json.decode(answer.content, type=_Page)
                newest = _end_of_log(answer)
                if newest is not None:
                    fail(_other_log(self.after, newest))
                if answer.status_code not in (408, 429) and answer.status_code < 500:
                    fail(error_message(answer))
                problem = error_message(answer)
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
            failures += 1
            if failures == 1:
                say(f"  the server does not answer ({problem}); trying again")
            time.sleep(_pause(failures))

    def _forward(self, event: _Event, body: bytes) -> str:
        """Hand an event over and tell what was answered; whatever is answered counts, no answer does not."""
        failures = 0
        while True:
            headers = self._secret.headers(event_id=event.id, body=body, timestamp=int(time.time()))
            begun = time.monotonic()
            try:
                answer = self._receiver.post(
                    self._forward_to, content=body, headers={"content-type": "application/json"} | headers
                )
            except httpx.HTTPError as error:
                failures += 1
                if failures == 1:
                    say(f"  {event.type} {event.id}: {str(error) or type(error).__name__}; waiting")
                time.sleep(_pause(failures))
                continue
            took_ms = (time.monotonic() - begun) * 1_000
            return f"  {event.sequence} {event.type} {event.id} → {answer.status_code} ({took_ms:.0f} ms)"

    def _keep(self, after: int) -> None:
        """Move the place on, on disk first: a file that is replaced is the old one or the new one, never half."""
        if self._state is not None:
            fresh = self._state.with_name(f"{self._state.name}.new")
            try:
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    file.write(msgspec.json.encode(_Cursor(after, self._secret.reveal(), self._log)))
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(self._state)
            except OSError as error:
                fail(f"--state: {self._state} cannot be written: {error.strerror or error}")
        self.after = after


def _end_of_log(answer: httpx.Response) -> int | None:
    """Where the log ends, if the answer is that our place is not in it."""
    if answer.status_code != 409:
        return None
    try:
        error: Any = answer.json()["error"]
        return int(error["newestSequence"]) if error["code"] == "sequence_ahead" else None
    except (ValueError, KeyError, TypeError):
        return None


def _other_log(after: int, newest: int) -> str:
    return (
        f"sequence {after} is not a position in this event log, which ends at {newest}: the server's database was "
        "restored from a backup, or the key is of another project or mode. Continue from the newest event with "
        f"--after {newest}, or have all stored events sent again, with the same ids, with --after 0."
    )


def _pause(failures: int) -> float:
    return min(POLL_SECONDS / 2 * 2.0 ** min(failures - 1, 6), RETRY_SECONDS_MAX)


def _read(state: Path | None) -> _Cursor | None:
    if state is None:
        return None
    try:
        return msgspec.json.decode(state.read_bytes(), type=_Cursor)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        fail(f"--state: {state} cannot be read: {error}")


def _secret(kept: _Cursor | None) -> SigningSecret:
    given = webhook_secret() or (kept.secret if kept is not None else None)
    if given is None:
        return SigningSecret.new()
    secret = SigningSecret(given)
    try:
        if not given.startswith(SECRET_HEAD):
            raise ValueError
        secret.headers(event_id="", body=b"", timestamp=0)
    except ValueError:
        fail(f"{WEBHOOK_SECRET_VARIABLE}: expected whsec_ and base 64")
    return secret


def _receiver(forward_to: str) -> httpx.Client:
    if not forward_to.startswith(("http://", "https://")):
        fail(f"--forward-to: expected http(s)://…, got {forward_to[:60]!r}")
    try:
        httpx.URL(forward_to)
    except httpx.InvalidURL as error:
        fail(f"--forward-to: {error}")
    return httpx.Client(timeout=15.0, follow_redirects=False, trust_env=False, headers={"user-agent": USER_AGENT})


def _newest(server: httpx.Client) -> int:
    """The sequence of the newest event there is."""
    try:
        answer = server.get("/events", params={"limit": 1})
    except httpx.HTTPError as error:
        fail(f"the server does not answer: {error}")
    if answer.status_code != 200:
        fail(error_message(answer))
    found: list[dict[str, Any]] = json.loads(answer.content)["data"]
    return int(found[0]["sequence"]) if found else 0
