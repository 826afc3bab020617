"""The webhooks guide: each of its blocks, as it stands but for the ports and the key."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.quickstart import blocks
from tests.receiver import Receiver
from tests.running import RunningServer, clean_environment

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parent.parent.parent / "docs/webhooks.md"


def test_the_guide_works_as_it_is_written(running: RunningServer, receiver: Receiver, tmp_path: Path) -> None:
    """From the endpoint to a rotated secret: what is sent is genuine by the guide's own check, and all of it comes."""
    shell, [python] = blocks(GUIDE, "sh"), blocks(GUIDE, "python").values()
    assert list(shell) == ["Receive", "Try it", "Catch up", "After a restore", "Send again", "Change the secret"]
    scopes = ["sessions:write", "webhooks:write", "webhooks:read", "events:read"]
    environment = clean_environment() | {
        "CHECKOUT_API_KEY": running.key(scopes, project=running.project("Guide")), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip

    def here(block: str) -> list[str]:
        for written, meant in (
            ("http://127.0.0.1:8080", running.url),
            ("http://127.0.0.1:9000", receiver.url),
            (".venv/bin/tillgate", f"exec {sys.executable} -m tillgate.cli"),
        ):
            block = block.replace(written, meant)
        return ["bash", "-c", f"set -eu\n{block}"]

    def run(block: str) -> str:
        done = subprocess.run(here(block), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    check: dict[str, Any] = {}
    exec(python, check)  # noqa: S102 — the guide's own words

    def genuine(secret: str, number: int) -> list[bool]:
        received = receiver.wait_for(lambda got: len(got) >= number)
        return [check["is_genuine"](secret, one.headers["x-webhook-signature"], one.body) for one in received]

    assert run(shell["Receive"]) == ""
    secret = json.loads((tmp_path / "endpoint.json").read_text())["secret"]
    trigger, listen = (f".venv/bin/tillgate {part}" for part in shell["Try it"].split(".venv/bin/tillgate ")[1:])
    assert "is paid" in run(trigger)
    assert genuine(secret, 2) == [True, True]
    assert not check["is_genuine"](secret, receiver.received[0].headers["x-webhook-signature"], b"{}")

    of_this_log = json.loads(run(shell["After a restore"]))
    assert of_this_log["data"] and of_this_log["logId"].startswith("log_")
    caught_up = json.loads(run(shell["Catch up"]))
    assert [one["type"] for one in caught_up["data"]] == [
        "session.created",
        "payment.succeeded",
        "order.paid",
        "session.paid",
    ]
    assert caught_up["nextCursor"] == "4"
    assert json.loads(run(shell["Send again"]))["deliveries"] == 0
    rotated = json.loads(run(shell["Change the secret"]))["secret"]
    receiver.received.clear()
    run(trigger)
    assert genuine(secret, 2) == genuine(rotated, 2) == [True, True]

    receiver.received.clear()
    listening = subprocess.Popen(here(listen), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert listening.stdout is not None
        forwarding, signing = listening.stdout.readline(), listening.stdout.readline()
        assert "after sequence 8" in forwarding
        run(trigger)
        # The endpoint gets the session's two, and everything is forwarded.
        assert sorted(genuine(signing.rpartition(" ")[2].strip(), 6)) == [False, False, *[True] * 4]
    finally:
        listening.kill()
        listening.communicate()
