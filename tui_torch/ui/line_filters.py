"""Goes over every line as it is drawn: the app's words, Textual's signs, the lesson's text, the learner's names."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui_torch.tutor.plain import one_for_one

# Control characters; marks that reorder text (bidi); Unicode's own line ends.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class HarmlessFilter(LineFilter):
    """Leaves out of texts what a terminal would obey. Where it matters that it was there, it is written out before."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(_COMMANDS.sub("", segment.text), segment.style)
            for segment in segments
        ]


class AsciiFilter(LineFilter):
    """Keeps within ASCII. A widget that has better signs for it has put them there already."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(one_for_one(text), style, control) for text, style, control in segments]
