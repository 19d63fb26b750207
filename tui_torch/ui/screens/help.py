"""The help screen: what the keys do, what the signs mean, where things are kept."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from tui_torch.drawing.text.ascii import in_ascii_words
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.output_help import OUTPUT_HELP
from tui_torch.ui.common.prose import Prose
from tui_torch.ui.keys.bound import DEFAULT, BoundKeys, keys_of, table_by_name
from tui_torch.ui.keys.declared import CHART, EDITOR, GRAPH, HELP_SCREEN, LESSON, MATRIX, REPLAY
from tui_torch.ui.keys.help import TENSORS_HELP, lesson_note
from tui_torch.ui.screens.present_size import PresentSize

_NOTE = "{note}"

_KEYS = f"""\
## Keys

{table_by_name(LESSON)}

{_NOTE}

## In the editor

{table_by_name(EDITOR)}

## What happens when you run

Every run of a step starts at the same place: the namespace is emptied, what the step stands on (the lesson's
setup, the examples before it, the solutions of the exercises before it) runs silently, and the random generators are
seeded with `torch.manual_seed(0)`. So what you see depends on nothing but the code in front of you.

The code is ordinary PyTorch in a process of its own. If it never ends, interrupt it; if it takes the process down, a
fresh one starts, and your code is as you left it.
"""

PANES_HELP = f"""\
{OUTPUT_HELP.strip()}

## Replay, line by line

{{replay}} runs the code and records it: your own lines, those of your functions and loops too. The lit line is
the one that runs next; the panes show what there was before it. A recording holds 20,000 lines, and says where it
stopped.

{table_by_name(REPLAY)}

## Tensors

`grad` follows a value once `backward()` has filled it. The last column says what the run did to a name: new, changed,
changed in place, gradient filled, gone; `≡` names who shares the memory. Pinned expressions, which the step is about,
stand on top.

{TENSORS_HELP}

## Loss chart

Every `backward()` on a scalar adds a point, with no logging call in the code. What the same loss function gives without
gradients is validation: its mean for each pass is drawn dimmer. Run a step again with other code, and the
earlier runs stay behind the new one, named by what differs: `lr=1e-5`, `lr=1e-2`. The new run decides about both axes:
of an earlier one that diverged, or was much longer, a part is shown. With the focus there ({{chart}}):

{table_by_name(CHART)}

## Confusion matrix

A row is what something is, a column what it was predicted as. Where a step names the images, a cell shows those that it
counts, each with its number in the lesson's tensor. With the focus there (`tab`):

{table_by_name(MATRIX)}

## Graph

The value stands on top, below it the operations and leaves that it was computed from. The arrow keys go from box to
box; the one selected is explained: what it does with the gradient, and with which numbers. Beside a line between
scalars stands what the gradient is multiplied by there; beside others, the shape. A large graph is drawn in rows, one
for each module, with the norm of its gradients; a line beside the rows that ends at ⊕ is a skip.

{table_by_name(GRAPH)}
"""
"""What the panes of any code show, and their keys."""

_KEPT = """\
## A finished lesson

Once every step is done, {next} on the last one shows a card: what the lesson taught, the loss of your last
training run in it or a graph, and how long you were at it, from run to run and without breaks of more than ten minutes.
{finished-screen.save} saves the card as a picture in the current folder, {finished-screen.next} goes on.

## Kept

What you type is saved as you type it. Your place, your answers and your code are in one file; `tui-torch doctor` says
where.
"""


LESSON_HELP = "\n".join((_KEYS, PANES_HELP, _KEPT))
"""The help of a lesson, in which keys stand by their names."""


def help_for(first: str = "", keys: BoundKeys = DEFAULT, text: str = LESSON_HELP) -> str:
    """A help text, with the section of that title in front; as it is without one, or where none has that title."""
    sections = re.split(r"(?m)^(?=## )", keys.spelled_out(text.replace(_NOTE, lesson_note(keys))))
    # Python's sort keeps the others in their order.
    return "".join(sorted(sections, key=lambda section: not first or not section.startswith(f"## {first}\n")))


class HelpScreen(PresentSize, ModalScreen[None]):
    """Shows the help until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = HELP_SCREEN.bindings()

    def __init__(self, first: str = "", *, text: str | None = None, ascii_only: bool = False) -> None:
        super().__init__()
        self.first = first
        """The title of the section that stands first: of where the learner is."""
        self.text = text
        """Markdown, in which keys are written, in place of the help of lessons."""
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            text = self.text if self.text is not None else help_for(self.first, keys_of(self.app))
            yield Prose(in_ascii_words(text) if self.ascii_only else text, ascii_only=self.ascii_only)
        yield KeyBar()

    def on_mount(self) -> None:
        box = self.query_one("#help")
        box.border_title = "Help"
        box.focus()
