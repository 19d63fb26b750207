"""The autograd graph of one value, as frozen dataclasses that the probe builds and every face can draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui_torch.protocol.events import Element

NodeKind = Literal["operation", "leaf", "input"]
"""`operation`: what computed something. `leaf`: a tensor that requires a gradient and was not computed. `input`: a
tensor that an operation needed and that requires no gradient; autograd's own graph does not have it."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One box of the graph: an operation with its result, or a tensor that went in."""

    kind: NodeKind
    label: str
    """An operation's plain name, `multiply`; `leaf` or `input` for the others."""
    type: str = ""
    """Autograd's class, `MulBackward0`; empty at an input."""
    name: str | None = None
    """The expression under which the namespace has this tensor (an operation: its result): `w`, `model[0].weight`."""
    shape: tuple[int, ...] | None = None
    """Of the tensor, or of an operation's first result."""
    dtype: str | None = None
    values: tuple[Element, ...] | None = None
    """Every element in row-major order, when they are known and at most 16."""
    gradient: tuple[Element, ...] | None = None
    """Every element of `.grad`, when there is one and they are at most 16."""
    gradient_norm: float | None = None
    """Euclidean norm of `.grad`; None when there is no `.grad`."""
    arriving: float | None = None
    """The derivative of the graph's value with respect to this one, by the chain rule; None unless all is scalar."""
    derivative: str | None = None
    """What the operation does with the gradient that arrives, in a sentence; None where we do not know."""
    note: str | None = None
    """What is out of the ordinary here, in a sentence."""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """From an operation to what it was computed from: the way that a gradient takes."""

    start: int
    end: int
    """Places in `Graph.nodes`."""
    shape: tuple[int, ...] | None = None
    """Of the tensor that went along here, and so of its gradient on the way back."""
    factor: float | None = None
    """What the gradient is multiplied by along this edge; None unless the operation is one on scalars that we know."""
    factor_name: str | None = None
    """The variable that this factor is the value of: `x`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What autograd knows of how a value was computed. Bounded: the 200 nodes that are nearest the value."""

    name: str
    """The expression whose value it is."""
    nodes: tuple[GraphNode, ...] = ()
    """The value first; empty when there is no graph."""
    edges: tuple[GraphEdge, ...] = ()
    """In the order of each operation's inputs."""
    freed: str | None = None
    """Why the numbers that the operations had saved are gone, in a sentence; None while they are there."""
    omitted: int = 0
    """How many more nodes there are, further down; counted to 10,000."""
    note: str | None = None
    """Why there is no graph, or hardly one, in a sentence."""
