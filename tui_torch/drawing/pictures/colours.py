"""The colours and the shades of numbers in a heatmap."""

from __future__ import annotations

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

_VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_AROUND_ZERO = {
    True: ((92, 176, 255), (46, 92, 150), (30, 33, 40), (160, 84, 28), (255, 160, 70)),
    False: ((24, 84, 168), (130, 170, 220), (244, 244, 244), (232, 168, 110), (176, 70, 0)),
}
"""From below 0 to above it, on a dark (True) or light background; 0 has the colour of the background."""
_SHADES = " .:-=+*#%@"
NOT_FINITE: Colour = (200, 60, 120)
"""The colour of a cell without a finite element; it also has a cross."""


def colour(level: int, diverging: bool, dark: bool) -> Colour:
    """The colour of a level from 1 to 255, linear between the stops."""
    stops = _AROUND_ZERO[dark] if diverging else _VIRIDIS
    at = (level - 1) / 254 * (len(stops) - 1)
    lower = min(int(at), len(stops) - 2)
    share = at - lower
    first, second = stops[lower], stops[lower + 1]
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(level: int) -> str:
    """The character of a level from 1 to 255; a cross for 0, a cell without a finite element."""
    return _SHADES[min((level - 1) * len(_SHADES) // 255, len(_SHADES) - 1)] if level else "x"


def brightness(pixel: int) -> int:
    """The brightness, from 0 to 255, of a pixel whose bytes are red, green and blue."""
    return ((pixel >> 16) * 299 + (pixel >> 8 & 255) * 587 + (pixel & 255) * 114) // 1000
