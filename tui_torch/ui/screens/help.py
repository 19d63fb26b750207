"""The help screen: what the keys do, what the signs mean, where things are kept."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from tui_torch.drawing.text.ascii import in_ascii_words
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.lesson.text import Prose
from tui_torch.ui.screens.present_size import PresentSize

HELP = """\
## Keys

| key | does |
| --- | --- |
| `F5` or `ctrl+r` | run the code; in an exercise, grade it too |
| `F6` | run the code, then go through it line by line |
| `e` | edit the code; `esc` leaves the editor |
| `n` `p` | next step, previous step |
| `1` … `9` | answer a quiz |
| `h` | a hint, one at a time |
| `s` | the solution; `s` again puts it into the editor |
| `r` | the code as it was given; `r` again brings yours back |
| `i` or `ctrl+c` | interrupt the code that runs |
| `R` | restart the kernel |
| `t` `c` | tensors, loss chart; again to go back |
| `m` | the line as the coach would write it, when it has something to say; again to hide it |
| `g` | the autograd graph of the value selected among the tensors |
| `l` | lessons; practice and the playground below them |
| `ctrl+p` | every command, every lesson, the themes |
| `q` | quit; everything is kept |
| `ctrl+z` | back to the shell, whose `fg` brings everything back; in the editor, undo |

`ctrl+enter` and `shift+enter` run the code in terminals that send them. Single letters work outside the editor.

## What happens when you run

Every run of a step starts at the same place: the namespace is emptied, what the step stands on (the lesson's
setup, the examples before it, the solutions of the exercises before it) runs silently, and the random generators are
seeded with `torch.manual_seed(0)`. So what you see depends on nothing but the code in front of you.

The code is ordinary PyTorch in a process of its own. If it never ends, interrupt it; if it takes the process down, a
fresh one starts, and your code is as you left it.

## Replay, line by line

`F6` runs the code and records it: your own lines, those of your functions and loops too. The lit line is the one that
runs next; the panes show what there was before it. A recording holds 2,000 lines, and says where it stopped.

| key | goes |
| --- | --- |
| `left` `right` | a line back, a line on; with `shift` ten |
| `home` `end` | to the beginning, to the end |
| `/` | to the next change of the name that you chose among the tensors, or of any; `\\` to the one before |
| `]` `[` | to the next pass of the loop, to the one before; `}` `{` of the outermost loop |
| a number, `enter` | to that pass of the loop; with `}` instead of `enter`, of the outermost loop |
| `esc` | back to the result of the run |

## Tensors

`grad` follows a value once `backward()` has filled it. The last column says what the run did to a name: new, changed,
changed in place, gradient filled, gone; `≡` names who shares the memory. Pinned expressions, which the step is about,
stand on top.

With the focus there, `1` to `5` or `left` `right` show a value's elements, picture, distribution, memory and graph;
`[` `]` choose a slice, `{` `}` the dimension; `enter` goes in, `esc` out; `o` sorts, `/` filters. A container's items,
a module's layers and parameters open by `enter`, too. `m` draws an image as a heatmap, channel by channel, and back.

## Loss chart

Every `backward()` on a scalar adds a point, with no logging call in the code. Run a step again with other code, and the
earlier runs stay behind the new one, named by what differs: `lr=1e-5`, `lr=1e-2`. The new run decides about both axes:
of an earlier one that diverged, or was much longer, a part is shown. With the focus there (`c`):

| key | does |
| --- | --- |
| `L` | a logarithmic axis, or a linear one |
| `S` | a moving average over about 10, 100, 1,000 steps, in front of the values; the values alone again |
| `v` | the gradient norm, the learning rate, the loss again |
| `left` `right` | a cursor that reads the values; with `shift` ten columns; `esc` takes it away |
| `+` `-` `0` | zoom in, around the cursor or on the newest steps; zoom out; everything |
| `<` `>` | earlier steps, later steps, while zoomed in |
| `x` | forget the earlier runs |
| `B` | braille, blocks, or plain characters: whichever your font shows best |

## Graph

The value stands on top, below it the operations and leaves that it was computed from. The arrow keys go from box to
box; the one selected is explained: what it does with the gradient, and with which numbers. Beside a line between
scalars stands what the gradient is multiplied by there; beside others, the shape.

## Kept

What you type is saved as you type it. Your place, your answers and your code are in one file; `tui-torch doctor` says
where.
"""


class HelpScreen(PresentSize, ModalScreen[None]):
    """Scrolls; any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss(None)", "Back", key_display="esc"),
    ]

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Prose(in_ascii_words(HELP) if self.ascii_only else HELP, ascii_only=self.ascii_only)
        yield KeyBar()

    def on_mount(self) -> None:
        box = self.query_one("#help")
        box.border_title = "Help"
        box.focus()
