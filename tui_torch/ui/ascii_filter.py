"""Keeps the app within ASCII: its words, Textual's signs, the lesson's text and whatever the learner's code says."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui_torch.tutor.plain import one_for_one


class AsciiFilter(LineFilter):
    """Goes over each line as it is drawn. A widget that has better signs for ASCII has put them there already."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(one_for_one(text), style, control) for text, style, control in segments]
