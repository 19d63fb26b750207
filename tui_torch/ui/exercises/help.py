"""The help of the screen of exercises that are solved in an editor of one's own."""

from __future__ import annotations

from tui_torch.ui.keys.bound import BoundKeys, table_by_name
from tui_torch.ui.keys.declared import EXERCISES
from tui_torch.ui.screens.help import HelpScreen

_HELP = f"""\
## Keys

{table_by_name(EXERCISES)}

## How it goes

Each file has its task as a comment, and your code below it. Keep this screen beside your editor, in a split of the
terminal or a window of its own: a file that you save runs in a kernel and is graded at once, whichever is on show.
A file begins with your code from the app where you have some there, and nothing is ever written into one later. What
passes is done in the app, too, with your code; what fails does not take the place of code there. Hints that you take
count there.

## Exercises

In their order, ✓ those that pass, ✗ those that fail, ○ those to do, or changed since they were graded; the one on show
is bold. At the start that is the first one that does not pass.

## Output

What the file printed, then the error with its explanation, the coach's notes, and what each check found: of drawn
inputs the smallest that fails, with what was expected beside what came. Lines have the numbers that they have in your
file.
"""


def exercises_help(keys: BoundKeys, *, ascii_only: bool) -> HelpScreen:
    """The help, with the keys as they are bound."""
    return HelpScreen(text=keys.spelled_out(_HELP), ascii_only=ascii_only)
