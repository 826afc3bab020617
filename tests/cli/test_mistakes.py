"""An operator's mistakes: one clear line, a status that scripts can read, no traceback and no secret."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.running import RunningServer, clean_environment
from tillgate.cli.commands import app


def run(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> tuple[int, str, str]:
    """Status, standard output and standard error of a command.

    What needs no process of its own runs in this one, which takes a tenth of the time.
    """
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if arguments[0] != "serve" and not environment and len(texts) == len(arguments):
        done_here = CliRunner(env=dict.fromkeys(os.environ.keys() - clean_environment().keys())).invoke(
            app, texts, input=stdin
        )
        if done_here.exception is not None and not isinstance(done_here.exception, SystemExit):
            raise done_here.exception
        return done_here.exit_code, done_here.stdout, done_here.stderr
    done = subprocess.run(
        [sys.executable, "-m", "tillgate.cli", *arguments],
        input=stdin,
        capture_output=True,
        env=clean_environment() | environment,
        timeout=60,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def complaint(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> str:
    """The one line that a failing command says."""
    status, out, err = run(*arguments, stdin=stdin, **environment)
    assert status == 1, (status, out, err)
    assert out == ""
    assert err.startswith("tillgate: ")
    assert err.count("\n") == 1, err
    return err


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A data directory with one project."""
    directory = str(tmp_path_factory.mktemp("mistakes") / "data")
    assert run("projects", "create", "--name", "My shop", "--data", directory)[0] == 0
    yield directory


CREATE = ("keys", "create", "--mode", "test", "--name", "Backend")


def test_a_mistake_about_keys_is_reported_in_one_line(data: str) -> None:
    """Unknown scopes, projects and keys, unusable names: the line names what was wrong and what there is."""
    where = ("--data", data)
    assert "sessions:delete" in (said := complaint(*CREATE, "--scope", "sessions:delete", *where))
    assert "sessions:write" in said
    assert "There is no project" in complaint(*CREATE, "--scope", "events:read", "--project", "prj_x", *where)
    assert "name" in complaint("keys", "create", "--mode", "test", "--name", " ", "--scope", "events:read", *where)
    assert "key_x" in complaint("keys", "revoke", "--yes", "key_x", *where)
    assert "There is no project" in complaint("keys", "list", "--project", "prj_x", *where)
    assert "name" in complaint("projects", "create", "--name", "", *where)


def test_bytes_that_are_no_text_are_reported_in_one_line(data: str) -> None:
    """Arguments and passwords that are not UTF-8 are refused like any other wrong value."""
    where = ("--data", data)
    assert "UTF-8" in complaint("keys", "revoke", "--yes", b"key_\xff", *where)
    assert "UTF-8" in complaint(*CREATE, "--scope", "events:read", "--project", b"prj_\xff", *where)
    create = ("users", "create", "--password-stdin", *where)
    assert "UTF-8" in complaint(*create, "--email", "a@example.com", stdin=b"long enough \xff\n")


def test_a_mistake_about_users_is_reported_without_the_password(data: str) -> None:
    """Short or missing passwords and unusable or taken addresses; the password is never repeated."""
    where = ("--data", data)
    create = ("users", "create", "--password-stdin", *where)
    assert "10" in (said := complaint(*create, "--email", "a@example.com", stdin=b"hunter2\n"))
    assert "hunter2" not in said
    complaint(*create, "--email", "a@example.com", stdin=b"")
    complaint(*create, "--email", "nobody", stdin=b"correct horse\n")
    assert run(*create, "--email", "a@example.com", stdin=b"correct horse\n")[0] == 0
    assert "a@example.com" in (said := complaint(*create, "--email", "A@Example.com", stdin=b"correct horse\n"))
    assert "correct" not in said
    said = complaint("users", "create", "--email", "b@example.com", *where, stdin=b"correct horse\n")
    assert "--password-stdin" in said


@pytest.mark.parametrize("command", ["serve", "migrate", "projects", "keys", "doctor"])
def test_an_unreachable_database_is_reported_without_its_password(command: str, tmp_path: Path) -> None:
    """An unreachable server, an unknown scheme, a file that is no database: one line without the password."""
    more = {"projects": ["list"], "keys": ["list"]}.get(command, [])
    (tmp_path / "no.db").write_bytes(b"This is a text file, whatever its name says." * 100)
    for url in (
        "postgresql://owner:hunter2@127.0.0.1:1/shop",
        "postgresql://owner:hunter2@127.0.0.1:port/shop",
        "postgresql://owner@127.0.0.1:1/shop?password=hunter2",
        "mysql://owner:hunter2@127.0.0.1/shop",
        "owner:hunter2@127.0.0.1",
        f"sqlite:///{tmp_path}/no.db",
        f"sqlite:///{tmp_path}",
        "sqlite:////proc/nowhere/tillgate.db",
    ):
        status, out, err = run(command, *more, "--data", str(tmp_path), "--database-url", url)
        # For doctor, a file that is not there yet is no mistake.
        assert status == 1 or (command == "doctor" and "/proc/" in url), (url, out, err)
        assert "hunter2" not in out + err
        assert "Traceback" not in out + err
        assert command == "doctor" or (err.startswith("tillgate: ") and err.count("\n") == 1), err


def test_a_server_with_another_secret_key_does_not_start(tmp_path: Path) -> None:
    """A wrong or malformed secret key is one line; the key itself is not in it."""
    data = str(tmp_path / "data")
    new = run("doctor", "--new-secret-key")[1].strip()
    other = run("doctor", "--new-secret-key")[1].strip()
    server = RunningServer(tmp_path / "data").start(TILLGATE_SECRET_KEY=new)
    server.stop()
    for wrong in (other, "short", "\u00e9" * 44):
        said = complaint("serve", "--data", data, "--port", "0", TILLGATE_SECRET_KEY=wrong)
        assert "key" in said
        assert wrong not in said
    (tmp_path / "data" / "secret.key").write_bytes(b"\xff\n")
    assert "secret" in complaint("serve", "--data", data, "--port", "0")


def test_a_data_directory_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    """A file in the directory's place is told as what it is, whichever database is used."""
    (tmp_path / "data").write_text("")
    for more in ([], ["--database-url", f"sqlite:///{tmp_path}/elsewhere.db"]):
        complaint("serve", "--data", str(tmp_path / "data"), *more, "--port", "0")


def test_a_port_in_use_is_one_line(data: str, tmp_path: Path) -> None:
    """Somebody else on the port, or an address that is not ours, ends `serve` with status 1 and one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in complaint("serve", "--data", str(tmp_path), "--port", port)
    assert "192.0.2.1" in complaint("serve", "--data", str(tmp_path), "--host", "192.0.2.1", "--port", "0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TILLGATE_PUBLIC_URL", "shop.example"),
        ("TILLGATE_SESSION_LIFETIME_MINUTES", "4"),
        ("TILLGATE_SESSION_LIFETIME_MINUTES", "1e3"),
        ("TILLGATE_LATE_GRACE_HOURS", "-1"),
        ("TILLGATE_DEV", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    """The line names the variable and what was expected."""
    assert name in complaint("serve", "--data", str(tmp_path), "--port", "0", **{name: value})


@pytest.mark.parametrize(
    "arguments",
    [
        ("brew",),
        ("keys", "create"),
        ("keys", "create", "--mode", "demo", "--name", "x", "--scope", "events:read"),
        ("serve", "--port", "65536"),
        ("serve", "--port", "http"),
        ("keys", "revoke"),
    ],
)
def test_a_command_that_does_not_exist_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    """What the command line itself does not know ends with status 2 and the usage."""
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert "Usage" in err
    assert "Traceback" not in err


def test_two_projects_ask_which(tmp_path: Path) -> None:
    """With one project it need not be named; with none or several, the line says what to do."""
    where = ("--data", str(tmp_path))
    assert "tillgate migrate" in complaint("keys", "list", *where)
    assert run("migrate", *where)[0] == 0
    assert "projects create" in complaint("keys", "list", *where)
    for name in ("One", "Two"):
        assert run("projects", "create", "--name", name, *where)[0] == 0
    assert "--project" in complaint("keys", "list", *where)


def test_the_database_and_the_key_belong_to_their_owner_only(data: str) -> None:
    """crypto-checkout R65: the database and the secret key are readable by the operator's account alone."""
    server = RunningServer(Path(data)).start()
    server.stop()
    for name in ("tillgate.db", "secret.key"):
        assert os.stat(Path(data) / name).st_mode & 0o077 == 0, name
