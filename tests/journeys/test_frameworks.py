"""The guide to Keyturn in front of frameworks, followed: its files and its commands as they stand but for the ports, on
the real frameworks and, where it says so, behind the real nginx."""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.house.source import ROOT
from tests.journeys.test_proxies import SPOOFED, config
from tests.journeys.test_readme import shell_blocks
from tests.keyturn.test_serving import environment
from tests.parts import StartProxy
from tests.running import START_SECONDS_MAX, free_port
from tests.upstreams import EXPRESS, express_installed

pytestmark = pytest.mark.slow

PAGE = "docs/keyturn-frameworks.md"
INSTALLS = ("pip install ", "npm install ")


def file_of(heading: str) -> str:
    """The file that a section prints."""
    section = (ROOT / PAGE).read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [text] = re.findall(r"^```(?:python|js|toml)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(text)


def commands(heading: str) -> list[str]:
    """What a section has its reader type, but for what is installed already: a line each."""
    blocks = "".join(shell_blocks(PAGE, heading))
    return [line for line in blocks.splitlines() if not line.startswith(INSTALLS)]


class Reader(NamedTuple):
    """Somebody who follows the guide in an empty directory."""

    place: Path
    settings: dict[str, str]
    texts: list[str]
    ids: list[str]

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self.place, env=self.environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{script}\n{done.stderr}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        return environment(**self.settings) | {"PATH": os.pathsep.join([str(self.place / "bin"), os.environ["PATH"]])}

    @contextlib.contextmanager
    def started(self, command: str, written: int, port: int) -> Iterator[None]:
        """A server by the guide's command, on another port than it says."""
        words = shlex.split(re.sub(rf"\b{written}\b", str(port), command))
        log = self.place / f"{port}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                words, cwd=self.place, env=self.environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS_MAX)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """With the keys that the guide makes."""
    programs = {"keyturn": "keyturn.cli", "uvicorn": "uvicorn", "waitress-serve": "waitress"}
    (tmp_path / "bin").mkdir()
    for name, module in programs.items():
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    export, *create = commands("Keys")
    settings = dict(word.split("=", 1) for word in shlex.split(export)[1:])
    one = Reader(tmp_path, settings, [], [])
    for line in create:
        made = json.loads(one.run(f"{line} --json"))
        one.texts.append(made["key"])
        one.ids.append(made["id"])
    return one


def try_it(reader: Reader, port: int, claims: dict[str, str]) -> None:
    """What the guide says of it in the end; and nobody is who they claim to be."""
    *trying, revoke, again = commands("Try it")
    key, slow = reader.texts
    base = f"http://127.0.0.1:{port}"

    def curl(line: str) -> str:
        here = line.replace("http://127.0.0.1:8080", base)
        return reader.run(f"KEY={key}\nKEY_ID={reader.ids[0]}\n{here}")

    known = {"invoices": [], "key": reader.ids[0], "project": "shop", "customer": "cus_1042"}
    assert json.loads(curl(trying[0])) == known
    assert [curl(line).strip() for line in trying[1:]] == ["403", "401"]
    with httpx.Client(base_url=base, trust_env=False) as client:
        assert client.get("/health").json() == {"status": "ok"}
        bearer = {"Authorization": f"Bearer {key}"}
        assert client.get("/invoices", headers=bearer | claims).json() == known
        for path in ("/Invoices", "/invoices/", "//invoices", "/nothing"):
            assert client.get(path, headers=bearer).status_code in (400, 403, 404), path
        refused = client.get("/invoices", headers={"Authorization": f"Bearer {key[:-8]}AAAAAAAA"})
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_api_key")
        answers = [client.get("/invoices", headers={"Authorization": f"Bearer {slow}"}) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0 and answers[-1].json()["code"] == "rate_limited"
    curl(revoke)
    assert json.loads(curl(again))["reason"] == "revoked"


def test_fastapi_is_put_behind_keyturn_by_the_guide(reader: Reader) -> None:
    """Keyturn inside of the application: no other server."""
    (reader.place / "api.py").write_text(file_of("FastAPI"))
    [serve] = commands("FastAPI")
    port = free_port()
    with reader.started(serve, 8000, port):
        # Without a proxy, whoever claims to have come through one did not come from this machine.
        try_it(reader, port, {name: value for name, value in SPOOFED.items() if name.startswith("X-Keyturn-")})


def flask(_: Reader) -> str:
    return "api.py"


def express(reader: Reader) -> str:
    express_installed()
    (reader.place / "node_modules").symlink_to(EXPRESS / "node_modules")
    return "api.mjs"


@pytest.mark.parametrize(("heading", "prepare"), [("Flask", flask), ("Express", express)])
def test_an_api_behind_nginx_is_put_behind_keyturn_by_the_guide(
    heading: str, prepare: Callable[[Reader], str], reader: Reader, nginx: StartProxy
) -> None:
    """The rules, the server that nginx asks, and nginx as the guide to Keyturn configures it."""
    name = prepare(reader)
    keyturn, api, port = free_port(), free_port(), free_port()
    text = file_of(heading)
    (reader.place / name).write_text(text.replace("3000", str(api)))
    (reader.place / "rules.toml").write_text(file_of("A server for proxies"))
    export, serve_keys = commands("A server for proxies")
    reader.settings.update([shlex.split(export)[1].split("=", 1)])
    [serve] = commands(heading)
    assert shutil.which(shlex.split(serve)[0], path=reader.environment()["PATH"])
    configured = config("nginx", keyturn, api, port)
    without = configured.replace("?scope=invoices:read", "")
    assert without != configured
    with reader.started(serve_keys, 8090, keyturn), reader.started(serve, 3000, api):
        proxy = nginx(without, port)
        try_it(reader, proxy.port, SPOOFED)
