"""What the nodes of a network were asked and how they answered: counted by each process, added up in the database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tillgate.rails.evm import records
from tillgate.rails.evm.node import Node
from tillgate.rails.evm.records import NodeNote
from tillgate.rails.evm.rpc import RpcNode
from tillgate.store import Transaction

# Kinds of :class:`~tillgate.rails.evm.node.NodeError` that are a node's own failures: one that rests was not asked.
ERRORS: Final = records.ERRORS


class _Counted(NamedTuple):
    """What a node had counted when it was last written down."""

    calls: int
    received_bytes: int
    answers: int
    errors: Counter[str]


_NOTHING: Final = _Counted(0, 0, 0, Counter())


class Traffic:
    """What one process has asked of a network's nodes since it was last written down. Nothing is lost where that fails:
    the next time brings it."""

    def __init__(self, chain_id: int, nodes: Sequence[Node]) -> None:
        self._chain_id = chain_id
        self._nodes = [node for node in nodes if isinstance(node, RpcNode)]
        self._written = [_NOTHING] * len(self._nodes)
        self._pending: list[_Counted] = []

    def notes(self, heads: Mapping[Node, int] | None = None) -> list[NodeNote]:
        """A line for each node, to be written with :meth:`write`.

        Args:
            heads: what the nodes told in the last look, where this was one.
        """
        self._pending = [_counted(node) for node in self._nodes]
        lines: dict[str, NodeNote] = {}
        for node, before, now in zip(self._nodes, self._written, self._pending, strict=True):
            failed = now.errors - before.errors
            line = NodeNote(
                node=node.label,
                looked=heads is not None,
                head=heads.get(node) if heads is not None else None,
                answered=now.answers > before.answers,
                failure=node.counts.failure if failed else None,
                calls=now.calls - before.calls,
                received_bytes=now.received_bytes - before.received_bytes,
                errors={kind: failed[kind] for kind in ERRORS},
            )
            other = lines.get(node.label)
            lines[node.label] = line if other is None else _together(other, line)
        return list(lines.values())

    async def write(self, tx: Transaction, notes: Sequence[NodeNote], now: int) -> None:
        """Add these lines to the books."""
        for line in notes:
            await records.add_node_note(tx, self._chain_id, line, now)

    def written(self) -> None:
        """What :meth:`notes` told last has been written down."""
        self._written = self._pending or self._written


def _counted(node: RpcNode) -> _Counted:
    counts = node.counts
    return _Counted(
        counts.calls.total(),
        counts.received_bytes,
        counts.answers,
        Counter({kind: count for kind, count in counts.errors.items() if kind in ERRORS}),
    )


def _together(one: NodeNote, other: NodeNote) -> NodeNote:
    """Two URLs of one host as one line."""
    heads = [head for head in (one.head, other.head) if head is not None]
    return NodeNote(
        node=one.node,
        looked=one.looked,
        head=max(heads, default=None),
        answered=one.answered or other.answered,
        failure=other.failure or one.failure,
        calls=one.calls + other.calls,
        received_bytes=one.received_bytes + other.received_bytes,
        errors={kind: one.errors[kind] + other.errors[kind] for kind in ERRORS},
    )
