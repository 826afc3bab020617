"""Redemptions: the places of a coupon that sessions hold, take and give back; never more than there are."""
