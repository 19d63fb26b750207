"""One value seen from one side: what the inspector asks of the probe, and the answers. Computed on demand only."""

from __future__ import annotations

from dataclasses import dataclass

from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.events import Element, ParameterSummary, Summary
from tui_torch.protocol.orders import Request, Side

ROWS, COLUMNS = 64, 32
"""A window of elements has at most so many rows and columns; that of a vector, their product in one row."""
BINS = 40
ITEMS = 64
LAYERS = 200
SHARERS = 16


def member(module: str, name: str) -> str:
    """The expression that reaches what a module holds under a name: `model.weight`, `model[0]`."""
    if name.isdecimal():
        return f"{module}[{name}]"
    return f"{module}.{name}" if name.isidentifier() else f"{module}[{name!r}]"


Window = tuple[tuple[Element, ...], ...]


@dataclass(frozen=True, slots=True)
class ValuesView:
    """A window on the elements: a part of the matrix that the last two dimensions span at one index of the others."""

    request: Request
    shape: tuple[int, ...]
    """Of what is looked at: the tensor's own, or `(n,)` where only the n stored elements can be shown."""
    index: tuple[int, ...]
    """One index for each dimension but the last two, brought within the shape."""
    row: int
    column: int
    """Of the window's first element within the matrix. A vector is a matrix of one row."""
    window: Window
    """Row by row. Non-finite and complex elements are text."""
    gradient: Window | None
    """The same window on `.grad`; None when there is none, or it has another shape."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PictureView:
    """A matrix as cells of brightness, or an image as cells of colour, each the mean of the elements in its area."""

    request: Request
    image: bool
    """Whether a cell is a colour."""
    rows: tuple[str, ...]
    """Hexadecimal, row by row. Of a matrix, two digits a cell: 01 at `low` to ff at `high`, 00 where no element is
    finite. Of an image, six digits a cell: its red, green and blue."""
    low: float | None
    high: float | None
    """What the darkest and the brightest cell stand for; of a diverging picture -m and m. None: no finite element."""
    minimum: float | None
    maximum: float | None
    """Of the elements that were read, the finite ones."""
    diverging: bool
    """Whether the elements are on both sides of zero, which is then in the middle of the scale."""
    size: tuple[int, int]
    """Rows and columns of elements that the picture shows."""
    index: tuple[int, ...]
    """Which matrix, along each dimension but the last two; which image, in a batch of them."""
    counts: tuple[int, ...]
    """How many there are along each of those dimensions."""
    exact: bool
    """False: cells are the means of some of their elements, evenly spaced, for there are too many."""
    flawed: int
    """NaN and Inf among the elements that were read."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DistributionView:
    """How the elements are spread. NaN and Inf are counted, and left out of everything else."""

    request: Request
    histogram: tuple[int, ...]
    """Counts over equal bins from minimum to maximum, at most 40; of few different integers, a bin for each."""
    whole: bool
    """Whether each bin is one integer."""
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    """The sample's, with n - 1; None for fewer than two finite elements."""
    quantiles: tuple[tuple[int, float], ...]
    """(percent, element) for 1, 25, 50, 75 and 99 %, interpolated linearly; empty without a finite element."""
    zeros: int
    nan: int
    inf: int
    seen: int
    """How many elements were read."""
    numel: int
    """How many there are. More than were read: these come from an even sample."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Sharer:
    """Another name in the same storage."""

    name: str
    how: str
    """`same memory`, `a view of it, transposed`, `overlaps 6 of 9 elements`."""


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Where the elements are in memory."""

    request: Request
    nbytes: int
    """Of the elements, each counted once for each index that reaches it."""
    storage_nbytes: int | None
    """Of the whole storage; None when there is none to ask (sparse, meta)."""
    element_size: int
    """Bytes of one element."""
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    """Elements from one index to the next, along each dimension; bytes / element size for arrays."""
    offset: int | None
    """Elements from the beginning of the storage."""
    contiguous: bool | None
    version: int | None
    """How often PyTorch has changed it in place; None for arrays and inference tensors."""
    distinct: int | None
    """Bytes of storage that the elements really take, when indices share some of them (stride 0, overlapping)."""
    sharers: tuple[Sharer, ...]
    owner: bool
    """Whether the storage holds this tensor's elements and nothing else."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A module in the tree of another one."""

    name: str
    """The name that its parent has for it; the expression, for the root."""
    type: str
    settings: str
    """What PyTorch's own `extra_repr()` says: `in_features=3, out_features=2, bias=True`; at most 80 characters."""
    depth: int
    parameters: tuple[ParameterSummary, ...]
    """Its own, and not its children's; at most 16."""
    count: int
    """Elements of all parameters in it, its children's included."""
    output: str | None
    """The shape of what it returned last: `[15, 2]`; None before a forward pass."""


@dataclass(frozen=True, slots=True)
class LayersView:
    """A module as the tree of its layers, in the order in which they were registered."""

    request: Request
    layers: tuple[Layer, ...]
    """Depth first, at most 200."""
    omitted: int
    """How many more there are."""
    count: int
    trainable: int
    """Elements of all parameters, and of those that require a gradient; a shared one counts once."""
    norm: float | None
    gradient_norm: float | None
    """Over all parameters together; None when one cannot be read, or none has a gradient."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ItemsView:
    """What a container holds."""

    request: Request
    items: tuple[Summary, ...]
    """At most 64, each named by the expression that reaches it."""
    start: int
    total: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AutogradGraphView:
    """How the value was computed."""

    request: Request
    graph: Graph


View = ValuesView | PictureView | DistributionView | MemoryView | AutogradGraphView | LayersView | ItemsView

ANSWERS: dict[Side, type[View]] = {
    "values": ValuesView,
    "picture": PictureView,
    "distribution": DistributionView,
    "memory": MemoryView,
    "graph": AutogradGraphView,
    "layers": LayersView,
    "items": ItemsView,
}
"""The answer to a request for each side."""
