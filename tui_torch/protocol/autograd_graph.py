"""The autograd graph of one value, as frozen dataclasses that the probe builds and `drawing` draws."""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.events import Element
from tui_torch.protocol.late_dataclass import dataclass

NodeKind = Literal["operation", "leaf", "input"]
"""`operation`: it computed a tensor. `leaf`: a tensor that requires a gradient and was not computed. `input`: a tensor
that an operation used and that requires no gradient; autograd's own graph leaves it out."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One box of the graph: an operation with its result, or a tensor that goes in."""

    kind: NodeKind
    label: str
    """An operation's plain name, `multiply`; `leaf` or `input` for the others."""
    type: str = ""
    """Autograd's class, `MulBackward0`; empty for an input."""
    name: str | None = None
    """The expression that reaches this tensor, or an operation's result, in the namespace: `w`, `model[0].weight`."""
    shape: tuple[int, ...] | None = None
    """Of the tensor, or of an operation's first result."""
    dtype: str | None = None
    values: tuple[Element, ...] | None = None
    """Every element in row-major order; None when they are unknown or more than 16."""
    gradient: tuple[Element, ...] | None = None
    """Every element of `.grad`; None without a gradient, or for more than 16."""
    gradient_norm: float | None = None
    """Euclidean norm of `.grad`; None without a gradient."""
    arriving: float | None = None
    """The derivative of the graph's value with respect to this one, by the chain rule; None unless all are scalars."""
    derivative: str | None = None
    """What the operation does with the gradient that arrives, in a sentence; None if unknown."""
    note: str | None = None
    """Anything unusual here, in a sentence."""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """From an operation to one of its inputs: the direction of a gradient."""

    start: int
    end: int
    """Indices in `Graph.nodes`."""
    shape: tuple[int, ...] | None = None
    """Of the tensor on this edge, and so of its gradient."""
    factor: float | None = None
    """What the gradient is multiplied by along this edge; None unless it is a known operation on scalars."""
    factor_name: str | None = None
    """The variable whose value the factor is: `x`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """How autograd says that a value was computed: the 200 nodes nearest to it."""

    name: str
    """The value's expression."""
    nodes: tuple[GraphNode, ...] = ()
    """The value first; empty when there is no graph."""
    edges: tuple[GraphEdge, ...] = ()
    """In the order of each operation's inputs."""
    freed: str | None = None
    """Why the tensors that the operations saved are gone, in a sentence; None while they are there."""
    omitted: int = 0
    """Number of nodes left out, counted up to 10,000."""
    note: str | None = None
    """Why there is no graph, or almost none, in a sentence."""
