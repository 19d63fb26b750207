"""The cells of the playground: one runs at a time, and finds the names that those before it left, as in a notebook."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.protocol.events import Event, Failed, Finished
from tui_torch.protocol.orders import NotebookCall, Run

if TYPE_CHECKING:
    from tui_torch.programs.cell_runs import CellEnd, CellRuns, CellRunState
    from tui_torch.programs.program import CodeCell


_SAID = {"edited": ", edited since", "out of order": ", one above ran later", "raised": ", raised an error"}


class PlaygroundCells:
    """What has run of the playground since its names were reset. `# %%` begins a cell."""

    def __init__(self) -> None:
        self.line = 1
        """The line that the learner is at, counted from 1: the cell around it is the one to run."""
        self._cells: tuple[CodeCell, ...] = ()
        self._running: CodeCell | None = None

    @cached_property
    def _runs(self) -> CellRuns:
        # What reads cells takes milliseconds to import, and nothing needs it before the first frame.
        from tui_torch.programs.cell_runs import CellRuns

        return CellRuns()

    def begin(self, text: str) -> Run:
        """Begin a run of the cell that the learner is at, of what is in the editor."""
        self._read(text)
        cell = self._cell_at(self.line)
        goes_on = self._runs.count > 0
        number = self._runs.began(cell.id, cell.code)
        self._running = cell
        call = NotebookCall(str(Path.cwd()), number, goes_on)
        # So that its lines have the numbers that they have in the editor.
        return Run("\n" * (cell.first_line - 1) + cell.code, notebook=call)

    async def followed(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """The events of a run, which ends with them."""
        failed: Failed | None = None
        async for event in events:
            if isinstance(event, Finished):
                from tui_torch.programs.cell_runs import end_of

                self.ended(end_of(event, failed, self._running.code if self._running is not None else ""))
            if isinstance(event, Failed):
                failed = event
                event = self._explained(event)
            yield event

    def _explained(self, failed: Failed) -> Failed:
        cell = self._running
        if cell is None or cell not in self._cells:  # the code was edited meanwhile
            return failed
        from tui_torch.programs.cell_runs import above
        from tui_torch.programs.cells_not_run import explained_by_cells

        states = self._runs.states(self._cells, {})
        return explained_by_cells(failed, above(self._cells, cell.id), states, counts_lines=True)

    def ended(self, end: CellEnd) -> None:
        """The run has ended."""
        if self._running is not None:
            self._runs.ended(self._running.id, end)
            self._running = None

    def reset(self) -> None:
        """Nothing that was run counts any more: the kernel is a fresh one, or the next run starts over."""
        self._runs.restarted()
        if self._running is not None:  # in the fresh kernel
            self._runs.began(self._running.id, self._running.code)

    @property
    def last(self) -> str:
        """The last run, as a notebook calls it: `In [3]`; empty if there was none, or the code is one cell."""
        return self.name_of_run if self._runs.count and len(self._cells) > 1 else ""

    @property
    def name_of_run(self) -> str:
        """What a line of the last run says of where it is."""
        return f"In [{self._runs.count}]"

    def stale(self, text: str) -> tuple[str, ...]:
        """Which cells no longer hold, in a few words each: `In [2] was edited`."""
        self._read(text)
        return tuple(self._words(state) for state in self._states() if state.stale is not None)

    def heads(self, text: str) -> dict[int, str]:
        """What is to be known of the runs of several cells, by the lines that the cells begin at: `In [2], edited`."""
        if not self.last:
            return {}
        self._read(text)
        lines = text.split("\n")
        found: dict[int, str] = {}
        for cell, state in zip(self._cells, self._states(), strict=True):
            if state.number is None:
                continue
            head = cell.first_line - 1
            # Its mark, where no blank line is between it and the code.
            line = head if head and lines[head - 1].lstrip().startswith("#") else cell.first_line
            said = _SAID.get(state.stale or ("raised" if state.has_raised else ""), "")
            found[line] = f"In [{state.number}]{said}"
        return found

    def _states(self) -> Iterator[CellRunState]:
        states = self._runs.states(self._cells, {})
        return (states[cell.id] for cell in self._cells)

    def _words(self, state: CellRunState) -> str:
        return (
            f"In [{state.number}] was edited"
            if state.stale == "edited"
            else f"In [{state.number}] ran before what is above it"
        )

    def _read(self, text: str) -> None:
        from tui_torch.programs.cell_runs import same_cells
        from tui_torch.programs.script.cells import divided

        cells = tuple(piece.cell for piece in divided(text).pieces)
        if cells != self._cells:
            self._runs.moved(same_cells(self._cells, cells))
            self._cells = cells

    def _cell_at(self, line: int) -> CodeCell:
        """The cell around a line, or the next one above that has code; the first with code where none above has."""
        with_code = [cell for cell in self._cells if not cell.is_only_text]
        above = [cell for cell in with_code if cell.first_line <= line]
        return above[-1] if above else with_code[0] if with_code else self._cells[0]
