"""Explains a name that is missing because the cell above that makes it has not run."""

from __future__ import annotations

import re
import symtable
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui_torch.programs.cell_runs import CellRunState
from tui_torch.programs.ipython_syntax import syntax_of
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.events import Explanation, Failed
from tui_torch.protocol.orders import CELL_NAME

_CELLS = CELL_NAME.strip("<")
_MISSING = re.compile(r"name '(\w+)' is not defined")


def explained_by_cells(
    failed: Failed, above: Sequence[CodeCell], states: Mapping[str, CellRunState], *, counts_lines: bool
) -> Failed:
    """An error with its cause in a cell above, if that makes the missing name and has not run so; else as it is.

    Args:
        failed: What a cell raised.
        above: The cells above it as they are now, in their order.
        states: The state of each by its id.
        counts_lines: Whether their lines are counted through the file, as those of a script are.
    """
    found = _MISSING.match(failed.message) if failed.error == "NameError" else None
    # A module of one's own finds no name of a cell.
    if found is None or not all((frame.file or _CELLS).startswith(_CELLS) for frame in failed.frames[-1:]):
        return failed
    name = found[1]
    # The nearest one is the one whose value the cell would find.
    for cell in reversed(above):
        state = states[cell.id]
        why = _why_missing(state)
        verb = _how_made(name, cell.code) if why else None
        if verb is not None:
            where = f"begins at line {cell.first_line} and {why}" if counts_lines else why
            meaning = f"`{name}` is {verb} in a cell above, which {where}. Run that cell first."
            return replace(failed, explanation=Explanation(meaning))
    return failed


def _why_missing(state: CellRunState) -> str:
    """Why a cell's names may not be there; empty where they should be."""
    if state.in_program:
        return "ran as part of the program, whose names are gone"
    if state.number is None:
        return "has not run"
    if state.stale == "edited":
        return "was edited since it ran"
    if state.stopped is not None:
        return "was interrupted when it ran" if state.stopped == "interrupted" else "did not come to its end"
    return "raised an error when it ran" if state.has_raised else ""


def _how_made(name: str, code: str) -> str | None:
    """`imported` or `made`, if code does that with a name where it stands in no function; None otherwise."""
    try:
        symbol = symtable.symtable(syntax_of(code).python, "<cell>", "exec").lookup(name)
    except (SyntaxError, KeyError, ValueError, RecursionError, MemoryError):
        return None
    return "imported" if symbol.is_imported() else "made" if symbol.is_assigned() else None
