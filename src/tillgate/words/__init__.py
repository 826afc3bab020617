"""What people read, in their language: catalogues, plural forms, amounts and dates, and which language it is.

Below everything that words something for a person: pages, mails, and the tables of sentences in the checkout. A
sentence is its own id: English stands in the source, marked by :func:`phrase` or handed to one of the methods of
:class:`Words`, and each other language has it in its catalogue (``catalogues/<language>.po``).
"""

from keyturn.words import ENGLISH, LANG_MAX, LANGUAGES, Language, chosen_language, language_of, phrase
from tillgate.words.speaking import Price, Words, words_in

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "LANG_MAX",
    "Language",
    "Price",
    "Words",
    "chosen_language",
    "language_of",
    "phrase",
    "words_in",
]
