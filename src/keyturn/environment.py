"""A table of settings, out of which one is loaded, listed and documented; and settings that cannot be meant: a misspelt
name, and quotes that an env file has kept."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

# How alike two names are for one to be a slip of the other; 1 is the same.
_ALIKE: Final = 0.8
_QUOTES: Final = "\"'`"
# What a setting that is kept in a file may take; the longest is a few secret keys.
HELD_BYTES_MAX: Final = 16_384
# What Kubernetes sets in every container for a service that is called as the server is.
_SERVICE_LINK: Final = re.compile(r"(?:[A-Z0-9_]{1,100}_)?(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_[A-Z0-9_]{1,100})?")


class Variable(NamedTuple):
    """One setting.

    Attributes:
        name: of the environment variable.
        parse: its text as a value; a :class:`ValueError` says what was expected, and no secret.
        default: the text that stands where nothing is set.
        help: what it says, in Markdown, as the guide has it.
        instead: what the guide says of the default, where its text does not.
        option: of the command line, which wins.
        secret: never shown.
    """

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str
    instead: str = ""
    option: str = ""
    secret: bool = False

    def value(self, text: str, error: type[Exception]) -> Any:
        """The value of such a text, or the error with the setting's name."""
        try:
            return self.parse(text)
        except ValueError as problem:
            raise error(f"{self.name}: {problem}") from None

    @property
    def default_text(self) -> str:
        """The default as the guide has it."""
        return self.instead or (f"`{self.default}`" if self.default else "")


def whole(least: int, most: int, unit: str = "") -> Callable[[str], int]:
    """A whole number between two others."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise ValueError(f"expected a whole number, got {text[:20]!r}")
        if not least <= int(text) <= most:
            raise ValueError(f"expected {least} to {most}{unit}, got {text}")
        return int(text)

    return parse


def flag(text: str) -> bool:
    """1 or 0, and the words that people write for them."""
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"expected 1 or 0, got {text[:20]!r}")


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """One of some words."""
    known = tuple(words)

    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(f"expected one of {', '.join(known)}, got {text[:20]!r}")
        return text

    return parse


def in_a_file(name: str) -> Variable:
    """The setting that names a file which holds another one, as orchestrators hand secrets over."""
    return Variable(
        f"{name}_FILE", lambda text: Path(text) if text else None, "", f"a file that holds `{name}`, instead"
    )


def with_files(given: Mapping[str, str], names: Iterable[str], error: type[Exception]) -> dict[str, str]:
    """The variables, with what their files hold: white space around it is no part of it.

    Args:
        names: the settings that may be kept in a file; ``NAME_FILE`` says which.

    Raises:
        error: both are set, or the file cannot be read, is empty or too long. No content is quoted.
    """
    found = dict(given)
    for name in names:
        file = given.get(f"{name}_FILE", "")
        if not file:
            continue
        if given.get(name):
            raise error(f"{name} and {name}_FILE are both set; keep one")
        try:
            with Path(file).open("rb") as opened:
                text = opened.read(HELD_BYTES_MAX + 1).decode("utf-8").strip()
        except UnicodeDecodeError:
            raise error(f"{name}_FILE: {file} cannot be read: it is not UTF-8") from None
        except OSError as problem:
            raise error(f"{name}_FILE: {file} cannot be read: {problem.strerror}") from None
        if not 0 < len(text) <= HELD_BYTES_MAX:
            raise error(f"{name}_FILE: {file} is {'empty' if not text else f'longer than {HELD_BYTES_MAX:,} bytes'}")
        if _is_quoted(text):
            raise error(f"{name}_FILE: what {file} holds is in quotes, which are kept as part of it; remove them there")
        found[name] = text
    return found


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that was meant, as far as can be told."""
    found = get_close_matches(name[:200], list(known), n=1, cutoff=_ALIKE)
    return found[0] if found else None


def meant(name: str, known: Iterable[str]) -> str:
    """The same as the end of a sentence: ``; did you mean invoices:read?``, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found is not None else ""


def misspelt(given: Mapping[str, str], prefix: str, known: Iterable[str]) -> dict[str, str]:
    """The variables that are slips of a setting's name, each with what is wrong with it.

    A variable with the prefix that is like none of ours is let be: something else may have set it. One whose prefix is
    nearly ours, or in small letters, is a slip where the rest of it is, too.

    Args:
        known: the variables that there are, with and without the prefix.
    """
    known = tuple(known)
    # Ours without the prefix are called CHECKOUT_…, and are looked for under this one, too.
    by_rest = {name.removeprefix(prefix).removeprefix("CHECKOUT_"): name for name in known}
    found = {}
    for name in sorted(given):
        head, _, rest = name.upper().partition("_")
        if name in known or not _is_like(head, prefix.rstrip("_")) or _SERVICE_LINK.fullmatch(rest):
            continue
        near = nearest(rest, by_rest)
        if near is not None:
            found[name] = f"{name[:80]} is no setting; did you mean {by_rest[near]}?"
    return found


def unknown(given: Mapping[str, str], prefix: str, known: Iterable[str]) -> dict[str, str]:
    """The variables that begin as ours do and are like none of our settings, each with what is said of it: whoever has
    set one may have meant it for us.

    Args:
        known: as for :func:`misspelt`.
    """
    known = tuple(known)
    slips = misspelt(given, prefix, known)
    return {
        name: f"{name[:80]} is no setting, and is passed over"
        for name in sorted(given)
        if name.startswith(prefix)
        and name not in known
        and name not in slips
        and not _SERVICE_LINK.fullmatch(name.removeprefix(prefix))
    }


def _is_like(head: str, ours: str) -> bool:
    # Lengths first: an environment has many variables, and most of them are nothing like ours.
    return head == ours or (abs(len(head) - len(ours)) <= 1 and bool(get_close_matches(head, [ours], cutoff=_ALIKE)))


def cannot_be_meant(given: Mapping[str, str], prefix: str, known: Iterable[str]) -> str | None:
    """What is wrong with the variables as a whole; None if nothing is. It quotes no value.

    Args:
        known: as for :func:`misspelt`.
    """
    known = tuple(known)
    for problem in misspelt(given, prefix, known).values():
        return problem
    for name in known:
        value = given.get(name, "").strip()
        if _is_quoted(value):
            return (
                f"{name}: the value is in quotes, which were kept as part of it; remove them where it is set "
                "(docker's --env-file and systemd's Environment= do not always remove them)"
            )
    return None


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]
