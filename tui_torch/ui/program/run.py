"""Runs a cell, several one after the other, or a script as a program, and shows what they do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.drawing.text import numbers
from tui_torch.protocol.events import Event, Failed, Finished, ProgramExited
from tui_torch.protocol.orders import CELL_NAME
from tui_torch.ui.lesson.running.code_run import CodeRun, duration

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
        self._elsewhere = ""
        """Where an error or a note is that is in another cell than the one in the editor."""
        self.in_sequence = False
        """Whether cells run one after the other."""
        panes.output.is_of_the_editor = self._is_of_the_editor

    def _is_of_the_editor(self, file: str) -> bool:
        program = self._program
        if not program.is_notebook:
            return file.startswith(CELL_NAME.strip("<")) or Path(file) == Path.cwd() / program.path
        return file == f"{CELL_NAME.strip('<')}{program.states[program.cell.id].number}]"

    async def follow(self, *, recorded: bool = False) -> None:
        """Run the current cell, or a script in one piece; `recorded`: line by line, to be replayed then."""
        program = self._program
        await self._show(program.run(recorded=recorded), program.code, program.is_whole, recorded=recorded)

    async def follow_whole(self) -> None:
        """Run a script with cells as a program."""
        code = "\n".join(self._program.code_of(cell) for cell in self._program.cells)
        await self._show(self._program.run_whole(), code, True)

    async def _show(self, events: AsyncIterator[Event], code: str, is_whole: bool, *, recorded: bool = False) -> None:
        self._exit_code, self._is_whole, self._outcome, self._elsewhere = None, is_whole, None, ""
        before = self._panes.loss_chart.runs
        self._view.begin_training()
        await self.follow_events(events, code, recorded=recorded)
        if self._panes.are_mounted:
            self._view.end_training(before)

    async def follow_all(self, places: Sequence[int]) -> None:
        """Run cells one after the other, also after one that raises, and say how many did.

        Ends at the cell that was current, or at the first that raised. An interrupt ends it.
        """
        current, ran = self._program.at, 0
        raised: list[int] = []
        self.in_sequence = True
        try:
            for place in places:
                self._show_cell(place)
                await self.follow()
                outcome = self._outcome.outcome if self._outcome is not None else "died"
                if outcome in ("interrupted", "died") or not self._panes.are_mounted:
                    return
                ran += 1
                if outcome != "ok":
                    raised.append(place)
        finally:
            self.in_sequence = False
        self._show_cell(raised[0] if raised else current)
        said = f"Ran {numbers.counted(ran, 'cell')}."
        if raised:
            said = f"{said[:-1]}; {'one' if len(raised) == 1 else len(raised)} raised an error: see the output."
        self._panes.say(said)

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

    def mark_line(self, line: int, *, failed: bool = True) -> None:
        program = self._program
        if not self._is_whole or program.is_whole:
            super().mark_line(line, failed=failed)
            return
        at = program.place_of_line(line)
        if at != program.at:
            self._elsewhere = f"line {line}, in cell {at + 1}"
        else:
            self._panes.editor.mark(line, failed=failed)

    def how_it_ended(self, finished: Finished) -> str:
        code, took = self._exit_code, duration(finished.seconds)
        has_line = self._panes.editor.failed_line is not None
        match finished.outcome:
            case "failed" if self._elsewhere:
                return f"It raised an error in {self._elsewhere}: see the output."
            case "ok" if self._is_whole:
                return f"The program ended in {took}, with exit code 0."
            case "failed" if self._is_whole and code is not None and not has_line:
                return f"The program ended in {took}, with exit code {code}: see the output."
            case "failed" if not has_line:
                return f"It ended in {took}: see the output."
            case _:
                return super().how_it_ended(finished)
