"""What the dashboard says after it did something. A cookie names the line, so no caller can put words here."""

from typing import Final

SAID: Final = {
    "claimed": "This server is yours. You are looking at test mode, where nothing costs money.",
    "signed_out": "You are signed out.",
    "now_live": "You are looking at live mode now.",
    "now_test": "You are looking at test mode now.",
    "project_switched": "You are looking at another project now.",
    "project_created": "The project is made, and you are looking at it.",
    "key_revoked": "The key is revoked. From now on every request with it is refused with 401.",
    "key_revoked_before": "The key had been revoked before. It stays refused.",
    "key_disabled": "The key is disabled. Every request with it is refused with 401 until you enable it.",
    "key_enabled": "The key is enabled: it works as before.",
    "link_created": "The payment link is ready to share.",
    "link_changed": "The payment link is changed. Sessions that were already open keep their price.",
    "link_activated": "The payment link is active: visits open sessions again.",
    "link_deactivated": "The payment link is deactivated: visits open no more sessions.",
    "link_archived": "The payment link is archived for good. Its sessions are unaffected.",
    "simulated": "The simulated rail did as it was told.",
    "accepted": "You accepted what has come: the session is paid.",
    "expired": "The session is expired: the buyer can no longer pay it in time.",
    "endpoint_changed": "The endpoint is changed.",
    "endpoint_activated": "The endpoint is active: events are delivered again.",
    "endpoint_paused": "The endpoint is paused: new events are not sent to it, and those under way wait.",
    "endpoint_deleted": "The endpoint is deleted, with its delivery log.",
    "replayed_range": "The events are being sent once more, each under the same event id.",
    "replayed_nothing": "There was nothing to send again in that range.",
    "replayed_part": "The first part of the range is being sent. Go on with the rest from here.",
    "replayed": "The event is being sent once more, under the same event id.",
}
