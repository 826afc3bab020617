"""Test mode's rail: money that does not exist, observed as if it did."""

from tillgate.rails.simulated.rail import REFUND_FAILS, REFUND_STAYS_PENDING, SimulatedRail

__all__ = ["REFUND_FAILS", "REFUND_STAYS_PENDING", "SimulatedRail"]
