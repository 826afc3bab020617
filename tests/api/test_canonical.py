"""The form in which two requests under one Idempotency-Key are compared."""

from typing import Any

import msgspec

from tillgate.wire.canonical import as_before, canonical


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
