"""The npm package where it is for: on the oldest and the newest Node, in the runtime of Workers, and in a browser."""

import hashlib
import hmac
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route

from tests.client.quickstart import blocks, run
from tests.running import RunningServer, clean_environment, free_port
from tests.runtimes.nodes import AGES, locked, node, workerd
from tests.sdk.packing import SDK, compile_strictly, unpacked
from tillgate_client import Client

# The Worker's own program, what it imports, and its secrets. What it asks may be on this machine.
WORKER = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const main :Workerd.Worker = (
  compatibilityDate = "2025-11-01",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "tillgate-client", esModule = embed "node_modules/tillgate-client/dist/esm/index.js"),
    (name = "tillgate-client/webhooks", esModule = embed "node_modules/tillgate-client/dist/esm/webhooks.js"),
    (name = "webhooks.js", esModule = embed "node_modules/tillgate-client/dist/esm/webhooks.js"),
    (name = "shared.js", esModule = embed "node_modules/tillgate-client/dist/esm/shared.js"),
    (name = "tillgate-client/shared.js", esModule = embed "node_modules/tillgate-client/dist/esm/shared.js"),
  ],
  bindings = [
    (name = "CHECKOUT_API_KEY", fromEnvironment = "CHECKOUT_API_KEY"),
    (name = "CHECKOUT_BASE_URL", fromEnvironment = "CHECKOUT_BASE_URL"),
    (name = "WEBHOOK_SECRET", fromEnvironment = "WEBHOOK_SECRET"),
  ],
);
"""

# What a page does with the package as it is, without a bundler.
PAGE = """\
async ([key, secret, signature, payload]) => {
  const { CheckoutClient, AuthenticationError, verifyWebhook } = await import("/package/index.js");
  const { WebhookVerificationError } = await import("/package/webhooks.js");
  const client = new CheckoutClient({ apiKey: key, baseUrl: location.origin });
  const made = await client.checkoutSessions.create({ amount: { value: "5.00", currency: "USD" } });
  await client.checkoutSessions.create({ amount: { value: "5.00", currency: "USD" } });
  const walked = [];
  for await (const one of client.checkoutSessions.list({ limit: 1 })) walked.push(one.id);
  const refusing = new CheckoutClient({ apiKey: key.slice(0, -6) + "AAAAAA", baseUrl: location.origin, maxRetries: 0 });
  const refused = await refusing.events.list().catch((error) => error);
  const moved = new CheckoutClient({ apiKey: key, baseUrl: location.origin, maxRetries: 0, fetch: (url, init) =>
    fetch(new URL("/moved", url), init) });
  const redirected = await moved.events.list().catch((error) => error);
  const bytes = new TextEncoder().encode(payload);
  const event = await verifyWebhook({ payload: bytes.buffer, signature, secret });
  const forged = await verifyWebhook({ payload: payload + " ", signature, secret }).catch((error) => error);
  return {
    walked: walked.length === 2 && walked.includes(made.id),
    refused: refused instanceof AuthenticationError,
    redirected: redirected.name + ": " + redirected.message,
    event: event.type,
    forged: forged instanceof WebhookVerificationError && forged.reason,
    unnamed: await (async () => new CheckoutClient())().catch(String),
  };
}
"""


@pytest.mark.parametrize("age", AGES)
def test_the_suite_of_the_client_passes_on_the_oldest_and_the_newest_node(
    sdk: Path, running: RunningServer, age: str
) -> None:
    """vitest: every operation, retries, errors, webhooks, and types that are the server's own."""
    assert vitest(sdk, node(age), running) > 100


def vitest(sdk: Path, program: Path, running: RunningServer) -> int:
    """How many tests passed; all of them have to."""
    project = running.project(f"vitest {program.parents[1].name}")
    revoked = running.issued(project=project)
    running.cli("keys", "revoke", "--yes", revoked["id"])
    environment = {
        "TILLGATE_URL": running.url,
        "TILLGATE_TEST_KEY": running.key(project=project),
        "TILLGATE_NARROW_KEY": running.key(["events:read"], project=project),
        "TILLGATE_REVOKED_KEY": revoked["key"],
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [program, "node_modules/vitest/vitest.mjs", "run", "--reporter=json"],
        cwd=sdk, env=clean_environment() | environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    print(done.stdout[-20_000:], done.stderr[-20_000:])
    assert done.returncode == 0, "vitest failed; its words are above"
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert report["numPassedTests"] == report["numTotalTests"], "some tests were skipped"
    return int(report["numPassedTests"])


def test_the_least_node_that_is_declared_is_the_oldest_that_is_tested() -> None:
    """`engines` names a whole number of Node, whose first release is the one of the tests."""
    declared = json.loads((SDK / "package.json").read_text())["engines"]["node"]
    assert f"{declared.removeprefix('>=')}.0.0" == locked("oldest")
    printed = {age: run([node(age), "--version"], {}, SDK).strip() for age in ("oldest", "newest")}
    assert printed == {age: f"v{locked(age)}" for age in printed}


@contextmanager
def served(program: Path, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The Worker of a folder, at an address that the runtime says."""
    readable, writable = os.pipe()
    command = [program, "serve", f"--control-fd={writable}", "worker.capnp"]
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment() | environment, pass_fds=[writable], stdout=log, stderr=log
        )
    os.close(writable)
    try:
        with os.fdopen(readable) as control:
            said = json.loads(control.readline() or "{}")
        assert said.get("socket") == "http", (folder / "worker.log").read_text()
        yield f"http://127.0.0.1:{said['port']}/"
    finally:
        process.terminate()
        process.wait(20)


def test_the_readmes_worker_runs_in_the_runtime_of_workers(
    tarball: Path, running: RunningServer, tmp_path: Path
) -> None:
    """A webhook is verified and its session is asked for, without one of Node's names; a forged one is refused."""
    program = workerd()
    unpacked(tarball, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "worker.ts").write_text(blocks(SDK / "README.md", "ts")["Workers"], "utf-8")
    compile_strictly(tmp_path, "--module", "nodenext", "--skipLibCheck", files=["worker.ts"])
    (tmp_path / "worker.capnp").write_text(WORKER)

    project = running.project("Worker")
    with Client(api_key=running.key(project=project), base_url=running.url) as client:
        endpoint = client.webhook_endpoints.create(url=f"http://127.0.0.1:{free_port()}/", events=["order.paid"])
        session = client.checkout_sessions.create(
            amount={"value": "5.00", "currency": "USD"}, metadata={"order": "größer 7"}
        )
        client.checkout_sessions.simulate(session.id, outcome="paid")
        assert endpoint.secret is not None
        environment = {
            "CHECKOUT_API_KEY": running.key(project=project),
            "CHECKOUT_BASE_URL": running.url,
            "WEBHOOK_SECRET": endpoint.secret,
        }
        body = {"id": "evt_1", "type": "session.paid", "data": {"id": session.id}}
        headers = {"X-Webhook-Signature": signature_of(endpoint.secret, json.dumps(body).encode())}
        with served(program, tmp_path, environment) as url, httpx.Client(trust_env=False, timeout=30) as http:
            answer = http.post(url, content=json.dumps(body), headers=headers)
            assert answer.json() == {"order": "größer 7", "status": "paid"}
            assert http.post(url, content=json.dumps(body) + " ", headers=headers).status_code == 400


def test_a_page_uses_the_package_as_it_is(tarball: Path, running: RunningServer, page: Page, tmp_path: Path) -> None:
    """In Chromium, as modules without a bundler: calls, walks, refusals, redirects, and webhooks over Web Crypto."""
    package = unpacked(tarball, tmp_path) / "dist" / "esm"
    asked: list[dict[str, str]] = []

    def served_beside(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/moved":
            route.fulfill(status=307, headers={"Location": "/elsewhere"})
        elif path == "/package/":
            route.fulfill(content_type="text/html", body="<!doctype html><title>Package</title>")
        elif path.startswith("/package/"):
            route.fulfill(content_type="text/javascript", body=(package / path.rpartition("/")[2]).read_text("utf-8"))
        else:
            asked.append(route.request.headers)
            route.continue_()

    page.route(f"{running.url}/**", served_beside)
    page.goto(f"{running.url}/package/")
    key = running.key(project=running.project("Page"))
    payload = '{"id": "evt_1", "type": "session.paid", "data": {"id": "größer"}}'
    secret = "whsec_of_a_page"
    given = [key, secret, signature_of(secret, payload.encode()), payload]
    seen = page.evaluate(PAGE, given)
    assert seen.pop("redirected").startswith("UnexpectedAnswerError: GET /api/v1/events was answered")
    assert "CHECKOUT_API_KEY" in seen.pop("unnamed")
    assert seen == {"walked": True, "refused": True, "event": "session.paid", "forged": "signature_mismatch"}
    assert asked and all("Mozilla" in headers["user-agent"] for headers in asked)


def signature_of(secret: str, body: bytes) -> str:
    """The header with which a webhook of now is genuine."""
    stamp = int(time.time())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"
