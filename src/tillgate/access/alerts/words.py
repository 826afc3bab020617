"""What an alert says to whoever runs the shop: the thing, and the next step."""

from typing import Final, NamedTuple

from tillgate.access.alerts.model import Alert, AlertKind


class Words(NamedTuple):
    """An alert in words. ``{name}`` is one of its details.

    Attributes:
        open: what the link to its page is called.
    """

    subject: str
    text: str
    open: str


WORDS: Final[dict[AlertKind, Words]] = {
    AlertKind.NEEDS_REVIEW: Words(
        "A payment waits for your decision",
        "The money of an order is too little, too much or late, or was reversed ({exceptions}). Nothing is refunded or "
        "fulfilled automatically.",
        "Look at the payment and decide",
    ),
    AlertKind.ENDPOINT_FAILING: Words(
        "A webhook endpoint is failing",
        "Nothing but failures came of {url} since {since}. An endpoint that fails for five days is switched "
        "off. Fix it, then replay what it has missed.",
        "Look at the endpoint",
    ),
    AlertKind.KEY_EXPIRING: Words(
        "An API key expires soon",
        "The key {name} ({prefix}…{ending}) expires at {expires}. Rotate it before that, or requests with it are "
        "refused.",
        "Look at the key",
    ),
    AlertKind.KEY_EXPOSED: Words(
        "An API key was exposed",
        "The key {name} ({prefix}…{ending}) was seen where others can read it. Replace it now.",
        "Look at the key",
    ),
    AlertKind.NEW_DEVICE: Words(
        "A sign-in from a new device",
        "Somebody signed in as {email} from a browser that you had not used before: {agent}, from {network}. If that "
        "was not you, change your password and end your other sign-ins.",
        "Look at your sign-ins",
    ),
    AlertKind.SETTING_CHANGED: Words(
        "A sensitive setting was changed",
        "{action}, by {actor}. If you do not know this change, remove who made it.",
        "Open the audit log",
    ),
}


class _Blank(dict[str, str]):
    """A detail that an alert does not have is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def subject_of(alert: Alert) -> str:
    """The alert in a few words."""
    return WORDS[alert.kind].subject


def text_of(alert: Alert) -> str:
    """What has happened, and what to do. What people wrote stands in it as it is, and nothing in it is a format."""
    return WORDS[alert.kind].text.format_map(_Blank({name: value or "–" for name, value in alert.detail.items()}))
