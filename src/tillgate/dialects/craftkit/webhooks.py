"""Its webhooks: a render that has ended in its own form, any other event with the object that it is about, under
CraftKit's headers and with its signature."""

import hashlib
import hmac
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS, to_rfc3339
from tillgate.dialects.craftkit.shapes import download_url, id_of
from tillgate.documents.renders.model import EndedRender
from tillgate.events.facts import Fact
from tillgate.events.styles import Outgoing, Style, WebhookRequest
from tillgate.store import Transaction


class RenderEnded(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A render that succeeded or failed."""

    event: str
    render_id: str
    template_id: str
    status: str
    download_url: str | None
    error_message: str | None
    created_at: str
    completed_at: str | None


class AnyEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the document does not know of: what happened, and to what, as the native API shows it."""

    event: str
    data: msgspec.Raw
    created_at: str


class _Named(msgspec.Struct, frozen=True):
    event: str


_event_of: Final = msgspec.json.Decoder(_Named).decode


async def _form(tx: Transaction, fact: Fact) -> bytes | None:
    ended = fact.subject
    if not isinstance(ended, EndedRender):
        any_event = AnyEvent(event=fact.type.name, data=msgspec.Raw(fact.native), created_at=to_rfc3339(fact.at))
        return msgspec.json.encode(any_event)
    render = ended.render
    return msgspec.json.encode(
        RenderEnded(
            event=fact.type.name,
            render_id=id_of(render.id),
            template_id=id_of(render.template_id),
            status=render.status.value,
            download_url=download_url(ended.public_url, render),
            error_message=render.error,
            created_at=to_rfc3339(render.created_at),
            completed_at=to_rfc3339(render.completed_at) if render.completed_at is not None else None,
        )
    )


def _request(outgoing: Outgoing) -> WebhookRequest:
    # The body alone is signed, and there is room for one signature: a rotated secret ends at once here.
    secret = outgoing.secrets[0].reveal().encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "Craftkit-Webhook/1.0",
        "x-craftkit-event": _event_of(outgoing.form).event,
        "x-craftkit-signature": hmac.new(secret, outgoing.form, hashlib.sha256).hexdigest(),
        "x-craftkit-timestamp": str(outgoing.at // SECOND_MS),
        "x-craftkit-delivery-id": ids.spelled(outgoing.delivery_id, "uuid"),
    }
    return WebhookRequest(outgoing.form, headers)


# Six attempts are documented, and no intervals: they are those of the native style.
GAPS_MS: Final = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
CRAFTKIT_STYLE: Final = Style("craftkit", _request, GAPS_MS, form=_form)
