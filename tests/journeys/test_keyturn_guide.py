"""The stand-alone guide: each of its blocks, as it stands but for the ports. Its proxies are in test_proxies.py."""

import ast
import asyncio
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.admission.needs import UnclearPath, read_rules
from keyturn.http.wording import FORBIDDEN_CODES
from keyturn.settings import VARIABLES
from keyturn.testing import Keys
from tests.client.quickstart import blocks
from tests.house.source import SRC, python_files, tree_of
from tests.keyturn.test_serving import ROOT, environment, serving

GUIDE = Path(__file__).parents[2] / "docs/keyturn.md"
TEXT = GUIDE.read_text("utf-8")


@pytest.mark.slow
def test_the_guides_story_happens_as_it_is_written(tmp_path: Path) -> None:
    """A key is made, verified in both ways, and ended; the answers are those that the guide prints."""
    shell, portal = blocks(GUIDE, "sh"), ["A page for your customers"]
    assert list(shell) == [
        "",
        "Start a server",
        "Create a key",
        "Verify it",
        "End it",
        "Manage keys",
        *portal,
        "Back up",
    ]
    settings = dict(re.findall(r"export (\w+)=\"?([^\"\n]+)\"?", shell["Start a server"])) | {"KEYTURN_ROOT_KEY": ROOT}
    settings["KEYTURN_PUBLIC_URL"] = "https://keys.example.com"
    [url] = re.findall(r"keyturn serve --database-url (\S+)", shell["Start a server"])
    with serving(url, tmp_path, **settings) as (where, _):
        script = "".join(
            shell[heading] + "\necho\n" for heading in ("Create a key", "Verify it", "Manage keys", *portal, "End it")
        )
        script = script.replace("http://127.0.0.1:8090", where).replace("\ncurl", "\necho; curl")
        script = script.replace("python3", sys.executable)
        done = subprocess.run(
            ["bash", "-euc", script], env=environment(**settings), capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    valid, refused, quota, session, ended = (json.loads(line) for line in done.stdout.splitlines() if line)
    printed = blocks(GUIDE, "json")["Verify it"]
    left = json.loads(blocks(GUIDE, "json")["Manage keys"])
    assert left.keys() == {"limit", "remaining", "resetsAt"}
    assert (quota["externalId"], quota["monthlyQuota"], quota["used"]) == ("cus_1042", 50_000, 0)
    assert session["url"].startswith("https://keys.example.com/portal/open/") and session["status"] == "pending"
    assert session["allowed"]["monthlyQuota"] == 10_000
    expected = json.loads(printed)
    expected["key"]["id"] = valid["key"]["id"]
    expected["rateLimit"]["resetSeconds"] = valid["rateLimit"].pop("resetSeconds")
    assert (
        valid | {"rateLimit": valid["rateLimit"] | {"resetSeconds": expected["rateLimit"]["resetSeconds"]}} == expected
    )
    assert (refused["valid"], refused["reason"], refused["status"]) == (False, "scope_missing", 403)
    assert ended["status"] == "revoked" and ended["receipt"]["epoch"] and ended["revokedReason"] == "left the company"


def test_the_guides_backup_is_restored(tmp_path: Path) -> None:
    """From one store into another; the log of what was done holds there, with a line that says so."""
    command = f"{sys.executable} -m keyturn.cli"
    script = (
        blocks(GUIDE, "sh")["Back up"]
        .replace("\nkeyturn ", f"\n{command} ")
        .replace("keyturn backup", f"{command} backup")
    )
    make = f"{command} keys create --project a --name x --mode live --database-url sqlite:///keyturn.db"
    done = subprocess.run(
        ["bash", "-euc", f"{make}\n{script}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "1 keys are accepted" in done.stdout and "2 lines, each of which matches" in done.stdout


def test_the_guides_programs_run(tmp_path: Path) -> None:
    """The middleware's application, and the test that stands for what its users would write."""
    programs = blocks(GUIDE, "python")
    assert list(programs) == ["Sell access", "Middleware", "Test what stands behind it"]
    del programs["Sell access"]  # test_selling_access.py
    told: dict[str, Any] = {}
    exec("".join(programs.values()), told)  # noqa: S102 — the guide's own words
    asyncio.run(told["test_invoices_need_their_scope"]())

    async def by_other_headers() -> None:
        keys = Keys(scopes=["invoices:read"])
        transport = httpx.ASGITransport(told["create_app_for_other_clients"](keys.layer))
        async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
            bearer = (await keys.headers("invoices:read"))["Authorization"]
            text = bearer.removeprefix("Bearer ")
            for sent in ({"apikey": text}, {"Authorization": f"Api-Key {text}"}, {"Authorization": f"token {text}"}):
                assert (await client.get("/invoices", headers=sent)).status_code == 200
            assert (await client.get("/invoices", headers={"Authorization": bearer})).status_code == 401

    asyncio.run(by_other_headers())
    rules = tmp_path / "rules.toml"
    [written] = blocks(GUIDE, "toml").values()
    rules.write_text(written)
    assert len(tomllib.loads(written)["rule"]) == 4 and read_rules(rules)("GET", "/invoices/7")
    with pytest.raises(UnclearPath):
        read_rules(rules)("GET", "/invoices/")
    rules.write_text(re.sub(r"^# (\w+ = true)", r"\1", written, flags=re.MULTILINE))
    assert len(tomllib.loads(rules.read_text())) == 3 and read_rules(rules)("GET", "/invoices/")


def test_every_setting_and_every_code_is_in_the_guide() -> None:
    """Nothing that can be set, and no refusal that can be met, is left for the reader to find out."""
    assert set(VARIABLES) == set(
        re.findall(r"`(KEYTURN_[A-Z_]+)`", TEXT.partition("## Settings")[2].partition("## Ref")[0])
    )
    told = set(re.findall(r"`([a-z_]+)`", TEXT.partition("## Refusals")[2]))
    codes = set(FORBIDDEN_CODES.values())
    for path in python_files(SRC / "keyturn"):
        if path.parent.name == "cli" or path.name in ("reporting.py", "github.py"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = {"Denial": 1, "bad_request": 0}.get(node.func.id)
                if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                    codes.add(node.args[at].value)  # type: ignore[attr-defined]
    tree = tree_of(SRC / "keyturn/errors.py")
    unmet = {"keyturn_error", "invalid_key", "key_conflict", "bad_report", "public_keys_unavailable"}
    codes |= {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "code"
        and isinstance(node.value, ast.Constant)
    } - unmet
    assert codes - told == set() and len(codes) > 25
