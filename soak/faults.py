"""What goes wrong in a run, and when."""

from typing import NamedTuple


class Fault(NamedTuple):
    """What goes wrong when a share of the orders is done."""

    at: float
    name: str


def faults_for(workers: int) -> list[Fault]:
    """The faults in their order. A single process has no worker to lose."""
    away = [Fault(0.20, "receiver away"), Fault(0.60, "receiver back")]
    kills = [Fault(at, "server killed") for at in (0.10, 0.30, 0.50, 0.70, 0.90)]
    if workers == 1:
        return sorted(away + kills)
    lost = [Fault(at, "worker killed") for at in (0.05, 0.15, 0.25, 0.40, 0.55, 0.75, 0.85, 0.95)]
    return sorted([*away, *lost, Fault(0.35, "worker paused"), Fault(0.65, "worker paused"), *kills[1::2]])


def live_faults_for(workers: int, sessions: int) -> list[Fault]:
    """The same where blocks are mined meanwhile; of few sessions one."""
    if sessions < 100:
        return [Fault(0.50, "server killed")]
    kills = [Fault(at, "server killed") for at in (0.10, 0.30, 0.50, 0.70, 0.90)]
    lost = [Fault(at, "worker killed") for at in (0.20, 0.40, 0.60, 0.80)]
    return sorted([*kills, *(lost if workers > 1 else [])])
