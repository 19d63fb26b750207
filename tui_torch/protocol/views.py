"""Views of one value: the answers to a `Request` of the inspector. Computed on demand only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.events import Element, PagesRead, ParameterSummary, Summary
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import LIVE_SIDES, Plot, PlotKind, Reading, Request, Side
from tui_torch.protocol.plots.plotted import ImageGrid, Plotted
from tui_torch.protocol.wire import WireError, decode_tagged

ROWS, COLUMNS = 64, 32
"""Maximum rows and columns of a window of elements; that of a vector has one row of at most their product."""
BINS = 40
"""Maximum number of bins of a histogram."""
ITEMS = 64
"""Maximum number of items of a container in one view."""
LAYERS = 200
"""Maximum number of layers of a module in one view."""
SHARERS = 16
"""Maximum number of names that share a storage in one view."""


def member(module: str, name: str) -> str:
    """The expression that reaches a module's member of a name: `model.weight`, `model[0]`."""
    if name.isdecimal():
        return f"{module}[{name}]"
    return f"{module}.{name}" if name.isidentifier() else f"{module}[{name!r}]"


Window = tuple[tuple[Element, ...], ...]
"""Elements row by row. Non-finite and complex ones are text."""


@dataclass(frozen=True, slots=True)
class ValuesView:
    """A window of elements: a part of the matrix of the last two dimensions, at one index of the others."""

    request: Request
    shape: tuple[int, ...]
    """The tensor's own, or `(n,)` where only the n stored elements can be shown."""
    index: tuple[int, ...]
    """One index for each dimension but the last two, within the shape."""
    row: int
    column: int
    """Of the window's first element in the matrix. A vector is a matrix of one row."""
    window: Window
    gradient: Window | None
    """The same window of `.grad`; None without a gradient, or for one of another shape."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Tiles:
    """Several pictures of one size in rows beside each other, with a pixel between them."""

    height: int
    """Rows of cells of each picture."""
    across: int
    """Number of pictures beside each other."""
    magnified: int
    """Pixels along the side of a cell."""
    first: int
    """The number of the first picture that is shown, counted from 0."""
    total: int
    """Number of all pictures."""
    pages: int
    """Number of views that show all of them; with more than one, the view's last index is that of the page."""


@dataclass(frozen=True, slots=True)
class PictureView:
    """A matrix as cells of brightness, or an image as cells of colour, each the mean of the elements in its area."""

    request: Request
    reading: Reading
    """What the elements are taken for."""
    rows: tuple[str, ...]
    """Hexadecimal, row by row. Of a matrix, two digits a cell: 01 at `low` to ff at `high`, 00 without a finite
    element. Of an image, six digits a cell: red, green and blue. Of several pictures, one picture after the other."""
    low: float | None
    high: float | None
    """The values of the darkest and the brightest cell, -m and m of a diverging picture; None without a finite one."""
    minimum: float | None
    maximum: float | None
    """Of the finite elements that were read."""
    diverging: bool
    """Whether there are cells on both sides of zero, which is then in the middle of the scale."""
    size: tuple[int, int]
    """Rows and columns of elements of a picture."""
    index: tuple[int, ...]
    """The index of what is shown along each dimension that keys step along."""
    counts: tuple[int, ...]
    """The size of each of those dimensions; of several pages of pictures, their number comes last."""
    exact: bool
    """False when there are too many elements: each cell is then the mean of some of its own, evenly spaced."""
    flawed: int
    """Number of NaN and infinities among the elements that were read."""
    note: str | None = None
    shape: tuple[int, ...] = ()
    """The size along all dimensions of the value, or of the stored elements where only they can be shown."""
    readings: tuple[Reading, ...] = ()
    """What the elements can be taken for, in the order in which a key goes through it."""
    why: str = ""
    """What speaks for the reading, or against an image: `values 0 to 1`; empty where nothing is to be said."""
    tiles: Tiles | None = None
    """How several pictures are laid out; None for one."""

    @property
    def image(self) -> bool:
        """Whether a cell is a colour."""
        return self.reading not in ("heatmap", "strip")


@dataclass(frozen=True, slots=True)
class DistributionView:
    """The distribution of the elements. NaN and infinities are counted, and left out of everything else."""

    request: Request
    histogram: tuple[int, ...]
    """Counts over equal bins from minimum to maximum, at most 40; for few different integers, a bin for each."""
    whole: bool
    """Whether each bin is one integer."""
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    """Sample standard deviation, with n - 1; None for fewer than two finite elements."""
    quantiles: tuple[tuple[int, float], ...]
    """(percent, element) for 1, 25, 50, 75 and 99 %, interpolated linearly; empty without a finite element."""
    zeros: int
    nan: int
    inf: int
    seen: int
    """Number of elements that were read."""
    numel: int
    """Number of all elements; when it is larger, those that were read are an even sample."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Sharer:
    """Another name with elements in the same storage."""

    name: str
    how: str
    """`same memory`, `a view of it, transposed`, `overlaps 6 of 9 elements`."""


@dataclass(frozen=True, slots=True)
class MemoryView:
    """The elements in memory."""

    request: Request
    nbytes: int
    """Bytes of the elements; one that several indices reach counts for each."""
    storage_nbytes: int | None
    """Bytes of the whole storage; None if unavailable (sparse, meta)."""
    element_size: int
    """Bytes of one element."""
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    """In elements, along each dimension; for arrays, bytes / element size."""
    offset: int | None
    """In elements, from the beginning of the storage."""
    contiguous: bool | None
    version: int | None
    """Number of times that PyTorch has changed it in place; None for arrays and inference tensors."""
    distinct: int | None
    """Bytes of storage that the elements take when indices share some of them (stride 0, overlapping)."""
    sharers: tuple[Sharer, ...]
    owner: bool
    """Whether the storage holds the elements of this tensor alone."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One module in the tree of a module."""

    name: str
    """Its name in its parent; for the root, the expression."""
    type: str
    settings: str
    """Its `extra_repr()`: `in_features=3, out_features=2, bias=True`; at most 80 characters."""
    depth: int
    """0 for the root."""
    parameters: tuple[ParameterSummary, ...]
    """Its own, without its children's; at most 16."""
    count: int
    """Number of elements of all its parameters, with its children's."""
    output: str | None
    """The shape of its last output: `[15, 2]`; None before a forward pass."""


@dataclass(frozen=True, slots=True)
class LayersView:
    """A module as the tree of its layers, in the order of their registration."""

    request: Request
    layers: tuple[Layer, ...]
    """Depth first, at most 200."""
    omitted: int
    """Number of layers left out."""
    count: int
    trainable: int
    """Number of elements of all parameters, and of those that require a gradient; a shared one counts once."""
    norm: float | None
    gradient_norm: float | None
    """Euclidean, over all parameters together; None when one cannot be read, or none has a gradient."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LayerActivity:
    """How one layer of a module fares in training: its gradient, and what it returned."""

    name: str
    """As Python reaches it from the root: `[0]`, `.blocks[1].mlp`; of a function, what it is called: `relu`."""
    type: str
    """Its class; empty for a function that forward() calls before the layer in the next row."""
    gradient: float | None
    """The norm of the gradients of its own parameters; None without any."""
    mean: float | None = None
    spread: float | None = None
    """The standard deviation of what it returned; None, as the mean, of what was not seen."""
    zeros: float | None = None
    """The share of zeros in that."""
    dead: int = 0
    units: int = 0
    """The number of its features or channels, and of those that were 0 for every example."""


@dataclass(frozen=True, slots=True)
class ActivityView:
    """The gradients and activations of a module, layer by layer, as they were last."""

    request: Request
    layers: tuple[LayerActivity, ...]
    """In the order of their registration, at most 200."""
    omitted: int
    """Number of layers left out."""
    sampled: bool = False
    """Whether of some results only some examples were read."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ItemsView:
    """The items of a container."""

    request: Request
    items: tuple[Summary, ...]
    """At most 64, each named by the expression that reaches it."""
    start: int
    """The index of the first one."""
    total: int
    """The number of items of the container."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AutogradGraphView:
    """How the value was computed."""

    request: Request
    graph: Graph


@dataclass(frozen=True, slots=True)
class CodeView:
    """The code that makes an equal value: `torch.tensor([1.0, 2.0], requires_grad=True)`."""

    request: Request
    code: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ConfusionCellView:
    """The images that one cell of a confusion matrix counts."""

    request: Request
    images: ImageGrid | None
    """None where they cannot be read; without an image, its `count` is 0."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PlotView:
    """A value drawn as a step's `plot:` is, or as a picture."""

    request: Request
    kind: PlotKind | None = None
    """What it is drawn as; None where it cannot be drawn."""
    kinds: tuple[PlotKind, ...] = ()
    """All that it can be drawn as, the most telling first."""
    plot: Plot | None = None
    """What is drawn; None for a picture."""
    plotted: Plotted | None = None
    picture: PictureView | None = None
    """Images, and matrices too large for numbers."""
    index: tuple[int, ...] = ()
    """The index of what is shown along each dimension that keys step along."""
    counts: tuple[int, ...] = ()
    """The size of each of those dimensions."""
    said: str = ""
    """How much of the value is drawn: `500 of 2,000,000 numbers, evenly spaced`."""
    note: str | None = None


# `note` is anything unusual, in a sentence: at first, why there is nothing to see.

View = (
    ValuesView
    | PictureView
    | DistributionView
    | MemoryView
    | AutogradGraphView
    | LayersView
    | ActivityView
    | ItemsView
    | CodeView
    | ConfusionCellView
    | PlotView
)

ANSWERS: dict[Side, type[View]] = {
    "values": ValuesView,
    "picture": PictureView,
    "distribution": DistributionView,
    "memory": MemoryView,
    "graph": AutogradGraphView,
    "layers": LayersView,
    "activity": ActivityView,
    "items": ItemsView,
    "code": CodeView,
    "cell": ConfusionCellView,
    "plot": PlotView,
}
"""The class of the answer for each side."""


def views_in(pages: PagesRead) -> Iterator[View]:
    """The views of pages that were read; those that do not decode are left out."""
    for payload in pages.views:
        with suppress(WireError):
            yield decode_tagged(tuple(ANSWERS[side] for side in LIVE_SIDES), payload)
