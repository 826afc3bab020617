"""What the buyer's pages work with."""

from typing import NamedTuple

from tillgate.access import VisitorLimit
from tillgate.access.accounts import Accounts
from tillgate.checkout import CheckoutContext
from tillgate.documents.context import DocumentContext
from tillgate.rails.port import NetworkSight
from tillgate.store import Database


class PagesContext(NamedTuple):
    """Handed to every page.

    Attributes:
        codes: how often somebody may try a promotion code.
        holds: and how many of those that exist they may hold.
        visits: how many sessions somebody may open from a payment link.
        networks: what is seen of the networks that sessions are paid on; None where there are none.
        hashes: how often somebody may have a transaction looked up.
        project_hashes: how often all buyers of a project may together.
        documents: what files of orders are made with; None where nobody downloads any.
        downloads: how often somebody may.
        embeds: how often somebody may look at the page inside of a partner's.
    """

    database: Database
    accounts: Accounts
    checkout: CheckoutContext
    codes: VisitorLimit
    holds: VisitorLimit
    visits: VisitorLimit
    networks: NetworkSight | None = None
    hashes: VisitorLimit | None = None
    project_hashes: VisitorLimit | None = None
    documents: DocumentContext | None = None
    downloads: VisitorLimit | None = None
    embeds: VisitorLimit | None = None
