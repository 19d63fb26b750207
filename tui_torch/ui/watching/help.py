"""The help of the screen of a watched training."""

from __future__ import annotations

from tui_torch.ui.keys.bound import BoundKeys, table_by_name
from tui_torch.ui.keys.declared import CHART, WATCH
from tui_torch.ui.screens.help import HelpScreen

_HELP = f"""\
## Keys

{table_by_name(WATCH)}

## The training

The command runs as itself, in a terminal of its own. It does not need this screen: leave it by {{watch.detach}}, lose
the connection, kill it; the training goes on, and `tui-torch watch --attach` comes back. What it prints is shown as it
would stand in a terminal; what would ask your terminal something, or change it, is left out.

## Chart

The losses, with those of validation and what is logged; {{chart.view}} goes on to the gradient norm and the learning
rate. A record does not grow with the steps: of a long training, the lowest and the highest value of each stretch of
steps is kept, at most 400 stretches. A moving average is then of these values.

{table_by_name(CHART)}

## Figures

Those of the process with the lowest rank. A value with a step behind it is older than the last step. Steps a second are
those of the last tenth of what is kept, without pauses such as an evaluation. The time left is told where the command
line says how many epochs there are, such as `--epochs 90`, one is over, and nothing says that the training goes on from
an earlier one; the program's own progress bar is quoted where it says how long it takes still. Epochs are those of a
`DataLoader`. Under `DistributedDataParallel` losses are a rank's own, and the gradient norm, taken at `step()`, is of
the averaged gradients.

Memory is main memory; of a GPU, what PyTorch's tensors take of it, now and at most so far.

## Gradient norm by layer

Of the gradients that the optimizer steps by, when they were last looked at, a few times a second at most. The longest
bar is that of the largest norm; a tenth of it is a quarter shorter. Where a model has many blocks, neighbours are taken
together: `blocks[0:4]`. On a screen of less than 32 lines they stand beside the chart of gradient norms.

## Notes

What the numbers alone say: a loss that is not finite, or explodes; validation that rises while the training's loss
falls. At the end, the error by which the program ended, with its own lines, above the figures.
"""


def watch_help(keys: BoundKeys, *, ascii_only: bool) -> HelpScreen:
    """The help, with the keys as they are bound."""
    return HelpScreen(text=keys.spelled_out(_HELP), ascii_only=ascii_only)
