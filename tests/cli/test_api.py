"""``tillgate api``: the operations of the native API as commands, against a real server."""

import csv
import io
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.test_readme import shell_blocks
from tests.running import RunningServer, clean_environment, run_cli
from tillgate.api.application import ROUTES
from tillgate.api.customers import UpdateCustomer
from tillgate.cli.api.calling import PAGES_BACK_MAX, Request, _digest, _look, _onward
from tillgate.cli.api.commands import lists
from tillgate.cli.api.fields import fields_of
from tillgate.cli.api.naming import name_of
from tillgate.cli.api.printing import Form, Printer
from tillgate.cli.commands import app
from tillgate.wire.routing import Route

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def key(running: RunningServer) -> str:
    return running.key(project=running.project("Command line"))


@pytest.fixture
def api(running: RunningServer, key: str, tmp_path: Path) -> Any:
    """Runs ``tillgate api …`` with a key."""

    def call(*arguments: str, status: int = 0, **environment: str) -> str:
        named = {"CHECKOUT_API_KEY": key, "CHECKOUT_BASE_URL": running.url, "XDG_CONFIG_HOME": str(tmp_path)}
        return run_cli("api", *arguments, status=status, **named | environment)

    return call


def test_every_operation_has_a_command_of_its_own_and_every_field_an_option() -> None:
    """None is forgotten and no two share a name, nor do a command's options, whatever is declared next."""
    names = [name_of(route) for route in ROUTES]
    assert len(set(names)) == len(names) > 60
    nouns = {"sessions", "links", "orders", "refunds", "customers", "products", "webhooks", "events", "documents"}
    assert nouns <= {name.noun for name in names}
    import typer

    tree: Any = typer.main.get_command(app)
    for route, (noun, verb) in zip(ROUTES, names, strict=True):
        command = tree.commands["api"].commands[noun].commands[verb]
        options = [option for one in command.params for option in one.opts]
        assert len(set(options)) == len(options), (noun, verb)
        wanted = {f"--{one.name}" for one in (*fields_of(route.body), *fields_of(route.query))}
        assert wanted <= set(options), (noun, verb)


def test_other_commands_do_not_load_the_api() -> None:
    """Who backs up or lists keys does not wait for eighty commands to be made."""
    program = "import sys; from tillgate.cli.commands import app; import typer; typer.main.get_command(app);"
    program += "print('tillgate.api.application' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


def test_the_guide_works_as_it_is_written(running: RunningServer, tmp_path: Path) -> None:
    """Word for word in a shell: a key, a profile, a sale, a refund, a receipt, lists and what is watched."""
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "tillgate").write_text(f'#!/bin/sh\nexec {sys.executable} -m tillgate.cli "$@"\n')
    (bin / "tillgate").chmod(0o755)
    headings = ("A key", "Sell something", "Refunds and documents", "Lists")
    blocks = [block for heading in headings for block in shell_blocks("docs/command-line.md", heading)]
    project = running.project("The guide")
    story = "\n".join([f"tillgate projects use {project}", *blocks])
    environment = clean_environment() | {
        "PATH": os.pathsep.join([str(bin), os.environ["PATH"]]),
        "TILLGATE_DATA": str(running.data),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    program = "set -eu\n" + story.replace("http://127.0.0.1:8080", running.url)
    try:
        done = subprocess.run(
            ["bash", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
    finally:
        (running.data / "default-project").unlink(missing_ok=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF")
    [order] = csv.DictReader(io.StringIO((tmp_path / "orders.csv").read_text("utf-8")))
    assert (order["fulfillment"], order["refunded"]) == ("fulfilled", "20.00")
    assert "ck_test_…" in done.stdout
    assert "ck_test_" not in done.stdout.replace("ck_test_…", "") + done.stderr
    kept = tmp_path / "config/tillgate/profiles.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    [watch] = shell_blocks("docs/command-line.md", "Watch")
    named = {"CHECKOUT_API_KEY": running.key(project=project), "CHECKOUT_BASE_URL": running.url}
    pipe = subprocess.Popen(
        ["bash", "-c", watch], env=environment | named, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert pipe.stdout is not None
    assert [pipe.stdout.readline().strip() for _ in range(5)][-1] == "order.updated"
    os.killpg(pipe.pid, signal.SIGTERM)
    pipe.communicate(timeout=60)


def test_what_is_watched_is_printed_once_and_ends_with_its_reader(running: RunningServer) -> None:
    """What is there, then what is new and what has changed; when nobody reads any more, the command ends."""
    key = running.key(project=running.project("Watched"))
    with running.client(key) as client:
        first = client.post("/products", json={"name": "Mug", "price": "1.00", "currency": "EUR"}).json()
        watching = subprocess.Popen(
            [sys.executable, "-m", "tillgate.cli", "api", "products", "list", "--watch", "--csv"],
            env=clean_environment() | {"CHECKOUT_API_KEY": key, "CHECKOUT_BASE_URL": running.url},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        head, line = watching.stdout.readline(), watching.stdout.readline()
        assert head.startswith("id,") and line.startswith(first["id"])
        client.patch(f"/products/{first['id']}", json={"name": "Cup"})
        assert "Cup" in watching.stdout.readline()
        second = client.post("/products", json={"name": "Tee", "price": "2.00", "currency": "EUR"}).json()
        assert watching.stdout.readline().startswith(second["id"])
    watching.stdout.close()
    assert watching.wait(60) == 0


def test_what_is_watched_is_interrupted_without_a_word(running: RunningServer) -> None:
    """Ctrl-C ends it with the shell's status for that: no traceback, and no half of a line."""
    key = running.key(project=running.project("Interrupted"))
    with running.client(key) as client:
        client.post("/products", json={"name": "Mug", "price": "1.00", "currency": "EUR"}).raise_for_status()
    watching = subprocess.Popen(
        [sys.executable, "-m", "tillgate.cli", "api", "products", "list", "--watch", "--json"],
        env=clean_environment() | {"CHECKOUT_API_KEY": key, "CHECKOUT_BASE_URL": running.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["name"] == "Mug"
    watching.send_signal(signal.SIGINT)
    rest, error = watching.communicate(timeout=60)
    assert (watching.returncode, rest, error) == (130, "", "")


def test_what_a_watch_remembers_is_bounded() -> None:
    """Of a list that has no end, one look asks for a number of pages and no more; what it leaves is of one length."""
    asked = 0

    def endless(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        data = [{"id": f"prd_{asked}_{number}", "text": "x" * 1_000} for number in range(100)]
        return httpx.Response(200, json={"data": data, "hasMore": True, "nextCursor": f"c{asked}"})

    with httpx.Client(transport=httpx.MockTransport(endless), base_url="https://api.test") as server:
        found = _look(server, Request("GET", "/products", {}, None, None), {"prd_of_before": b""})
    assert found is not None
    assert asked == PAGES_BACK_MAX and len(found) == 100 * PAGES_BACK_MAX
    assert {len(_digest(one)) for one in found} == {32}


def test_objects_are_printed_as_a_table_as_json_and_as_csv(api: Any) -> None:
    """A page at a time or to the end; CSV has one head, JSON a line for each object; text of others does no harm."""
    for name in ("=1+1", "Mug", "Tee"):
        api("products", "create", "--name", name, "--price", "12.00", "--currency", "EUR")
    page = api("products", "list", "--limit", "2")
    assert page.splitlines()[0].split()[0] == "ID"
    assert "--starting-after prod_" in page.splitlines()[-1]
    every = [json.loads(line) for line in api("products", "list", "--limit", "2", "--all", "--json").splitlines()]
    assert [one["name"] for one in every] == ["Tee", "Mug", "=1+1"]
    rows = list(csv.DictReader(io.StringIO(api("products", "list", "--limit", "2", "--all", "--csv"))))
    assert [one["name"] for one in rows] == ["Tee", "Mug", "'=1+1"]
    assert len(json.loads(api("products", "list", "--json"))["data"]) == 3


LISTS = [route for route in ROUTES if lists(route)]
ANSWERED = json.loads((ROOT / "tests/golden/answers/api.json").read_text("utf-8"))["answers"]


@pytest.mark.parametrize("route", LISTS, ids=lambda route: name_of(route).noun)
def test_each_list_is_readable_in_each_form(route: Route, capsys: pytest.CaptureFixture[str]) -> None:
    """With what the API has answered: a table tells more than ids and times and has no JSON in its cells; CSV has every
    field; JSON is what was answered."""
    wanted = f"{route.method} {route.path}"
    answer = next(one["body"] for asked, one in ANSWERED.items() if asked.split("?")[0].split(" (")[0] == wanted)

    def printed(form: Form) -> str:
        Printer(form).page(answer)
        return capsys.readouterr().out

    heads, *rows = printed(Form.TABLE).splitlines()
    assert heads.startswith("ID  ") and heads.endswith("  CREATED AT") and len(heads.split("  ")) > 2
    assert len(rows) >= len(answer["data"]) > 0 and not any("{" in row for row in rows)
    assert json.loads(printed(Form.JSON)) == answer
    told = list(csv.DictReader(io.StringIO(printed(Form.CSV))))
    assert [list(one) for one in told] == [list(one) for one in answer["data"]]


def test_no_option_speaks_of_null() -> None:
    """A command line has none: a value is left out, or cleared."""
    for route in ROUTES:
        for field in (*fields_of(route.body), *fields_of(route.query, "query")):
            assert "null" not in field.help(updates=route.method == "PATCH").lower(), (route.name, field.name)
    [about] = [one for one in fields_of(UpdateCustomer) if one.name == "email"]
    assert "cleared" in about.help(updates=True) and "left out" in about.help()


@pytest.mark.parametrize("form", Form)
def test_what_others_wrote_does_nothing_to_a_terminal(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that would clear the screen is shown, not obeyed."""
    Printer(form).rows([{"id": "prod_1", "name": "Mug\x1b[2J", "metadata": {"a": "\x1b"}}])
    printed = capsys.readouterr().out
    assert "prod_1" in printed and "\x1b" not in printed


def test_a_body_is_given_by_options_or_as_json_and_values_are_cleared(api: Any, tmp_path: Path) -> None:
    """An option wins over the file; metadata is merged from several; null is said by name."""
    body = tmp_path / "body.json"
    body.write_text('{"email": "a@example.org", "name": "File"}')
    made = json.loads(api("customers", "create", "--data", str(body), "--name", "Ann",
                          "--metadata", "a=1", "--metadata", "b=2=3", "--json"))  # fmt: skip
    assert (made["email"], made["name"], made["metadata"]) == ("a@example.org", "Ann", {"a": "1", "b": "2=3"})
    cleared = json.loads(api("customers", "update", made["id"], "--clear", "name", "--json"))
    assert (cleared["name"], cleared["email"]) == (None, "a@example.org")
    assert "say --yes" in api("customers", "erase", made["id"], status=1)
    assert json.loads(api("customers", "erase", made["id"], "--yes", "--json"))["erasedAt"] is not None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("sessions", "create", "--amount", "50"), "50.00 USD"),
        (("sessions", "create", "--expires-in-seconds", "soon"), "whole number"),
        (("sessions", "create", "--unique-reference", "maybe"), "true or false"),
        (("sessions", "create", "--line-items", "tea"), "expected JSON"),
        (("sessions", "create", "--metadata", "novalue"), "NAME=VALUE"),
        (("sessions", "create", "--data", "no-such-file"), "cannot be read"),
        (("sessions", "create", "--capture-method", "later"), "automatic, manual"),
        (("sessions", "create", "--amount", "-5.00 USD"), "400 "),
        (("links", "create", "--title", "x"), "--fiat-amount is missing"),
        (("customers", "update", "cus_x", "--clear", "email,name"), "--clear: expected one of"),
        (("orders", "retrieve", "../keys"), "letters, digits"),
        (("orders", "retrieve", "or_01hxyz0000000000000000000"), "404 "),
        (("orders", "list", "--json", "--csv"), "say one of them"),
        (("orders", "list", "--profile", "none"), "tillgate api profiles set"),
        (("orders", "list", "--profile", "x", "--base-url", "http://127.0.0.1:1"), "say one of them"),
        (("orders", "list", "--base-url", "ftp://x"), "http(s)"),
        (("orders", "list", "--base-url", "http://127.0.0.1:1"), "does not answer"),
        (("customers", "create", "--base-url", "http://127.0.0.1:1"), "--idempotency-key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_to_do(api: Any, arguments: tuple[str, ...], told: str) -> None:
    """In one line, whether this side noticed it or the server did."""
    error = api(*arguments, status=1)
    assert told in error and error.startswith("tillgate: ") and error.count("\n") == 1


def test_a_key_is_needed_and_is_repeated_nowhere(api: Any, running: RunningServer, key: str) -> None:
    """Without one both ways to give it are named; one that is refused, or no key at all, is not printed."""
    assert "--profile" in api("orders", "list", status=1, CHECKOUT_API_KEY="")
    for wrong in (f"{key}x", "ck_test_größe", "ck_test_a\nb"):
        assert wrong not in api("orders", "list", status=1, CHECKOUT_API_KEY=wrong)
    narrow = running.key(["events:read"], project=running.project("Narrow"))
    assert "orders:read" in api("orders", "list", status=1, CHECKOUT_API_KEY=narrow)


def test_profiles_are_their_owners_alone(api: Any, running: RunningServer, key: str, tmp_path: Path) -> None:
    """The key comes from standard input; a file that others can read, or that is none, is refused unread."""
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "CHECKOUT_BASE_URL": running.url}
    told = run_cli("api", "profiles", "set", "shop", stdin=f"{key}\n", **environment)
    file = tmp_path / "tillgate/profiles.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and key not in told
    assert "Nothing found." in api("refunds", "list", "--profile", "shop", CHECKOUT_API_KEY="")
    assert key not in api("profiles", "list") + api("profiles", "list", "--json")
    file.chmod(0o644)
    assert "chmod 600" in api("refunds", "list", "--profile", "shop", status=1)
    file.chmod(0o600)
    api("profiles", "remove", "shop", "--yes")
    assert "no profile" in api("refunds", "list", "--profile", "shop", status=1)
    file.write_text(f'{{"shop": "{key}"')
    error = api("refunds", "list", "--profile", "shop", status=1)
    assert "cannot be read" in error and key not in error


def test_a_walk_goes_on_where_each_kind_of_list_does() -> None:
    """By cursor, also where pages have numbers, and of events that are caught up with by place and log."""
    request = Request("GET", "/x", {}, None, None)
    assert _onward(request, {"data": [1], "hasMore": True, "nextCursor": "c"}) == request.onward(starting_after="c")
    assert _onward(request, {"data": [1], "hasMore": False, "nextCursor": "c"}) is None
    numbered = {"data": [{"id": "cus_1"}], "total": 3, "page": 1, "limit": 2}
    assert _onward(request.onward(page=1), numbered) == request.onward(starting_after="cus_1")
    assert _onward(request, {"data": [1], "total": 2, "page": 1, "limit": 2}) is None
    after = request.onward(after=0)
    assert _onward(after, {"data": [1], "hasMore": True, "nextCursor": "7", "logId": "l"}) == after.onward(
        after="7", log="l"
    )
