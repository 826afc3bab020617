"""One call for whoever on this server wants a document, such as a receipt."""

from collections.abc import Mapping
from typing import Any

from tillgate.documents.context import DocumentContext
from tillgate.documents.renders.model import BY_SERVER, Render
from tillgate.documents.renders.operations import Asked, ask
from tillgate.documents.templates.operations import get_template
from tillgate.store import Transaction


async def render(
    context: DocumentContext,
    tx: Transaction,
    project_id: str,
    slug: str,
    *,
    livemode: bool,
    data: Mapping[str, Any],
    named: str,
    version_number: int | None = None,
    filename: str | None = None,
) -> Render:
    """A document of a project's template, queued in this transaction; the same name is the same document.

    Raises:
        TemplateNotFound, VersionNotFound, InvalidInput, NotInstalled, QueueFull: as for whoever asks by a key.
    """
    template = await get_template(tx, project_id, slug)
    made, _ = await ask(context, tx, template, Asked(livemode, BY_SERVER, data, named, version_number, filename))
    return made
