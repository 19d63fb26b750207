"""The explanation of an error, as lines of the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui_torch.ui.lesson.output.graded import said
from tui_torch.ui.lesson.output.transcript_view import CODE, NOTE, WHERE

if TYPE_CHECKING:
    from tui_torch.drawing.text.transcript import Pieces
    from tui_torch.protocol.events import Explanation

NAME_WIDTH = 24
"""Maximum width of the column of names in an explanation, in cells."""


def lines_of_explanation(explanation: Explanation, drawable: Callable[[str], str]) -> Iterator[Pieces]:
    """What the error means here, the values on its line with their shapes, and what to write instead.

    Args:
        drawable: Writes out what the pane cannot draw.
    """
    yield (("", ""),)
    yield tuple(said(drawable(explanation.meaning)))
    width = min(max((cell_len(name) for name, _ in explanation.names), default=0), NAME_WIDTH)
    for name, description in explanation.names:
        padding = " " * max(0, width - cell_len(name))
        yield (("  ", ""), (drawable(name), CODE), (f"{padding}  {drawable(description)}", ""))
    if explanation.suggested_fix is not None:
        yield (("Try: ", NOTE), (drawable(explanation.suggested_fix), CODE), _gives(explanation.suggested_fix_gives))
    for reading in explanation.readings:
        meant = said(f"If {drawable(reading.meant)}: ")
        yield (*meant, (drawable(reading.code), CODE), _gives(reading.gives))


def _gives(result: str | None) -> tuple[str, str]:
    return (f"   gives {result}" if result is not None else "", WHERE)
