"""An error and its explanation, as lines of the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui_torch.ui.lesson.output.frame_place import place_of
from tui_torch.ui.lesson.output.graded import said
from tui_torch.ui.lesson.output.transcript_view import CODE, ERROR, NOTE, WHERE, code_in_roles

if TYPE_CHECKING:
    from tui_torch.drawing.text.transcript import Pieces
    from tui_torch.protocol.events import Explanation, Failed, Frame

NAME_WIDTH = 24
"""Maximum width of the column of names in an explanation, in cells."""


LED_BY_ONE, LED_BY = "The call that led there:", "The calls that led there, the last one first:"
FRAMES_SHOWN = 4
"""Number of lines of a traceback shown from either end when it is longer."""


def lines_of_error(
    failed: Failed,
    is_of_the_editor: Callable[[str], bool],
    harmless: Callable[[str], str],
    drawable: Callable[[str], str],
) -> Iterator[Pieces]:
    """The learner's line that raised an error, its message and its explanation; then the calls that led to the line.

    What does not fit is at the end, and the line and the message say most.

    Args:
        failed: The error.
        is_of_the_editor: Whether the editor shows a file: the number of a line says where in it.
        harmless: Writes out control characters.
        drawable: Writes out what the pane cannot draw.
    """

    def place(frame: Frame) -> Pieces:
        return (harmless(place_of(frame, is_of_the_editor)), WHERE), *code_in_roles(harmless(frame.code))

    if failed.in_step is not None:
        yield tuple(said(drawable(f"Your code has not run: “{failed.in_step}”, which it stands on, failed.")))
    *calls, raised = failed.frames or (None,)
    if raised is not None:
        yield place(raised)
    first, *rest = failed.message.split("\n")
    yield (f"{failed.error}: " if failed.message else failed.error, ERROR), (harmless(first), "")
    for line in rest:
        yield ((harmless(line), ""),)
    if failed.explanation is not None:
        yield from lines_of_explanation(failed.explanation, drawable)
    if not calls:
        return
    yield tuple(said(LED_BY_ONE if len(calls) == 1 else LED_BY))
    calls.reverse()
    if len(calls) > 2 * FRAMES_SHOWN + 1:
        yield from map(place, calls[:FRAMES_SHOWN])
        yield tuple(said(f"and {len(calls) - 2 * FRAMES_SHOWN} lines more, then"))
        calls = calls[-FRAMES_SHOWN:]
    yield from map(place, calls)


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
