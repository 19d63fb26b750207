"""Draws the current cell on the panes, with what its last run left there, or what a notebook keeps of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.events import Displayed, Figure, Output
from tui_torch.ui.program.cell_rows import rows_of

if TYPE_CHECKING:
    from tui_torch.programs.program import StoredOutput
    from tui_torch.tutor.own_program.opened import OpenedProgram
    from tui_torch.ui.lesson.output.left import LeftOutput
    from tui_torch.ui.program.panes import ProgramPanes

MOST = 100
"""Number of cells whose output is kept for whoever comes back to them."""

STORED = "The file keeps this of an earlier run:"


class CellView:
    """Shows the program's current cell."""

    def __init__(self, program: OpenedProgram, panes: ProgramPanes) -> None:
        self._program = program
        self._panes = panes
        self._here: str | None = None
        """The id of the cell on the panes."""
        self._left: dict[str, LeftOutput] = {}
        """What the runs of cells have left, by the cells' ids, the one left last at the end."""
        self._trainings: dict[str, RunHistory] = {}
        """The runs of each cell that trains."""

    def classes(self) -> dict[str, bool]:
        """The classes of the screen that say which panes this cell has."""
        cell = self._program.cell
        return {"-no-text": not cell.text.strip(), "-no-code": not cell.takes_code}

    def show(self) -> None:
        """Put the current cell's code on the panes, and what its last run left."""
        program, panes, cell = self._program, self._panes, self._program.cell
        self._keep_what_is_here()
        self._here = cell.id
        panes.editor.load(program.code, first_line=program.line_of(cell))
        left = self._left.pop(cell.id, None)
        if left is not None:
            panes.output.come_back(left)
        else:
            panes.output.begin()
            if program.states[cell.id].number is None and cell.outputs:
                self._show_stored(cell.outputs)
        if cell.id in self._trainings:
            panes.loss_chart.show(self._trainings[cell.id])
        panes.title.fresh = frozenset()
        self.refresh()

    def follow_reading(self) -> bool:
        """Keep what cells have left by the ids that they have now; whether the cell on the panes is still there."""
        old_of = self._program.came_from
        self._left = {new: self._left[old] for new, old in old_of.items() if old in self._left}
        self._trainings = {new: self._trainings[old] for new, old in old_of.items() if old in self._trainings}
        current = self._program.cell.id
        is_same = self._here is not None and old_of.get(current) == self._here
        self._here = current if is_same else None
        return is_same

    def _keep_what_is_here(self) -> None:
        output = self._panes.output.leave()
        if output is not None and self._here is not None:
            self._left[self._here] = output
            while len(self._left) > MOST:
                del self._left[next(iter(self._left))]

    def _show_stored(self, outputs: tuple[StoredOutput, ...]) -> None:
        pane = self._panes.output
        pane.note(STORED)
        for output in outputs:
            match output:
                case Output(text, stream):
                    pane.write(text, stream)
                case Displayed():
                    pane.show_displayed(output)
                case Figure():
                    pane.show_figure(output)
        pane.end()

    def begin_training(self) -> None:
        """Have the chart draw the next run beside the earlier ones of this cell."""
        chart = self._panes.loss_chart
        history = self._trainings.get(self._program.cell.id)
        if chart.runs is not history:
            chart.show(history or RunHistory())

    def end_training(self, before: RunHistory) -> None:
        """Keep the cell's training; where the run was none, show the one before again.

        `before`: what was on the chart before the run.
        """
        chart = self._panes.loss_chart
        if chart.has_loop:
            self._trainings[self._program.cell.id] = chart.runs
        elif before.current.has_loop:
            chart.show(before)

    @property
    def text(self) -> str:
        """What stands above the code, as Markdown."""
        return self._program.cell.text

    def refresh(self) -> None:
        """Show which cells there are, what has run of them, and what is not in the file."""
        program, panes = self._program, self._panes
        title = panes.title
        title.lesson = visible(program.path.name, panes.ascii_only)
        title.steps = ("open",) * len(program.cells)
        title.current = program.at
        title.is_edited = program.is_edited
        panes.cells.show(tuple(rows_of(program)), program.at)
