"""Every object that others name, or that names others."""

from typing import Final

from tillgate.api import (
    clocks,
    coupons,
    customers,
    links,
    orders,
    payments,
    products,
    promotions,
    redemptions,
    refunds,
    sessions,
    unassigned_transfers,
)
from tillgate.api.paging import ListObject
from tillgate.wire.expanding import Expansions

EXPANSIONS: Final = Expansions(
    [
        links.LINK,
        sessions.SESSION,
        orders.ORDER,
        payments.PAYMENT,
        payments.TRANSACTION,
        refunds.REFUND,
        unassigned_transfers.UNASSIGNED_TRANSFER,
        customers.CUSTOMER,
        products.PRODUCT,
        coupons.COUPON,
        promotions.PROMOTION_CODE,
        redemptions.REDEMPTION,
        clocks.TEST_CLOCK,
    ],
    ListObject,
)
