"""An order's totals add up, in every currency, and never round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.makers import payment_of
from tillgate.base.errors import InvalidInput
from tillgate.base.money import MINOR_DIGITS, Money, format_minor
from tillgate.base.problems import dotted
from tillgate.checkout.orders.model import Basket, Discount, LineItemKind, checked_basket, shares
from tillgate.checkout.orders.operations import NewLineItem, basket_of_lines, basket_of_price

CURRENCIES = st.sampled_from(["JPY", "USD", "BHD"]) | st.sampled_from(sorted(MINOR_DIGITS))
LINES = st.lists(
    st.tuples(st.sampled_from(LineItemKind), st.integers(0, 10**7), st.integers(1, 1_000)), min_size=1, max_size=8
)


@given(CURRENCIES, LINES, st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=3))
def test_totals_are_the_sum_of_their_parts(
    currency: str, lines: list[tuple[LineItemKind, int, int]], shipping: int, discounts: list[int]
) -> None:
    """Said in decimal strings with the currency's own digits, each line counts to the last minor unit; what would
    leave less than nothing to pay is refused."""
    digits = MINOR_DIGITS[currency]
    new = [NewLineItem("x", format_minor(unit, digits), quantity, kind) for kind, unit, quantity in lines]
    basket = basket_of_lines(currency, new, format_minor(shipping, digits))
    basket = basket._replace(discounts=tuple(Discount(name="d", amount_minor=amount) for amount in discounts))
    wanted = shipping - sum(discounts)
    for kind, unit, quantity in lines:
        wanted += unit * quantity * (-1 if kind is LineItemKind.DISCOUNT else 1)
    found = basket.totals
    assert found.total == found.subtotal + found.tax + found.shipping - found.discount == wanted
    assert min(found) >= 0
    if wanted >= 0:
        assert checked_basket(basket, field="line_items").price == Money(wanted, currency)
    else:
        with pytest.raises(InvalidInput) as caught:
            checked_basket(basket, field="line_items")
        assert caught.value.field == ("line_items",)


@pytest.mark.parametrize(
    ("lines", "currency", "shipping", "param"),
    [
        ([], "USD", None, "line_items"),
        ([NewLineItem("x", "1")] * 101, "USD", None, "line_items"),
        ([NewLineItem("x", "1")], "usd", None, "currency"),
        ([NewLineItem("x", "1"), NewLineItem("x", "1.005")], "USD", None, "line_items[1].unit_amount"),
        ([NewLineItem("x", "1.5")], "JPY", None, "line_items[0].unit_amount"),
        ([NewLineItem("x", "-1")], "USD", None, "line_items[0].unit_amount"),
        ([NewLineItem("", "1")], "USD", None, "line_items[0].name"),
        ([NewLineItem("x", "1", 0)], "USD", None, "line_items[0].quantity"),
        ([NewLineItem("x", "1", 1_000_001)], "USD", None, "line_items[0].quantity"),
        ([NewLineItem("x", "1")], "USD", "-1", "shipping_amount"),
    ],
)
def test_a_wrong_line_is_named(lines: list[NewLineItem], currency: str, shipping: str | None, param: str) -> None:
    """By its place in the list and its field."""
    with pytest.raises(InvalidInput) as caught:
        basket_of_lines(currency, lines, shipping)
    assert dotted(caught.value.field) == param


def test_no_order_is_larger_than_an_amount_may_be() -> None:
    """A thousand billion of whatever currency is refused, also where a discount brings it down again."""
    lines = [NewLineItem("x", "999999999999.00", 1_000_000)]
    for discounts in ((), (Discount(name="d", amount_minor=10**19),)):
        with pytest.raises(InvalidInput, match="line_items"):
            checked_basket(basket_of_lines("USD", lines, None)._replace(discounts=discounts), field="line_items")


def test_a_price_alone_is_a_basket_of_one() -> None:
    """Whatever a session was made for, its order has lines that add up to it."""
    for name, to_api in (("Pro plan", "Pro plan"), (None, "Payment")):
        basket: Basket = basket_of_price(Money(9_900, "USD"), name)
        assert [(one.name, one.amount_minor) for one in basket.line_items] == [(to_api, 9_900)]
        assert basket.price == Money(9_900, "USD")


@given(CURRENCIES, st.integers(1, 10**12), st.integers(1, 10**24), st.lists(st.integers(0, 10**24), max_size=4))
def test_the_value_of_what_came_is_never_more_than_what_came(
    currency: str, minor: int, required: int, parts: list[int]
) -> None:
    """The whole amount is worth exactly the price, and no rounding makes money out of nothing."""
    price = Money(minor, currency)
    payment = payment_of(required=required, price=price)
    assert payment.value_of(required) == price
    assert payment.value_of(0).minor == 0
    apart = sum(payment.value_of(part).minor for part in parts)
    together = payment.value_of(sum(parts))
    assert apart <= together.minor
    assert together.minor * required <= sum(parts) * minor
    assert (together.minor + 1) * required > sum(parts) * minor


@given(LINES, st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=3), st.integers(0, 10**14))
def test_the_shares_of_goods_are_exact_together(
    lines: list[tuple[LineItemKind, int, int]], shipping: int, discounts: list[int], paid: int
) -> None:
    """What was paid for each of the goods, added up, is what was paid without shipping: nobody gains or loses a minor
    unit, no share is negative, and none is more than a proportional one rounded up."""
    new = [NewLineItem("x", format_minor(unit, 2), quantity, kind) for kind, unit, quantity in lines]
    basket = basket_of_lines("USD", new, format_minor(shipping, 2))
    basket = basket._replace(discounts=tuple(Discount(name="d", amount_minor=amount) for amount in discounts))
    found = basket.totals
    if found.total < 0 or not found.subtotal:
        return
    shared = shares(basket, paid)
    pool = max(found.total - found.shipping, 0)
    if paid < found.total:
        pool = pool * paid // found.total
    assert sum(shared.values()) == pool
    goods = {one.id: one.amount_minor for one in basket.line_items if one.kind is LineItemKind.PRODUCT}
    assert shared.keys() == goods.keys()
    assert all(0 <= shared[one] <= pool * goods[one] // found.subtotal + 1 for one in goods)


def test_goods_that_cost_nothing_share_nothing() -> None:
    """A gift among other goods, and a basket of gifts with tax on top."""
    gift, mug = NewLineItem("Gift", "0"), NewLineItem("Mug", "10.00")
    tax = NewLineItem("Tax", "1.00", 1, LineItemKind.TAX)
    assert list(shares(basket_of_lines("USD", [gift, mug, tax], "2.00"), 1_300).values()) == [0, 1_100]
    assert list(shares(basket_of_lines("USD", [gift, tax], None), 100).values()) == [0]
