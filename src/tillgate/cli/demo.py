"""``tillgate demo``: the main job end to end, over HTTP, in front of your eyes.

A throw-away database, a real server process, a real receiver. Each step prints its request, its answer and
the time it took, and is checked: the first that is not as it says ends the demo with status 1.
"""

import contextlib
import hashlib
import hmac
import json
import queue
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from keyturn.cli.output import note, say
from tillgate.cli import demo_live
from tillgate.cli.demo_server import DemoFailed, Steps, require, served
from tillgate.events.types import SESSION_PAID

WEBHOOK_SECONDS_MAX: Final = 15
SCOPES: Final = ("links:write", "sessions:read", "sessions:write", "webhooks:write")

_SETUP_LINK: Final = re.compile(r"http://[^\s/]{1,300}(/dashboard/setup/\S{1,200})")
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]{1,100})" value="([^"]{0,1000})"')
_KEY: Final = re.compile(r"ck_test_[0-9A-Za-z]{32}")
_EPOCH: Final = re.compile(r"<dt>Epoch</dt><dd>(\d{1,20})</dd>")


def demo(
    live: Annotated[
        bool, typer.Option("--live", help="A live payment on a chain of this machine alone; needs npm, or anvil.")
    ] = False,
) -> None:
    """Run the complete story on a temporary database: key, session, payment, webhook, revocation."""
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="tillgate-demo-") as directory:
            (demo_live.run_story if live else _run_story)(Path(directory))
    except (DemoFailed, httpx.HTTPError) as failure:
        note(f"\nThe demo stopped: {failure}")
        raise typer.Exit(1) from failure
    say(f"\nThe demo took {time.monotonic() - begun:.1f} s. Nothing is left on this machine.")


def _run_story(directory: Path) -> None:
    received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    say("A server on a throw-away database")
    with served(directory, _setup_path) as (base, setup_path), _receiver(received) as receiver_url:
        story = _Story(base)
        story.claim(setup_path)
        key = story.create_key()
        api = _Api(story, key)
        endpoint = api.call(
            "Say where webhooks go; the signing secret is in this answer only",
            *("POST", "/webhook_endpoints", 201),
            {"url": receiver_url, "events": [SESSION_PAID.name]},
            shows=("id", "url", "events", "secretPrefix"),
        )
        secret = endpoint["secret"]
        link = api.call(
            "Create a payment link",
            *("POST", "/payment_links", 201),
            {"title": "Pro plan", "fiatAmount": "99.00", "fiatCurrency": "USD"},
            shows=("id", "title", "fiatAmount", "livemode", "checkoutUrl"),
        )
        session = api.call(
            "Open a checkout session from it",
            *("POST", "/checkout_sessions", 201),
            {"linkId": link["id"], "metadata": {"order": "1001"}},
            shows=("id", "status", "fiat", "amount", "expiresAt"),
        )
        require(session["status"] == "pending", "the new session is not pending")
        path = f"/checkout_sessions/{session['id']}"
        paid = api.call(
            "Pay it on the simulated rail",
            *("POST", f"{path}/simulate", 200),
            {"outcome": "paid"},
            shows=("id", "status", "received", "txHash", "paidAt"),
        )
        require(paid["status"] == "paid", "the session is not paid")
        _verify_webhook(story, received, secret, session["id"])
        key_id = story.revoke_key()
        refused = api.call(f"Use the revoked key {key_id} again", "GET", path, 401, None, shows=("error",))
        require(refused["error"]["reason"] == "revoked", "the refusal does not say that the key was revoked")


class _Story(Steps):
    """Drives the dashboard as a browser would."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.browser = httpx.Client(base_url=base, headers={"Origin": base}, trust_env=False, timeout=20)

    def send(self, client: httpx.Client, request: httpx.Request, status: int) -> httpx.Response:
        """Send a request, print both sides, and require the status."""
        begun = time.perf_counter()
        answer = client.send(request)
        took_ms = (time.perf_counter() - begun) * 1_000
        say(f"   → {request.method} {request.url.path}")
        say(f"   ← {answer.status_code} {answer.reason_phrase}  ({took_ms:.1f} ms)")
        require(answer.status_code == status, f"expected {status}, got {answer.status_code}: {answer.text[:300]}")
        return answer

    def claim(self, setup_path: str) -> None:
        """Make the owner account through the link that the server printed."""
        self.step("Claim the server with the link that its terminal printed")
        form = {"email": "owner@example.com", "password": "only for this demo", "name": "Demo shop"}
        shown = self.browser.build_request("POST", setup_path, data=form)
        self.send(self.browser, shown, 303)

    def create_key(self) -> str:
        """Create a key in the dashboard; its text is in the answer and nowhere else."""
        self.step("Create an API key in the dashboard: test mode, four scopes, shown once")
        form = self._form("/dashboard/api-keys/new")
        fields = {**form, "name": "Demo", "mode": "test", "scopes": list(SCOPES)}
        answer = self.send(self.browser, self.browser.build_request("POST", "/dashboard/api-keys", data=fields), 201)
        if (found := _KEY.search(answer.text)) is None:
            raise DemoFailed("the answer shows no key")
        say(f"     key: {found[0][:14]}… (the rest is not printed)")
        listed = self.browser.get("/dashboard/api-keys").text
        require(found[0] not in listed, "the list shows the whole key")
        return found[0]

    def revoke_key(self) -> str:
        """Revoke the key in the dashboard; the answer is the receipt."""
        self.step("Revoke the key in the dashboard")
        listed = self.browser.get("/dashboard/api-keys").text
        if (path := re.search(r"/dashboard/api-keys/(key_\w{1,40})/revoke", listed)) is None:
            raise DemoFailed("the list offers no way to revoke")
        form = self._form(path[0])
        answer = self.send(self.browser, self.browser.build_request("POST", path[0], data=form), 200)
        if (epoch := _EPOCH.search(answer.text)) is None:
            raise DemoFailed("the revocation shows no receipt")
        say(f"     receipt: epoch {epoch[1]}; no process accepts the key any more")
        return path[1]

    def _form(self, path: str) -> dict[str, str]:
        return dict(_HIDDEN.findall(self.browser.get(path).text))


class _Api:
    """Calls the API with the key."""

    def __init__(self, story: _Story, key: str) -> None:
        self._story = story
        self._client = httpx.Client(
            base_url=f"{story.base}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=20,
        )

    def call(
        self, title: str, method: str, path: str, status: int, body: dict[str, Any] | None, *, shows: tuple[str, ...]
    ) -> dict[str, Any]:
        """One step: a request, what it answered, checked."""
        self._story.step(title)
        if body is not None:
            say(f"     {json.dumps(body)}")
        answer = self._story.send(self._client, self._client.build_request(method, path, json=body), status)
        returned: dict[str, Any] = answer.json()
        say("     " + json.dumps({name: returned[name] for name in shows}, ensure_ascii=False))
        return returned


def _verify_webhook(
    story: _Story, received: "queue.Queue[tuple[dict[str, str], bytes]]", secret: str, session_id: str
) -> None:
    story.step("Receive the webhook and check its signature")
    begun = time.perf_counter()
    try:
        headers, body = received.get(timeout=WEBHOOK_SECONDS_MAX)
    except queue.Empty:
        raise DemoFailed(f"no webhook within {WEBHOOK_SECONDS_MAX} s") from None
    parts = dict(part.partition("=")[::2] for part in headers["x-webhook-signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    require(hmac.compare_digest(expected, parts["v1"]), "the signature does not fit")
    event = json.loads(body)
    require(
        event["type"] == SESSION_PAID.name and event["data"]["id"] == session_id, "the event is about something else"
    )
    say(f"   ← POST {event['type']} {event['id']}  (waited {(time.perf_counter() - begun) * 1_000:.1f} ms)")
    say(f"     X-Webhook-Signature fits; data.status is {event['data']['status']!r}")


def _setup_path(_base: str, log: Path) -> str | None:
    """The path of the set-up link that the server has printed."""
    found = _SETUP_LINK.search(log.read_text("utf-8"))
    return found[1] if found is not None else None


@contextlib.contextmanager
def _receiver(received: "queue.Queue[tuple[dict[str, str], bytes]]") -> Iterator[str]:
    """A small receiver that keeps what it is sent."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The demo prints what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
