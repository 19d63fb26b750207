"""The keys of a program of one's own: those of cells and of its file, beside those that lessons have, too."""

from __future__ import annotations

from typing import Any

from tui_torch.ui.keys.conditions import ProgramConditions
from tui_torch.ui.keys.lesson import LESSON
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, pane_key


def _is_not_typing(now: ProgramConditions) -> bool:
    return not now.types_text


def _has_cells(now: ProgramConditions) -> bool:
    return now.has_cells


PROGRAM: KeyTable[ProgramConditions] = KeyTable(
    Key("program.next", "n", "step(1)", "Next", tooltip="The next cell", like="next", works=_is_not_typing),
    Key("program.previous", "p", "step(-1)", "Back", tooltip="The cell before", like="previous", works=_is_not_typing),
    Key(
        "program.error",
        "right_square_bracket",
        "go_to_error",
        "To the error",
        tooltip="The next cell that raised an error",
        like="next-undone",
        works=lambda now: not now.types_text,
    ),
    Key(
        "program.mend",
        "M",
        "apply_suggested_fix",
        "Mend the code",
        works=lambda now: now.has_suggested_fix and not now.replays and not now.types_text,
    ),
    Key("program.above", "f4", "run_above", "Run above", priority=True, works=_has_cells),
    Key("program.all", "f8", "run_all", "Run all", priority=True, works=_has_cells),
    Key(
        "program.replay-all",
        "f9",
        "replay_all",
        "Replay all",
        priority=True,
        works=lambda now: now.has_cells and not now.is_notebook,
    ),
    Key("program.save", "ctrl+s", "save", "Save", priority=True),
    Key(
        "program.save-outputs",
        "S",
        "save_outputs",
        "Save with outputs",
        works=lambda now: now.is_notebook and not now.types_text,
    ),
    Key(
        "program.reset",
        "r",
        "reset",
        "As in the file",
        like="reset",
        works=lambda now: not now.types_text and not now.runs,
    ),
    help=(
        HelpRow("{run} or {run:2}", "run the cell; a script without cells as a program"),
        HelpRow("{program.above}", "run all cells above this one"),
        HelpRow(
            "{program.all}",
            "restart the kernel, and run all cells of a notebook; a script with cells as a program, from its first line"
            " to its last",
        ),
        HelpRow("{program.replay-all}", "run a script with cells as a program, and go through all of it line by line"),
        HelpRow("{replay}", "run the cell, or the script, and go through it line by line"),
        HelpRow("{program.next} {program.previous}", "next cell, previous cell; in the list of cells the arrows, too"),
        HelpRow("{program.error}", "the next cell that raised an error, or the line of the only one"),
        HelpRow("{edit}", "edit the code; {editor.leave} leaves the editor"),
        HelpRow("`tab`", "to the next pane, past the code, which {edit} edits; in the editor it indents"),
        HelpRow("{program.mend}", "put the line as the coach would write it into the code; undo takes it back"),
        HelpRow("{program.save}", "write what you typed to the file; never over what somebody else wrote, unasked"),
        HelpRow("{program.save-outputs}", "the same, with the outputs of the cells that have run"),
        HelpRow("{program.reset}", "the cell as it is in the file; again brings yours back"),
        HelpRow("{interrupt} or {stop}", "interrupt the code that runs"),
        HelpRow("{restart}", "restart the kernel"),
    ),
)

_SHARED = (
    *("run", "replay", "stop", "interrupt", "copy", "edit", "restart", "tensors", "graph", "chart", "figure", "mend"),
    *("document", "copy-pane", "zoom", "wider", "narrower", "help", "quit", "jump", "home"),
)
"""Keys of lessons that do the same here."""

SHARED_ROWS = (
    *(
        "{copy}",
        "{tensors} {chart}",
        "{mend}",
        "{figure}",
        "{graph}",
        "{tensors.plot}",
        "{copy-pane}",
        "{zoom}",
        "{narrower} {wider}",
    ),
    *("{jump}", "{document}", "{app.suspend}"),
)
"""Rows of the lessons' help that hold here, too, by their keys."""

PROGRAM_SHARED: tuple[Key[Any], ...] = tuple(key for key in LESSON.keys if key.name in _SHARED)

CELLS: KeyTable[object] = KeyTable(
    pane_key("cells.up", "up,k", "screen.step(-1)", "Cell before"),
    pane_key("cells.down", "down,j", "screen.step(1)", "Next cell"),
    pane_key("cells.page-up", "pageup", "screen.step_page(-1)", "Cells before"),
    pane_key("cells.page-down", "pagedown", "screen.step_page(1)", "Next cells"),
    pane_key("cells.first", "home", "screen.step(-1000000)", "First cell"),
    pane_key("cells.last", "end", "screen.step(1000000)", "Last cell"),
    pane_key("cells.edit", "enter", "screen.edit", "Edit"),
)
"""The keys of the list of cells."""
