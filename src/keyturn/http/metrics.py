"""The metrics of this process at ``GET /metrics``, in the Prometheus text format."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from keyturn.admission.layer import KeyLayer
from keyturn.connections.counting import OpenConnections

Labels = Mapping[str, str]

_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def expose(layer: KeyLayer, answers: Counter[int], connections: OpenConnections | None = None) -> bytes:
    """Everything as it is now."""
    gate = layer.gate
    lines = [
        *_metric(
            "keyturn_verifications_total",
            "counter",
            "Decisions about keys, by outcome: valid, rate_limited, or the reason of the refusal.",
            [({"outcome": outcome}, count) for outcome, count in sorted(layer.outcomes.items())],
        ),
        *_metric(
            "keyturn_http_responses_total",
            "counter",
            "Answers by HTTP status.",
            [({"status": str(status)}, count) for status, count in sorted(answers.items())],
        ),
        *_metric("keyturn_gate_keys", "gauge", "Secrets in the cache.", [({}, gate.remembered)]),
        *_metric(
            "keyturn_gate_lease",
            "gauge",
            "1 while the process holds a lease and can verify keys from its cache.",
            [({}, int(gate.holds_lease))],
        ),
        *_metric(
            "keyturn_gate_epoch", "gauge", "The last restricting change that was applied.", [({}, gate.epoch or 0)]
        ),
        *_metric(
            "keyturn_revocation_lag_seconds",
            "gauge",
            "Seconds until a probe change held in every process; -1 before the first probe.",
            [({}, layer.probed.lag_seconds if layer.probed is not None else -1)],
        ),
        *_metric(
            "keyturn_revocation_not_held_total",
            "counter",
            "Probes after which a gate still used the state before the change.",
            [({}, layer.probes_failed)],
        ),
    ]
    if connections is not None:
        lines += _metric("keyturn_connections", "gauge", "Connections of clients.", [({}, connections.open)])
        lines += _metric(
            "keyturn_connections_ended_total",
            "counter",
            "Connections that the server refused or ended early, by reason.",
            [({"reason": reason}, count) for reason, count in connections.ended().items()],
        )
    return "".join(f"{line}\n" for line in lines).encode()


def _metric(name: str, kind: str, meaning: str, samples: Iterable[tuple[Labels, float]]) -> list[str]:
    return [
        f"# HELP {name} {meaning}",
        f"# TYPE {name} {kind}",
        *(f"{name}{_labels(labels)} {value:g}" if value % 1 else f"{name}{_labels(labels)} {int(value)}"
          for labels, value in samples),
    ]  # fmt: skip


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{name}="{value.translate(_ESCAPED)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
