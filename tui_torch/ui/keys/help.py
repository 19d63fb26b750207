"""What the help screen and the README say of the keys, made from their declarations.

Keys stand by their names, `{run}`, and are put in by `BoundKeys`: the README has the declared ones, the help those that
are bound.
"""

from __future__ import annotations

from tui_torch.tutor.served import is_served
from tui_torch.ui.keys.bound import DEFAULT, BoundKeys, table_by_name
from tui_torch.ui.keys.declared import CHART, EDITOR, GRAPH, LESSON, MATRIX, PROGRAM, REPLAY


def lesson_note(keys: BoundKeys) -> str:
    """What stands below the keys of the lesson, in the help screen and in the README."""
    some_terminals = "{run:3} and {run:4} run the code in terminals that send them. " if keys.has("run", 4) else ""
    # A page is a terminal that sends them, and its browser keeps some others.
    browser = "A browser keeps `ctrl+w` for itself: `ctrl+backspace` deletes a word. " if is_served() else ""
    return keys.spelled_out(
        f"{some_terminals}{browser}Single letters work outside the editor. {{app.quit}} quits on every screen."
    )


TENSORS_HELP = (
    "With the focus there, {tensors.page-1} to {tensors.page-5} or {tensors.page-back} {tensors.page} show a "
    "value's elements, picture, distribution, memory and graph; {tensors.slice-back} {tensors.slice} choose a "
    "slice, {tensors.dimension-back} {tensors.dimension} the dimension; {detail.open} goes in, {detail.leave} out; "
    "{tensors.sort} sorts, {tensors.filter} filters, {tensors.legend} tells what the marks mean; {tensors.locals} "
    "goes on to the locals of the function that trained, to its callers', and back to the names. A container's "
    "items, a module's layers and parameters open by {detail.open}, too; its second page has for each layer the "
    "norm of its gradients, the zeros, mean and spread of what it returned, and how many units are dead, which were"
    " 0 for every example. A picture says what it takes the elements for, and why: an image with its channels first"
    " or last, a batch of images, matrices side by side, or one as a heatmap. {tensors.switch} goes through what is"
    " possible; {tensors.slice-back} {tensors.slice} turn the page where not all of them fit."
)
"""The keys of the tensors pane, for the help screen and the README."""


def readme() -> str:
    """The README's section about keys, without its heading."""
    sections = (
        ("With a program of your own (`tui-torch open`):", table_by_name(PROGRAM)),
        ("In the editor ({edit}):", table_by_name(EDITOR)),
        ("In a replay ({replay}):", table_by_name(REPLAY)),
        ("In the loss chart ({chart}):", table_by_name(CHART)),
        ("In a confusion matrix whose images a lesson names (`tab`):", table_by_name(MATRIX)),
        ("In a graph ({graph}):", table_by_name(GRAPH)),
    )
    return "\n\n".join(
        (
            DEFAULT.rows_in_markdown(LESSON.help),
            lesson_note(DEFAULT),
            *(DEFAULT.spelled_out(f"{title}\n\n{table}") for title, table in sections),
            DEFAULT.spelled_out(f"Among the tensors ({{tensors}}): {TENSORS_HELP[0].lower()}{TENSORS_HELP[1:]}"),
        )
    )
