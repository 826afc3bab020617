"""Test mode's rail: money that does not exist, observed as if it did."""

from tillgate.rails.simulated.rail import (
    OUTCOMES,
    SIMULATED_CHAIN_ID,
    Outcome,
    SimulatedRail,
    observations_for,
)

__all__ = ["OUTCOMES", "SIMULATED_CHAIN_ID", "Outcome", "SimulatedRail", "observations_for"]
