"""Text of other people in our own, where a template engine's markup stands among it: what is ``Markup`` is ours."""

from markupsafe import Markup, escape

from keyturn.words import isolating
from keyturn.words.isolating import Isolated, needs_isolation, without_turns


def isolated(value: object, right_to_left: bool = False) -> object:
    """A value for a sentence: text is isolated by characters, where that makes a difference; all else as it is."""
    return value if isinstance(value, Markup) else isolating.isolated(value, right_to_left)


def isolated_html(value: object, right_to_left: bool = False) -> object:
    """A value for the text of an element: as :func:`isolated`, by ``<bdi>``, which is not copied with the text."""
    if not isinstance(value, str) or isinstance(value, Markup | Isolated):
        return value
    text = without_turns(value)
    return Markup("<bdi>%s</bdi>") % escape(text) if needs_isolation(text, right_to_left) else text
