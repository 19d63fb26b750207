"""The two themes: PyTorch's ember on a quiet ground, in the dark and in the light."""

from __future__ import annotations

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
    primary="#c2410c",
    secondary="#2f5f9e",
    accent="#9a5b00",
    success="#2f7d32",
    warning="#94600a",
    error="#b3261e",
    foreground="#24262b",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#eeece6",
    dark=False,
    variables={
        "border": "#c9c5bb",
        "border-blurred": "#dcd8ce",
        "footer-key-foreground": "#9a5b00",
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
