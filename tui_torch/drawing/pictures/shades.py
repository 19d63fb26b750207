"""The shades of numbers in a heatmap, where there are too few colours, and how bright a pixel is."""

from __future__ import annotations

_SHADES = " .:-=+*#%@"


def shade(level: int) -> str:
    """The character of a level from 1 to 255; a cross for 0, a cell without a finite element."""
    return _SHADES[min((level - 1) * len(_SHADES) // 255, len(_SHADES) - 1)] if level else "x"


def brightness(pixel: int) -> int:
    """The brightness, from 0 to 255, of a pixel whose bytes are red, green and blue."""
    return ((pixel >> 16) * 299 + (pixel >> 8 & 255) * 587 + (pixel & 255) * 114) // 1000
