"""The two applications in examples/, run as their first lines say."""

import shlex
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.keyturn.test_serving import environment
from tests.running import START_SECONDS_MAX, free_port

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = {"keyturn": "-m keyturn.cli", "uvicorn": "-m uvicorn"}


def lines(name: str) -> list[list[str]]:
    """What the example's first lines tell its reader to type, but for the first, which installs what is there."""
    text = (EXAMPLES / f"{name}.py").read_text("utf-8").split('"""')[1]
    return [shlex.split(line) for line in text.partition("\n\n")[2].splitlines()][1:]


def run(words: list[str], folder: Path, settings: dict[str, str]) -> str:
    program = [sys.executable, *PROGRAMS[words[0]].split(), *words[1:]]
    done = subprocess.run(program, cwd=folder, env=environment(**settings), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["keyturn_starlette", "keyturn_fastapi"])
def test_an_example_works_as_it_says(name: str, tmp_path: Path) -> None:
    """Made on the command line, a key opens what it may and nothing else; revoked there, it is refused by the running
    application on its next use; what says nothing of its need is reached by nobody."""
    export, create, serve, curl = lines(name)
    settings = dict(word.split("=", 1) for word in export[1:])
    key = next(word for word in run(create, tmp_path, settings).split() if word.startswith("ck_test_"))
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *PROGRAMS[serve[0]].split(), *serve[1:], "--port", str(port), "--app-dir", str(EXAMPLES)],
            cwd=tmp_path, env=environment(**settings), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        url = curl[-1].replace(":8000", f":{port}")
        base = url.removesuffix("/invoices")
        deadline = time.monotonic() + START_SECONDS_MAX
        while "startup complete" not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
            answer = client.get("/invoices")
            assert answer.json() == {"project": "shop", "mode": "test", "invoices": []}, answer.text
            assert answer.headers["ratelimit"].startswith('"key";r=')
            for method, path, status, code in (
                ("POST", "/invoices", 403, "missing_scope"),
                ("GET", "/forgotten", 403, "need_not_declared"),
                ("GET", "/nothing", 404, "unknown_path"),
                ("GET", "/invoices?key=" + key, 401, "invalid_api_key"),
            ):
                refused = client.request(method, path)
                assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
            listed = run(shlex.split("keyturn keys list --project shop --json"), tmp_path, settings)
            key_id = listed.partition('"id": "')[2].partition('"')[0]
            assert client.get("/invoices").status_code == 200
            run(["keyturn", "keys", "revoke", "--yes", key_id], tmp_path, settings)
            gone = client.get("/invoices")
            assert (gone.status_code, gone.json()["reason"]) == (401, "revoked")
        assert httpx.get(f"{base}/invoices", trust_env=False).json()["reason"] == "missing"
        assert httpx.get(f"{base}/health", trust_env=False).json() == {"status": "ok"}
        process.terminate()
        process.wait(20)
        assert "Application shutdown complete" in log.read_text()
    finally:
        process.kill()
        process.wait()
    # What was noted of the key's use is written down at the end.
    assert '"lastUsedAt": null' not in run(shlex.split("keyturn keys list --project shop --json"), tmp_path, settings)
