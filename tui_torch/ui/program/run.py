"""Runs a cell, several one after the other, or a script as a program, and shows what they do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from tui_torch.drawing.text import numbers
from tui_torch.protocol.events import Event, Failed, Finished, Frame, ProgramExited
from tui_torch.protocol.orders import CELL_NAME
from tui_torch.ui.lesson.running.code_run import CodeRun, duration
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.program.cell_view import PROGRAM

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui_torch.tutor.own_program.opened import OpenedProgram
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.replaying import LessonReplay
    from tui_torch.ui.program.cell_view import CellView
    from tui_torch.ui.program.panes import ProgramPanes


class ProgramRun(CodeRun):
    """Starts a run of a program's, and follows it.

    Args:
        show_cell: Goes to a cell by its index, and draws it without the text above it.
    """

    def __init__(
        self,
        screen: Screen[None],
        program: OpenedProgram,
        panes: ProgramPanes,
        layout: PaneLayout,
        replay: LessonReplay,
        view: CellView,
        show_cell: Callable[[int], None],
    ) -> None:
        super().__init__(screen, program.kernel, panes, layout, replay)
        self._program = program
        self._view = view
        self._show_cell = show_cell
        self._exit_code: int | None = None
        self._is_whole = False
        """Whether what runs is the script as a program, and not one of its cells."""
        self._outcome: Finished | None = None
        self._line: int | None = None
        """The line that raised, where it is not marked in the editor."""
        self._began_at = 0
        """The index of the cell in the editor when the run began."""
        self.is_recorded = False
        """Whether what runs is recorded line by line, to be gone through in the editor then."""
        self.in_sequence = False
        """Whether cells run one after the other."""
        panes.output.is_of_the_editor = self._is_of_the_editor

    def _is_of_the_editor(self, file: str) -> bool:
        program = self._program
        if not program.is_notebook:
            return file.startswith(CELL_NAME.strip("<")) or program.is_its_file(file)
        return file == _name_of_run(program.states[program.cell.id].number)

    async def follow(self, at: int | None = None, *, recorded: bool = False) -> None:
        """Run a cell, or a script in one piece.

        Args:
            at: The index of the cell; None for the current one.
            recorded: Whether it runs line by line, to be replayed then.
        """
        program = self._program
        cell = program.cell if at is None else program.cells[at]
        code = program.code_of(cell)
        await self._show(program.run(at, recorded=recorded), code, cell.id, program.is_whole, recorded=recorded)

    async def follow_whole(self, *, recorded: bool = False) -> None:
        """Run a script with cells as a program; `recorded`: line by line, to be replayed then."""
        code = "\n".join(self._program.code_of(cell) for cell in self._program.cells)
        events = self._program.run_whole(recorded=recorded)
        await self._show(events, code, PROGRAM, True, recorded=recorded)

    async def _show(
        self, events: AsyncIterator[Event], code: str, of: str, is_whole: bool, *, recorded: bool = False
    ) -> None:
        self._exit_code, self._is_whole, self._outcome, self._line = None, is_whole, None, None
        self.is_recorded, self._began_at = recorded, self._program.at
        before = self._panes.loss_chart.runs
        self._view.begin_run(of)
        try:
            await self.follow_events(events, code, recorded=recorded)
        finally:
            self.is_recorded = False
            if self._panes.are_mounted:
                self._view.end_run(before)

    async def follow_all(self, places: Sequence[int]) -> None:
        """Run cells one after the other, also after one that raises, and say how many did.

        The cell in the editor goes along, unless the learner types in it or goes elsewhere meanwhile, and it ends at
        the cell that was current, or at the first that raised. An interrupt ends it.
        """
        current, ran, shown = self._program.at, 0, self._program.at
        raised: list[int] = []
        self.in_sequence = True
        try:
            for place in places:
                if self._program.at == shown and not self._is_typing:
                    self._show_cell(shown := place)
                await self.follow(place)
                outcome = self._outcome.outcome if self._outcome is not None else "died"
                if outcome in ("interrupted", "died") or not self._panes.are_mounted:
                    return
                ran += 1
                if outcome != "ok":
                    raised.append(place)
        finally:
            self.in_sequence = False
        if self._is_typing:
            self._view.show_own_output()
        elif self._program.at == shown:
            self._show_cell(raised[0] if raised else current)
        said = f"Ran {numbers.counted(ran, 'cell')}."
        if raised:
            which = "one" if len(raised) == 1 else str(len(raised))
            is_here = self._program.at in raised
            where = "see the output" if is_here else f"{pressed('{program.error}')} goes to cell {raised[0] + 1}"
            said = f"{said[:-1]}; {which} raised an error: {where}."
        self._panes.say(said)

    @property
    def _is_typing(self) -> bool:
        """Whether letters are text of the cell in the editor, which another must not take the place of."""
        return self._panes.editor.has_focus

    def leave(self) -> None:
        super().leave()
        self.in_sequence = False

    def say_that_it_begins(self) -> None:
        super().say_that_it_begins()
        self._view.refresh()

    def say_that_it_is_over(self) -> None:
        self._view.refresh()

    def dispatch_event(self, event: Event) -> None:
        match event:
            case ProgramExited(code):
                self._exit_code = code
            case Failed(error="SystemExit", message=message) if not self._is_whole:
                # In a notebook it ends a cell, and nothing else.
                code = f"({message})" if message else "()"
                self._panes.output.note(f"It called `sys.exit{code}`, which ends the cell here.")
            case _:
                if isinstance(event, Finished):
                    self._outcome = event
                    self._note_exit_code(event)
                super().dispatch_event(event)

    def _note_exit_code(self, finished: Finished) -> None:
        if self._exit_code and finished.outcome == "failed" and self._panes.editor.failed_line is None:
            self._panes.output.note(f"The program ended with exit code {self._exit_code}.")

    def is_of_what_runs(self, frame: Frame) -> bool:
        program = self._program
        if self._is_whole:
            return program.is_its_file(frame.file)
        at = self._view.place_of_run
        return at is not None and frame.file == _name_of_run(program.states[program.cells[at].id].number)

    def mark_line(self, line: int, *, failed: bool = True) -> None:
        program = self._program
        if not self._is_whole or program.is_whole:
            if self._view.shows_run:
                super().mark_line(line, failed=failed)
            elif failed:
                self._line = line
            return
        at = program.place_of_line(line)
        if at != program.at and program.at == self._began_at and not self._is_typing:
            self._show_cell(at)
        if at == program.at:
            self._panes.editor.mark(line, failed=failed)
        elif failed:
            self._line = line

    def how_it_ended(self, finished: Finished) -> str:
        code, took = self._exit_code, duration(finished.seconds)
        has_line = self._panes.editor.failed_line is not None
        if not self._is_whole and not self._view.shows_run and (at := self._view.place_of_run) is not None:
            return self._how_another_ended(f"Cell {at + 1}", finished)
        match finished.outcome:
            case "failed" if self._line is not None:
                at = self._program.place_of_line(self._line)
                return f"It raised an error in line {self._line}: {pressed('{program.error}')} goes to cell {at + 1}."
            case "ok" if self._is_whole:
                return f"The program ended in {took}, with exit code 0."
            case "failed" if self._is_whole and code is not None and not has_line:
                return f"The program ended in {took}, with exit code {code}: see the output."
            case "failed" if not has_line:
                return f"It ended in {took}: see the output."
            case _:
                return super().how_it_ended(finished)

    def _how_another_ended(self, cell: str, finished: Finished) -> str:
        """What is said of a cell that is over while the editor shows another."""
        match finished.outcome:
            case "ok":
                return f"{cell} ran in {duration(finished.seconds)}."
            case "failed":
                line = f" in line {self._line}" if self._line is not None else ""
                return f"{cell} raised an error{line}: see the output."
            case _:
                return super().how_it_ended(finished)


def _name_of_run(number: int | None) -> str:
    """What a line says of where it is, where that ran as `In [number]`."""
    return f"{CELL_NAME.strip('<')}{number}]"
