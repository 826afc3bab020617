"""``tillgate users``: the commands of docs/people.md, and what they print."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.running import run_cli
from tillgate.cli.commands import app as tillgate

RUNNER = CliRunner()
LINE = "correct horse battery\n"
on_both = pytest.mark.parametrize("where", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The options that name the database, on each of the two."""
    if request.param == "sqlite":
        return ["--data", str(tmp_path)]
    return ["--data", str(tmp_path), "--database-url", request.getfixturevalue("postgres_database_url")]


@on_both
def test_people_are_given_roles_and_removed_from_the_command_line(where: list[str]) -> None:
    """As docs/people.md has it; each command says what it did, in words and in JSON, and the audit log has it."""
    document = (Path(__file__).parents[2] / "docs/people.md").read_text()
    block = re.findall(r"```bash\n(.*?)```", document, re.DOTALL)[0]
    commands = [line.split("tillgate ", 1)[1].split() for line in block.splitlines()]
    assert [command[:2] for command in commands] == [
        ["users", "invite"],
        ["users", "create"],
        ["users", "set-role"],
        ["users", "set-password"],
        ["users", "reset-2fa"],
        ["users", "list"],
        ["users", "remove"],
        ["audit", "list"],
    ]
    project = json.loads(run_cli("projects", "create", "--name", "Shop", "--json", *where))["id"]
    owner = ["users", "create", "--email", "you@example.com", "--password-stdin", *where]
    assert "owner of the installation" in run_cli(*owner, stdin="correct horse battery\n")
    invited, *printed = [run_cli(*command, *where, stdin="correct horse battery\n") for command in commands]
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/dashboard/invitations/[\w-]{43}", invited.splitlines()[-1])
    assert printed[0] == f"dev@example.com can sign in as developer of {project} (Shop).\n"
    assert printed[1] == f"dev@example.com is now admin of {project} (Shop).\n"
    assert printed[2] == "dev@example.com has another password; 0 sign-ins ended.\n"
    assert printed[3] == "dev@example.com has no second factor any more; 0 sign-ins ended.\n"
    printed = [*printed[:2], *printed[4:]]
    rows = [line.split()[:3] for line in printed[2].splitlines()]
    assert ["dev@example.com", "admin", project] in rows
    assert ["you@example.com", "owner"] in [row[:2] for row in rows]
    assert "dev@example.com no longer has an account; 0 sign-ins ended." in printed[3]
    assert [word in printed[4] for word in ("user.created", "user.role_changed", "user.removed")] == [True] * 3
    assert "user.created" in run_cli("audit", "list", "--installation", *where)
    listed = json.loads(run_cli("users", "list", "--json", *where))
    assert [(one["email"], one["role"], one["projectId"]) for one in listed] == [("you@example.com", "owner", None)]
    whole = ["users", "invite", "b@example.com", "--installation", "--json", *where]
    one = json.loads(run_cli(*whole, "--role", "owner"))
    assert (one["email"], one["role"], one["projectId"]) == ("b@example.com", "owner", None)
    run_cli(*whole, status=1)
    run_cli("users", "invite", "you@example.com", *where, status=1)
    for verb in ("set-password", "reset-2fa"):
        run_cli("users", verb, "who@example.com", "--json", *where, stdin="correct horse battery\n", status=1)
    run_cli("users", "set-password", "you@example.com", "--password-stdin", *where, stdin="short\n", status=1)
    run_cli("users", "remove", "you@example.com", "--yes", *where, status=1)
    run_cli("users", "remove", "you@example.com", *where, status=1, stdin="")
    run_cli("audit", "list", "--installation", "--project", project, *where, status=1)


@on_both
def test_the_first_account_leaves_an_installation_that_works_from_a_terminal(where: list[str]) -> None:
    """Its owner has a first project, named or not, and the next command needs no other; later accounts make none."""
    create = ["users", "create", "--password-stdin", "--json", *where]
    told = json.loads(run_cli(*create, "--email", "a@example.com", "--project", "Bakery", stdin=LINE))
    assert (told["role"], told["projectId"], told["firstProject"]["name"]) == ("owner", None, "Bakery")
    make = ["keys", "create", "--name", "Backend", "--mode", "test", "--scope", "sessions:write", "--json", *where]
    assert json.loads(run_cli(*make))["key"].startswith("ck_test_")
    told = json.loads(run_cli(*create, "--email", "b@example.com", stdin=LINE))
    assert (told["projectId"], told["firstProject"]) == (None, None)
    assert "Nowhere" in run_cli(*create, "--email", "c@example.com", "--project", "Nowhere", stdin=LINE, status=1)
    assert [one["name"] for one in json.loads(run_cli("projects", "list", "--json", *where))] == ["Bakery"]


def test_the_first_project_has_a_name_and_can_be_left_out(tmp_path: Path) -> None:
    """Without a name it has one; with --no-project there is none; an id, or a role below owner, needs a project."""

    def run(*more: str) -> tuple[int, str]:
        done = RUNNER.invoke(tillgate, ["users", "create", "--password-stdin", *more], input=LINE)
        return done.exit_code, done.output

    one, two = (["--email", "a@example.com", "--data", str(tmp_path / name)] for name in ("one", "two"))
    assert re.fullmatch(
        r"a@example\.com can sign in as owner of the installation\.\n"
        r"The first project is prj_\w{26} \(My shop\); keys belong to it\.\n",
        run(*one)[1],
    )
    for more in (["--role", "developer"], ["--project", f"prj_{'0' * 26}"], ["--role", "admin", "--project", "Shop"]):
        status, printed = run(*more, *two)
        assert status == 1 and "no project yet" in printed
    assert "not both" in run("--no-project", "--project", "Shop", *two)[1]
    assert "visible" in run("--project", "\u200b", *two)[1]
    assert run("--no-project", *two) == (0, "a@example.com can sign in as owner of the installation.\n")
    listed = RUNNER.invoke(tillgate, ["projects", "list", "--json", *two[2:]])
    assert json.loads(listed.output) == []
