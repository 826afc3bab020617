"""Where the native language is spoken, and described to everybody."""

from typing import Final

ROOT: Final = "/api/v1"
DOCUMENT_PATH: Final = "/openapi.json"
