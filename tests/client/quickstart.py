"""The programs in a client's README, word for word, and a merchant's receiver put to the test."""

import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.running import RunningServer, clean_environment
from tillgate_client import Client

PLACEHOLDER_URL = "https://your-domain.com"
PORT = 9000


def blocks(readme: Path, language: str) -> dict[str, str]:
    """The code under each heading, a heading's blocks joined in their order."""
    found: dict[str, str] = {}
    heading = ""
    for part in re.finditer(rf"^## ([^\n]+)$|^```{language}\n(.*?)^```$", readme.read_text("utf-8"), re.M | re.S):
        if part[1] is not None:
            heading = part[1]
        else:
            found[heading] = found.get(heading, "") + part[2]
    return found


def run(command: Sequence[str | Path], environment: dict[str, str], cwd: Path) -> str:
    """What a program prints; it has to end well."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=cwd, env=clean_environment() | environment
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def started(command: Sequence[str | Path], environment: dict[str, str], cwd: Path) -> Iterator[list[str]]:
    """A program that goes on; gives the lines it prints, which grow, after the first one came."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=clean_environment() | environment,
    )
    assert process.stdout is not None and process.stderr is not None
    lines: list[str] = []
    ready = threading.Event()
    out = process.stdout

    def read() -> None:
        for line in out:
            lines.append(line.strip())
            ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(60) and lines, "nothing was printed"
        yield lines
    finally:
        process.terminate()
        process.wait(20)
        reader.join(20)
        out.close()
        process.stderr.close()


class PaidShop:
    """A server with a webhook endpoint at a port that a README's receiver is to listen on."""

    def __init__(self, running: RunningServer, port: int) -> None:
        self.port = port
        self.client = Client(api_key=running.key(project=running.project("Webhooks")), base_url=running.url)
        self.endpoint = self.client.webhook_endpoints.create(
            url=f"http://127.0.0.1:{self.port}/", events=["session.paid"]
        )
        assert self.endpoint.secret is not None
        self.secret: str = self.endpoint.secret

    def pay(self, order: str) -> None:
        """Let a session of that order be paid, and wait until its webhook was answered."""
        session = self.client.checkout_sessions.create(
            amount={"value": "50.00", "currency": "USD"}, metadata={"order": order}
        )
        self.client.checkout_sessions.simulate(session.id, outcome="paid")
        for _ in range(600):
            sent = self.client.webhook_endpoints.deliveries(self.endpoint.id).data
            if sent and sent[0].attempts:
                assert sent[0].attempts[0].response_status == 204, sent[0]
                return
            threading.Event().wait(0.05)
        raise AssertionError("the webhook was not delivered")

    def forge(self) -> int:
        """What the receiver says to a webhook that somebody else made up."""
        return httpx.post(
            f"http://127.0.0.1:{self.port}/",
            content=b'{"type": "session.paid", "data": {"metadata": {"order": "forged"}}}',
            headers={"X-Webhook-Signature": f"t=1730462400,v1={'0' * 64}"},
            trust_env=False,
        ).status_code

    def close(self) -> None:
        self.client.webhook_endpoints.delete(self.endpoint.id)
        self.client.close()
