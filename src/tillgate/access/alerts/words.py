"""What an alert says to whoever runs the shop: the thing, and the next step."""

from collections.abc import Mapping
from string import Formatter
from typing import Final, NamedTuple

from tillgate.access.alerts.model import Alert, AlertKind
from tillgate.words import Words, phrase


class AlertWords(NamedTuple):
    """An alert in words. ``{name}`` is one of its details.

    Attributes:
        open: what the link to its page is called.
    """

    subject: str
    text: str
    open: str


WORDS: Final[dict[AlertKind, AlertWords]] = {
    AlertKind.NEEDS_REVIEW: AlertWords(
        phrase("A payment waits for your decision"),
        phrase(
            "The money of an order is too little, too much or late, or was reversed ({exceptions}). Nothing is "
            "refunded or fulfilled automatically."
        ),
        phrase("Look at the payment and decide"),
    ),
    AlertKind.UNASSIGNED_TRANSFER: AlertWords(
        phrase("Money came that fits no payment"),
        phrase(
            "{amount} {symbol} came on {chain} to an address of yours, and fits no payment. Assign it to an order, "
            "or return it."
        ),
        phrase("Look at the transfer"),
    ),
    AlertKind.ENDPOINT_FAILING: AlertWords(
        phrase("A webhook endpoint is failing"),
        phrase(
            "Nothing but failures came of {url} since {since}. An endpoint that fails for five days is switched "
            "off. Fix it, then replay what it has missed."
        ),
        phrase("Look at the endpoint"),
    ),
    AlertKind.KEY_EXPIRING: AlertWords(
        phrase("An API key expires soon"),
        phrase(
            "The key {name} ({prefix}…{ending}) expires at {expires}. Rotate it before that, or requests with it are "
            "refused."
        ),
        phrase("Look at the key"),
    ),
    AlertKind.KEY_EXPOSED: AlertWords(
        phrase("An API key was exposed"),
        phrase("The key {name} ({prefix}…{ending}) was seen where others can read it. Replace it now."),
        phrase("Look at the key"),
    ),
    AlertKind.NEW_DEVICE: AlertWords(
        phrase("A sign-in from a new device"),
        phrase(
            "Somebody signed in as {email} from a browser that you had not used before: {agent}, from {network}. If "
            "that was not you, change your password and end your other sign-ins."
        ),
        phrase("Look at your sign-ins"),
    ),
    AlertKind.SETTING_CHANGED: AlertWords(
        phrase("A sensitive setting was changed"),
        phrase("{action}, by {actor}. If you do not know this change, remove who made it."),
        phrase("Open the audit log"),
    ),
}

# What is unusual about money, as alerts have it. A word that is not here stands as it is.
EXCEPTIONS: Final[Mapping[str, str]] = {
    "underpaid": phrase("underpaid"),
    "overpaid": phrase("overpaid"),
    "late": phrase("late"),
    "reorged": phrase("reorged"),
    "unexpected": phrase("unexpected"),
    "doubted": phrase("doubted"),
}
_DASH: Final = "–"


def subject_of(alert: Alert, words: Words) -> str:
    """The alert in a few words."""
    return words.say(WORDS[alert.kind].subject)


def text_of(alert: Alert, words: Words) -> str:
    """What has happened, and what to do. What people wrote stands in it as it is, and nothing in it is a format."""
    sentence = WORDS[alert.kind].text
    # A detail that an alert does not have is a dash.
    wanted = {name: alert.detail.get(name) or _DASH for _, name, _, _ in Formatter().parse(sentence) if name}
    if "exceptions" in wanted:
        named = (words.say(EXCEPTIONS[one]) if one in EXCEPTIONS else one for one in wanted["exceptions"].split(", "))
        wanted["exceptions"] = ", ".join(named)
    return words.say(sentence, **wanted)
