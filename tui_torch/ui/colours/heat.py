"""The colours of a heatmap: from the lowest level to the highest, or away from 0 on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from textual.color import Color

from tui_torch.ui.colours.contrast import luminance
from tui_torch.ui.colours.depth import Depth

_VIRIDIS = tuple(Color(*rgb) for rgb in ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)))
"""Matplotlib's, which is as even to the eye on every ground, and to those who see fewer colours."""

LEVELS = 255
"""The levels are from 1 to this."""
_GREYISH = 12
"""Up to which difference of red, or green, and blue a colour is as good as grey."""
_ALIKE = 8
"""Levels that are shown alike where there are 256 colours."""


def stops(variables: Mapping[str, str], *, diverging: bool) -> tuple[Color, ...]:
    """The colours between which the others lie, evenly spaced.

    Args:
        variables: Those of the screen's colours.
        diverging: Whether the levels are on both sides of 0, which has the colour of the ground then.
    """
    if not diverging:
        return _VIRIDIS
    below, zero, above = (Color.parse(variables[f"heat-{name}"]) for name in ("below", "zero", "above"))
    return below, below.blend(zero, 0.5), zero, zero.blend(above, 0.5), above


@lru_cache(8)
def colours(between: tuple[Color, ...], depth: Depth) -> tuple[Color, ...]:
    """The colours of the levels from 1 to LEVELS: linear between the stops, or of 256 the nearest to that."""
    smooth = [_at(level / (LEVELS - 1), between) for level in range(LEVELS)]
    if depth is not Depth.MANY:
        return tuple(smooth)
    shown: list[Color] = []
    for level in range(0, LEVELS, _ALIKE):
        middle = smooth[min(level + _ALIKE // 2, LEVELS - 1)]
        # A level is never darker than one below it where they go from dark to light.
        least = luminance(shown[-1]) if shown and between is _VIRIDIS else 0.0
        shown += [depth.nearest(middle, partial(_fits, middle, least)) or middle] * _ALIKE
    return tuple(depth.written_as(colour) for colour in shown[:LEVELS])


def _fits(wanted: Color, least: float, one: Color) -> bool:
    """Whether one is on the same side of grey as what is wanted, blue or orange, and is as light as it has to be."""
    sides = ((wanted.r - wanted.b, one.r - one.b), (wanted.g - wanted.b, one.g - one.b))
    return luminance(one) >= least and all(abs(of) < _GREYISH or of * its > 0 for of, its in sides)


def _at(place: float, between: tuple[Color, ...]) -> Color:
    """The colour at a place from 0 to 1."""
    at = place * (len(between) - 1)
    lower = min(int(at), len(between) - 2)
    return between[lower].blend(between[lower + 1], at - lower)
