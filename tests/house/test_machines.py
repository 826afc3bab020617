"""How random stories are told to a server that may answer one beginning in two ways."""

import itertools
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.machines import run_stories

# The same stories each time: how often hypothesis gives up is no matter of luck here.
TOLD = settings(
    derandomize=True,
    stateful_step_count=5,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class ForgetfulServer(RuleBasedStateMachine):
    """What there is to choose depends on how often somebody asked before, as with ids that are drawn."""

    asked = itertools.count()
    ended: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.answer = next(self.asked)

    @rule(number=st.integers(0, 1))
    def ask(self, number: int) -> None:
        pass

    @precondition(lambda self: self.answer % 3)
    @rule(text=st.text())
    def ask_for_more(self, text: str) -> None:
        pass

    def teardown(self) -> None:
        self.ended.append(self.answer)


def test_stories_go_on_where_the_server_answers_otherwise_than_before() -> None:
    """Hypothesis gives up on such a server; the stories that are left are told all the same."""
    ForgetfulServer.asked = itertools.count()
    with pytest.raises(FlakyStrategyDefinition):
        run_state_machine_as_test(ForgetfulServer, settings=settings(TOLD, max_examples=200))
    ForgetfulServer.ended.clear()
    run_stories(ForgetfulServer, stories=60, settings=TOLD)
    assert len(ForgetfulServer.ended) >= 60


class BrokenServer(ForgetfulServer):
    @rule()
    def break_down(self) -> None:
        raise AssertionError("found")


def test_what_a_story_finds_still_fails() -> None:
    """Going on hides nothing: what goes wrong in one of the stories that are left fails the test."""
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_stories(BrokenServer, stories=20, settings=TOLD)
