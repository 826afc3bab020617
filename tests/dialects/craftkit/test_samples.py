"""CraftKit's own samples, in three languages, against this server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, clean_environment
from tests.shop import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# As the document has them; each is followed here by a line that shows what came.
CURL = """curl https://api.craftkit.dev/v1/renders/0193c2c3 \\
-H "Authorization: Bearer $CRAFTKIT_API_KEY\""""
NODE = """const res = await fetch('https://api.craftkit.dev/v1/renders/0193c2c3', {
headers: {
Authorization: `Bearer ${process.env.CRAFTKIT_API_KEY}`,
},
});"""
PYTHON = """import os, requests
res = requests.get(
"https://api.craftkit.dev/v1/renders/0193c2c3",
headers={"Authorization": f"Bearer {os.environ['CRAFTKIT_API_KEY']}"},
)"""
SAMPLES = (
    (["bash", "-c"], CURL),
    (["node", "--input-type=module", "-e"], NODE + "\nconsole.log(await res.text())"),
    ([sys.executable, "-c"], PYTHON + "\nprint(res.text)"),
)


@pytest.mark.spec("craftkit R2", "craftkit R3", "craftkit R4")
async def test_the_documents_samples_work_as_they_stand(fresh_server: RunningServer, tmp_path: Path) -> None:
    """R3: alike from curl, Node's fetch and Python's requests, with the one header; R2, R4: the key is read from the
    environment. All that is changed is the host, and the id."""
    source, manifest = tmp_path / "note.typ", tmp_path / "note.json"
    source.write_text("Hello")
    manifest.write_text("{}")
    files = ("--source", str(source), "--manifest", str(manifest))
    fresh_server.project()
    fresh_server.cli("templates", "publish", "--slug", "note", "--name", "Note", *files)
    made = fresh_server.cli("keys", "create", "--name", "press", "--mode", "test", "--format", "craftkit", "--json")
    key = json.loads(made)["key"]
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=20) as client:
        answer = await client.post(f"{fresh_server.url}/v1/templates/note/render", json={"data": {}})
        assert answer.status_code == 202, answer.text
        url = f"{fresh_server.url}/v1/renders/{answer.json()['id']}"

        async def ended() -> str | None:
            told = (await client.get(url)).text
            return told if json.loads(told)["status"] == "succeeded" else None

        told = await eventually(ended)
    for command, sample in SAMPLES:
        text = sample.replace("https://api.craftkit.dev/v1/renders/0193c2c3", url)
        for shown, expected in ((key, json.loads(told)), ("ck_test_" + "a" * 32, "invalid_credentials")):
            environment = clean_environment() | {"PATH": os.environ["PATH"], "CRAFTKIT_API_KEY": shown}
            done = subprocess.run(  # noqa: ASYNC221
                [*command, text], capture_output=True, text=True, env=environment, timeout=60
            )
            assert done.returncode == 0, done.stderr
            said = json.loads(done.stdout)
            assert (said["error"]["code"] if "error" in said else said) == expected, sample
