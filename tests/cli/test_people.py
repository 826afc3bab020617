"""``tillgate users``: the commands of docs/people.md, and what they print."""

import json
import re
from pathlib import Path

import pytest

from tests.running import run_cli

pytestmark = pytest.mark.parametrize("where", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The options that name the database, on each of the two."""
    if request.param == "sqlite":
        return ["--data", str(tmp_path)]
    return ["--data", str(tmp_path), "--database-url", request.getfixturevalue("postgres_database_url")]


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
