"""What the API's routes work with."""

from typing import NamedTuple

from keyturn.admission.layer import KeyLayer
from tillgate.base.clock import Clock
from tillgate.checkout import CheckoutContext
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.events.endpoints.operations import EndpointContext
from tillgate.events.wake import Wake
from tillgate.store import Database


class ApiContext(NamedTuple):
    """Handed to every route."""

    database: Database
    clock: Clock
    wake: Wake
    keys: KeyLayer
    checkout: CheckoutContext
    endpoints: EndpointContext
    worker: DeliveryWorker
    public_url: str
