"""Draws the current cell on the panes, with what its last run left there, or what a notebook keeps of one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.events import Displayed, Figure, Output
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.program.cell_rows import rows_of

if TYPE_CHECKING:
    from tui_torch.programs.program import StoredOutput
    from tui_torch.tutor.own_program.opened import OpenedProgram
    from tui_torch.ui.lesson.output.left import LeftOutput
    from tui_torch.ui.program.panes import ProgramPanes

MOST = 100
"""Number of cells whose output is kept for whoever comes back to them."""

PROGRAM = ""
"""What stands for the id of a cell where the script ran as a program."""

STORED = "The file keeps this of an earlier run:"


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """The line that is marked in a cell, by its number: one at most."""

    code: str
    """The code that it is a line of."""
    first_line: int
    """The number of that code's first line."""
    failed_line: int | None
    noted_line: int | None


class CellView:
    """Shows the program's current cell."""

    def __init__(self, program: OpenedProgram, panes: ProgramPanes) -> None:
        self._program = program
        self._panes = panes
        self._here: str | None = None
        """The id of the cell in the editor."""
        self._output_of: str | None = None
        """The id of the cell whose output is shown; `PROGRAM` for that of the script as a program."""
        self.is_running = False
        """Whether what is on the panes besides the code is of a run that goes on."""
        self._left: dict[str, LeftOutput] = {}
        """What the runs of cells have left, by the cells' ids, the one left last at the end."""
        self._marks: dict[str, MarkedLine] = {}
        """The lines that were marked in each cell when it was left."""
        self._trainings: dict[str, RunHistory] = {}
        """The runs of each cell that trains."""

    def classes(self) -> dict[str, bool]:
        """The classes of the screen that say which panes this cell has."""
        cell = self._program.cell
        return {"-no-text": not cell.text.strip(), "-no-code": not cell.takes_code}

    def show(self) -> None:
        """Put the current cell's code on the panes, and what its last run left."""
        program, panes, cell = self._program, self._panes, self._program.cell
        editor = panes.editor
        if self._here is not None:
            first_line = editor.line_number_start
            self._marks[self._here] = MarkedLine(editor.text, first_line, editor.failed_line, editor.noted_line)
        self._here = cell.id
        editor.load(program.code, first_line=program.line_of(cell))
        mark, state = self._marks.get(cell.id), program.states[cell.id]
        has_run = state.number is not None or state.in_program
        if mark is not None and has_run and (mark.code, mark.first_line) == (program.code, editor.line_number_start):
            self._put_mark(mark)
        if not self.is_running and (self._output_of != PROGRAM or self._run_of_cell != PROGRAM):
            self._show_output()
            panes.title.fresh = frozenset()
        self.refresh()

    def _show_output(self) -> None:
        """Put what the last run of the current cell left on the panes, and keep what is there."""
        program, panes, cell = self._program, self._panes, self._program.cell
        of = self._run_of_cell
        self._keep_what_is_here()
        self._output_of = of
        left = self._left.pop(of, None)
        if left is not None:
            panes.output.come_back(left)
        else:
            panes.output.begin()
            if program.states[cell.id].number is None and cell.outputs:
                self._show_stored(cell.outputs)
        if of in self._trainings:
            panes.loss_chart.show(self._trainings[of])

    @property
    def _run_of_cell(self) -> str:
        """Whose run is shown with the current cell: its own, or, if it has not run since, that of the whole script."""
        cell = self._program.cell
        state = self._program.states[cell.id]
        is_of_program = state.in_program or (state.number is None and self._output_of == PROGRAM)
        return PROGRAM if is_of_program else cell.id

    def _put_mark(self, mark: MarkedLine) -> None:
        """Mark again the line that a run's error, or its note, is of."""
        line = mark.failed_line or mark.noted_line
        if line is not None:
            self._panes.editor.mark(line, failed=mark.failed_line is not None)

    def show_own_output(self) -> None:
        """Put what the last run of the cell in the editor left on the panes, and leave its code alone."""
        if not self.shows_run:
            self._show_output()
        self.refresh()

    @property
    def shows_run(self) -> bool:
        """Whether the cell in the editor is the one whose run is shown."""
        return self._here is not None and self._here == self._output_of

    @property
    def place_of_run(self) -> int | None:
        """The index of the cell whose run is shown; None for that of a script as a program."""
        places = (at for at, cell in enumerate(self._program.cells) if cell.id == self._output_of)
        return next(places, None)

    def follow_reading(self) -> bool:
        """Keep what cells have left by the ids that they have now; whether the cell on the panes is still there."""
        old_of = self._program.came_from
        places = {**old_of, PROGRAM: PROGRAM}
        self._left = {new: self._left[old] for new, old in places.items() if old in self._left}
        self._marks.clear()  # lines may have other numbers
        self._trainings = {new: self._trainings[old] for new, old in places.items() if old in self._trainings}
        if self._output_of != PROGRAM:
            self._output_of = next((new for new, old in old_of.items() if old == self._output_of), None)
        current = self._program.cell.id
        is_same = self._here is not None and old_of.get(current) == self._here
        self._here = current if is_same else None
        return is_same

    def _keep_what_is_here(self) -> None:
        output = self._panes.output.leave()
        if output is not None and self._output_of is not None:
            self._left[self._output_of] = output
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

    def begin_run(self, of: str) -> None:
        """A cell begins to run, or `PROGRAM`: the panes are for that run, and the chart has its earlier ones, too."""
        if of != self._output_of:
            self._keep_what_is_here()
        self._output_of, self.is_running = of, True
        self._marks.pop(of, None)
        chart = self._panes.loss_chart
        history = self._trainings.get(of)
        if chart.runs is not history:
            chart.show(history or RunHistory())

    def end_run(self, before: RunHistory) -> None:
        """Keep the training of the run that is over; where it was none, show the one before again.

        `before`: what was on the chart before the run.
        """
        self.is_running = False
        chart = self._panes.loss_chart
        if chart.has_loop and self._output_of is not None:
            self._trainings[self._output_of] = chart.runs
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
        title.lesson = visible(shlex.join([program.path.name, *program.arguments]), panes.ascii_only)
        title.steps = ("open",) * len(program.cells)
        title.current = program.at
        title.is_edited = program.is_edited
        panes.cells.show(tuple(rows_of(program)), program.at)
        panes.output.head(f"Output{self._says_whose()}")

    def _says_whose(self) -> str:
        """Whose output is shown, where it is not of the cell in the editor: ` of cell 3`."""
        if self.shows_run or self._program.is_whole:
            return ""
        if self._output_of == PROGRAM:
            return " of the program"
        return "" if (at := self.place_of_run) is None else f" of cell {at + 1}"
