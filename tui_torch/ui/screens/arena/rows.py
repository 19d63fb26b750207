"""A problem as one row of the list, for whatever width there is."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.css.styles import RulesMap

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import as_many_as_fit, clipped
from tui_torch.drawing.text.graded import short_time
from tui_torch.drawing.text.mark_grid import marks
from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.arena.standing import Mark, ProblemStanding
from tui_torch.ui.common.cut_text import WidthDependentText

MARK_STYLES: dict[Mark, str] = {"solved": "$success", "tried": "$warning", "open": "$text-muted"}
_MINUTES = 6
"""Cells of `15 min`."""
_GAP = 2


@dataclass(frozen=True, slots=True)
class RowWidths:
    """Cells that the columns of all rows have; a column of 0 cells is left out."""

    title: int
    runs: int
    best: int


def row_widths(standings: Iterable[ProblemStanding], *, ascii_only: bool) -> RowWidths:
    """The cells that the columns need for all that is in them."""
    title = runs = best = 0
    for standing in standings:
        title = max(title, cell_len(visible(standing.problem.title, ascii_only)))
        runs = max(runs, len(_runs(standing)))
        best = max(best, len(_best(standing)))
    return RowWidths(title, runs, best)


class ProblemRow(WidthDependentText):
    """How far a problem is, its title, its minutes, how often it was tried, the best time, and what tags have room."""

    def __init__(self, standing: ProblemStanding, widths: RowWidths, *, ascii_only: bool) -> None:
        self._standing = standing
        self._widths = widths
        self._ascii_only = ascii_only

    def at(self, width: int) -> Content:
        standing, problem = self._standing, self._standing.problem
        done = "".join(
            f"{text:>{cells + _GAP}}"
            for text, cells in ((_runs(standing), self._widths.runs), (_best(standing), self._widths.best))
            if cells
        )
        left = width - 2 - _MINUTES - _GAP - len(done)
        title = max(min(self._widths.title, left), 1)
        tags = as_many_as_fit(problem.tags, left - title - _GAP)
        mark = marks(ascii_only=self._ascii_only)[standing.mark]
        shown = clipped(visible(problem.title, self._ascii_only), title, self._ascii_only)
        return Content.assemble(
            (f"{mark} ", MARK_STYLES[standing.mark]),
            set_cell_size(shown, title),
            (f"{problem.minutes:>{_MINUTES - 4 + _GAP}} min{done}", "$text-muted"),
            (f"{' ' * _GAP}{tags}" if tags else "", "$text-muted"),
        )

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 1


def _runs(standing: ProblemStanding) -> str:
    return numbers.counted(standing.runs, "run") if standing.runs else ""


def _best(standing: ProblemStanding) -> str:
    return short_time(standing.best[0]) if standing.best is not None else ""
