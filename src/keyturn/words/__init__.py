"""What people read, in their language: which languages there are, which one somebody reads, plural forms, and other
people's text isolated in direction.

Beside the database at the ground of both packages: it knows neither keys nor payments, and no catalogue. Whoever has
sentences has them in catalogues of its own. Without Babel, which is 36 MB where Keyturn stands alone: what a page for
keys needs of CLDR is how seven languages count, and tests compare that with Babel's.
"""

from keyturn.words.choosing import LANG_MAX, chosen_language, language_of
from keyturn.words.isolating import Isolated
from keyturn.words.languages import ENGLISH, LANGUAGES, Language, phrase
from keyturn.words.speaking import Sentences

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "LANG_MAX",
    "Isolated",
    "Language",
    "Sentences",
    "chosen_language",
    "language_of",
    "phrase",
]
