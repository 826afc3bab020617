"""``tillgate keys`` restricts, disables and changes keys of a running server."""

import json

import pytest

from tests.running import RunningServer, run_cli


def refusal(server: RunningServer, key: str) -> tuple[int, str | None]:
    """The status of a request with this key, and the reason or code of its refusal."""
    with server.client(key) as client:
        answer = client.get("/checkout_sessions")
    error = answer.json().get("error", {})
    return answer.status_code, error.get("reason") or error.get("code")


def ids(server: RunningServer) -> list[str]:
    """The ids of all keys."""
    return [key["id"] for key in json.loads(server.cli("keys", "list", "--json"))]


def test_a_key_is_restricted_and_widened_while_the_server_runs(running: RunningServer) -> None:
    """Networks, scopes and pace count from the next request on; what is lifted is gone."""
    made = running.issued(["sessions:read"])
    key, key_id = made["key"], made["id"]
    assert refusal(running, key) == (200, None)
    running.cli("keys", "update", key_id, "--ip", "203.0.113.0/24")
    assert refusal(running, key) == (403, "address_not_allowed")
    running.cli("keys", "update", key_id, "--lift", "ip", "--scope", "links:read")
    assert refusal(running, key) == (403, "missing_scope")
    running.cli("keys", "update", key_id, "--scope", "sessions:read", "--rate", "1/h", "--burst", "1")
    assert refusal(running, key) == (200, None)
    assert refusal(running, key) == (429, "rate_limited")
    shown = json.loads(running.cli("keys", "update", key_id, "--lift", "rate", "--json"))
    assert (shown["rate"], shown["networks"], shown["scopes"]) == (None, [], ["sessions:read"])
    assert refusal(running, key) == (200, None)


def test_a_key_is_disabled_and_enabled_while_the_server_runs(running: RunningServer) -> None:
    """Off, its very next request is refused and told why; on, it works as before."""
    made = running.issued(["sessions:read"])
    running.cli("keys", "disable", made["id"])
    assert refusal(running, made["key"]) == (401, "disabled")
    running.cli("keys", "enable", made["id"])
    assert refusal(running, made["key"]) == (200, None)


def test_a_key_is_shown_without_its_text(running: RunningServer) -> None:
    """All that is known, restrictions included; the text is not known."""
    made = json.loads(
        running.cli(
            *("keys", "create", "--name", "narrow", "--mode", "test", "--scope", "links:read", "--json"),
            *("--ip", "127.0.0.0/8", "--ip", "::1", "--expires-in", "30d", "--rate", "5/s", "--burst", "10"),
        )
    )
    shown = running.cli("keys", "show", made["id"], "--json")
    assert made["key"] not in shown
    told = json.loads(shown)
    assert told["networks"] == ["127.0.0.0/8", "::1/128"]
    assert told["rate"] == "5 a second, 10 at once"
    assert told["expiresAt"] > told["createdAt"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ip", "10.0.0.1/8"], "is no network"),
        (["--rate", "fast"], "is no rate"),
        (["--burst", "5"], "--burst needs --rate"),
        (["--rate", "5/s", "--burst", "0"], "a burst is"),
        (["--expires-in", "5y"], "--expires-in"),
        (["--expires-in", "0d"], "--expires-in"),
    ],
)
def test_a_restriction_that_makes_no_sense_makes_no_key(running: RunningServer, options: list[str], says: str) -> None:
    """One line that says how it is written, status 1, and no key."""
    before = ids(running)
    wanted = ("keys", "create", "--name", "x", "--mode", "test", "--scope", "links:read", *options)
    error = run_cli(*wanted, *running.database, status=1)
    assert says in error
    assert error.count("\n") == 1
    assert ids(running) == before
