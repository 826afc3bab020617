"""Totals with discounts: whatever is bought, taxed, shipped and taken off, the order asks for the sum of its parts."""

from hypothesis import given
from hypothesis import strategies as st

from tillgate.base.money import Money
from tillgate.checkout.coupons.model import AmountOff, Coupon, PercentageOff, Uses
from tillgate.checkout.orders.model import Basket, Discount, LineItem, LineItemKind
from tillgate.checkout.redemptions.model import offered

currencies = st.sampled_from(["USD", "JPY", "BHD"])
lines = st.lists(
    st.tuples(st.sampled_from(LineItemKind), st.integers(1, 1_000), st.integers(0, 10**7)), min_size=1, max_size=8
)


def coupon_of(discount: AmountOff | PercentageOff) -> Coupon:
    return Coupon(
        id="cou_x",
        project_id="prj_x",
        livemode=False,
        name="A coupon",
        description=None,
        discount=discount,
        expires_at=None,
        uses=Uses(most=None),
        active=True,
        metadata=None,
        created_at=0,
        updated_at=0,
    )


@given(currencies, lines, st.integers(0, 10**6), st.booleans(), st.integers(1, 10**9))
def test_a_discount_comes_off_the_goods_alone_and_the_sum_is_what_is_asked_for(
    currency: str, new: list[tuple[LineItemKind, int, int]], shipping: int, percentage: bool, size: int
) -> None:
    """Tax and shipping are never reduced, the goods never below nothing, and no unit is lost or made by rounding."""
    items = tuple(
        LineItem(id=f"li_{number}", kind=kind, name="x", quantity=quantity, unit_minor=unit)
        for number, (kind, quantity, unit) in enumerate(new)
    )
    basket = Basket(currency, items, shipping)
    discount = PercentageOff((size - 1) % 10_000 + 1) if percentage else AmountOff(Money(size, currency))
    off = offered(coupon_of(discount), None, basket.goods, now=0).off
    assert off.currency == currency
    if off.minor == 0:
        assert basket.goods.minor <= 0 or discount.on(basket.goods).minor == 0
        return
    assert 0 < off.minor <= basket.goods.minor
    after = basket._replace(discounts=(Discount(name="A coupon", amount_minor=off.minor),))
    found = after.totals
    assert found.total == found.subtotal + found.tax + found.shipping - found.discount == after.price.minor
    assert after.price.minor == basket.price.minor - off.minor >= found.tax + found.shipping
    assert (found.tax, found.shipping, after.goods) == (basket.totals.tax, shipping, basket.goods)
    if isinstance(discount, PercentageOff):
        assert off.minor * 10_000 <= basket.goods.minor * discount.hundredths
