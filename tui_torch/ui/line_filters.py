"""Filters for every line that is drawn: the app's words, Textual's signs, the lesson's text, the learner's names."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui_torch.drawing.text.ascii import one_for_one
from tui_torch.drawing.text.visible import UNPRINTABLE

_COMMANDS = re.compile(f"[{UNPRINTABLE}]")


class FilterChain(LineFilter):
    """Filters that are applied one after the other, as one.

    Textual keeps what each filter makes of each line, and with it seven caches.
    """

    def __init__(self, filters: tuple[LineFilter, ...]) -> None:
        super().__init__()
        self.filters = filters

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for filter in self.filters:
            segments = filter.apply(segments, background)
        return segments


class HarmlessFilter(LineFilter):
    """Removes characters that a terminal obeys; where it matters that they were there, they are written out before."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(_COMMANDS.sub("", segment.text), segment.style)
            for segment in segments
        ]


class AsciiFilter(LineFilter):
    """Replaces what is not ASCII; a widget with better replacements has made them already."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(one_for_one(text), style, control) for text, style, control in segments]


class ColourlessFilter(LineFilter):
    """Replaces the colours of the colourless theme by text attributes.

    Text on a light background is reversed, and text with little contrast is dim.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, style and _colourless(style), control) for text, style, control in segments]


_LIT = 0.15
"""Minimum brightness of a background that is reversed, from 0 (black) to 1 (white)."""
_FAINT = 0.62
"""Contrast below which text is dim: the difference in brightness between text and background, from 0 to 1."""


@lru_cache(4096)
def _colourless(style: Style) -> Style:
    ground, ink = _brightness(style.bgcolor, 0.0), _brightness(style.color, 1.0)
    lit = ground > _LIT
    return style.without_color + Style(
        reverse=lit != bool(style.reverse), dim=bool(style.dim) or (not lit and abs(ink - ground) < _FAINT)
    )


def _brightness(colour: RichColor | None, unknown: float) -> float:
    """Return the brightness of an RGB colour, from 0 to 1, or `unknown` for any other colour."""
    return Color.from_rich_color(colour).brightness if colour is not None and colour.triplet is not None else unknown
