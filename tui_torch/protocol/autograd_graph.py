"""The autograd graph of one value, as frozen dataclasses that the probe builds and `drawing` draws."""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.events import Element
from tui_torch.protocol.late_dataclass import dataclass

NodeKind = Literal["operation", "leaf", "input", "outside"]
"""`operation`: it computed a tensor. `leaf`: a tensor that requires a gradient and was not computed. `input`: a tensor
that an operation used and that requires no gradient; autograd's own graph leaves it out. `outside`: an operation that
is no part of the box on show, and whose result is used there."""

BoxKind = Literal["module", "operation", "group", "parameters", "inputs", "from", "to"]
"""What a box stands for. `module`: what one call of a module computed. `operation`: one operation, with the leaves that
only it uses. `group`: several of these that ran one after the other. `parameters`, `inputs`: leaves, or tensors that
require no gradient, which several boxes use. `from`, `to`: what is outside the box on show, and whose result is used
in it, or that uses its result."""

BOX_ROWS = 30
"""Number of boxes of a large graph, at most, where the request does not say how many rows there are."""
FEWEST_ROWS, MOST_ROWS = 6, 60
"""Number of boxes that a large graph may have on any screen, and on the largest."""


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
    is_replaced: bool = False
    """Whether the factor is a 0 that the gradient is replaced by, and not multiplied with: 0 even of inf and NaN."""


@dataclass(frozen=True, slots=True)
class GraphBox:
    """Several nodes of a large graph as one box."""

    kind: BoxKind
    name: str
    """A module's path below the box on show: `layer1.0.conv1`; an operation's plain name; `0 … 9` of a group."""
    expression: str | None = None
    """What reaches the module or the tensor in Python: `model.layer1[0].conv1`."""
    type: str = ""
    """The module's class, an operation's class in autograd, or what the members of a group have in common."""
    about: str | None = None
    """A module with its settings: `Conv2d(3, 64, kernel_size=(7, 7))`; what an operation does with a gradient."""
    place: tuple[int, ...] = ()
    """What a request names to open it, as its `index`; empty if it cannot be opened."""
    nodes: int = 1
    """Number of nodes inside."""
    repeats: int = 1
    """How many times a group does the same."""
    call: int = 0
    """Which call of the module it is, from 1; 0 if the graph has only one."""
    shape: tuple[int, ...] | None = None
    """Of the result."""
    tensors: int = 0
    """Number of leaves inside."""
    parameters: int = 0
    """Number of elements of these."""
    gradient_norm: float | None = None
    """Euclidean norm over the `.grad` of all leaves inside; None if none has one."""
    without_gradient: int = 0
    """Number of leaves inside whose `.grad` is None."""
    skips: int = 0
    """Number of sums inside that a value reaches by a skip: unchanged, or around several modules."""
    operations: tuple[tuple[str, int], ...] = ()
    """The most frequent operations inside, by plain name."""


@dataclass(frozen=True, slots=True)
class BoxEdge:
    """From a box to one that it was computed from: all the edges between their nodes as one."""

    start: int
    end: int
    """Indices in `Graph.boxes`; `start` is the lower one."""
    shape: tuple[int, ...] | None = None
    """Of a tensor on it."""
    is_skip: bool = False
    """Whether another way leads from the same operation to the same box, through other boxes."""


@dataclass(frozen=True, slots=True)
class Graph:
    """How autograd says that a value was computed: a small graph node by node, a large one in boxes, and some in both.

    Each node of the graph, or of the box that was opened, is in one of the boxes.
    """

    name: str
    """The value's expression."""
    nodes: tuple[GraphNode, ...] = ()
    """The value first; empty when there is no graph."""
    edges: tuple[GraphEdge, ...] = ()
    """In the order of each operation's inputs."""
    freed: str | None = None
    """Why the tensors that the operations saved are gone, in a sentence; None while they are there."""
    omitted: int = 0
    """Number of nodes left out, at least: those beyond 200,000."""
    note: str | None = None
    """Why there is no graph, or almost none, in a sentence."""
    boxes: tuple[GraphBox, ...] = ()
    """The value first, then what it was computed from; empty for a graph of a few nodes."""
    box_edges: tuple[BoxEdge, ...] = ()
    place: tuple[int, ...] = ()
    """The box that was opened; empty for the whole graph, also when there is no such box."""
    count: int = 0
    """Number of nodes of the whole graph."""
