"""What the API's routes work with."""

from typing import NamedTuple

from keyturn.layer import KeyLayer
from tillgate.base.clock import Clock
from tillgate.checkout import CheckoutDesk
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import EndpointDesk
from tillgate.events.wake import Wake
from tillgate.store import Database


class ApiDesk(NamedTuple):
    """Handed to every route."""

    database: Database
    clock: Clock
    wake: Wake
    keys: KeyLayer
    checkout: CheckoutDesk
    endpoints: EndpointDesk
    worker: DeliveryWorker
    public_url: str
