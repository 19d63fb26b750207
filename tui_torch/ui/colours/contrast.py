"""How far apart two colours are: their contrast for reading, and their difference for telling one from the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from textual.color import BLACK, WHITE, Color, rgb_to_lab

TEXT, LINE = 4.5, 3.0
"""The contrast that text has at least, and lines and marks that carry meaning (WCAG 2.2)."""

_STEP = 0.01
"""How near to what is asked for a colour is made lighter or darker; 1 is from black to white."""


@lru_cache(4096)
def luminance(colour: Color) -> float:
    """The relative luminance, from 0 to 1 (WCAG 2.2)."""
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: Color, grounds: Iterable[Color]) -> float:
    """The contrast of a colour on that ground on which it is the hardest to read."""
    return min(contrast(colour, ground) for ground in grounds)


def difference(one: Color, other: Color) -> float:
    """How different two colours look: their distance in CIELAB, where 2 is just noticed and black to white is 100."""
    return squared(lab(one), lab(other)) ** 0.5


def squared(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The square of the distance of two places in CIELAB."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


@lru_cache(4096)
def lab(colour: Color) -> tuple[float, float, float]:
    """Where a colour is in CIELAB: its lightness, and how far it is towards red and yellow."""
    place = rgb_to_lab(colour)
    return place.L, place.a, place.b


def legible(colour: Color, grounds: tuple[Color, ...], least: float) -> Color:
    """Return the colour, made as much lighter on dark grounds, or darker on light ones, as its contrast asks for.

    Args:
        grounds: What it is drawn on, each of which it is legible on then, if any colour is.
        least: The contrast that it has on each.
    """
    if least_contrast(colour, grounds) >= least:
        return colour
    towards_white = least_contrast(WHITE, grounds) >= least_contrast(BLACK, grounds)
    change = colour.lighten if towards_white else colour.darken
    chosen = WHITE if towards_white else BLACK
    too_little, enough = 0.0, 1.0
    while enough - too_little > _STEP:
        between = (too_little + enough) / 2
        shade = change(between)
        if least_contrast(shade, grounds) >= least:
            chosen, enough = shade, between
        else:
            too_little = between
    return chosen


def is_red(colour: Color, degrees: float = 14) -> bool:
    """Whether a colour looks like an error's, whatever a theme has for errors.

    Args:
        degrees: Up to which its hue is a red, and no orange.
    """
    hue, saturation, lightness = colour.hsl
    return (hue <= degrees / 360 or hue >= 340 / 360) and saturation > 0.35 and lightness < 0.85
