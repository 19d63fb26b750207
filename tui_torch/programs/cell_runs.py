"""Which cells of a program have run in this kernel, in what order, and what of it no longer holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal

from tui_torch.programs.ipython_syntax import compiles
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.events import Failed, Finished
from tui_torch.protocol.late_dataclass import dataclass

Stale = Literal["edited", "out of order"]
"""Why what a cell left may no longer be what its code would give: it was edited since, or a cell above it ran later."""

Stopped = Literal["interrupted", "died"]
"""What ended a cell from outside: an interrupt, or the end of its process."""

_NO_PYTHON = ("SyntaxError", "IndentationError", "TabError")


@dataclass(frozen=True, slots=True)
class CellRunState:
    """What is to be seen of a cell."""

    number: int | None
    """Its `In [3]`; None if it has not run since the kernel started."""
    stale: Stale | None = None
    """Why it should run again; None if it need not, or has not run."""
    is_running: bool = False
    has_raised: bool = False
    stopped: Stopped | None = None
    """What ended it before its last line; None if it came to its end, or raised."""
    in_program: bool = False
    """Whether it ran last in the script as a program, which leaves no names for cells that run next."""


@dataclass(frozen=True, slots=True)
class CellEnd:
    """How the run of a cell ended."""

    has_raised: bool = False
    stopped: Stopped | None = None
    ran_nothing: bool = False
    """Whether none of it ran, since it is no Python."""


@dataclass(frozen=True, slots=True)
class _Run:
    number: int
    code: str
    is_running: bool = True
    end: CellEnd = CellEnd()
    changed_at: int = 0
    """The number of its last run that may have changed names: an earlier one where this one ran nothing."""


NOT_RUN = CellRunState(None)


class CellRuns:
    """The runs of a program's cells since its kernel started.

    Its owner says when a cell runs and when the kernel restarts, and asks about all cells as they are now.
    """

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._count = 0
        self._in_program: dict[str, _Run] = {}
        """The cells that the script went through when it last ran as a program."""

    @property
    def count(self) -> int:
        """The number of runs since the kernel started: that of the last `In [3]`."""
        return self._count

    def began(self, cell_id: str, code: str) -> int:
        """A cell runs now. The number of its run, from 1."""
        self._count += 1
        before = self._runs.get(cell_id)
        self._runs[cell_id] = _Run(self._count, code, changed_at=before.changed_at if before is not None else 0)
        return self._count

    def ended(self, cell_id: str, end: CellEnd) -> None:
        """The run of a cell has ended. What is not running, as after a restart, is left alone."""
        run = self._runs.get(cell_id)
        if run is not None and run.is_running:
            changed_at = run.changed_at if end.ran_nothing else run.number
            self._runs[cell_id] = _Run(run.number, run.code, False, end, changed_at)

    def restarted(self) -> None:
        """The kernel is a fresh one, in which nothing has run."""
        self._runs.clear()
        self._in_program.clear()
        self._count = 0

    def ran_in_program(self, codes: Mapping[str, str], end: CellEnd, ended_in: str | None = None) -> None:
        """The script has run as a program, from its first cell to the last of these, where it was when it ended.

        Args:
            codes: What ran, by the ids of the cells, in their order; at least one.
            end: How it ended.
            ended_in: The id of the cell with the line that ended it, where that is in a function which the last called.
        """
        ends = dict.fromkeys(codes, CellEnd()) | {ended_in or list(codes)[-1]: end}
        self._in_program = {name: _Run(0, codes[name], is_running=False, end=ends[name]) for name in codes}

    def states(self, cells: Sequence[CodeCell], codes: Mapping[str, str]) -> dict[str, CellRunState]:
        """The state of each cell by its id.

        Args:
            cells: All of them, in their order, as the file has them.
            codes: What is in the editor, where it is another code.
        """
        states: dict[str, CellRunState] = {}
        newest_above = 0
        for cell in cells:
            run = self._runs.get(cell.id)
            if run is None:
                states[cell.id] = self._state_in_program(cell, codes)
                continue
            stale: Stale | None = None
            if not run.is_running:
                is_edited = codes.get(cell.id, cell.code) != run.code
                stale = "edited" if is_edited else "out of order" if run.number < newest_above else None
            states[cell.id] = CellRunState(run.number, stale, run.is_running, run.end.has_raised, run.end.stopped)
            newest_above = max(newest_above, run.number if run.is_running else run.changed_at)
        return states

    def _state_in_program(self, cell: CodeCell, codes: Mapping[str, str]) -> CellRunState:
        run = self._in_program.get(cell.id)
        if run is None:
            return NOT_RUN
        is_edited = codes.get(cell.id, cell.code) != run.code
        stale: Stale | None = "edited" if is_edited else None
        return CellRunState(None, stale, False, run.end.has_raised, run.end.stopped, in_program=True)

    def moved(self, places: Mapping[str, str]) -> None:
        """The file was read again, and cells have other ids.

        Args:
            places: For cells of the new reading, the id before, as `same_cells` finds them. The runs of others are
                forgotten, though the names that they left are there.
        """
        self._runs = {new: self._runs[old] for new, old in places.items() if old in self._runs}
        self._in_program = {new: self._in_program[old] for new, old in places.items() if old in self._in_program}


def end_of(finished: Finished, failed: Failed | None, code: str, *, is_notebook: bool = False) -> CellEnd:
    """How a run of a cell's code ended.

    Args:
        finished: The end of the run.
        failed: The last error that it raised; None without one.
        code: What ran.
        is_notebook: Whether lines in it may be IPython's.
    """
    if finished.outcome in ("interrupted", "died"):
        return CellEnd(stopped=finished.outcome)
    if finished.outcome == "ok":
        return CellEnd()
    is_unread = failed is not None and failed.error in _NO_PYTHON and not compiles(code, is_notebook=is_notebook)
    return CellEnd(has_raised=True, ran_nothing=is_unread)


def above(cells: Sequence[CodeCell], cell_id: str) -> tuple[CodeCell, ...]:
    """The cells with code above a cell, in their order. Raises KeyError when there is no such cell."""
    ids = [cell.id for cell in cells]
    if cell_id not in ids:
        raise KeyError(cell_id)
    return tuple(cell for cell in cells[: ids.index(cell_id)] if not cell.is_only_text)


def same_cells(before: Sequence[CodeCell], after: Sequence[CodeCell]) -> dict[str, str]:
    """For cells of a file that was read again, the ids that they had: by what drafts and runs find their cells.

    Cells with a notebook's ids keep them. Others are the same where their code is, and between such where as many cells
    stand as stood there, edited each.
    """
    named = {cell.id for cell in before if not cell.is_numbered}
    same = {cell.id: cell.id for cell in after if cell.id in named and not cell.is_numbered}
    old = [cell for cell in before if cell.id not in same.values()]
    new = [cell for cell in after if cell.id not in same]
    matcher = SequenceMatcher(None, [cell.code for cell in old], [cell.code for cell in new], autojunk=False)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and to_old - from_old == to_new - from_new):
            pairs = zip(old[from_old:to_old], new[from_new:to_new], strict=True)
            same |= {now.id: then.id for then, now in pairs}
    return same
