"""What is wrong, in the words of whoever fills in the form: by the label that a field has on the page."""

from collections.abc import Mapping
from typing import Final

from tillgate.base.errors import InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.problems import Problem
from tillgate.documents.embedding.model import PermissionDenied, PublishesUsedUp
from tillgate.documents.errors import NotInstalled
from tillgate.documents.templates.manifest import DataType, Manifest
from tillgate.words import Words, phrase

_LABELS: Final = {"name": phrase("Name of the template"), "source": phrase("Typst source")}
_A_NUMBER: Final = phrase("{label}: please enter a number, such as 12.50.")
_AN_ADDRESS: Final = phrase("{label}: please enter an address that begins with https://.")
_A_DATE: Final = phrase("{label}: please enter a date, such as 2026-11-30.")
_BY_TYPE: Final[Mapping[DataType, str]] = {
    "number": _A_NUMBER,
    "currency": _A_NUMBER,
    "date": _A_DATE,
    "datetime": _A_DATE,
    "email": phrase("{label}: please enter an e-mail address."),
    "image": _AN_ADDRESS,
    "url": _AN_ADDRESS,
}
_BY_PROBLEM: Final[Mapping[Problem | None, str]] = {
    Problem.REQUIRED: phrase("Please fill in: {label}."),
    Problem.EMPTY: phrase("Please fill in: {label}."),
    Problem.TOO_LONG: phrase("{label}: this is too long."),
    Problem.LENGTH: phrase("{label}: this is too long."),
    Problem.TOO_MANY: phrase("{label}: there are too many rows."),
}
_OTHERWISE: Final = phrase("Please check: {label}.")


def wrong_with(error: InvalidInput, param: str, manifest: Manifest, words: Words) -> str:
    """What is wrong with what was filled in.

    Args:
        param: the field as its key, such as ``customer.name`` or ``lines[2].amount``.
    """
    # Of a row, the loop stands first.
    loop, _, field = param.partition("[")
    labels = {one.key: (one.label or one.key, one.data_type) for one in manifest.variables}
    for one in manifest.loops:
        if one.key == loop:
            found = next((x for x in one.item_fields if field.endswith(f".{x.key}")), None)
            names = [one.label or one.key, *([found.label or found.key] if found is not None else [])]
            labels[param] = (", ".join(names), found.data_type if found is not None else "text")
    label, data_type = labels.get(param, ("", "text"))
    if not label:
        label = words.say(_LABELS[param]) if param in _LABELS else param
    sentence = _BY_PROBLEM.get(error.problem)
    if sentence is None:
        sentence = _BY_TYPE.get(data_type, _OTHERWISE) if error.problem is Problem.WRONG_TYPE else _OTHERWISE
    return words.say(sentence, label=label)


def for_reader(error: TillgateError, words: Words) -> str:
    """Why something is not possible."""
    match error:
        case PublishesUsedUp():
            return words.say(
                "As much was published in this session as may be. Open this page again from where you came."
            )
        case PermissionDenied():
            return words.say("This session may not do that. Ask whoever runs this application.")
        case TooOften():
            return words.say("Too many requests. Please wait a moment, then try again.")
        case NotInstalled():
            return words.say("This server makes no documents yet. Ask whoever runs this application.")
        case Unavailable():
            return words.say("This is not available now. Please try again in a moment.")
        case NotFound():
            return words.say("This is not here any more. Choose a template again.")
        case _:
            return words.say("This did not work. Please reload the page and try again.")
