"""What the dashboard's pages work with."""

from typing import NamedTuple

from keyturn import Issuer, KeyStore
from tillgate.base.clock import Clock
from tillgate.checkout import CheckoutDesk
from tillgate.door.accounts import Accounts
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import EndpointDesk
from tillgate.events.wake import Wake
from tillgate.store import Database


class DashboardDesk(NamedTuple):
    """Handed to every page.

    Attributes:
        public_url: this server's address for the examples shown, without a slash at the end.
    """

    database: Database
    clock: Clock
    wake: Wake
    accounts: Accounts
    keys: KeyStore
    issuer: Issuer
    checkout: CheckoutDesk
    endpoints: EndpointDesk
    worker: DeliveryWorker
    public_url: str
