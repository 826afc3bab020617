"""``tillgate keys explain``: what admission would say of a request, before anybody sends it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_mistakes import complaint, run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data directory with one project."""
    directory = str(tmp_path_factory.mktemp("explain") / "data")
    assert run("projects", "create", "--name", "My shop", "--data", directory)[0] == 0
    return directory


def issued(data: str, *arguments: str) -> tuple[str, str]:
    """A new key's id and text."""
    status, out, err = run("keys", "create", "--name", "a", "--mode", "test", "--json", "--data", data, *arguments)
    assert status == 0, err
    made = json.loads(out)
    return made["id"], made["key"]


def test_a_refusal_is_explained_and_its_remedy_helps(data: str) -> None:
    """From the missing scope to the answer that such a request is allowed; the key's text is not needed or printed."""
    key_id, key = issued(data, "--scope", "sessions:read", "--ip", "203.0.113.0/24")
    asked = ("keys", "explain", "--key-id", key_id, "--path", "/api/v1/payment_links", "--data", data)

    status, out, _ = run(*asked, "--method", "post", "--ip", "8.8.8.8", "--http")
    assert status == 0
    assert "POST /api/v1/payment_links needs links:write" in out
    assert "REFUSED   transport" in out
    assert "unreached scope" in out
    assert [line for line in out.splitlines() if line.startswith("- ")] == [
        "- Send the request over https; and rotate the key, which was sent in clear text.",
        "- Add 8.8.8.8/32 to the key's networks.",
        "- Give the key the scope links:write.",
    ]

    told = json.loads(run(*asked, "--method", "GET", "--ip", "203.0.113.9", "--json")[1])
    assert (told["allowed"], told["reason"], told["needs"]) == (False, "scope_missing", "links:read")
    assert [rule["outcome"] for rule in told["rules"]] == ["passed"] * 11 + ["failed"]
    assert told["remedies"] == [
        {"do": "add_scope", "value": "links:read", "text": "Give the key the scope links:read."}
    ]
    assert run("keys", "update", key_id, "--scope", told["remedies"][0]["value"], "--data", data)[0] == 0
    status, out, _ = run(*asked, "--method", "HEAD", "--ip", "203.0.113.9")
    assert "Such a request is allowed." in out
    assert key not in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--method", "PUT"), "takes GET, HEAD, POST, not PUT"),
        (("--path", "/api/v1/nothing"), "there is no '/api/v1/nothing'"),
        (("--ip", "10.0.0.0/8"), "is no address"),
        (("--key-id", "key_nobody"), "no key 'key_nobody'"),
        (("--secret", "2"), "1 secrets, counted from 1"),
    ],
)
def test_a_request_that_cannot_be_is_not_explained(data: str, change: tuple[str, str], said: str) -> None:
    """An unknown path, a method that it has not, junk for an address, another key: one clear line."""
    described = {
        "--key-id": issued(data, "--scope", "links:read")[0],
        "--method": "GET",
        "--path": "/api/v1/payment_links",
    } | dict([change])
    arguments = [part for option in described.items() for part in option]
    assert said in complaint("keys", "explain", *arguments, "--data", data)


def test_the_answer_is_for_the_owner_of_the_project_alone(data: str, tmp_path: Path) -> None:
    """A key of another project is not there, with its id in hand."""
    key_id, _ = issued(data, "--scope", "links:read")
    elsewhere = str(tmp_path / "elsewhere")
    assert run("projects", "create", "--name", "Another", "--data", elsewhere)[0] == 0
    described = ("--key-id", key_id, "--method", "GET", "--path", "/api/v1/payment_links")
    assert "no key" in complaint("keys", "explain", *described, "--data", elsewhere)
