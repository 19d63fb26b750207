"""The output of a step that was left, until the learner comes back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.drawing.text.transcript import Transcript
    from tui_torch.protocol.notes import Note
    from tui_torch.ui.lesson.output.figures import KeptFigures


@dataclass(frozen=True, slots=True)
class LeftOutput:
    """What the output pane showed after a run."""

    transcript: Transcript
    figures: KeptFigures
    notes: list[Note]
    shown_fixes: tuple[int, int] | None
    in_sight: tuple[int, int | None] | None
    """The numbers of the first and the last line that were kept in sight."""
