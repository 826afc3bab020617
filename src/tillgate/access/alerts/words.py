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
    AlertKind.REFUND_REORGANIZED: AlertWords(
        phrase("A refund that you sent is gone"),
        phrase(
            "A reorganisation of its network removed the transfer of a refund of {amount} {currency}. It is pending "
            "again, and succeeds if the transfer comes back. Look in your wallet before you send it once more."
        ),
        phrase("Look at the refund"),
    ),
    AlertKind.NETWORK_BEHIND: AlertWords(
        phrase("A payment network is behind"),
        phrase(
            "Payments on {chain} have not been seen in time since {since} ({state}). Nothing is lost: what arrives "
            "meanwhile is counted as soon as the network can be read again."
        ),
        phrase("Look at the networks and tokens"),
    ),
    AlertKind.NETWORK_DISAGREEMENT: AlertWords(
        phrase("The nodes of a payment network disagree"),
        phrase(
            "The nodes of {chain} contradict each other about final blocks. No payment on it becomes paid until they "
            "agree. Find out which node is wrong, and replace it."
        ),
        phrase("Look at the networks and tokens"),
    ),
    AlertKind.NETWORK_REORGANIZED: AlertWords(
        phrase("A payment network was reorganised past finality"),
        phrase(
            "Blocks of {chain} that counted as final were replaced, from block {block} on. Nothing is refunded or "
            "marked as unpaid automatically: a payment whose transfer is gone waits for your decision. Hold back what "
            "was ordered lately until you have looked."
        ),
        phrase("Look at the networks and tokens"),
    ),
    AlertKind.TOKEN_CHANGED: AlertWords(
        phrase("The contract of a token has changed"),
        phrase(
            "The contract of {symbol} on {chain} ({token}) says {found} decimals, and {pinned} were pinned. The token "
            "is offered to no new payment until its contract says {pinned} again."
        ),
        phrase("Look at the networks and tokens"),
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
# A change that owners are notified of, by its action in the audit log.
CHANGES: Final[Mapping[str, str]] = {
    "feed.added": phrase("Price feed added"),
    "feed.removed": phrase("Price feed removed"),
    "invitation.accepted": phrase("Invitation accepted"),
    "invitation.created": phrase("Person invited"),
    "invitation.withdrawn": phrase("Invitation withdrawn"),
    "key.changed": phrase("API key changed"),
    "key.created": phrase("API key created"),
    "key.enabled": phrase("API key enabled"),
    "key.imported": phrase("API keys imported"),
    "key.rotated": phrase("API key rotated"),
    "network.added": phrase("Network added"),
    "network.changed": phrase("Network changed"),
    "project.renamed": phrase("Project renamed"),
    "project.settings_changed": phrase("Project settings changed"),
    "rate.removed": phrase("Exchange rate removed"),
    "rate.set": phrase("Exchange rate set"),
    "second_factor.app_added": phrase("Authenticator app added"),
    "second_factor.app_removed": phrase("Authenticator app removed"),
    "second_factor.codes_renewed": phrase("Recovery codes renewed"),
    "second_factor.passkey_added": phrase("Passkey added"),
    "second_factor.passkey_removed": phrase("Passkey removed"),
    "second_factor.reset": phrase("Second factor reset by an operator"),
    "token.accepted": phrase("Token accepted"),
    "token.added": phrase("Token added"),
    "user.created": phrase("Person added"),
    "user.password_changed": phrase("Own password changed"),
    "user.password_reset": phrase("Password reset by a mailed link"),
    "user.password_set": phrase("Password set by an operator"),
    "user.removed": phrase("Person removed"),
    "user.role_changed": phrase("Role changed"),
    "wallet.confirmed": phrase("Wallet confirmed"),
    "wallet.set": phrase("Wallet set"),
    "wallet.skipped": phrase("Wallet addresses skipped"),
    "webhook.created": phrase("Webhook endpoint added"),
    "webhook.secret_rotated": phrase("Webhook secret rotated"),
}
_ABOUT: Final = phrase("{change} ({email})")
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
    if "action" in wanted:
        wanted["action"] = _change(wanted["action"], alert.detail.get("email", ""), words)
    return words.say(sentence, **wanted)


def _change(action: str, email: str, words: Words) -> str:
    """A change in words, and whom it is about. One that is not here stands as the audit log has it."""
    change = words.say(CHANGES[action]) if action in CHANGES else action
    return words.say(_ABOUT, change=change, email=email) if email else change
