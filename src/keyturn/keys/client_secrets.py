"""Client secrets: what opens the one object that a publishable key made.

``{object id}_secret_{32 base-62 characters}``, shown once in the answer that made the object, and kept as its digest.
"""

import re
import secrets
from typing import Final

from keyturn.keys.secret import BASE62

RANDOM_LENGTH: Final = 32

# A random byte as a character, each as likely as any other: bytes beyond the last whole round of the alphabet are not
# used. So one draw makes a secret, as one is made for each order of a publishable key.
_CHARACTERS: Final = bytes(BASE62[byte % len(BASE62)].encode()[0] for byte in range(256))
_UNUSED: Final = bytes(range(256 - 256 % len(BASE62), 256))

CLIENT_SECRET: Final = re.compile(rf"[A-Za-z0-9_-]{{1,100}}_secret_[0-9A-Za-z]{{{RANDOM_LENGTH}}}", re.ASCII)


def new_client_secret(object_id: str) -> str:
    """A fresh client secret for an object, 190 random bits."""
    drawn = b""
    while len(drawn) < RANDOM_LENGTH:
        drawn += secrets.token_bytes(2 * RANDOM_LENGTH).translate(_CHARACTERS, _UNUSED)
    return f"{object_id}_secret_{drawn[:RANDOM_LENGTH].decode()}"
