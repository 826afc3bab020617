"""Golden answers fail where they should."""

import httpx
import pytest

from tests.golden import recording
from tests.golden.recording import Golden


def noted(golden: Golden, body: str = "ok") -> None:
    answer = httpx.Response(200, text=body, headers={"x-request-id": "req_01hxyz00000000000000000000"})
    golden.note("GET /healthz", answer, route="GET /healthz")


@pytest.fixture
def room(tmp_path, monkeypatch: pytest.MonkeyPatch) -> str:  # type: ignore[no-untyped-def]
    """A room whose one answer is recorded."""
    monkeypatch.setattr(recording, "ANSWERS", tmp_path)
    monkeypatch.setattr(recording, "WRITES", True)
    golden = Golden("room")
    noted(golden)
    golden.hold(["GET /healthz"])
    monkeypatch.setattr(recording, "WRITES", False)
    return "room"


def test_another_answer_fails_and_names_both(room: str) -> None:
    """A difference of one byte is shown, with the command that records it."""
    golden = Golden(room)
    noted(golden, "OK")
    with pytest.raises(AssertionError, match="TILLGATE_GOLDEN=write"):
        golden.hold(["GET /healthz"])


def test_the_same_answer_holds(room: str) -> None:
    """Nothing that is fresh in each run is compared."""
    golden = Golden(room)
    noted(golden)
    golden.hold(["GET /healthz"])


def test_a_route_without_a_golden_answer_fails(room: str) -> None:
    """Whoever adds a route adds a step to the story."""
    golden = Golden(room)
    noted(golden)
    with pytest.raises(AssertionError, match="GET /new"):
        golden.hold(["GET /healthz", "GET /new"])
