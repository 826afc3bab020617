"""A language at work: sentences with their values, and plural forms."""

from collections.abc import Mapping

from keyturn.words.isolating import Isolated, isolated
from keyturn.words.languages import Language


class Sentences:
    """A language, bound: what a page is handed to word everything with.

    Sentences are named by their English text and have ``{named}`` values. Those of other people (a name, a title) are
    isolated in direction, so that they change nothing around them.
    """

    def __init__(self, language: Language, sentences: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._sentences = sentences

    def say(self, sentence: str, /, **values: object) -> str:
        """The sentence as plain text; where it is shown, it is not isolated once more."""
        return Isolated(self._found(sentence).format_map(self._isolated(values)))

    def say_many(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The sentence in the form that ``count`` asks for, as plain text; ``{count}`` is written as numbers are."""
        found = self._found_many(one, many, count)
        return Isolated(found.format_map(self._isolated(values) | {"count": self.number(count)}))

    def number(self, number: int) -> str:
        """A whole number in groups."""
        return f"{number:,}".replace(",", self.language.group)

    def _found(self, sentence: str) -> str:
        forms = self._sentences.get(sentence)
        return forms[0] if forms else sentence

    def _found_many(self, one: str, many: str, count: int) -> str:
        forms = self._sentences.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[self.language.plural(count)]

    def _isolated(self, values: Mapping[str, object]) -> dict[str, object]:
        return {name: isolated(value, self.language.right_to_left) for name, value in values.items()}
