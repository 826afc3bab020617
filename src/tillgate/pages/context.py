"""What the buyer's pages work with."""

from typing import NamedTuple

from tillgate.access import VisitorLimit
from tillgate.access.accounts import Accounts
from tillgate.checkout import CheckoutContext
from tillgate.store import Database


class PagesContext(NamedTuple):
    """Handed to every page.

    Attributes:
        codes: how often somebody may try a promotion code.
        holds: and how many of those that exist they may hold.
        visits: how many sessions somebody may open from a payment link.
    """

    database: Database
    accounts: Accounts
    checkout: CheckoutContext
    codes: VisitorLimit
    holds: VisitorLimit
    visits: VisitorLimit
