"""The whole application in this process, for every test of the API."""

from tests.shop import shop, shop_beside, sqlite_shop, still_shop, still_shop_beside

__all__ = ["shop", "shop_beside", "sqlite_shop", "still_shop", "still_shop_beside"]
