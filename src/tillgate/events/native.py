"""The native style of webhooks: the event as ``GET /events/{id}`` shows it, signed in two ways.

Crypto Checkout's signature and that of Standard Webhooks stand beside each other (:mod:`.signing`).
"""

from typing import Final

from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.events.signing import signature_headers
from tillgate.events.styles import NATIVE_DIALECT, Outgoing, Style, WebhookRequest

# Six attempts over 31 hours and 11 minutes: at once, then after 1 min, 10 min, 1 h, 6 h and 24 h more.
GAPS_MS: Final = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)


def _request(outgoing: Outgoing) -> WebhookRequest:
    signed = signature_headers(
        outgoing.secrets, event_id=outgoing.event_id, body=outgoing.form, timestamp=outgoing.at // SECOND_MS
    )
    return WebhookRequest(outgoing.form, {"content-type": "application/json"} | signed)


NATIVE_STYLE: Final = Style(NATIVE_DIALECT, _request, GAPS_MS)
