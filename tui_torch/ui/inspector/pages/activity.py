"""The Activity page: the layers of a module as a table of bars: gradients, zeros, mean and spread, dead units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from textual.content import Content

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.bars import log_bars, share_bar
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ActivityView, LayerActivity
from tui_torch.ui.inspector.page import DELETED, GRADIENT, MUTED, SPREAD, WARNING, DetailPage, breadth, column

SHORTEST, LONGEST = 4, 16
"""Cells of a bar: where there is less room, none is drawn; more would not show more."""
_LEAST_NAME = 10
_GAP = 2


class ActivityPage(DetailPage):
    """What training does in each layer of a module. While a loop runs, it follows."""

    TITLE = "Activity"

    def request(self) -> Request | None:
        return None if self.summary.change == "gone" else Request("activity", self.summary.name)

    def lines(self, width: int) -> Iterator[Content]:
        if self.summary.change == "gone":
            yield Content.styled(DELETED, "$text-warning")
        if isinstance(self.view, ActivityView):
            yield from activity_lines(self.view, width, self.ascii)
        else:
            yield from self.said_in_place()


def activity_lines(view: ActivityView, width: int, ascii: bool) -> Iterator[Content]:
    """The table in `width` cells. Columns without room are left out, the mean and the spread first, after the bars."""
    if view.note:
        yield Content.styled(view.note, MUTED)
    if not view.layers:
        return
    layers = view.layers
    names = column([Content.styled("layer", MUTED), *(_name(layer, ascii) for layer in layers)])
    gradients = _texts("grad norm", [layer.gradient for layer in layers], GRADIENT)
    zeros = _shares(layers)
    dead = column([Content.styled("dead", MUTED), *(_dead(layer) for layer in layers)], right=True)
    mean = _texts("mean", [layer.mean for layer in layers])
    spread = _texts("spread", [layer.spread for layer in layers], SPREAD)
    room = width - min(breadth(names), max(_LEAST_NAME, width // 3))
    kept: list[list[Content]] = []
    for texts in (gradients, zeros, dead, mean, spread):
        if any(text.plain.strip() for text in texts[1:]) and breadth(texts) + _GAP <= room:
            room -= breadth(texts) + _GAP
            kept.append(texts)
    bars = [texts for texts in (gradients, zeros) if any(texts is one for one in kept)]
    room = width - breadth(names) - sum(breadth(texts) + _GAP for texts in kept)
    each = min(room // len(bars) - 1, LONGEST) if bars else 0
    shown: list[list[Content]] = []
    for texts in kept:
        drawn = _bars(layers, texts is gradients, each, ascii) if each >= SHORTEST and texts in bars else None
        if drawn is not None:
            shown.append(column([Content(" ").join(pair) for pair in zip(drawn, texts, strict=True)]))
        else:
            shown.append(column(texts))
    name_room = max(width - sum(breadth(texts) + _GAP for texts in shown), 4)
    cut_names = column([name.truncate(name_room, ellipsis=not ascii) for name in names])
    for cells in zip(cut_names, *shown, strict=True):
        yield (Content(" " * _GAP)).join(cells).rstrip()
    if view.omitted:
        yield Content.styled(f"and {numbers.counted(view.omitted, 'layer')} more", MUTED)
    if view.sampled:
        yield Content.styled("of large results some examples are read", MUTED)


def _name(layer: LayerActivity, ascii: bool) -> Content:
    name = one_cell_each(layer.name, ascii_only=ascii)
    if not layer.type:
        return Content.styled(f"  {name}()", MUTED)
    return Content.assemble((name, "bold"), f" {one_cell_each(layer.type, ascii_only=ascii)}")


def _texts(title: str, values: Sequence[float | None], style: str = "") -> list[Content]:
    def text(value: float | None) -> Content:
        if value is None:
            return Content("")
        return Content.styled(numbers.rounded(value), style if math.isfinite(value) else WARNING)

    return column([Content.styled(title, MUTED), *map(text, values)], right=True)


def _shares(layers: Sequence[LayerActivity]) -> list[Content]:
    texts = ["" if layer.zeros is None else _percent(layer.zeros) for layer in layers]
    return column([Content.styled("zeros", MUTED), *map(Content, texts)], right=True)


def _percent(share: float) -> str:
    """A share without saying 0 of some, or 100 of not all."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{100 * share:.0f}%"


def _dead(layer: LayerActivity) -> Content:
    """The number of dead units, of how many; nothing where there is none."""
    if not layer.dead:
        return Content("")
    return Content.styled(f"{layer.dead}/{layer.units}", WARNING)


def _bars(layers: Sequence[LayerActivity], are_gradients: bool, width: int, ascii: bool) -> list[Content]:
    if are_gradients:
        drawn = log_bars([layer.gradient or 0.0 for layer in layers], width, ascii_only=ascii)
    else:
        drawn = [share_bar(layer.zeros or 0.0, width, ascii_only=ascii) for layer in layers]
    style = GRADIENT if are_gradients else "$primary"
    return column([Content(""), *(Content.styled(bar, style) for bar in drawn), Content(" " * width)])[:-1]
