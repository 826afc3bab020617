"""What an operation's command is called: its noun and its verb, out of its route."""

from typing import Final, NamedTuple

from tillgate.wire.routing import Route

# Where people say less than the path does.
_NOUNS: Final = {
    "checkout_sessions": "sessions",
    "payment_links": "links",
    "webhook_endpoints": "webhooks",
    "webhook_deliveries": "deliveries",
}
DOCUMENTS: Final = "documents"
# What ends something, and no other call undoes: these ask first.
ENDING: Final = frozenset({"archive", "delete", "erase", "cancel", "expire", "undo-received"})


class Name(NamedTuple):
    """``tillgate api NOUN VERB``."""

    noun: str
    verb: str


def name_of(route: Route) -> Name:
    """The words for a route. What follows an object's id in the path is the verb; files are a noun of their own."""
    first, *further = route.path.strip("/").split("/")
    noun = DOCUMENTS if is_file(route) else _NOUNS.get(first, first).replace("_", "-")
    fixed = [one for one in further if not one.startswith("{")]
    if fixed:
        return Name(noun, _singular(fixed[-1]) if is_file(route) else fixed[-1].replace("_", "-"))
    for word in ("list", "retrieve"):
        if route.name.startswith(word):
            return Name(noun, word)
    return Name(noun, route.name.replace("_", "-"))


def is_file(route: Route) -> bool:
    """Whether it answers with a file."""
    return route.method == "GET" and route.answers is None


def variables_of(route: Route) -> list[str]:
    """The path's variables, in their order."""
    return [one[1:-1] for one in route.path.split("/") if one.startswith("{")]


def _singular(word: str) -> str:
    return word.removesuffix("s").replace("_", "-")
