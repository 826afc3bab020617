"""What CraftKit's routes take and answer."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from keyturn.http.vocabulary import declares
from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.documents.renders.model import FILENAME_MAX, MONTH, NAMED_MAX, Render, RenderStatus
from tillgate.documents.templates.manifest import Manifest
from tillgate.documents.templates.model import Template
from tillgate.wire.fields import text

# What is accepted and not done yet.
ACCEPTED = HTTPStatus.ACCEPTED


class Options(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a document is made.

    Attributes:
        version_number: of the template's versions; the current one unless it is given.
        sync: answer when the document is ready, after 30 seconds at the latest.
        filename: what the downloaded file is called.
    """

    version_number: Annotated[int, declares(minimum=1)] | None = None
    sync: bool = False
    filename: Annotated[str, text(FILENAME_MAX)] | None = None


class RenderRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A document that is asked for; ``jobId`` names it where no ``Idempotency-Key`` does."""

    data: dict[str, Any]
    job_id: Annotated[str, text(NAMED_MAX)] | None = None
    options: Options = Options()


class AcceptedRender(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A render as it is when it is asked for, or asked for again."""

    id: str
    status: str
    poll_url: str
    download_url: str | None
    error_message: str | None
    created_at: str


class RenderObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A render as it is now. ``durationMs`` is from when it was asked for to its end."""

    id: str
    status: str
    poll_url: str
    download_url: str | None
    error_message: str | None
    created_at: str
    completed_at: str | None
    duration_ms: int | None


class UsageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``month`` such as ``2026-11``, in UTC; the current one where there is none."""

    month: Annotated[str, declares(pattern=f"^{MONTH}$")] | None = None


class CountedRenders(msgspec.Struct, frozen=True):
    """``key`` is the id of the key that asked, ``hook``, or ``server``."""

    key: str
    renders: int


class UsageObject(msgspec.Struct, frozen=True):
    """How many live renders of a month have succeeded, and who asked for them: up to 1,000, by their ids. Test renders
    are free, and a key of test mode sees no others."""

    month: str
    renders: int
    keys: list[CountedRenders]


class HookedRender(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A render that was asked for by a hook."""

    id: str
    status: str
    poll_url: str


class TemplateObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A template in a list."""

    id: str
    name: str
    slug: str
    template_type: Literal["document"] = "document"
    current_version_number: int | None
    published: bool
    created_at: str
    updated_at: str


class WholeTemplate(TemplateObject, frozen=True, rename="camel", kw_only=True):
    """A template with what it asks for, also as JSON Schema."""

    description: str | None
    manifest: Manifest | None
    json_schema: dict[str, Any] | None


class TemplateList(msgspec.Struct, frozen=True):
    """A project's templates, by their slugs."""

    templates: list[TemplateObject]


def id_of(id: str) -> str:
    """An id as CraftKit writes it."""
    return ids.spelled(id, "uuid")


def own_id(prefix: str, text: str) -> str:
    """An id of this server out of CraftKit's; one that is none stays what it is, and is found nowhere."""
    return ids.unspelled(prefix, text, "uuid") or text


def poll_url(public_url: str, render: Render) -> str:
    """Where a render is read."""
    return f"{public_url}/v1/renders/{id_of(render.id)}"


def download_url(public_url: str, render: Render) -> str | None:
    """Where its file is; None while there is none."""
    return f"{poll_url(public_url, render)}/download" if render.status is RenderStatus.SUCCEEDED else None


def accepted(public_url: str, render: Render) -> AcceptedRender:
    """A render for whoever asked for it."""
    return AcceptedRender(
        id=id_of(render.id),
        status=render.status.value,
        poll_url=poll_url(public_url, render),
        download_url=download_url(public_url, render),
        error_message=render.error,
        created_at=to_rfc3339(render.created_at),
    )


def to_craftkit(public_url: str, render: Render) -> RenderObject:
    """A render for whoever reads it."""
    ended = render.completed_at
    return RenderObject(
        id=id_of(render.id),
        status=render.status.value,
        poll_url=poll_url(public_url, render),
        download_url=download_url(public_url, render),
        error_message=render.error,
        created_at=to_rfc3339(render.created_at),
        completed_at=to_rfc3339(ended) if ended is not None else None,
        duration_ms=ended - render.created_at if ended is not None else None,
    )


def template_to_craftkit(template: Template) -> TemplateObject:
    """A template in a list."""
    return TemplateObject(
        id=id_of(template.id),
        name=template.name,
        slug=template.slug,
        current_version_number=template.current_version or None,
        published=template.current_version > 0,
        created_at=to_rfc3339(template.created_at),
        updated_at=to_rfc3339(template.updated_at),
    )


def whole_template(template: Template, manifest: Manifest | None) -> WholeTemplate:
    """A template with what its current version asks for."""
    return WholeTemplate(
        **msgspec.structs.asdict(template_to_craftkit(template)),
        description=template.description,
        manifest=manifest,
        json_schema=json_schema(manifest) if manifest is not None else None,
    )


_TYPES: dict[str, dict[str, Any]] = {
    "number": {"type": ["number", "string"]},
    "currency": {"type": ["number", "string"]},
    "boolean": {"enum": [True, False, "true", "false"]},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "image": {"type": "string", "format": "uri"},
    "url": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
}
_TEXT: dict[str, Any] = {"type": "string"}


def json_schema(manifest: Manifest) -> dict[str, Any]:
    """What data has to be, as JSON Schema (draft-07), each key as it is written in the manifest."""
    properties = {one.key: _TYPES.get(one.data_type, _TEXT) | _titled(one.label) for one in manifest.variables}
    for loop in manifest.loops:
        items = {
            "type": "object",
            "properties": {one.key: _TYPES.get(one.data_type, _TEXT) | _titled(one.label) for one in loop.item_fields},
            "required": [one.key for one in loop.item_fields if one.required],
        }
        properties[loop.key] = {"type": "array", "items": items} | _titled(loop.label)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": properties,
        "required": [one.key for one in manifest.variables if one.required],
    }


def _titled(label: str) -> dict[str, Any]:
    return {"title": label} if label else {}
