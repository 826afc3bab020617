"""What the buyer's pages work with."""

from typing import NamedTuple

from tillgate.checkout import CheckoutDesk
from tillgate.door import VisitorPace
from tillgate.door.accounts import Accounts
from tillgate.store import Database


class PagesDesk(NamedTuple):
    """Handed to every page.

    Attributes:
        codes: how often somebody may try a promotion code.
        visits: how many sessions somebody may open from a payment link.
    """

    database: Database
    accounts: Accounts
    checkout: CheckoutDesk
    codes: VisitorPace
    visits: VisitorPace
