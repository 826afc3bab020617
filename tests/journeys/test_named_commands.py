"""Commands that a page names in a sentence, with their options: each typed as it is written, but for what stands for
something else (an id, a file). tests/house/test_documents.py says which of them are run here."""

import os
import re
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
import trustme

from tests.house.documents import commands
from tests.running import PYTHON, START_SECONDS_MAX, RunningServer, clean_environment, free_port

pytestmark = pytest.mark.slow


class Reader:
    """Somebody at a terminal beside a running server, who types what the pages name."""

    def __init__(self, server: RunningServer, place: Path) -> None:
        self.server = server
        self.place = place
        self.named = {span.text for span in commands()}
        programs = place / "bin"
        programs.mkdir()
        for program, meant in (("tillgate", "-m tillgate.cli"), ("keyturn", "-m keyturn.cli"), ("python", "")):
            (programs / program).write_text(f'#!/bin/sh\nexec {PYTHON} {meant} "$@"\n')
            (programs / program).chmod(0o755)
        self.environment = clean_environment() | {
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "TILLGATE_DATA": str(server.data),
            "KEYTURN_DATABASE_URL": f"sqlite:///{server.data / 'tillgate.db'}",
            "KEYTURN_ROOT_KEY": "r" * 40,
            "KEYTURN_SCOPES": "sessions:read",
            "COLUMNS": "200",
        }

    def words(self, command: str, meant: Mapping[str, str]) -> str:
        assert command in self.named, "no page names it any more"
        for written, here in meant.items():
            assert written in command
            command = command.replace(written, here)
        return command

    def types(self, command: str, meant: Mapping[str, str] | None = None) -> str:
        """What it prints; it has to end well."""
        done = subprocess.run(
            ["bash", "-c", self.words(command, meant or {})],
            cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def reader(running: RunningServer, tmp_path: Path) -> Reader:
    return Reader(running, tmp_path)


def test_a_command_that_a_page_names_does_what_it_is_for(reader: Reader) -> None:
    """Explained, counted, revoked with its descendants, looked for in a repository, and the reference made again."""
    server = reader.server
    made = server.issued(["sessions:read"])
    with server.client(made["key"]) as client:
        refused = client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    request = refused.headers["x-request-id"]
    assert refused.status_code == 403

    deadline = time.monotonic() + START_SECONDS_MAX
    while request not in server.cli("requests", "--json"):  # it is written behind the answer
        assert time.monotonic() < deadline
        time.sleep(0.05)
    explained = reader.types("tillgate keys explain --request-id req_…", {"req_…": request})
    assert "sessions:write" in explained
    counted = reader.types("tillgate keys usage KEY_ID", {"KEY_ID": made["id"]})
    assert counted.startswith(made["id"]) and "requests in the last 30 days" in counted
    assert "--scope" in reader.types("keyturn keys create --help")
    reader.types("keyturn keys revoke KEY_ID --tree", {"KEY_ID": f"{made['id']} --yes"})
    with server.client(made["key"]) as client:
        assert client.get("/checkout_sessions").json()["error"]["reason"] == "revoked"

    named = {"default": server.first_project}
    assert reader.types("keyturn keys tag-many --project default --add beta", named).endswith("keys were changed.\n")
    reader.types("keyturn keys revoke-many --project default --unused 90d --yes", named)

    subprocess.run(["git", "init", "-q", "."], cwd=reader.place, check=True)
    assert reader.types("keyturn scan . --history --check") == ""

    reader.types("python -m tillgate.api.reference docs/reference")
    reader.types("python -m tillgate.dialects.reference docs/reference")
    for page in ("docs/reference/api.md", "docs/reference/smartpay.md", "docs/errors/conflict.md"):
        assert (reader.place / page).read_text("utf-8").startswith("# ")


def test_the_servers_own_tls_works_as_it_is_written(reader: Reader) -> None:
    """Keyturn with a certificate answers over TLS to whoever trusts its authority."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(reader.place / "key.pem"))
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(str(reader.place / "cert.pem"), append=number > 0)
    command = reader.words("keyturn serve --tls-certificate cert.pem --tls-key key.pem", {})
    port, log = free_port(), reader.place / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command.split(), "--port", str(port)],
            cwd=reader.place, env=reader.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while "Stop with Ctrl-C." not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        assert httpx.get(f"https://127.0.0.1:{port}/healthz", verify=trusting, trust_env=False).status_code == 200
        assert re.search(rf"https://\S+:{port}", log.read_text())
    finally:
        process.terminate()
        process.wait(START_SECONDS_MAX)
