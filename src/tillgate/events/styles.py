"""How webhooks are formed and sent, as a port: a style for each language. Deliveries know nothing else of them.

A style makes its own form of a fact, where the native one is not what its receivers read; it signs, it names headers,
and it has a schedule. Claiming, connecting, recording and giving up are the same for all (:mod:`.deliveries`).
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from tillgate.events.facts import Fact
from tillgate.events.signing import SigningSecret
from tillgate.events.types import pattern_of
from tillgate.store import Transaction

# What an endpoint speaks unless it says otherwise.
NATIVE_DIALECT: Final = "native"
# What the languages are called by people; each is the name of the document that it comes from.
TITLES: Final = {
    NATIVE_DIALECT: "Crypto Checkout",
    "smartpay": "Smartpay",
    "crossmint": "Crossmint",
    "coin-moebius": "Coin Moebius",
    "craftkit": "CraftKit",
}


class Outgoing(NamedTuple):
    """One attempt to hand an event over.

    Attributes:
        event_id: the same on every attempt and replay, and at every endpoint.
        delivery_id: the same on every attempt, and another one of a replay.
        form: the event in the style's form: the same bytes on every attempt and replay.
        number: 1 for the first attempt.
        at: when it is made, as Unix milliseconds.
        secrets: those that sign now, the newest first.
    """

    event_id: str
    delivery_id: str
    endpoint_id: str
    form: bytes
    number: int
    at: int
    secrets: tuple[SigningSecret, ...]


class WebhookRequest(NamedTuple):
    """What is posted: the body, and its headers, the signature and the content type among them."""

    body: bytes
    headers: Mapping[str, str]


Form = Callable[[Transaction, Fact], Awaitable[bytes | None]]
"""A fact as one language tells it, as UTF-8 text; None where the language does not tell it. Made in the fact's own
transaction, so that it may read what belongs to it."""


class Style(NamedTuple):
    """How the webhooks of one language are formed and sent.

    Attributes:
        name: the dialect's.
        request: the body and the headers of one attempt.
        gaps_ms: how long to wait after each failed attempt; after one more it is given up.
        form: the style's own form of a fact; None for the event in the native one.
        new_secret: a fresh signing secret, in the form that receivers of this style know.
        words: the types of facts that it tells by their own names, each with what it is called in it; None where it
            tells every fact under its own name.
    """

    name: str
    request: Callable[[Outgoing], WebhookRequest]
    gaps_ms: tuple[int, ...]
    form: Form | None = None
    new_secret: Callable[[], SigningSecret] = SigningSecret.new
    words: tuple[tuple[str, str], ...] | None = None

    @property
    def attempts_max(self) -> int:
        return len(self.gaps_ms) + 1

    def in_words(self, events: Iterable[str]) -> list[str]:
        """Subscriptions as the style's receivers name them, a pattern such as ``session.*`` by what it holds; what it
        has no word for stays as it is."""
        named: dict[str, None] = {}
        for one in events:
            held = [word for type, word in self.words or () if one in (type, pattern_of(type))]
            named |= dict.fromkeys(held or [one])
        return list(named)

    def to_types(self, words: Iterable[str]) -> list[str]:
        """The other way: every type of a fact that is told under one of these names; anything else stays as it is."""
        types: dict[str, list[str]] = {}
        for type, word in self.words or ():
            types.setdefault(word, []).append(type)
        return list(dict.fromkeys(type for word in words for type in types.get(word, [word])))


class Styles:
    """The styles that this server has, by their names."""

    def __init__(self, styles: Iterable[Style]) -> None:
        """
        Raises:
            ValueError: two have the same name.
        """
        listed = list(styles)
        self._styles = {one.name: one for one in listed}
        if len(self._styles) != len(listed):
            raise ValueError(f"two webhook styles have one name: {', '.join(one.name for one in listed)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The dialects that an endpoint may speak, the native one first."""
        return tuple(self._styles)

    def find(self, name: str) -> Style | None:
        """The style of this name; None where the server has none, as after a dialect was removed."""
        return self._styles.get(name)

    def of(self, name: str) -> Style:
        """The style of this name.

        Raises:
            LookupError: there is none.
        """
        found = self.find(name)
        if found is None:
            raise LookupError(f"there is no webhook style {name!r}; there are {', '.join(self._styles)}")
        return found

    async def forms(self, tx: Transaction, fact: Fact, dialects: Collection[str]) -> dict[str, bytes | None]:
        """The fact in each of these dialects that tells it; None where that is the native form."""
        made: dict[str, bytes | None] = {}
        for name in sorted(dialects):
            style = self.find(name)
            if style is None:
                continue
            if style.form is None:
                made[name] = None
            elif (form := await style.form(tx, fact)) is not None:
                made[name] = form
        return made

    def can_send(self, dialect: str, kept: Collection[str]) -> bool:
        """Whether an event can be sent in a dialect, of which forms in these are kept."""
        style = self.find(dialect)
        return style is not None and (style.form is None or dialect in kept)
