"""What the marks in the rows of the tensors pane mean: in the help, and below the rows where the learner asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content
from textual.widget import Widget

from tui_torch.ui.inspector.page import MUTED

if TYPE_CHECKING:
    from textual.geometry import Size

EMPTY = "Run the code: every tensor it makes is shown here."
"""What the pane says before the first run."""
AFTER_OTHERS = "Run the code: every tensor it makes is shown here, and those of the steps before."
"""What it says before the first run where the code goes on from earlier steps."""
RAN_BEFORE = "Another step has run since: run this code again to see its values."
"""What it says of a step to which one comes back after that."""
UNANSWERED = "Answer the question: then its code runs, and every tensor it makes is shown here."
"""What it says beside a question that code settles."""
NO_CODE = "This question runs no code, so there are no tensors."
"""What it says beside any other question."""


_BETWEEN = 3
"""Cells between two marks in a row of the legend."""


class Mark(NamedTuple):
    """A mark, and what it says of the row that it stands in."""

    unicode: str
    ascii: str
    """What stands for it among plain characters; empty where a word does."""
    meaning: str


MARKS = (
    Mark("◆", "*", "the step is about this"),
    Mark("●", "+", "the last run made this name"),
    Mark("~", "~", "bound it to another object"),
    Mark("!", "!", "changed its numbers in place"),
    Mark("∇+", "g+", "filled its gradient"),
    Mark("×", "x", "deleted it"),
    Mark("∇", "g", "requires grad; leaf: made by you, not by an operation"),
    Mark("≡ a", "&a", "is in the same memory as a"),
    Mark("x∈", "in", "its elements x lie between these two numbers"),
    Mark("μ σ", "", "the mean of its elements, and their standard deviation"),
)


def legend_table() -> str:
    """The marks as a Markdown table."""
    rows = "\n".join(f"| {mark.unicode} | {mark.meaning} |" for mark in MARKS)
    return f"| mark | meaning |\n| --- | --- |\n{rows}"


class Legend(Widget):
    """The marks, as many in a row as there is room for, so that little is taken from the rows above."""

    DEFAULT_CSS = """
    Legend {
        display: none;
        height: auto;
        padding: 0 1;
        border-top: solid $rule;
        &.-ascii { border-top: ascii $rule; }
        &.-shown { display: block; }
    }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        marks = [(mark.ascii if ascii_only else mark.unicode, mark.meaning) for mark in MARKS]
        self._entries = [Content.assemble((sign, "bold"), " ", (meaning, MUTED)) for sign, meaning in marks if sign]

    @property
    def is_shown(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-shown")

    def toggle(self) -> None:
        """Show it, or hide it."""
        self.toggle_class("-shown")

    def rows(self, width: int) -> list[Content]:
        """The marks for that many cells, each in the first row that has room for it, and none divided that fits one."""
        rows: list[Content] = []
        for entry in self._entries:
            needed = _BETWEEN + entry.cell_length
            at = next((at for at, row in enumerate(rows) if row.cell_length + needed <= width), None)
            if at is None:
                rows.append(entry)
            else:
                rows[at] = Content.assemble(rows[at], " " * _BETWEEN, entry)
        return rows

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._wrapped(width).get_height({}, width)

    def render(self) -> Content:
        return self._wrapped(self.content_size.width)

    def _wrapped(self, width: int) -> Content:
        return Content("\n").join(self.rows(width))


PANE_HELP = f"""\
## Tensors

Every name that the code has bound, the step's own on top. Up and down choose one; below it is shown in full. Left and
right (or its number) bring another page of it to the front: its values, a picture, its distribution, its memory. Shift
with down and up scroll it. `[` and `]` show another slice of a tensor with more than two dimensions, `{{` and `}}`
choose along which one. `enter` goes into it: then the arrows move there, and `esc` comes back. A matrix too large to be
read, and an image, come as a picture first.

A picture says what it takes the elements for and why: an image, channels first or last; a batch of images; matrices
side by side; or one as a heatmap. {{tensors.switch}} goes through what is possible, and that stays while the step
lasts. Where not all images fit, `[` and `]` turn the page.

{{tensors.plot}} draws the value over the whole screen: numbers in a row as a curve, pairs as points, matrices with
their numbers, each head of an attention, images. {{plot-screen.before}} and {{plot-screen.next}} draw it as another of
these; while a loop runs, it moves.

Where the code trains in a function, {{tensors.locals}} shows its local variables in the place of the names, with the
attributes of `self` as `self.model`; again, those of the functions that called it, and then the names. They follow the
loop while it runs, and are as the function left them when it has ended. The border says of which step they are; a row
that is older says so below.

{{tensors.sort}} sorts the rows: first bound, by name, by size, by what changed. {{tensors.filter}} filters them,
{{tensors.unfilter}} shows all again.
{{tensors.legend}} shows what the marks mean, and hides it again:

{legend_table()}

|grad|≤ is a tensor's largest gradient, ‖grad‖= a module's norm of all of them.
"""
"""What the help screen says of the tensors pane."""
