"""What the page says, in its reader's language: catalogues (``catalogues/<language>.toml``: a sentence's English text
and its forms), and how it words what may not be done there.

TOML, because Python reads it: a catalogue is a hundred sentences, and Keyturn has no other use for a reader of ``.po``.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from keyturn.errors import (
    InvalidExpiry,
    InvalidKeyName,
    InvalidPortalSession,
    KeyExists,
    KeyIsRevoked,
    KeyturnError,
    RotationPending,
    StrongerThanParent,
    TooManyDescendants,
    TooManyKeys,
    TooManySecrets,
)
from keyturn.keys.model import NAME_MAX, Status
from keyturn.words import ENGLISH, Language, Sentences, phrase

# By the kind of error, the nearest first; what an error says itself is for programmers, and in English.
PROBLEMS: Final[dict[type[KeyturnError], str]] = {
    InvalidKeyName: phrase("A key’s name has 1 to {characters} characters, all of them printable."),
    InvalidPortalSession: phrase("Choose at least one thing that the key may do."),
    InvalidExpiry: phrase("A key cannot end then. Choose another time."),
    StrongerThanParent: phrase("This page does not allow that. Ask your provider."),
    TooManyKeys: phrase("You have as many keys as you may have ({keys}). Revoke one that you do not need."),
    TooManyDescendants: phrase("No further key can be made at the moment. Ask your provider."),
    TooManySecrets: phrase("This key was rotated too often lately. Wait until an earlier one has ended."),
    KeyExists: phrase("This form has made its key already. A key is shown once; if you do not have it, revoke it."),
    KeyIsRevoked: phrase("A key that is revoked cannot be changed."),
    RotationPending: phrase("Whether a new key waits for its first use has changed meanwhile. Look at the key again."),
    KeyturnError: phrase("That was not possible. Ask your provider if it happens again."),
}
STATUSES: Final = {
    Status.ACTIVE: phrase("active"),
    Status.DISABLED: phrase("disabled"),
    Status.REVOKED: phrase("revoked"),
}
SUSPENDED: Final = phrase("suspended")
RATES: Final = {
    "second": phrase("{count} a second, {burst} at once"),
    "minute": phrase("{count} a minute, {burst} at once"),
    "hour": phrase("{count} an hour, {burst} at once"),
    "day": phrase("{count} a day, {burst} at once"),
}


@cache
def catalogue(tag: str) -> dict[str, tuple[str, ...]]:
    """A language's sentences, by the English ones: one form each, or as many as the language has plural forms. English
    is the source and has none."""
    if tag == ENGLISH.tag:
        return {}
    text = files("keyturn.portal").joinpath("catalogues", f"{tag}.toml").read_text("utf-8")
    return {name: (forms,) if isinstance(forms, str) else tuple(forms) for name, forms in tomllib.loads(text).items()}


@cache
def words_in(language: Language) -> Sentences:
    """The page's words in a language."""
    return Sentences(language, catalogue(language.tag))


def problem_of(error: KeyturnError, words: Sentences, keys_max: int) -> str:
    """What is wrong, for a customer who may have that many keys."""
    sentence = next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    return words.say(sentence, characters=NAME_MAX, keys=keys_max)
