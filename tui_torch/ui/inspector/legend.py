"""What the marks in the rows of the tensors pane mean: in the help, and below the rows where the learner asks."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content

from tui_torch.ui.inspector.page import MUTED

EMPTY = "Run the code: every tensor it makes is shown here."
"""What the pane says before the first run."""
AFTER_OTHERS = "Run the code: every tensor it makes is shown here, and those of the steps before."
"""What it says before the first run where the code goes on from earlier steps."""
UNANSWERED = "Answer the question: then its code runs, and every tensor it makes is shown here."
"""What it says beside a question that code settles."""
NO_CODE = "This question runs no code, so there are no tensors."
"""What it says beside any other question."""


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


def legend_lines(ascii_only: bool) -> Content:
    """The marks, one a line."""
    marks = [(mark.ascii if ascii_only else mark.unicode, mark.meaning) for mark in MARKS]
    return Content("\n").join(
        Content.assemble((f"{sign:4}", "bold"), (meaning, MUTED)) for sign, meaning in marks if sign
    )


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

{{tensors.sort}} sorts the rows: first bound, by name, by size, by what changed. {{tensors.filter}} filters them,
{{tensors.unfilter}} shows all again.
{{tensors.legend}} shows what the marks mean:

{legend_table()}

|grad|≤ is a tensor's largest gradient, ‖grad‖= a module's norm of all of them.
"""
"""What the help screen says of the tensors pane."""
