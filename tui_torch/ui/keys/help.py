"""What the help screen and the README say of the keys, made from their declarations."""

from __future__ import annotations

import re

from tui_torch.ui.keys.declared import CHART, EDITOR, GRAPH, LESSON, REPLAY, TABLES
from tui_torch.ui.keys.table import C, HelpRow, KeyTable, written

_KEYS = {key.name: key.keys.split(",") for table in TABLES for key in table.keys}

_PLACEHOLDER = re.compile(r"\{([a-z][\w.-]*)(?::(\d))?\}")


def key(name: str, number: int = 1) -> str:
    """Return a key as Markdown, such as `F5`: the first of that name, or its key number `number`, from 1.

    Raises:
        KeyError: No key has that name.
    """
    return f"`{plain_key(name, number)}`"


def plain_key(name: str, number: int = 1) -> str:
    """Return a key as `key` does, outside Markdown."""
    return written(_KEYS[name][number - 1])


def spelled_out(text: str) -> str:
    """Markdown with each `{name}` or `{name:2}` replaced by `key` of that name and number."""
    return _PLACEHOLDER.sub(lambda found: key(found[1], int(found[2] or 1)), text)


def rows_in_markdown(rows: tuple[HelpRow, ...]) -> str:
    """Rows of help as a Markdown table."""
    lines = ("| key | does |", "| --- | --- |", *(f"| {row.keys} | {row.sentence} |" for row in rows))
    return spelled_out("\n".join(lines))


def help_table(table: KeyTable[C]) -> str:
    """The keys of a table for the help screen, as a Markdown table."""
    return rows_in_markdown(tuple(row for row in table.help if row.in_help))


LESSON_NOTE = spelled_out(
    "{run:3} and {run:4} run the code in terminals that send them. Single letters work outside the editor. "
    "{app.quit} quits on every screen."
)
"""What stands below the keys of the lesson, in the help screen and in the README."""

TENSORS_HELP = spelled_out(
    "With the focus there, {tensors.page-1} to {tensors.page-5} or {tensors.page-back} {tensors.page} show a value's "
    "elements, picture, distribution, memory and graph; {tensors.slice-back} {tensors.slice} choose a slice, "
    "{tensors.dimension-back} {tensors.dimension} the dimension; {detail.open} goes in, {detail.leave} out; "
    "{tensors.sort} sorts, {tensors.filter} filters, {tensors.legend} tells what the marks mean. A container's items, "
    "a module's layers and parameters open by {detail.open}, too. A picture says what it takes the elements for, and "
    "why: an image with its channels first or last, a batch of images, matrices side by side, or one as a heatmap. "
    "{tensors.switch} goes through what is possible; {tensors.slice-back} {tensors.slice} turn the page where not all "
    "of them fit."
)
"""The keys of the tensors pane, for the help screen and the README."""


def readme() -> str:
    """The README's section about keys, without its heading."""
    return "\n\n".join(
        (
            rows_in_markdown(LESSON.help),
            LESSON_NOTE,
            spelled_out("In the editor ({edit}):"),
            help_table(EDITOR),
            spelled_out("In a replay ({replay}):"),
            help_table(REPLAY),
            spelled_out("In the loss chart ({chart}):"),
            help_table(CHART),
            spelled_out("In a graph ({graph}):"),
            help_table(GRAPH),
            spelled_out("Among the tensors ({tensors}): ") + TENSORS_HELP[0].lower() + TENSORS_HELP[1:],
        )
    )
