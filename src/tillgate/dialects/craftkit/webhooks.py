"""Its webhooks: the event as the native API shows it, under CraftKit's headers and with its signature."""

import hashlib
import hmac
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.events.styles import Outgoing, Style, WebhookRequest


class _Event(msgspec.Struct, frozen=True):
    type: str


_type_of: Final = msgspec.json.Decoder(_Event).decode


def _request(outgoing: Outgoing) -> WebhookRequest:
    # The body alone is signed, and there is room for one signature: a rotated secret ends at once here.
    secret = outgoing.secrets[0].reveal().encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "Craftkit-Webhook/1.0",
        "x-craftkit-event": _type_of(outgoing.form).type,
        "x-craftkit-signature": hmac.new(secret, outgoing.form, hashlib.sha256).hexdigest(),
        "x-craftkit-timestamp": str(outgoing.at // SECOND_MS),
        "x-craftkit-delivery-id": ids.spelled(outgoing.delivery_id, "uuid"),
    }
    return WebhookRequest(outgoing.form, headers)


# Six attempts are documented, and no intervals: they are those of the native style.
GAPS_MS: Final = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
CRAFTKIT_STYLE: Final = Style("craftkit", _request, GAPS_MS)
