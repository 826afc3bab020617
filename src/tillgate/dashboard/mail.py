"""The project's outgoing mail: what was sent, what could not be and why, and what each kind of mail looks like."""

from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from tillgate.access.accounts import Right, Role
from tillgate.access.alerts.mailing import letter_of as alert_letter
from tillgate.access.alerts.model import Alert, AlertKind
from tillgate.access.invitations.model import INVITATION, Invitation
from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import PageRequest
from tillgate.checkout.projects.operations import get_profile, words_of
from tillgate.dashboard.calls import Call, Need, Unusable, View, both_modes
from tillgate.dashboard.people import ROLES, invitation_letter
from tillgate.mail.model import Letter, MailState, Purpose
from tillgate.mail.operations import list_mails
from tillgate.mail.rendering import body_of, direction, rendered

MAIL: Final = "/dashboard/mail"
LINES: Final = 50
# What buyers get.
BUYERS: Final = (Purpose.PAYMENT_SEEN, Purpose.PAID, Purpose.REFUNDED, Purpose.REFUND_ADDRESS)

PURPOSES: Final = {
    Purpose.PAYMENT_SEEN: "Payment seen",
    Purpose.PAID: "Paid",
    Purpose.REFUNDED: "Refunded",
    Purpose.REFUND_ADDRESS: "Address for a refund",
    Purpose.ALERT: "Alert",
    Purpose.NEW_DEVICE: "New device",
    Purpose.INVITATION: "Invitation",
    Purpose.PASSWORD_RESET: "Password",
}
STATES: Final = {
    MailState.WAITING: ("Waiting", "moving"),
    MailState.SENT: ("Handed over", "good"),
    MailState.REFUSED: ("Refused", "bad"),
    MailState.FAILED: ("Failed", "bad"),
    MailState.UNSENT: ("Not sent", "warn"),
}
_EXAMPLES: Final = {
    "name": "Server",
    "prefix": "tg_live_",
    "ending": "x7k2",
    "expires": "2026-01-31T12:00:00Z",
    "url": "https://example.com/webhooks",
    "since": "2026-01-31T12:00:00Z",
    "exceptions": "underpaid",
    "amount": "50",
    "symbol": "USDC",
    "currency": "USD",
    "chain": "base",
    "email": "owner@example.com",
    "agent": "Firefox on Linux",
    "network": "192.0.2.7",
    "state": "away",
    "block": "21000000",
    "token": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    "pinned": "6",
    "found": "18",
    "action": "key.created",
    "actor": "admin@example.com",
}


async def list_all(call: Call) -> Response:
    """The project's mails, newest first, a page at a time."""
    shown, after = call.query("show"), call.query("after")
    if shown is not None and shown not in list(MailState):
        raise Unusable("Unknown filter.")
    state, project = MailState(shown) if shown is not None else None, call.who.project
    request = PageRequest(LINES, after)
    page = await call.read(lambda tx: list_mails(tx, project.id, request, state=state))
    return call.page(
        "mail/list.html",
        section="mail",
        sends=call.context.mail.sends,
        mails=page.data,
        following=page.data[-1].id if page.has_more else None,
        after=after,
        page=request,
        chosen=shown or "",
        purposes=PURPOSES,
        states=STATES,
        previews=PREVIEWS,
    )


async def preview(call: Call) -> Response:
    """A kind of mail, as it would be sent, of an example."""
    name = call.param("name")
    if name not in PREVIEWS:
        raise NotFound("preview")
    letter = await _example(call, name)
    content = rendered(letter)
    return call.page(
        "mail/preview.html",
        section="mail",
        title=PREVIEWS[name],
        content=content,
        letter=letter,
        # Escaped where it was made: it is the very body that is sent.
        body=Markup(body_of(letter)),  # noqa: S704
        dir=direction(letter),
    )


async def _example(call: Call, name: str) -> Letter:
    profile = await call.read(lambda tx: get_profile(tx, call.who.project.id))
    url, now, words = call.context.public_url, call.context.clock.now(), words_of(profile)
    if name in {purpose.value for purpose in BUYERS}:
        return call.context.buyer_example(profile, Purpose(name), url)
    if name == Purpose.INVITATION.value:
        invitation = Invitation(
            id="",
            email="new@example.com",
            project=call.who.project,
            role=Role.DEVELOPER,
            invited_by="owner@example.com",
            inviter_id=None,
            created_at=now,
            expires_at=now,
        )
        return invitation_letter(invitation, ROLES[Role.DEVELOPER.value][0], f"{url}{INVITATION}/…", words)
    if name == Purpose.PASSWORD_RESET.value:
        return call.context.passwords.letter("…", words)
    kind = AlertKind(name)
    return alert_letter(Alert(f"{ids.ALERT}_", profile.id, True, kind, "…", _EXAMPLES, now), words, url)


# What there is a preview of.
PREVIEWS: Final = {
    **{purpose.value: f"To buyers: {PURPOSES[purpose].lower()}" for purpose in BUYERS},
    AlertKind.NEEDS_REVIEW.value: "Alert: a payment needs review",
    AlertKind.UNASSIGNED_TRANSFER.value: "Alert: money fits no payment",
    AlertKind.ENDPOINT_FAILING.value: "Alert: an endpoint is failing",
    AlertKind.KEY_EXPIRING.value: "Alert: a key expires",
    AlertKind.KEY_EXPOSED.value: "Alert: a key was exposed",
    AlertKind.NEW_DEVICE.value: "Alert: a sign-in from a new device",
    AlertKind.SETTING_CHANGED.value: "Alert: a sensitive setting was changed",
    AlertKind.REFUND_REORGANIZED.value: "Alert: a refund was reversed by a reorganisation",
    AlertKind.NETWORK_BEHIND.value: "Alert: a network is behind",
    AlertKind.NETWORK_DISAGREEMENT.value: "Alert: nodes of a network disagree",
    AlertKind.NETWORK_REORGANIZED.value: "Alert: a network was reorganised past finality",
    AlertKind.TOKEN_CHANGED.value: "Alert: the contract of a token has changed",
    Purpose.INVITATION.value: "Invitation",
    Purpose.PASSWORD_RESET.value: "Another password",
}

# Addresses of buyers and of colleagues stand in it, of both modes.
_MAIL: Final = Need(Right.SETTINGS, both_modes)

VIEWS: Final = (View("GET", MAIL, list_all, _MAIL), View("GET", f"{MAIL}/preview/{{name}}", preview, _MAIL))
