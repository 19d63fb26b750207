"""The help of the screen of a kernel that others use."""

from __future__ import annotations

from tui_torch.ui.keys.bound import BoundKeys, table_by_name
from tui_torch.ui.keys.declared import ATTACH, CHART
from tui_torch.ui.keys.help import TENSORS_HELP
from tui_torch.ui.screens.help import HelpScreen

_HELP = f"""\
## Keys

{table_by_name(ATTACH)}

## The kernel

It is JupyterLab's, VS Code's or that of `jupyter console`, and cells are run there. After each, the probe that was
loaded into it tells what the cell made and changed; while a loop trains, its losses and the value that is selected.
What is asked for while another cell runs is read when that is over. The probe runs none of your code, answers no
`input()`, and never interrupts or restarts. {{attach.leave}} takes all of it out again; so does the end of this screen
in any other way. A kernel that is restarted is joined again.

## Tensors

{TENSORS_HELP}

## Chart

The losses of the last cell that trained, with those of validation and what is logged; cells that trained before are
behind it, named by what differs in their code.

{table_by_name(CHART)}

## Notes

What the coach says of the cell that ran last, and the error by which it ended. The error is not explained here, as
nothing is computed again in a kernel that is yours.
"""


def attach_help(keys: BoundKeys, *, ascii_only: bool) -> HelpScreen:
    """The help, with the keys as they are bound."""
    return HelpScreen(text=keys.spelled_out(_HELP), ascii_only=ascii_only)
