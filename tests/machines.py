"""Random stories told to a server, where the same choices need not come to the same twice."""

from collections.abc import Callable
from typing import Any, Final

import hypothesis
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

# Stories that a run is broken off in; more of them would mean that hardly any story comes to its end.
BROKEN_OFF_MAX: Final = 10


def run_stories(
    machine: type[Any],
    *,
    stories: int,
    settings: hypothesis.settings,
    tell: Callable[..., None] = run_state_machine_as_test,
) -> None:
    """Tell at least *stories* stories of *machine*, a hypothesis state machine whose steps ask a server, with *tell*.

    What a step may choose depends on what the server has answered. Hypothesis keeps what it chose in a tree and tells
    some beginnings twice; a server that draws its ids need not answer a beginning as before (which of two objects of
    one millisecond comes first in a list is drawn), and then hypothesis gives up with ``FlakyStrategyDefinition``. That
    says nothing about the server: another run, with another seed, goes on with the stories that are left. Whatever a
    story finds fails as always."""
    told = 0

    class Counted(machine):  # type: ignore[misc]
        def teardown(self) -> None:
            nonlocal told
            super().teardown()
            told += 1

    for seed in range(BROKEN_OFF_MAX):
        told_with = hypothesis.settings(settings, max_examples=stories - told)
        try:
            # The first run takes the seed that the settings say.
            tell(hypothesis.seed(seed)(Counted) if seed else Counted, settings=told_with)
        except FlakyStrategyDefinition:
            if told >= stories:
                return
            continue
        return
    raise AssertionError(f"{BROKEN_OFF_MAX} runs were broken off before {stories} stories were told")
