"""Which project a command means, what it asks before it ends something, and what it never makes."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import keyturn.cli
import tillgate.cli.commands
from tests.mail.reports import report
from tests.rails.evm.test_extended_keys import SEED_1, VECTORS
from tillgate.cli.choosing import NAMED_MAX, REMEMBERED_FILE

PROGRAMS = {"tillgate": tillgate.cli.commands.app, "keyturn": keyturn.cli.app}


class Terminal:
    """``tillgate`` on one database, within this process."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(tillgate.cli.commands.app, [*words, "--data", str(self.data)])
        assert done.exit_code == status, done.output
        return done.output

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def key(self, *words: str) -> str:
        id: str = self.json("keys", "create", "--name", "k", "--mode", "test", "--scope", "events:read", *words)["id"]
        return id


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    terminal = Terminal(tmp_path / "data")
    for name in ("First shop", "Second shop"):
        terminal.run("projects", "create", "--name", name)
    return terminal


def test_who_names_a_key_names_no_project(terminal: Terminal) -> None:
    """Of two projects' keys each is shown, changed, rotated and revoked by its id alone."""
    for name in ("First shop", "Second shop"):
        id = terminal.key("--project", name)
        assert terminal.json("keys", "show", id)["id"] == id
        assert terminal.json("keys", "update", id, "--name", "new")["name"] == "new"
        assert terminal.json("keys", "disable", id)["status"] == "disabled"
        assert terminal.json("keys", "enable", id)["status"] == "active"
        assert terminal.json("keys", "rotate", id)["key"]
        assert len(terminal.json("keys", "secrets", id)) == 2
        assert terminal.json("keys", "usage", id)["id"] == id
        assert terminal.json("keys", "explain", "--key-id", id, "--method", "GET", "--path", "/api/v1/events")
        assert terminal.json("requests", "--key", id)["data"] == []
        assert len(terminal.json("audit", "list", "--key", id)) >= 4
        assert terminal.json("keys", "revoke", id, "--yes")["status"] == "revoked"
    assert "there is no key 'key_none'" in terminal.run("keys", "show", "key_none", status=1)


def test_a_project_is_named_listed_and_remembered(terminal: Terminal) -> None:
    """By its name in any case or its id; where none is said, the line lists them; `projects use` remembers one."""
    first, second = terminal.json("projects", "list")
    said = terminal.run("keys", "list", status=1)
    for one in (first, second):
        assert f"{one['name']} ({one['id']})" in said
    id = terminal.key("--project", "SECOND shop")
    assert [one["id"] for one in terminal.json("keys", "list", "--project", second["id"])] == [id]
    said = terminal.run("keys", "list", "--project", "Third shop", status=1)
    assert "'Third shop'" in said and "First shop" in said

    assert terminal.json("projects", "use", "second shop") == {"default": second["id"]}
    assert (terminal.data / REMEMBERED_FILE).read_text() == f"{second['id']}\n"
    assert [one["id"] for one in terminal.json("keys", "list")] == [id]
    assert terminal.json("keys", "list", "--project", "First shop") == []
    [line] = [line for line in terminal.run("projects", "list").splitlines() if line.endswith("yes")]
    assert line.startswith(second["id"])
    (terminal.data / REMEMBERED_FILE).write_text("prj_gone\n")
    assert "tillgate projects use NAME" in terminal.run("keys", "list", status=1)
    assert terminal.json("projects", "use", "--forget") == {"default": None}
    terminal.run("keys", "list", status=1)
    terminal.run("projects", "use", status=1)


def test_a_name_that_two_projects_have_is_none(terminal: Terminal) -> None:
    """The line names both ids; and a list of very many is cut."""
    terminal.run("projects", "create", "--name", "First shop")
    said = terminal.run("keys", "list", "--project", "First shop", status=1)
    assert said.count("prj_") == 2
    for number in range(NAMED_MAX):
        terminal.run("projects", "create", "--name", f"Shop {number}")
    assert "and 3 more" in terminal.run("keys", "list", status=1)


@pytest.mark.parametrize(
    "words",
    [("keys", "revoke", "KEY"), ("keys", "rotate", "KEY", "--finish"), ("projects", "suspend", "First shop"),
     ("restore", "FILE", "--replace")],
)  # fmt: skip
def test_what_ends_something_is_asked_first(terminal: Terminal, words: tuple[str, ...]) -> None:
    """Without a terminal to ask on it refuses, says how to go on, and nothing has changed."""
    id = terminal.key("--project", "First shop")
    before = terminal.json("keys", "show", id)
    assert "--yes" in terminal.run(*(id if word == "KEY" else word for word in words), status=1)
    assert terminal.json("keys", "show", id) == before


def test_a_terminal_is_asked(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """No leaves the key alone; yes revokes it."""
    id = terminal.key("--project", "First shop")
    monkeypatch.setattr("keyturn.cli.output.has_terminal", lambda: True)
    for answer, status in (("n\n", "active"), ("y\n", "revoked")):
        CliRunner().invoke(
            tillgate.cli.commands.app, ["keys", "revoke", id, "--data", str(terminal.data)], input=answer
        )
        assert terminal.json("keys", "show", id)["status"] == status


def leaves(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    children: dict[str, Any] = getattr(command, "commands", {})
    for name, child in children.items():
        yield from leaves(child, *path, name)
    if not children:
        yield path, command


COMMANDS = [
    (program, path, command)
    for program, app in PROGRAMS.items()
    for path, command in leaves(typer.main.get_command(app))
]
# Over HTTP, with a key: these know no database.
HERE = [one for one in COMMANDS if one[1][:1] != ("api",)]
WIDE = {"COLUMNS": "600"}
# They run until they are stopped, tell a story, or write a folder.
WITHOUT_JSON = {("serve",), ("listen",), ("demo",), ("docs", "build")}
# What brings a database into being. A key of Tillgate's needs a project, which is in one already.
MAKES = {
    "tillgate": {("serve",), ("migrate",), ("restore",), ("projects", "create"), ("users", "create"), ("demo",)},
    "keyturn": {("serve",), ("restore",), ("keys", "create"), ("keys", "import"), ("keys", "pair")},
}
# They need none.
ELSEWHERE = {("listen",), ("trigger",), ("doctor",), ("secret-key", "new"), ("scan",), ("docs", "build")}


@pytest.mark.parametrize(("program", "path", "command"), COMMANDS, ids=lambda one: str(one)[:40])
def test_help_shows_all_that_is_written(program: str, path: tuple[str, ...], command: Any) -> None:
    """Brackets in a help text are taken for markup where they look like a tag, and what is in them is lost."""
    shown = re.sub(r"[\s│]+", "", CliRunner(env=WIDE).invoke(PROGRAMS[program], [*path, "--help"]).output)
    for text in (command.help or "", *(one.help or "" for one in command.params)):
        assert re.sub(r"\s+", "", text) in shown, text


@pytest.mark.parametrize(("program", "path", "command"), COMMANDS, ids=lambda one: str(one)[:40])
def test_every_command_prints_json(program: str, path: tuple[str, ...], command: Any) -> None:
    """For scripts, but for what runs until it is stopped, and a file."""
    options = {name for one in command.params for name in one.opts}
    assert ("--json" in options) != (path in WITHOUT_JSON or ("--to" in options and path[0] == "api"))


@pytest.mark.parametrize(("program", "path", "command"), HERE, ids=lambda one: str(one)[:40])
@pytest.mark.parametrize("there", [None, b"", b"no database " * 100])
def test_what_reads_makes_no_database(
    program: str,
    path: tuple[str, ...],
    command: Any,
    there: bytes | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mistyped path is an error that names it. Nothing is made there, and a file that is something else stays so."""
    monkeypatch.setenv("TILLGATE_DOCUMENTS", str(tmp_path / "documents"))
    monkeypatch.setenv("KEYTURN_PUBLIC_URL", "https://keys.example.com")
    if path in MAKES[program] | ELSEWHERE:
        return
    file = tmp_path / "place" / "none.db"
    if there is not None:
        file.parent.mkdir()
        file.write_bytes(there)
    words = [*path, "--database-url", f"sqlite:///{file}"]
    words += ["--data", str(tmp_path / "data")] if program == "tillgate" else []
    given = {"--yes": [], "--key-id": ["key_1"], "--method": ["GET"], "--path": ["/api/v1/events"], "--scope": ["a:b"]}
    explains = path[-1] == "explain"
    for one in command.params:
        if one.opts[0] == "--yes":
            words.append("--yes")
        elif explains and one.opts[0] in given and not (program == "keyturn" and one.opts[0] in ("--path", "--method")):
            if not (program == "tillgate" and one.opts[0] == "--scope"):
                words += [one.opts[0], *given[one.opts[0]]]
        elif one.required and one.opts[0].startswith("--"):
            words += [one.opts[0], {"--role": "viewer", "--by": "1", "--version": "1"}.get(one.opts[0], "test")]
        elif one.param_type_name == "argument":
            source = tmp_path / "given"
            source.write_text("")
            words.append(str(tmp_path / "new") if path == ("backup",) else str(source) if path[-1] == "import" else "x")
    words += {
        ("wallets", "set"): ["--xpub", VECTORS[SEED_1, "m/0'/1/2'"]],
        ("keys", "create"): ["--scope", "events:read"],
        ("keys", "revoke-many"): ["--name", "x"],
        ("keys", "tag-many"): ["--add", "x"],
        ("users", "set-password"): ["--password-stdin"],
        ("shoppers", "create"): ["--password-stdin"],
        ("templates", "publish"): ["--starter", "receipt"],
        ("wallets", "confirm"): ["--ends-with", "abcdef"],
        ("tokens", "accept"): ["--coin"],
        ("documents", "move"): ["--to", "directory"],
        ("tokens", "refuse"): ["--coin"],
    }.get(path, [])
    sent = report() if path == ("mail", "returned") else b"a-long-enough-password\n"
    done = CliRunner().invoke(PROGRAMS[program], words, input=sent)
    # A mail server tries again what ends so.
    assert done.exit_code == (os.EX_TEMPFAIL if path == ("mail", "returned") else 1), (words, done.output)
    assert "none.db" in done.output, (words, done.output)
    assert (file.read_bytes() if file.exists() else None) == there
    assert sorted(one.name for one in file.parent.glob("*")) == ([] if there is None else ["none.db"])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_says_its_version_and_completes(program: str) -> None:
    """`--version` is what was installed; a shell is told how to complete."""
    done = CliRunner().invoke(PROGRAMS[program], ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"{program} {keyturn.__version__}\n")
    shown = CliRunner().invoke(PROGRAMS[program], ["--show-completion", "bash"])
    assert "--install-completion" in CliRunner().invoke(PROGRAMS[program], ["--help"]).stdout, shown
