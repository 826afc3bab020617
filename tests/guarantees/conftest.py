"""The whole application in this process, for guarantees that are seen over HTTP."""

from tests.shop import shop_beside, still_shop_beside

__all__ = ["shop_beside", "still_shop_beside"]
