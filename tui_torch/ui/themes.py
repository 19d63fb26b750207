"""The themes: PyTorch's ember on a quiet background, dark and light, and one for terminals without colours."""

from __future__ import annotations

from textual.theme import Theme

from tui_torch.drawing.code_colours import OWN


def _of_code(dark: bool) -> dict[str, str]:
    return {f"code-{kind}": colour for kind, colour in OWN[dark].items()}


DARK = Theme(
    name="ember-dark",
    primary="#f0703c",
    secondary="#7aa2d6",
    accent="#f5b95f",
    success="#7fbf7a",
    warning="#dcc04e",
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
        **_of_code(True),
    },
)

LIGHT = Theme(
    name="ember-light",
    primary="#b23908",
    secondary="#2f5f9e",
    accent="#8a5100",
    success="#26702a",
    warning="#6f6400",
    error="#a8123e",
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
        **_of_code(False),
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
