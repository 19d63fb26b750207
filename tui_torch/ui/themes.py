"""The themes: PyTorch's ember on a quiet background, dark and light, and one for terminals without colours."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="ember-dark",
    primary="#f0703c",
    secondary="#7aa2d6",
    accent="#f5b95f",
    success="#7fbf7a",
    warning="#e5b455",
    error="#ef6b73",
    foreground="#d8d6d0",
    background="#15171b",
    surface="#15171b",
    panel="#22252b",
    dark=True,
    variables={
        "text-disabled": "auto 50%",
        "foreground-disabled": "#d8d6d09b",
        "border": "#3a3f48",
        "border-blurred": "#2e323a",
        "footer-key-foreground": "#f5b95f",
        "block-cursor-background": "#3b2a22",
        "block-cursor-foreground": "#f7f5f0",
        "block-cursor-blurred-background": "#22252b",
        "block-cursor-blurred-foreground": "#d8d6d0",
        "input-selection-background": "#f0703c 30%",
        "scrollbar": "#3a3f48",
        "scrollbar-hover": "#3a3f48",
        "scrollbar-active": "#f0703c",
        "scrollbar-background": "#15171b",
        "scrollbar-background-hover": "#15171b",
        "scrollbar-background-active": "#15171b",
        "scrollbar-corner-color": "#15171b",
    },
)

LIGHT = Theme(
    name="ember-light",
    primary="#b93d0b",
    secondary="#2f5f9e",
    accent="#8a5100",
    success="#2b742e",
    warning="#94600a",
    error="#b3261e",
    foreground="#24262b",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#eeece6",
    dark=False,
    variables={
        "text-muted": "auto 66%",
        "text-disabled": "auto 62%",
        "foreground-muted": "#24262bb8",
        "foreground-disabled": "#24262ba8",
        "border": "#c9c5bb",
        "border-blurred": "#dcd8ce",
        "footer-key-foreground": "#8a5100",
        "block-cursor-background": "#f6dccd",
        "block-cursor-foreground": "#24262b",
        "block-cursor-blurred-background": "#eeece6",
        "block-cursor-blurred-foreground": "#24262b",
        "input-selection-background": "#c2410c 25%",
        "scrollbar": "#c9c5bb",
        "scrollbar-hover": "#c9c5bb",
        "scrollbar-active": "#c2410c",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-corner-color": "#fbfaf7",
    },
)

COLOURLESS = Theme(
    name="colourless",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffffff",
    success="#ffffff",
    warning="#ffffff",
    error="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
    variables={
        "border": "#ffffff",
        "border-blurred": "#606060",
        "block-cursor-background": "#ffffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#000000",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-text-style": "underline",
        "input-selection-background": "#ffffff",
        "input-selection-foreground": "#000000",
        "screen-selection-background": "#ffffff",
        "screen-selection-foreground": "#000000",
        "scrollbar": "#ffffff",
        "scrollbar-hover": "#ffffff",
        "scrollbar-active": "#ffffff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "scrollbar-corner-color": "#000000",
    },
)
"""Only for `ColourlessFilter`, which reverses what has a white background here, and dims what is grey."""

TEXT_CONTRAST, GROUND_CONTRAST = 4.5, 1.7
"""What selected text has at least against its ground, and what that ground has, if it can, against the theme's."""
_SHARES = (0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
"""How much of the primary colour may be in the ground of selected text."""


def selection_colours(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the colours of selected text that suit a theme, by the names that Textual's stylesheet has for them.

    Textual's own leave the text its colours, on half of the theme's primary colour: of the themes that come with it,
    a third are hard to read there, and what is drawn by Rich's styles has the colour of the ground.

    Args:
        variables: Those of the theme. A theme that has such colours, as those of 16 colours have, keeps them.
    """
    if variables["screen-selection-foreground"] != "transparent":
        return {}
    ground, text = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    shades = [ground.blend(Color.parse(variables["primary"]), share) for share in _SHARES]
    legible = [shade for shade in shades if contrast(text, shade) >= TEXT_CONTRAST]
    if not legible:
        chosen, text = text, ground
    else:
        chosen = next((shade for shade in legible if contrast(shade, ground) >= GROUND_CONTRAST), legible[-1])
    return {"screen-selection-background": chosen.hex, "screen-selection-foreground": text.hex}


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    """The relative luminance, from 0 to 1 (WCAG 2.2)."""
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
