"""The colours of selected text."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color

from tui_torch.ui.colours.contrast import TEXT, contrast
from tui_torch.ui.colours.depth import Depth

GROUND_CONTRAST = 1.7
"""What the ground of selected text has against the theme's, if it can."""
_SHARES = (0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
"""How much of the primary colour may be in the ground of selected text."""


def selection_colours(variables: Mapping[str, str], depth: Depth = Depth.ALL) -> dict[str, str]:
    """Return the colours of selected text that suit a theme, by the names that Textual's stylesheet has for them.

    Textual's own leave the text its colours, on half of the theme's primary colour: of the themes that come with it,
    a third are hard to read there, and what is drawn by Rich's styles has the colour of the ground.

    Args:
        variables: Those of the theme. A theme that has such colours, as those of 16 colours have, keeps them.
        depth: The number of colours that the terminal shows.
    """
    if variables["screen-selection-foreground"] != "transparent":
        return {}
    ground, text = (depth.shown(Color.parse(variables[name])) for name in ("background", "foreground"))

    def legible(shade: Color) -> bool:
        return contrast(text, shade) >= TEXT

    def stands_out(shade: Color) -> bool:
        # Of 256 colours, those that are as near as that to the ground are more colourful than any ground.
        is_ground = depth is not Depth.MANY or shade.r == shade.g == shade.b
        return is_ground and contrast(shade, ground) >= GROUND_CONTRAST

    shades = [ground.blend(Color.parse(variables["primary"]), share) for share in _SHARES]
    if depth.own():
        shades = [shade for shade in (depth.nearest(one, stands_out) for one in shades) if shade is not None]
    shades = [shade for shade in shades if legible(shade)]
    if not shades:
        chosen, text = text, ground
    else:
        chosen = next((shade for shade in shades if stands_out(shade)), shades[-1])
    of_ground, of_text = depth.written_as(chosen).hex, depth.written_as(text).hex
    return {
        f"{where}-selection-{part}": colour
        for where in ("screen", "input")
        for part, colour in (("background", of_ground), ("foreground", of_text))
    }
