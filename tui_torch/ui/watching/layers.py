"""The pane of the gradient norm of each layer: a bar and a number, in the order of the model."""

from __future__ import annotations

import math
import re

from textual.content import Content
from textual.geometry import Size

from tui_torch.drawing.text.bars import log_bars
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.events import LAYERS
from tui_torch.ui.common.cut_text import cut
from tui_torch.ui.watching.listing_pane import ListingPane
from tui_torch.watching.record_reader import RecordReader

TITLE = "Gradient norm by layer"
SHORTEST = 4
"""Cells that a bar has at least where the names are cut for it."""
_ROOT = re.compile(r"[^.\[]+")

LayerRow = tuple[str, float]
"""The name of a layer, and the norm of its gradients."""


def layer_rows(record: RecordReader | None) -> tuple[LayerRow, ...]:
    """The layers of one process's training, in the order of the model, as they were last looked at.

    Where all are of one model, its name is left out before a dot.
    """
    if record is None:
        return ()
    last = {name: kept.last for (kind, name), kept in record.series.items() if kind == LAYERS}
    roots = {found[0] if (found := _ROOT.match(name)) else "" for name in last}
    shared = f"{roots.pop()}." if len(roots) == 1 else ""
    return tuple((name.removeprefix(shared), point[1]) for name, point in last.items() if point is not None)


def _text(norm: float) -> str:
    return f"{norm:.3g}" if math.isfinite(norm) else "NaN" if math.isnan(norm) else "Inf"


class LayersPane(ListingPane):
    """A line for each layer; hidden where none are told apart."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only, is_absent=True)
        self._rows: tuple[LayerRow, ...] = ()

    def show(self, rows: tuple[LayerRow, ...]) -> None:
        """Show these layers."""
        if rows != self._rows:
            taller = len(rows) != len(self._rows)
            self._rows = rows
            self.set_class(not rows, "-absent")
            self.refresh(layout=taller)
        self.say_what_is_out_of_sight()

    @property
    def title(self) -> str:
        return TITLE

    @property
    def line_count(self) -> int:
        return len(self._rows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each layer, whatever the width."""
        return len(self._rows)

    @property
    def plain(self) -> str:
        """The layers, a line each."""
        return "\n".join(f"{name}: {_text(norm)}" for name, norm in self._rows)

    def render(self) -> Content:
        """The rows; of a narrow pane, the ends of names are kept, which differ."""
        if not self._rows:
            return Content("")
        width = self.content_size.width or 30
        values = [_text(norm) for _, norm in self._rows]
        names = [one_cell_each(name, ascii_only=self._ascii_only) for name, _ in self._rows]
        column = max(map(len, values))
        named = min(max(map(len, names)), max(width - column - SHORTEST - 2, 4))
        drawn = log_bars([norm for _, norm in self._rows], width - named - column - 2, ascii_only=self._ascii_only)
        mark = ".." if self._ascii_only else "…"
        lines: list[Content] = []
        for name, bar, value, (_, norm) in zip(names, drawn, values, self._rows, strict=True):
            label = name if len(name) <= named else mark + name[len(name) - named + len(mark) :]
            gap = " " * (width - named - 1 - len(bar) - len(value))
            style = "" if math.isfinite(norm) else "$text-error"
            line = Content.assemble((label.ljust(named), "$text-muted"), " ", (bar, "$primary"), gap, (value, style))
            lines.append(cut(line, width, self._ascii_only))
        return Content("\n").join(lines)
