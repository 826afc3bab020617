"""What is compared of people, as rows of earlier versions may not have it."""

from typing import Final

from tillgate.base.text import normal_email
from tillgate.store.renormalising import Column, Texts

TEXTS: Final = (Texts("users", (Column("email", normal_email, unique=()),)),)
