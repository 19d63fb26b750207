"""How many colours a terminal has, and what it shows of a colour that is not among them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color

from tui_torch.ui.colours.contrast import lab, squared

if TYPE_CHECKING:
    from textual.app import App

_SIXTEEN = tuple(
    Color.parse(f"#{rgb}")
    for rgb in (
        *("000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa"),
        *("555555", "ff5555", "55ff55", "ffff55", "5555ff", "ff55ff", "55ffff", "ffffff"),
    )
)
"""The colours of a PC's text mode, which Rich takes for those of a terminal of 16."""


class Depth(Enum):
    """The number of colours that a terminal shows."""

    ALL = ColorSystem.TRUECOLOR
    MANY = ColorSystem.EIGHT_BIT
    """256, of which the first 16 are the terminal's own, and are not used."""
    FEW = ColorSystem.STANDARD
    """16"""
    NONE = None

    @classmethod
    def named(cls, system: str | None) -> Depth:
        """The depth of what Rich calls a console's colour system."""
        return {"truecolor": cls.ALL, "256": cls.MANY, "standard": cls.FEW, "windows": cls.FEW}.get(
            system or "", cls.NONE
        )

    @classmethod
    def of(cls, app: App[Any]) -> Depth:
        """That of the terminal that an app is in."""
        return cls.NONE if app.no_color else cls.named(app.console.color_system)

    @property
    def shows_pictures(self) -> bool:
        """Whether there are enough colours for the levels of a heatmap."""
        return self in (Depth.ALL, Depth.MANY)

    def shown(self, colour: Color) -> Color:
        """What the terminal shows of an opaque colour, by the conversion that Rich makes of it."""
        if self in (Depth.ALL, Depth.NONE):
            return colour
        system = ColorSystem.EIGHT_BIT if self is Depth.MANY else ColorSystem.STANDARD
        converted = colour.rich_color.downgrade(system)
        if self is Depth.FEW:
            return _SIXTEEN[converted.number or 0]
        return Color(*converted.get_truecolor())

    def own(self) -> tuple[Color, ...]:
        """The colours that such a terminal has and Rich writes; none where it shows each colour, or none of them."""
        return tuple(_written_as(self))

    def written_as(self, shown: Color) -> Color:
        """The colour that Rich makes one of the terminal's own of."""
        return _written_as(self).get(shown, shown)

    def nearest(
        self, colour: Color, fits: Callable[[Color], bool] = lambda _: True, taken: Collection[Color] = ()
    ) -> Color | None:
        """The one of its own colours that looks most like a colour, of those that fit and are not taken."""
        looked_for = lab(colour)
        own = sorted((squared(looked_for, its), number) for number, its in enumerate(_labs(self)))
        known = self.own()
        return next((known[n] for _, n in own if known[n] not in taken and fits(known[n])), None)


@cache
def _written_as(depth: Depth) -> Mapping[Color, Color]:
    match depth:
        case Depth.MANY:
            every = [Color(*RichColor.from_ansi(number).get_truecolor()) for number in range(16, 232)]
            # Rich takes the lightness of a grey in steps of a 25th, and makes a darker grey of most of the terminal's.
            every += [Color(grey, grey, grey) for grey in (round(step * 255 / 25) for step in range(1, 25))]
            found = {depth.shown(colour): colour for colour in every}
            return found | {colour: colour for colour in found if depth.shown(colour) == colour}
        case Depth.FEW:
            return {colour: colour for colour in _SIXTEEN}
        case _:
            return {}


@cache
def _labs(depth: Depth) -> list[tuple[float, float, float]]:
    return [lab(colour) for colour in depth.own()]
