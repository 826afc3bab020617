"""Bodies for any route, out of the type that it declares: such as are mostly let through, and such as are not."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import msgspec
from msgspec import inspect

from tillgate.checkout.settlement.simulating import OUTCOMES, PAYERS
from tillgate.rails.simulated import REFUND_FAILS, REFUND_STAYS_PENDING

# Ids (by the words before `Id`) and other texts that were seen in answers.
Known = Mapping[str, Sequence[str]]

_AMOUNTS: Final = ("1.00", "12", "99.00", "0.01", "250.50")
# What a field of this name may hold, wherever it is. One that is not here gets something of its type.
_VALUES: Final[dict[str, Sequence[Any]]] = {
    "value": _AMOUNTS,
    "amount": _AMOUNTS,
    "unitAmount": _AMOUNTS,
    "shippingAmount": (*_AMOUNTS, "0"),
    "fiatAmount": _AMOUNTS,
    "price": _AMOUNTS,
    "priceMin": ("0.50", "1.00"),
    "priceMax": ("500.00", "99"),
    "minimumAmount": ("1.00", "20"),
    "discountAmount": ("0.50", "5.00", "1000"),
    "discountPercentage": ("12.5", "100", "1"),
    "currency": ("USD", "USD", "USD", "EUR", "JPY", "BHD"),
    "fiatCurrency": ("USD", "USD", "EUR", "JPY"),
    "quantity": (1, 2, 7),
    "maxRedemptions": (1, 2, 100),
    "expiresInSeconds": (300, 3_600, 86_400),
    "expiresAt": ("2030-01-01T00:00:00Z", "2031-06-01T12:00:00+02:00"),
    "seconds": (1, 600, 3_700, 700_000),
    "overlapSeconds": (0, 3_600),
    "after": (0, 1, 5),
    "before": (3, 50),
    "url": ("https://127.0.0.1:9/in", "http://localhost:9/in"),
    "successUrl": ("https://merchant.example/thanks", "http://localhost:3000/thanks"),
    "cancelUrl": ("https://merchant.example/cart",),
    "returnUrl": ("https://merchant.example/back",),
    "events": (["*"], ["session.*"], ["order.paid", "refund.*"]),
    "email": ("ada@example.com", "grace@example.com", "joan@example.com", None),
    "destination": (REFUND_STAYS_PENDING, REFUND_FAILS, "0x" + "ab" * 20, None),
    "asset": ("eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",),
    "txHash": ("0x" + "cd" * 32,),
    "outcome": OUTCOMES,
    "payer": tuple(PAYERS),
    "metadata": ({}, {"cart": "7"}, {"a": 1, "b": {"c": [True]}}, None),
    "code": ("SPRING", "spring", "AUTUMN-24", "VIP"),
}
# Fields that go together where a schema cannot say so: one of these sets, beside those that are required.
_TOGETHER: Final[dict[str, Sequence[Sequence[str]]]] = {
    "CreateCheckoutSession": (
        ("amount",),
        ("amount", "testClockId", "captureMethod"),
        ("linkId",),
        ("amount", "expiresInSeconds", "successUrl", "metadata"),
        ("lineItems", "currency", "couponId", "customerId"),
        ("lineItems", "currency", "promotionCode", "customerId"),
        ("lineItems", "currency", "shippingAmount", "reference", "uniqueReference"),
    ),
    "CreateLineItem": (("name", "unitAmount"), ("productId", "quantity"), ("name", "unitAmount", "quantity", "kind")),
    "SimulatePayment": (("outcome",), ("outcome",), ("payer",)),
    "CreateProduct": (("price",), ("pricing", "priceMin", "priceMax"), ("price", "currency", "metadata")),
    "CreateCoupon": (("discountAmount", "currency"), ("discountPercentage",), ("discountPercentage", "expiresAt")),
    "CreatePromotionCode": (("minimumAmount", "currency"), ("maxRedemptions",), ("onePerCustomer", "expiresAt"), ()),
    "CreateRefund": ((), ("amount",), ("amount", "destination", "metadata")),
}

# What no field takes, or only a few do.
ODD: Final[Sequence[Any]] = (
    None, True, 0, -1, 2**63, -(2**70), 1.5, 1e300, "", " ", "0", "-1.00", "1.005", "1e3", "9" * 40, "XXX", "usd",
    "\0", "a\0b", "x" * 10_000, "\u202e", "javascript:alert(1)", "cs_01hxyz0000000000000000000", [], {}, ["*"] * 100,
    [None], [[]], {"value": "1"}, {"a": {"b": {"c": {}}}}, {f"k{number}": number for number in range(60)},
)  # fmt: skip


def fields_of(body: type[msgspec.Struct]) -> list[inspect.Field]:
    """What a body's type declares, with the names that fields have on the wire."""
    described = inspect.type_info(body)
    assert isinstance(described, inspect.StructType)
    return list(described.fields)


def likely(body: type[msgspec.Struct], random: Random, known: Known) -> dict[str, Any]:
    """A body that such a route mostly takes, with ids that are known where it wants some."""
    fields = fields_of(body)
    together = _TOGETHER.get(body.__name__)
    if together is not None:
        chosen = set(random.choice(together))
    else:
        chosen = {field.encode_name for field in fields if random.random() < 0.4}
    made = {}
    for field in fields:
        if field.required or field.encode_name in chosen:
            value = _value(field, random, known)
            if value is not msgspec.UNSET:
                made[field.encode_name] = value
    return made


def spoilt(body: type[msgspec.Struct], made: dict[str, Any], random: Random) -> dict[str, Any]:
    """The body with one thing wrong in it, as a rule."""
    fields = fields_of(body)
    match random.randrange(4):
        case 0:
            return made | {random.choice(("", "id", "livemode", "__proto__", "\u65e5")): 1}
        case 1 if made:
            left = dict(made)
            del left[random.choice(sorted(made))]
            return left
        case _:
            return made | {random.choice(fields).encode_name: random.choice(ODD)} if fields else made | {"x": 1}


def _value(field: inspect.Field, random: Random, known: Known) -> Any:
    """Something for a field, or UNSET where nothing that exists is known."""
    words = field.name.removesuffix("_id")
    if words != field.name or field.encode_name in known:
        ids = known.get(field.encode_name) or [
            one for noun, ids in known.items() if noun == words or noun.endswith(f"_{words}") for one in ids
        ]
        return random.choice(ids) if ids else msgspec.UNSET
    kind = inner(field.type)
    if isinstance(kind, inspect.StructType):
        return likely(kind.cls, random, known)
    if isinstance(kind, inspect.ListType) and isinstance(kind.item_type, inspect.StructType):
        return [likely(kind.item_type.cls, random, known) for _ in range(random.randint(1, 3))]
    if field.encode_name in _VALUES:
        return random.choice(_VALUES[field.encode_name])
    match kind:
        case inspect.LiteralType(values=values):
            return random.choice(sorted(values))  # type: ignore[type-var]
        case inspect.EnumType(cls=cls):
            return random.choice(list(cls)).value
        case inspect.BoolType():
            return random.random() < 0.5
        case inspect.IntType():
            return random.randint(1, 100)
        case _:
            return f"{field.encode_name} {random.randint(1, 9)}"


def inner(type: inspect.Type) -> inspect.Type:
    """A field's type without what stands for leaving it out."""
    if isinstance(type, inspect.UnionType):
        left = [one for one in type.types if not isinstance(one, inspect.NoneType)]
        return left[0] if len(left) == 1 else type
    if isinstance(type, inspect.Metadata):
        return inner(type.type)
    return type
