"""The Layers page: a module as a tree of layers, with their parameters, norms and output shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

from textual.content import Content

from tui_torch.drawing.text import numbers, summaries
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.events import ParameterSummary, Summary
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import Request
from tui_torch.protocol.shapes import shape_text
from tui_torch.protocol.views import Layer, LayersView, member
from tui_torch.ui.inspector.page import (
    CURSOR,
    DELETED,
    GRADIENT,
    MIN_WIDTH_WITH_BLANK_LINES,
    MUTED,
    DetailPage,
    breadth,
    column,
    flowing,
)


class LayersPage(DetailPage):
    """The layers of a module and their parameters, with a cursor; each opens in full."""

    HAS_PARTS = True
    TITLE = "Layers"

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._cursor: int | None = None
        """The row of the cursor; 0 is the module itself, None before a key is pressed."""

    def begin(self) -> None:
        self._cursor = None

    def request(self) -> Request | None:
        return None if self.summary.change == "gone" else Request("layers", self.summary.name)

    def lines(self, width: int) -> Iterator[Content]:
        if self.summary.change == "gone":
            yield Content.styled(DELETED, "$text-warning")
        if isinstance(self.view, LayersView) and self.view.layers:
            yield from tree_lines(self.view, width, self.ascii, self._cursor)
        else:
            yield from parameter_lines(self.summary, width, self.ascii)

    def move(self, down: int, right: int) -> bool:
        if not isinstance(self.view, LayersView) or not self.view.layers:
            return False
        if right:
            return True
        last = len(list(tree_summaries(self.view.layers))) - 1
        self._cursor = 0 if self._cursor is None else min(max(self._cursor + down, 0), last)
        self.draw()
        self.scroll_to(y=max(self._cursor + 2 - self.size.height // 2, 0), animate=False)
        return True

    def open(self) -> bool:
        if not self._cursor or not isinstance(self.view, LayersView):
            return False
        summary = next(islice(tree_summaries(self.view.layers), self._cursor, None), None)
        if summary is not None:
            self.post_message(self.Opened(summary))
        return summary is not None


def tree_summaries(layers: Sequence[Layer]) -> Iterator[Summary]:
    """A summary of each row of the tree, with what the tree knows, named by the expression that reaches it."""
    path: list[str] = []
    for layer in layers:
        del path[layer.depth :]
        path.append(member(path[-1], layer.name) if path else layer.name)
        yield Summary(path[-1], "module", layer.type, numel=layer.count, text=layer.settings)
        for parameter in layer.parameters:
            yield Summary(
                member(path[-1], parameter.name),
                "parameter",
                "Parameter",
                parameter.shape,
                requires_grad=parameter.trainable,
                numel=math.prod(parameter.shape),
            )


def tree_lines(view: LayersView, width: int, ascii: bool, cursor: int | None = None) -> Iterator[Content]:
    """The tree in `width` cells. Columns without room are left out, the norms before the output shapes."""
    if view.note:
        yield Content.styled(view.note, "$text-warning")
    yield from flowing(_totals(view, ascii), width, " - " if ascii else " · ", MUTED)
    rows = list(_rows(view.layers, ascii))
    columns = [
        [Content.styled("output", MUTED), *(Content.styled(row.output, "bold") for row in rows)],
        _numbers("norm", [row.norm for row in rows], "", ascii),
        _numbers("grad norm", [row.gradient for row in rows], GRADIENT, ascii),
        [Content.styled("", MUTED), *(Content.styled(row.state, MUTED) for row in rows)],
        [Content.styled("parameters", MUTED), *(Content(row.count) for row in rows)],
    ]
    names = [Content.styled("layer", MUTED), *(row.name for row in rows)]
    # The settings may be cut: the shapes below repeat most of them.
    room = width - min(breadth(names), max(width * 2 // 5, 12))
    kept: list[list[Content]] = []
    for texts in columns:
        if not any(text.plain for text in texts[1:]):
            continue
        if breadth(texts) + 2 <= room:
            room -= breadth(texts) + 2
            kept.append(column(texts))
    wide = width - sum(breadth(texts) + 2 for texts in kept)
    names = column([name.truncate(max(wide, 4), ellipsis=not ascii) for name in names])
    for at, cells in enumerate(zip(names, *kept, strict=True), start=-1):
        line = Content("  ").join(cells).rstrip()
        yield line.pad_right(width - line.cell_length).stylize(CURSOR) if at == cursor else line
    if view.omitted:
        yield Content.styled(f"and {numbers.counted(view.omitted, 'layer')} more", MUTED)


def _totals(view: LayersView, ascii: bool) -> Iterator[str]:
    yield numbers.counted(view.count, "parameter")
    if view.trainable != view.count:
        yield f"{view.trainable:,} trainable, {view.count - view.trainable:,} frozen"
    bar = "||" if ascii else "‖"
    if view.norm is not None:
        yield f"{bar}weights{bar}={numbers.rounded(view.norm)}"
    if view.gradient_norm is not None:
        yield f"{bar}grad{bar}={numbers.rounded(view.gradient_norm)}"


@dataclass(frozen=True, slots=True)
class _TreeRow:
    """The texts of a layer's or a parameter's row."""

    name: Content
    output: str = ""
    count: str = ""
    norm: float | None = None
    gradient: float | None = None
    state: str = ""


def _rows(layers: Sequence[Layer], ascii: bool) -> Iterator[_TreeRow]:
    for at, layer in enumerate(layers):
        stem, trunk = _branches(layers, at, ascii)
        head = Content.styled(layer.name, "bold") + Content(f" {layer.type}")
        if layer.settings:
            head += Content.styled(f"({layer.settings})", MUTED)
        yield _TreeRow(
            Content.styled(stem, MUTED) + head,
            output=layer.output or "",
            count=f"{layer.count:,}" if layer.count and not layer.parameters else "",
        )
        for parameter in layer.parameters:
            name = Content.styled(trunk, MUTED) + Content(f"{parameter.name} ")
            name += Content.styled(shape_text(parameter.shape), MUTED)
            yield _TreeRow(
                name,
                count=f"{math.prod(parameter.shape):,}",
                norm=parameter.norm,
                gradient=parameter.gradient_norm,
                state="" if parameter.trainable else "frozen",
            )


def _branches(layers: Sequence[Layer], at: int, ascii: bool) -> tuple[str, str]:
    """The branches before a layer's name, and before the names of its parameters."""
    last, more, down = ("`-", "|-", "| ") if ascii else ("└ ", "├ ", "│ ")
    depth = layers[at].depth
    trunk = "".join(down if _continues(layers, at, level) else "  " for level in range(1, depth))
    if depth == 0:
        return "", "  "
    continues = _continues(layers, at, depth)
    within = down if at + 1 < len(layers) and layers[at + 1].depth > depth else "  "
    return trunk + (more if continues else last), trunk + (down if continues else "  ") + within


def _continues(layers: Sequence[Layer], at: int, level: int) -> bool:
    """Whether another layer of this level follows in the same parent."""
    for layer in layers[at + 1 :]:
        if layer.depth <= level:
            return layer.depth == level
    return False


def _numbers(title: str, values: Sequence[float | None], style: str, ascii: bool) -> list[Content]:
    known = [number for number in values if number is not None]
    texts = iter(numbers.aligned(known, numbers.ELEMENT_WIDTH, ascii)) if known else iter(())
    cells = [Content("") if number is None else Content.styled(next(texts), style) for number in values]
    return [Content.styled(title, MUTED), *cells]


def parameter_lines(summary: Summary, width: int, ascii: bool) -> Iterator[Content]:
    """The parameters of a module's summary in a table, until the tree arrives."""
    if summary.note:
        yield Content.styled(summary.note, "$text-warning")
    separator = " - " if ascii else " · "
    total = numbers.counted(summary.numel, "parameter")
    yield from flowing([part for part in (summary.text or summary.type, total) if part], width, separator)
    if summary.parameters:
        if width >= MIN_WIDTH_WITH_BLANK_LINES:
            yield Content()
        yield from _table(summary.parameters, width, ascii)
    if more := summaries.parameters_left_out(summary):
        yield Content.styled(f"and {numbers.counted(more, 'parameter')} in tensors that are not listed", MUTED)


def _table(parameters: Sequence[ParameterSummary], width: int, ascii: bool) -> Iterator[Content]:
    none = "-" if ascii else "–"
    norms = numbers.aligned([none if p.norm is None else p.norm for p in parameters])
    gradients = numbers.aligned([none if p.gradient_norm is None else p.gradient_norm for p in parameters])
    shapes = [shape_text(parameter.shape) for parameter in parameters]
    trainable = ["trainable" if parameter.trainable else "frozen" for parameter in parameters]
    others = [
        _titled("shape", shapes, MUTED),
        _titled("", trainable, MUTED),
        _titled("norm", norms),
        _titled("grad norm", gradients, GRADIENT),
    ]
    room = width - sum(breadth(texts) + 2 for texts in others)
    if room < 8:
        # The shapes give way first: the rows above show the module's, and norms are what training changes.
        others = others[2:]
        room = width - sum(breadth(texts) + 2 for texts in others)
    names = [clipped(parameter.name, max(room, 8), ascii) for parameter in parameters]
    for cells in zip(_titled("parameter", names), *others, strict=True):
        yield Content("  ").join(cells).rstrip()


def _titled(title: str, texts: Sequence[str], style: str = "") -> list[Content]:
    return column([Content.styled(title, MUTED), *(Content.styled(text, style) for text in texts)])
