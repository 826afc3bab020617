"""The form in which two requests under one Idempotency-Key are compared."""

from typing import Any

import msgspec
import msgspec.inspect as shapes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.api.application import ROUTES
from tillgate.wire import canonical as forms
from tillgate.wire.canonical import as_before, canonical

BODIES = sorted({route.body for route in ROUTES if route.body is not None}, key=lambda body: body.__name__)


class Inner(msgspec.Struct, rename="camel", kw_only=True):
    unit_amount: str | None = None
    quantity: int = 1


class Body(msgspec.Struct, rename="camel", kw_only=True):
    title: str
    line_items: list[Inner] | None = None
    metadata: dict[str, Any] | None = None
    note: str | msgspec.UnsetType | None = msgspec.UNSET


class LaterInner(msgspec.Struct, rename="camel", kw_only=True):
    colour: str | None = None
    unit_amount: str | None = None
    quantity: int = 1


class LaterBody(msgspec.Struct, rename="camel", kw_only=True):
    tags: list[str] = []
    title: str
    urgent: bool = False
    line_items: list[LaterInner] | None = None
    metadata: dict[str, Any] | None = None
    note: str | msgspec.UnsetType | None = msgspec.UNSET


SENT = b'{"title":"x","lineItems":[{"unitAmount":"1.00"}],"metadata":{"b":1,"a":{"d":null,"c":2}},"note":null}'


def of(text: bytes, kind: type = Body) -> bytes:
    return canonical(msgspec.json.decode(text, type=kind))


def test_a_field_that_a_later_version_adds_changes_nothing_for_who_does_not_send_it() -> None:
    """A retry over an upgrade is the same request, wherever and at whatever depth fields were added."""
    assert of(SENT) == of(SENT, LaterBody)
    assert of(SENT) != of(SENT.replace(b'"title"', b'"urgent":true,"title"'), LaterBody)


def test_order_white_space_and_defaults_do_not_matter_and_all_else_does() -> None:
    """A default that is sent is the same as one that is not; null is not nothing where the field tells them apart."""
    turned = (
        b' {"note": null, "metadata": {"a": {"c": 2, "d": null}, "b": 1}, "lineItems": [{"quantity": 1, "unitAmount":'
    )
    assert of(turned + b' "1.00"}], "title": "x"}') == of(SENT)
    for other in (
        SENT.replace(b"1.00", b"1.01"),
        SENT.replace(b',"note":null', b""),
        SENT.replace(b'"d":null,', b""),
        SENT.replace(b'[{"unitAmount":"1.00"}]', b"null"),
    ):
        assert of(other) != of(SENT)


def test_an_earlier_form_has_its_defaults_in_it() -> None:
    """As it was written by the version that kept the answer: fields as declared, free objects sorted."""

    class CreateTestClock(msgspec.Struct, rename="camel", kw_only=True):
        added: int = 0
        name: str | None = None
        metadata: dict[str, int] = {}

    body = CreateTestClock(metadata={"b": 1, "a": 2})
    assert set(as_before(body)) == {b'{"name":null,"metadata":{"a":2,"b":1}}'}


def values_of(info: shapes.Type) -> st.SearchStrategy[Any]:
    """JSON that fits a type of a body, its defaults among it."""
    match info:
        case shapes.Metadata():
            return values_of(info.type)
        case shapes.UnionType():
            return st.one_of(*map(values_of, info.types))
        case shapes.StructType():
            required = {one.encode_name: values_of(one.type) for one in info.fields if one.required}
            optional = {
                one.encode_name: (
                    values_of(one.type)
                    if one.default in (msgspec.NODEFAULT, msgspec.UNSET)
                    else st.one_of(st.just(one.default), values_of(one.type))
                )
                for one in info.fields
                if not one.required
            }
            return st.fixed_dictionaries(required, optional=optional)
        case shapes.ListType() | shapes.VarTupleType():
            return st.lists(values_of(info.item_type), max_size=2)
        case shapes.DictType():
            return st.dictionaries(st.text("ab", max_size=2), st.none() | st.integers(0, 2) | st.lists(st.none()))
        case shapes.EnumType():
            return st.sampled_from([one.value for one in info.cls])
        case shapes.LiteralType():
            return st.sampled_from(info.values)
        case shapes.StrType():
            return st.text("ab", min_size=info.min_length or 0, max_size=2)
        case shapes.IntType():
            return st.integers(info.ge or 0, info.le or 10**6)
        case shapes.BoolType():
            return st.booleans()
        case _:
            return st.none()


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_the_encoder_writes_what_is_read_field_by_field(kind: type, data: st.DataObject) -> None:
    """A body that is encoded as it is and one whose fields are looked at are the same bytes."""
    text = msgspec.json.encode(data.draw(values_of(shapes.type_info(kind))))
    body = msgspec.json.decode(text, type=kind)
    assert canonical(body) == forms._encode(forms._sent(body))


def test_only_a_default_that_is_one_object_is_left_to_the_encoder() -> None:
    """A text or a large number that is sent is equal to the default, and another object."""

    class Told(msgspec.Struct, omit_defaults=True):
        inner: Inner | None = None

    class Small(msgspec.Struct, omit_defaults=True):
        name: str | None = None
        small: int = 1
        tags: list[str] = []

    class Large(msgspec.Struct, omit_defaults=True):
        large: int = 100_000

    class Text(msgspec.Struct, omit_defaults=True):
        currency: str = "USD"

    class Kept(msgspec.Struct):
        name: str | None = None

    within = {kind: forms._omits_defaults(kind) for kind in (Told, Small, Large, Text, Kept)}
    assert within == {Told: False, Small: True, Large: False, Text: False, Kept: False}
    assert of(b'{"large":100000}', Large) == of(b'{"currency":"USD"}', Text) == of(b'{"name":null}', Kept) == b"{}"
