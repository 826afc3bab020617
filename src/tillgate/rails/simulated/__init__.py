"""Test mode's rail: money that does not exist, observed as if it did."""

from tillgate.rails.simulated.rail import (
    DECLINE_CODE,
    OUTCOMES,
    PAYERS,
    REFUND_FAILS,
    REFUND_STAYS_PENDING,
    SIMULATED_CHAIN_ID,
    Outcome,
    SimulatedRail,
    observations_for,
)

__all__ = [
    "DECLINE_CODE",
    "OUTCOMES",
    "PAYERS",
    "REFUND_FAILS",
    "REFUND_STAYS_PENDING",
    "SIMULATED_CHAIN_ID",
    "Outcome",
    "SimulatedRail",
    "observations_for",
]
