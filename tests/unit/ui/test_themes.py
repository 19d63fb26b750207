"""The colours of selected text: legible, and seen to be selected, in every theme that can be chosen."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui_torch.ui.themes import COLOURLESS, DARK, LIGHT, TEXT_CONTRAST, contrast, selection_colours

THEMES = {**BUILTIN_THEMES, **{theme.name: theme for theme in (DARK, LIGHT, COLOURLESS)}}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert contrast(Color.parse("#777777"), Color.parse("#777777")) == 1


@pytest.mark.parametrize("name", sorted(THEMES))
def test_selected_text_can_be_read_and_stands_out(name: str) -> None:
    theme = THEMES[name]
    variables = theme.to_color_system().generate() | theme.variables
    variables |= selection_colours(variables)
    if name.startswith("ansi"):
        assert variables["screen-selection-background"].startswith("ansi_")
        return
    text = Color.parse(variables["screen-selection-foreground"])
    ground = Color.parse(variables["screen-selection-background"])
    assert ground.a == text.a == 1
    of_theme = contrast(Color.parse(variables["foreground"]), Color.parse(variables["background"]))
    # Solarized has less itself.
    assert contrast(text, ground) >= min(TEXT_CONTRAST, of_theme) - 0.01
    assert contrast(ground, Color.parse(variables["background"])) >= 1.4


def test_of_our_own_themes_the_ground_takes_a_part_of_the_ember() -> None:
    for theme in (DARK, LIGHT):
        variables = theme.to_color_system().generate() | theme.variables
        colours = selection_colours(variables)
        assert colours["screen-selection-foreground"].lower() == theme.foreground
        assert colours["screen-selection-background"].lower() not in (theme.background, theme.primary)
