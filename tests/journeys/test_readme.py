"""The README's quickstart and the guides' examples, run as they stand but for the ports and the key."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningServer, clean_environment, free_port

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 30


def shell_blocks(page: str, heading: str) -> list[str]:
    """The sh blocks of one section of a page, in order; of what stands above the first one where it is empty."""
    section = (ROOT / page).read_text("utf-8")
    if heading:
        section = re.split(rf"^## {heading}$", section, flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def session(running: RunningServer, tmp_path: Path) -> Iterator["Terminal"]:
    terminal = Terminal(running, tmp_path / "receiver.log")
    try:
        yield terminal
    finally:
        terminal.close()


class Terminal:
    """A second terminal beside a running server."""

    def __init__(self, server: RunningServer, log: Path) -> None:
        self.server = server
        self.log = log
        self._receiver_port = free_port()
        self._lines: list[str] = []

    def run(self, block: str) -> str:
        """Run a block after all that came before it; what it prints itself."""
        here = block.replace("127.0.0.1:8080", f"127.0.0.1:{self.server.port}")
        here = here.replace("127.0.0.1:9000", f"127.0.0.1:{self._receiver_port}")
        here = here.replace("examples/receiver.py &", f"examples/receiver.py {self._receiver_port} >{self.log} 2>&1 &")
        if here.startswith("export "):
            self._lines.append(here)
            return ""
        script = "set -eu\n" + "".join(self._lines) + here
        done = subprocess.run(
            ["bash", "-c", script], cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def remember(self, line: str) -> None:
        """Keep what was computed once, as the reader's shell does."""
        self._lines.append(line)

    def wait_for(self, text: str) -> None:
        """Wait until the receiver has printed this."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in (self.log.read_text("utf-8") if self.log.exists() else ""):
            assert time.monotonic() < deadline, f"the receiver never printed {text!r}: {self.log.read_text('utf-8')}"
            time.sleep(0.05)

    def close(self) -> None:
        subprocess.run(["pkill", "-f", f"examples/receiver.py {self._receiver_port}"], check=False)


def test_the_quickstart_works_as_it_is_written(session: Terminal) -> None:
    """From the key in the environment to session.paid in the receiver, and 401 after the revocation."""
    make_up, key, secret, receiver, create, listed, demo = shell_blocks("README.md", "Quickstart")
    assert (make_up, demo) == ("make up\n", "make demo\n")
    issued = session.server.issued(["sessions:read", "sessions:write", "webhooks:write", "events:read"])
    assert "ck_test_YOUR_KEY" in key
    session.run(key.replace("ck_test_YOUR_KEY", issued["key"]))
    value = re.search(r"\$\((.*)\)\s*$", secret, re.DOTALL)
    assert value is not None
    whsec = session.run(value[1] + "\n").strip()
    assert whsec.startswith("whsec_")
    session.remember(f"export WEBHOOK_SECRET={whsec}\n")
    session.run(receiver)
    session.wait_for("Listening")
    created = session.run(create)
    session_id = re.search(r'"id":"(cs_\w+)"', created)
    assert session_id is not None
    assert f'"checkoutUrl":"{session.server.url}/checkout/{session_id[1]}"' in created
    session.wait_for("session.created")

    # What the reader does in the browser, by the example of the guide.
    (simulate,) = shell_blocks("docs/test-mode.md", "Making a payment happen")
    assert '"status":"paid"' in session.run(f"SESSION_ID={session_id[1]}\n{simulate}")
    for told in ("session.paid", "payment.succeeded", "order.paid"):
        session.wait_for(told)
    assert "Traceback" not in session.log.read_text("utf-8")
    assert session_id[1] in session.run(listed)

    session.server.cli("keys", "revoke", "--yes", issued["id"])
    assert '"reason":"revoked"' in session.run(listed)


def test_time_passes_as_the_guide_says(session: Terminal) -> None:
    """The block about test clocks, as it stands: the session that it opens has expired when it ends."""
    (block,) = shell_blocks("docs/test-mode.md", "Letting time pass")
    key = session.server.key(["sessions:read", "sessions:write"], project=session.server.project())
    session.run(f"export CHECKOUT_API_KEY={key}\n")
    assert '"advancedSeconds":3600' in session.run(block)
    with session.server.client(key) as client:
        [made] = client.get("/checkout_sessions").json()["data"]
    assert (made["status"], made["testClockId"][:4]) == ("expired", "clk_")


def test_the_guide_to_selling_sells(session: Terminal) -> None:
    """Its block, as it stands, ends with the session whose figures the guide explains."""
    (block,) = shell_blocks("docs/selling.md", "A product, a coupon and its code")
    scopes = ["products:write", "coupons:write", "sessions:write", "orders:read"]
    key = session.server.key(scopes, project=session.server.project())
    session.run(f"export CHECKOUT_API_KEY={key}\n")
    printed = session.run(block)
    assert '"amount":"3.70"' in printed
    assert '"subtotal":"37.05"' in printed
    assert '"total":"38.25"' in printed


def test_the_guide_to_payment_links_opens_a_session(session: Terminal) -> None:
    """Its block, as it stands: the offer is shown, and one post opens one session with the reference."""
    (block,) = shell_blocks("docs/payment-links.md", "A link, an offer and a purchase")
    key = session.server.key(["links:write", "sessions:read"], project=session.server.project())
    session.run(f"export CHECKOUT_API_KEY={key}\n")
    printed = session.run(block)
    assert '<meta property="og:title" content="Workshop">' in printed
    with session.server.client(key) as client:
        [made] = client.get("/checkout_sessions").json()["data"]
    assert f"/checkout/{made['id']}" in printed
    assert made["clientReferenceId"] == "A-77"


def test_the_guide_to_money_takes_and_gives_back(session: Terminal) -> None:
    """Its blocks, as they stand: captured in two parts, then given back in two."""
    (take,) = shell_blocks("docs/money.md", "Take the money later")
    (back,) = shell_blocks("docs/money.md", "Refund money")
    scopes = ["sessions:write", "orders:read", "payments:write", "refunds:write"]
    key = session.server.key(scopes, project=session.server.project())
    session.run(f"export CHECKOUT_API_KEY={key}\n")
    printed = session.run(take + back)
    assert '"received":"105.00"' in printed
    assert '"releaseReason":"captured"' in printed
    assert '"amount":"60.00","currency":"EUR"' in printed
