"""Catalogs of variables, in versions that never change."""

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tillgate.base.errors import InvalidInput, NotFound, TillgateError
from tillgate.base.problems import Problem
from tillgate.documents.templates.manifest import (
    KEY_FORM,
    KEY_LENGTH_MAX,
    DataType,
    Loop,
    Manifest,
    Variable,
    checked_manifest,
)

NAME_MAX: Final = 120
LABEL_MAX: Final = 160
NAMES_MAX: Final = 200
NAMESPACES_MAX: Final = 50
CATALOG_BYTES_MAX: Final = 256 * 1024
NAME_FORM: Final = rf"[a-z0-9][a-z0-9-]{{0,{NAME_MAX - 1}}}"
_NAME: Final = re.compile(NAME_FORM)


Label = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LABEL_MAX})]
Key = Annotated[str, Meta(extra_json_schema={"pattern": f"^{KEY_FORM}$", "maxLength": KEY_LENGTH_MAX})]


class CatalogField(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A variable that a template may read."""

    key: Key
    label: Label
    data_type: DataType = "text"
    required: bool = False
    format: str | None = None
    description: str | None = None
    preview_data: Any = None


class Namespace(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Variables that belong together for people; their keys are whole as they are."""

    key: str
    label: Label
    fields: list[CatalogField]
    icon: str | None = None


class CatalogLoop(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A list of rows that a template may read."""

    key: Key
    label: Label
    item_fields: list[CatalogField]
    preview_data: list[dict[str, Any]] = []


class Variables(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a catalog holds.

    Attributes:
        allow_custom: whether templates may read other variables as well.
    """

    allow_custom: bool = False
    namespaces: list[Namespace] = []
    loops: list[CatalogLoop] = []


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a catalog."""

    id: str
    project_id: str
    name: str
    version: int
    variables: Variables
    created_at: int


class CatalogNotFound(NotFound):
    """The project has no such catalog, or none in this version."""

    default_code = "catalog_not_found"

    def __init__(self) -> None:
        TillgateError.__init__(
            self, "This project has no such catalog. POST /v1/embed/catalogs makes one, and its versions count from 1."
        )


def checked_name(name: str) -> str:
    """A catalog's name.

    Raises:
        InvalidInput: it is none.
    """
    if len(name) > NAME_MAX or _NAME.fullmatch(name) is None:
        expected = f"expected a name such as invoices, of a-z, 0-9 and -, up to {NAME_MAX} characters"
        raise InvalidInput("name", Problem.WRONG_TYPE, expected=expected)
    return name


def manifest_of(variables: Variables) -> Manifest:
    """The manifest that has every variable of a catalog.

    Raises:
        InvalidInput: a key or a label is not well formed, or there are too many of them; it is named as in a manifest.
    """
    if len(variables.namespaces) > NAMESPACES_MAX:
        count = len(variables.namespaces)
        raise InvalidInput(("catalog", "namespaces"), Problem.TOO_MANY, maximum=NAMESPACES_MAX, count=count)
    labels = [one.label for one in variables.namespaces] + [one.label for one in variables.loops]
    for fields in (*(one.fields for one in variables.namespaces), *(one.item_fields for one in variables.loops)):
        if not fields:
            raise InvalidInput(("catalog", "namespaces", "fields"), Problem.EMPTY)
        labels += [one.label for one in fields]
    longest = max(map(len, labels), default=1)
    if "" in labels or longest > LABEL_MAX:
        length = 0 if "" in labels else longest
        raise InvalidInput(("catalog", "label"), Problem.LENGTH, minimum=1, maximum=LABEL_MAX, length=length)
    return checked_manifest(
        Manifest(
            [_variable(field) for one in variables.namespaces for field in one.fields],
            [
                Loop(one.key, [_variable(field) for field in one.item_fields], one.label, one.preview_data)
                for one in variables.loops
            ],
        )
    )


def has_all(catalog: Manifest, manifest: Manifest) -> bool:
    """Whether a template reads nothing but what a catalog holds, in the types that it has there."""
    types = {one.key: one.data_type for one in catalog.variables}
    rows = {one.key: {field.key: field.data_type for field in one.item_fields} for one in catalog.loops}
    return all(types.get(one.key) == one.data_type for one in manifest.variables) and all(
        one.key in rows and all(rows[one.key].get(field.key) == field.data_type for field in one.item_fields)
        for one in manifest.loops
    )


def _variable(field: CatalogField) -> Variable:
    return Variable(
        field.key, field.label, field.data_type, field.required, field.description or "", field.preview_data
    )
