"""Client secrets: what opens the one object that a publishable key made.

``{object id}_secret_{32 base-62 characters}``, shown once in the answer that made the object, and kept as its digest.
"""

import re
import secrets
from typing import Final

from keyturn.keys.secret import BASE62

RANDOM_LENGTH: Final = 32

CLIENT_SECRET: Final = re.compile(rf"[A-Za-z0-9_-]{{1,100}}_secret_[0-9A-Za-z]{{{RANDOM_LENGTH}}}", re.ASCII)


def new_client_secret(object_id: str) -> str:
    """A fresh client secret for an object, 190 random bits."""
    return f"{object_id}_secret_" + "".join(secrets.choice(BASE62) for _ in range(RANDOM_LENGTH))
