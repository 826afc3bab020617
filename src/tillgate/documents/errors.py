"""What can be wrong with a request for a document, beside a field.

- ``NotFound``: :class:`TemplateNotFound`, :class:`VersionNotFound`, :class:`ImageNotFound`,
  :class:`HookNotFound`
- ``Forbidden``: :class:`WrongSignature`
- ``Unavailable``: :class:`NotInstalled`, :class:`NotReady`, :class:`QueueFull`
"""

from tillgate.base.errors import Forbidden, NotFound, TillgateError, Unavailable


class TemplateNotFound(NotFound):
    """There is no such template in the project."""

    default_code = "template_not_found"

    def __init__(self, slug: str) -> None:
        shown = f" {slug!r}" if len(slug) <= 120 else ""
        TillgateError.__init__(self, f"This project has no template{shown}. GET /v1/templates lists those it has.")


class VersionNotFound(NotFound):
    """The template has no version with this number."""

    default_code = "version_not_found"

    def __init__(self, number: int, versions: int) -> None:
        TillgateError.__init__(self, f"The template has no version {number}; its newest is {versions}.")


class ImageNotFound(NotFound):
    """The template's current version has no image with this name."""

    default_code = "image_not_found"

    def __init__(self, name: str) -> None:
        TillgateError.__init__(self, f"The template has no image {name[:60]!r}.")


class HookNotFound(NotFound):
    """No template has a hook with this token."""

    default_code = "invalid_token"

    def __init__(self) -> None:
        TillgateError.__init__(self, "No template has this hook. Copy its address again from the template.")


class WrongSignature(Forbidden):
    """What was sent to a hook is not signed with the hook's secret."""

    default_code = "invalid_signature"

    def __init__(self, *, missing: bool) -> None:
        super().__init__(
            "This hook takes signed requests only: send x-craftkit-signature, the HMAC-SHA256 of the body in hex."
            if missing
            else "x-craftkit-signature is not the HMAC-SHA256 of this body, in hex, with the hook's secret."
        )


class NotInstalled(Unavailable):
    """This server has nothing to make documents with."""

    default_code = "documents_not_installed"

    def __init__(self) -> None:
        super().__init__(
            "This server makes no documents: its operator installs what that needs with: pip install "
            "'tillgate[documents]'"
        )


class NotReady(Unavailable):
    """The file of an issued document is being made."""

    default_code = "document_not_ready"

    def __init__(self) -> None:
        super().__init__("The document is issued, and its file is still being made. Try again in a moment.")


class QueueFull(Unavailable):
    """As many renders of the project wait as may wait."""

    default_code = "queue_unavailable"

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} renders of this project wait already. Try again in a moment.")
