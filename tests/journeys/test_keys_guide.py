"""The guide on keys: each of its blocks, as it stands but for the address, one after the other in one shell."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.quickstart import blocks
from tests.running import RunningServer, clean_environment

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parent.parent.parent / "docs/keys.md"
MARK = "=====> "


def test_the_guide_works_as_it_is_written(running: RunningServer, tmp_path: Path) -> None:
    """Made, sent in three ways, used from a page and an app, restricted, explained, rotated, revoked with a receipt."""
    shell = blocks(GUIDE, "sh")
    script = "".join(f"echo '{MARK}{heading}'\n{block}\necho\n" for heading, block in shell.items())
    script = script.replace("http://127.0.0.1:8080", running.url)
    script = script.replace(".venv/bin/tillgate", f"{sys.executable} -m tillgate.cli")
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=tmp_path,
        env=clean_environment() | {"TILLGATE_DATA": str(running.data)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = dict(part.split("\n", 1) for part in done.stdout.split(MARK)[1:])
    assert list(said) == list(shell)

    def answers(heading: str) -> list[dict[str, object]]:
        found = re.findall(r"^\{.*?\}$", said[heading], re.M) or [said[heading].strip()]
        return [json.loads(one) for part in found for one in part.replace("}{", "}\n{").split("\n")]

    assert answers("Make one")[0]["data"] == []
    assert [answer["data"] for answer in answers("Send it")] == [[], []]
    session = json.loads((tmp_path / "session.json").read_text())
    assert answers("From a web page")[0]["id"] == session["id"]
    assert session["clientSecret"] not in done.stdout
    assert "clientSecret" in answers("From a mobile app")[0]
    assert "127.0.0.0/8" in said["Restrict it"]
    assert "50 a second, 50 at once" in said["Restrict it"]
    explained = said["Ask why"]
    assert "Add 203.0.113.7/32 to the key's networks" in explained
    assert "Give the key the scope links:write." in explained
    rotated = said["Rotate it"]
    assert re.search(r"SECRET +KEY +IN USE SINCE +ENDS +LAST USED +FROM +PATH +AGENT$", rotated, re.M)
    assert re.search(r"^2 +ck_test_\w{6}…\w{4}  20\S+Z  - ", rotated, re.M)
    assert re.search(r"^1 +ck_test_\w{6}…\w{4}  20\S+Z  20\S+Z  20\S+Z  127.0.0.0/24 ", rotated, re.M)
    assert "The old secrets were ended and are refused." in rotated
    ended = said["End it"]
    assert "is revoked: no request with it is accepted any more." in ended
    assert re.search(r"Epoch \d+; confirmed by \d of \d serving processes in \d+ ms\.", ended)
    assert json.loads(ended[ended.index("{") :])["error"]["reason"] == "revoked"
