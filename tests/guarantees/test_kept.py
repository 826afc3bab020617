"""What is kept beside a row to be shown is what the row is shown as, whatever happens to it."""

from hypothesis import HealthCheck, settings

from tests.guarantees.kept_machine import KeptForms
from tests.machines import run_stories
from tests.shop import ShopBeside

# Runs are seeded, so that a change cannot fail by luck.
LOOKS = settings(stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))


def test_a_kept_form_is_the_form_of_its_row_after_every_step(still_shop_beside: ShopBeside) -> None:
    """Sessions, orders, payments, links, products and customers on both databases, through money of every kind, the
    merchant's decisions, refunds, test clocks, discounts and changed prices."""

    class Here(KeptForms):
        shop = still_shop_beside

    run_stories(Here, stories=20, settings=LOOKS)
