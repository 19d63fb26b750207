"""The help on the screen of one's own program."""

from __future__ import annotations

from tui_torch.ui.keys.bound import rows_by_name, table_by_name
from tui_torch.ui.keys.declared import EDITOR, LESSON, PROGRAM
from tui_torch.ui.keys.programs.cells import SHARED_ROWS
from tui_torch.ui.screens.help import PANES_HELP

_SHARED = tuple(row for row in LESSON.help if row.in_help and row.keys in SHARED_ROWS)

PROGRAM_HELP = f"""\
## Keys

{rows_by_name((*PROGRAM.help, *_SHARED))}

Single letters work outside the editor. {{app.quit}} quits on every screen.

## In the editor

{table_by_name(EDITOR)}

## What happens when you run

A script without cells runs as `python FILE ARGUMENTS` would run it, from a fresh start: its folder, its modules, its
`__main__`, its exit code. What it reads from the keyboard is asked for below its output.

Lines `# %%` divide a script into cells, and a notebook has them. A cell finds the names that those before it left, and
one that raises keeps no other from running. `In [3]` is the third run since the kernel started. A cell that was edited
since, or above which another has run later, is marked: what it left may be another now. Lines have the numbers that
they have in the script.

{{program.all}} runs it all from the beginning: a notebook in a fresh kernel, a script as a program. Its cells are then
marked as run in the program, which leaves no names for a cell that runs next; an error is gone to.

While a cell runs you can read and edit the others: its output, its chart and its tensors stay in their panes.

## The file

What you type is kept as you type it, and written to the file by {{program.save}} alone. What somebody else writes to
the file is shown; where both of you did, you are asked which stays, and neither is lost. A notebook keeps its ids, its
metadata and its outputs; {{program.save-outputs}} writes the outputs of what ran here, too.

{PANES_HELP}"""
"""The help, in which keys stand by their names."""
