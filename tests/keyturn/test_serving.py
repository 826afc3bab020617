"""``keyturn serve`` as an operator starts it: a process, its settings, and how it ends."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from keyturn.settings import SettingsError, load
from tests.running import START_SECONDS_MAX, free_port, limited_files

ROOT = "root-credential-of-the-tests-0123456789"


def environment(**settings: str) -> dict[str, str]:
    """Ours without any of Keyturn's settings, but for these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KEYTURN_")} | settings


@contextlib.contextmanager
def serving(
    database_url: str,
    folder: Path,
    open_files: int | None = None,
    tls: Path | None = None,
    uds: Path | None = None,
    /,
    **settings: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A started server: where it answers, and its process. It is gone after the block.

    Args:
        open_files: the process's limit on them, as ``ulimit -n`` sets it.
        tls: a file with its certificate and private key.
        uds: the Unix socket on which it answers instead.
        settings: its variables, in which ``{port}`` stands for the port.
    """
    port = free_port()
    command = [*limited_files(open_files), sys.executable, "-m", "keyturn.cli", "serve", "--port", str(port)]
    command += ["--database-url", database_url]
    if tls is not None:
        command += ["--tls-certificate", str(tls), "--tls-key", str(tls)]
    if uds is not None:
        command += ["--uds", str(uds)]
    settings = {name: value.replace("{port}", str(port)) for name, value in settings.items()}
    log = folder / f"keyturn-{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment(**settings), cwd=folder
        )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while "Stop with Ctrl-C." not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


def test_it_listens_on_a_unix_socket_whose_peers_are_trusted_as_unix(tmp_path: Path) -> None:
    """By default they are of this machine; where others are named, they are nobody's proxy. An old socket is replaced,
    and nothing else."""
    where = tmp_path / "keyturn.sock"
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read"}
    asked = {"X-Original-URI": "/x", "X-Original-Method": "GET"}
    key = ""
    for trusted in ({}, {"KEYTURN_TRUSTED_PROXIES": "127.0.0.1"}, {"KEYTURN_TRUSTED_PROXIES": "10.0.0.0/8,unix"}):
        with (
            serving(url, tmp_path, None, None, where, **settings, **trusted),
            httpx.Client(transport=httpx.HTTPTransport(uds=str(where)), base_url="http://localhost") as client,
        ):
            root = {"Authorization": f"Bearer {ROOT}"}
            wish = {"name": "a", "scopes": ["invoices:read"], "networks": ["203.0.113.0/24"]}
            key = key or client.post("/v1/keys", json=wish, headers=root).json()["key"]
            sent = asked | {"Authorization": f"Bearer {key}", "X-Forwarded-Proto": "https"}
            answer = client.get(
                "/v1/forward-auth?scope=invoices:read", headers=sent | {"X-Forwarded-For": "203.0.113.7"}
            )
            if trusted == {"KEYTURN_TRUSTED_PROXIES": "127.0.0.1"}:
                assert (answer.status_code, answer.json()["code"]) == (403, "proxy_not_trusted")
                continue
            assert answer.status_code == 200, answer.text
            nowhere = client.get("/v1/forward-auth?scope=invoices:read", headers=sent)
            assert nowhere.json()["code"] == "address_not_allowed"
    (tmp_path / "file").write_text("kept")
    long = tmp_path / ("x" * 100)
    for wrong, words in (
        (tmp_path / "file", "is no socket"),
        (tmp_path / "no/k.sock", "no directory"),
        (long, "bytes"),
    ):
        command = [sys.executable, "-m", "keyturn.cli", "serve", "--uds", str(wrong), "--database-url", url]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(**settings))
        assert done.returncode == 1 and words in done.stderr, done.stderr
    assert (tmp_path / "file").read_text() == "kept"


def test_it_starts_answers_and_ends_well(tmp_path: Path) -> None:
    """A key that one server made is revoked by another on the same database, and the first refuses it at once; told to
    stop, each ends with status 0 and nothing of a credential in its log."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read", "KEYTURN_RATE_PER_SECOND": "0"}
    with (
        serving(url, tmp_path, **settings) as (here, first),
        serving(url, tmp_path, **settings) as (there, second),
        httpx.Client(headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as client,
    ):
        made = client.post(f"{here}/v1/keys", json={"name": "a", "scopes": ["invoices:read"]}).json()
        question = {"key": made["key"], "scope": "invoices:read"}
        for _ in range(3):
            assert client.post(f"{here}/v1/keys/verify", json=question).json()["valid"]
        revoked = client.post(f"{there}/v1/keys/{made['id']}/revoke").json()
        refused = client.post(f"{here}/v1/keys/verify", json=question).json()
        assert (refused["valid"], refused["reason"]) == (False, "revoked"), revoked["receipt"]
        assert "rateLimit" not in refused
        assert client.get(f"{here}/readyz").json() == {"status": "ok"}
        for process in (first, second):
            process.terminate()
            assert process.wait(20) == 0
    logs = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    assert ROOT not in logs and made["key"] not in logs


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"KEYTURN_ROOT_KEY": "short"}, "at least 32"),
        ({"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_ROOT_KEY_FILE": "file"}, "keep one"),
        ({"KEYTURN_ROOT_KEY_FILE": "no-such-file"}, "cannot be read"),
        ({"KEYTURN_SCOPES": "invoices"}, "resource:action"),
        ({"KEYTURN_PUBLISHABLE_SCOPES": "invoices:read"}, "not among KEYTURN_SCOPES"),
        ({"KEYTURN_PUBLISHABLE_SCOPES": "keys:write"}, "anybody may hold"),
        ({"KEYTURN_TRUSTED_PROXIES": "proxy.example"}, "KEYTURN_TRUSTED_PROXIES"),
        ({"KEYTURN_PLAIN_HTTP_FROM": "10.0.0.1/8"}, "KEYTURN_PLAIN_HTTP_FROM"),
        ({"KEYTURN_RATE_PER_SECOND": "-1"}, "whole number"),
        ({"KEYTURN_BURST": "0"}, "at least 1"),
        ({"KEYTURN_RULES": "no-such-file"}, "no file"),
        ({"KEYTURN_QUARANTINE": "maybe"}, "1 or 0"),
        ({"KEYTURN_LEAK_RESPONSE": "shrug"}, "revoke, disable, alert"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], said: str) -> None:
    """The message says which, and what was expected; a credential is not in it."""
    with pytest.raises(SettingsError, match=said) as caught:
        load(settings)
    assert "short" not in str(caught.value)


def test_a_server_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    """No traceback, status 1."""
    command = [sys.executable, "-m", "keyturn.cli", "serve", "--port", "0", "--database-url"]
    for url, settings, said in (
        ("mysql://nowhere", {}, "sqlite:///path or postgresql://"),
        (f"sqlite:///{tmp_path / 'keys.db'}", {"KEYTURN_SCOPES": "x"}, "KEYTURN_SCOPES"),
        (f"sqlite:///{tmp_path / 'keys.db'}", {"KEYTURN_VALKEY_URL": "http://x"}, "KEYTURN_VALKEY_URL"),
    ):
        done = subprocess.run(
            [*command, url], env=environment(**settings), capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_the_root_credential_is_read_from_a_file_and_forgotten(tmp_path: Path) -> None:
    """Several of them, while one is replaced; what is left is their digests."""
    file = tmp_path / "root"
    file.write_text(f"{ROOT}\n{ROOT}-next\n")
    settings = load({"KEYTURN_ROOT_KEY_FILE": str(file), "KEYTURN_SCOPES": "a:b, c:d"})
    assert len(settings.roots) == 2 and ROOT not in repr(settings)
    assert settings.scopes == ("a:b", "c:d", "keys:read", "keys:verify", "keys:write")
    assert settings.limit is not None and not settings.publishable
