"""The one form in which bodies are compared, to tell whether two requests under an Idempotency-Key are the same.

It holds what was sent and is not a field's default. So neither white space nor the order of fields matters, and a field
that a later version adds changes nothing about the requests that do not use it: a retry gets its first answer over an
upgrade, too.
"""

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import msgspec
import msgspec.inspect

_encode: Final = msgspec.json.Encoder(order="sorted").encode
# What holds no fields; of free objects the encoder sorts the keys.
_PLAIN: Final = frozenset({str, int, bool, float, dict, type(None)})
_encode_in_order: Final = msgspec.json.Encoder().encode

# Until 2026-11-29 every field was written, defaults as well, in the order of declaration. By day of the state: the
# optional fields of the bodies that had others than they have had since. Answers are kept for a day, so this is needed
# by whoever upgrades from before.
_SESSION_FIELDS: Final = (
    "linkId", "amount", "metadata", "successUrl", "cancelUrl", "returnUrl", "expiresInSeconds",
)  # fmt: skip
_ORDER_FIELDS: Final = (
    "lineItems", "currency", "shippingAmount", "reference", "uniqueReference", "customerId", "couponId",
    "promotionCode", "testClockId",
)  # fmt: skip
_LINK_FIELDS: Final = ("fiatCurrency", "description", "successUrl", "cancelUrl")
_OTHER_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "CapturePayment": ("amount", "cancelRemainder"),
    "CreateCoupon": (
        "discountAmount", "currency", "discountPercentage", "description", "expiresAt", "maxRedemptions", "active",
        "metadata",
    ),
    "CreateCustomer": ("email", "name", "reference", "metadata"),
    "CreateLineItem": ("name", "unitAmount", "quantity", "kind", "productId"),
    "CreateProduct": (
        "price", "currency", "pricing", "priceMin", "priceMax", "description", "active", "metadata",
    ),
    "CreatePromotionCode": (
        "firstTimeTransaction", "onePerCustomer", "minimumAmount", "currency", "expiresAt", "maxRedemptions", "active",
        "metadata",
    ),
    "CreateRefund": ("amount", "destination", "metadata"),
    "CreateTestClock": ("name",),
    "CreateWebhookEndpoint": ("description",),
    "ReplayEvent": ("endpointId",),
    "ReplayRange": ("before", "failedOnly"),
    "RotateSecret": ("overlapSeconds",),
    "SimulatePayment": ("outcome", "payer"),
}  # fmt: skip
_EARLIER: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "2026-11-22": _OTHER_FIELDS
    | {"CreateCheckoutSession": _SESSION_FIELDS, "CreatePaymentLink": _LINK_FIELDS, "SimulatePayment": ()},
    "2026-11-27": _OTHER_FIELDS
    | {
        "CreateCheckoutSession": (*_SESSION_FIELDS, *_ORDER_FIELDS, "captureMethod"),
        "CreatePaymentLink": _LINK_FIELDS,
    },
    "2026-11-29": _OTHER_FIELDS
    | {
        "CreateCheckoutSession": (*_SESSION_FIELDS, *_ORDER_FIELDS, "allowPromotionCodes", "captureMethod"),
        "CreatePaymentLink": (*_LINK_FIELDS, "allowPromotionCodes"),
    },
}
# A field that was there on a day and has gone since, as it was written where nobody sent it.
_GONE: Final[dict[tuple[str, str], dict[str, Any]]] = {("2026-11-27", "CreateCheckoutSession"): {"expand": []}}


class _Shape(NamedTuple):
    """The fields of a type of body: their values out of a body, their names on the wire, and their defaults."""

    values_of: Callable[[Any], tuple[Any, ...]]
    names: tuple[str, ...]
    defaults: tuple[Any, ...]


def canonical(body: Any) -> bytes:
    """A decoded body in the form in which it is compared.

    Raises:
        RecursionError: it is nested too deeply.
    """
    return _encode(body if _omits_defaults(body.__class__) else _sent(body))


def as_before(body: Any) -> Iterator[bytes]:
    """The same as earlier versions would have written it: fields as declared, the keys of free objects sorted.

    Raises:
        RecursionError: it is nested too deeply.
    """
    for day, optional in _EARLIER.items():
        written = _written(body, optional)
        if isinstance(written, dict):
            written |= _GONE.get((day, type(body).__name__), {})
        yield _encode_in_order(written)


def _sent(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        shape = _shape_of(type(value))
        pairs = zip(shape.names, shape.values_of(value), shape.defaults, strict=True)
        # What was not sent is the default itself, as a rule; only what is left is looked at.
        return {
            name: held if type(held) in _PLAIN else _sent(held)
            for name, held, default in [pair for pair in pairs if pair[1] is not pair[2]]
            if held is not msgspec.UNSET and held != default
        }
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    return value


@functools.cache
def _omits_defaults(kind: type) -> bool:
    """Whether the encoder itself leaves out exactly what :func:`_sent` does, in this type and in all within it."""
    return all(map(_knows_its_defaults, _structs_within(msgspec.inspect.type_info(kind))))


def _knows_its_defaults(kind: type[msgspec.Struct]) -> bool:
    optional = [one for one in msgspec.structs.fields(kind) if not one.required and one.default is not msgspec.UNSET]
    return not optional or (kind.__struct_config__.omit_defaults and all(map(_is_told_apart, optional)))


def _is_told_apart(field: msgspec.structs.FieldInfo) -> bool:
    """The encoder knows a default by its identity, and empty lists and objects."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory in (list, dict)
    return msgspec.json.decode(msgspec.json.encode(field.default), type=field.type) is field.default


def _structs_within(info: msgspec.inspect.Type) -> Iterator[type[msgspec.Struct]]:
    """The bodies that a type of body is made of, itself first."""
    waiting, seen = [info], set[type]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            yield one.cls
            waiting.extend(field.type for field in one.fields)
        for name in ("type", "types", "item_type", "item_types"):
            inner = getattr(one, name, ())
            waiting.extend(inner if isinstance(inner, tuple) else (inner,))


def _written(value: Any, optional: dict[str, tuple[str, ...]]) -> Any:
    if isinstance(value, msgspec.Struct):
        shape, kind = _shape_of(type(value)), type(value).__name__
        return {
            name: _written(held, optional)
            for name, held, default in zip(shape.names, shape.values_of(value), shape.defaults, strict=True)
            if held is not msgspec.UNSET and (held != default or name in optional.get(kind, ()))
        }
    if isinstance(value, list | tuple):
        return [_written(one, optional) for one in value]
    if isinstance(value, dict):
        return {key: _written(value[key], optional) for key in sorted(value)}
    return value


@functools.cache
def _shape_of(kind: type[msgspec.Struct]) -> _Shape:
    fields = msgspec.structs.fields(kind)
    return _Shape(
        # Of one attribute alone it would be no tuple.
        operator.attrgetter("__class__", *(field.name for field in fields)),
        ("", *(field.encode_name for field in fields)),
        (
            kind,
            *(
                field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
                for field in fields
            ),
        ),
    )
