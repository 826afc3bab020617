"""The whole API walked through, from answer to what the answer leads to: ``walking.py`` says what is looked at."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.generation.stateful import run_state_machine_as_test

from tests.api.walking import WALKED, walk
from tests.machines import run_stories
from tests.shop import ShopBeside

# For a longer look than CI takes: TILLGATE_WALKS=500 pytest tests/api/test_walk.py
WALKS = int(os.environ.get("TILLGATE_WALKS", "15"))
STEPS = 40


@pytest.mark.slow
def test_no_step_of_a_walk_breaks_a_promise(still_shop_beside: ShopBeside) -> None:
    """Along the document's links, with requests that are right and such as are wrong: no 5xx, no answer that the
    document does not promise, no link that leads nowhere; a refused request has changed nothing in the database, and a
    repeated one gets the same bytes and changes nothing."""
    machine = walk(still_shop_beside)
    run_stories(
        machine,
        stories=WALKS,
        settings=settings(
            stateful_step_count=STEPS,
            # A failure tells its whole way; making that shorter would take minutes.
            phases=(Phase.generate,),
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
        tell=run_state_machine_as_test,
    )
    let_through = {operation for operation, status in machine.answered if status < 300}
    refused = {operation for operation, status in machine.answered if status >= 400}
    # A walk that nothing lets through would prove nothing.
    assert len(let_through) > 0.85 * len(WALKED), sorted({route.operation_id for route in WALKED} - let_through)
    assert len(refused) > 0.6 * len(WALKED), sorted({route.operation_id for route in WALKED} - refused)
