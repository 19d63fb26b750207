"""What a program's cells are as rows of a list: number, title, and what no longer holds of their last run."""

from __future__ import annotations

from collections.abc import Iterator

from tui_torch.programs.cell_runs import CellRunState, Stale
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.own_program.opened import OpenedProgram

_STALE: dict[Stale, str] = {"edited": "edited since", "out of order": "one above ran later"}


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell in the list."""

    number: str
    """`In [3]`, `In [ ]` before it has run, `In [*]` while it runs; empty for a text, and for a script in one piece."""
    title: str
    says: str = ""
    """What is to be known of its last run."""
    is_running: bool = False
    has_raised: bool = False
    is_stopped: bool = False
    """Whether it was interrupted, or its process ended, before its last line."""
    is_stale: bool = False
    is_unsaved: bool = False
    """Whether something was typed into it that is not in the file."""


def rows_of(program: OpenedProgram) -> Iterator[CellRow]:
    """A row for each cell of a program."""
    states = program.states
    for cell in program.cells:
        state = states[cell.id]
        code = program.code_of(cell)
        title = title_of(cell, code)
        if program.is_whole:
            title = f"{program.path.name}, {_lines(code)}"
        says = _said_of(state)
        yield CellRow(
            "" if program.is_whole else _number(cell, state),
            title,
            says,
            state.is_running,
            state.has_raised,
            state.stopped is not None,
            state.stale is not None,
            cell.id in program.codes,
        )


def _said_of(state: CellRunState) -> str:
    if state.stale is not None:
        return _STALE[state.stale]
    if state.has_raised:
        return "raised an error"
    if state.stopped is not None:
        return "interrupted" if state.stopped == "interrupted" else "its process ended"
    return "ran in the program" if state.in_program else ""


def _number(cell: CodeCell, state: CellRunState) -> str:
    if not cell.takes_code:
        return ""
    if state.is_running:
        return "In [*]"
    return "In [ ]" if state.number is None else f"In [{state.number}]"


def title_of(cell: CodeCell, code: str) -> str:
    """What the cell's mark says, or else the last heading of the text above it, or the first line of its code."""
    if cell.title:
        return cell.title
    headings = [line.lstrip("#").strip() for line in cell.text.splitlines() if line.startswith("#")]
    if headings and headings[-1]:
        return headings[-1]
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    said = next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")
    return said.strip("\"'") or next((line.strip() for line in cell.text.splitlines() if line.strip()), "empty")


def _lines(code: str) -> str:
    count = code.count("\n") + 1 if code else 0
    return "1 line" if count == 1 else f"{count:,} lines"
