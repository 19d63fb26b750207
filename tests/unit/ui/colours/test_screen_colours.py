"""The colours of the screen in every theme, as terminals of each kind show them: legible, and each says one thing."""

from __future__ import annotations

from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui_torch.drawing.code_colours import OF_THEME, OWN
from tui_torch.ui.colours.contrast import LINE, TEXT, contrast, difference
from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.colours.screen_colours import screen_colours
from tui_torch.ui.themes import COLOURLESS, DARK, LIGHT

THEMES = {**BUILTIN_THEMES, DARK.name: DARK, LIGHT.name: LIGHT}
OF_RGB = sorted(name for name, theme in THEMES.items() if not theme.ansi)
OF_THE_TERMINAL = sorted(name for name, theme in THEMES.items() if theme.ansi)
DEPTHS = (Depth.ALL, Depth.MANY, Depth.FEW)

GROUNDS = ("background", "surface", "panel")
TINTED = ("cursor-ground", "lit-ground", "row-ground", "flash-ground", "block-cursor-background")
CODE = tuple(f"code-{kind}" for kind in OF_THEME)
MEANINGS = ("error", "warning", "success", "heading", "code")
TEXTS = (
    *("foreground", "primary", "secondary", "accent", *MEANINGS, *CODE, "footer-key-foreground"),
    *("foreground-muted", "foreground-disabled", "text-muted", "text-disabled", "block-cursor-foreground"),
    *("text-primary", "text-secondary", "text-accent", "text-success", "text-warning", "text-error"),
)
LINES = ("line", "faint-line", "validation-line", "border", "heat-below", "heat-above")


def variables(name: str) -> dict[str, str]:
    theme = COLOURLESS if name == COLOURLESS.name else THEMES[name]
    return theme.to_color_system().generate() | theme.variables


def shown(name: str, depth: Depth) -> dict[str, Color]:
    """The colours as the terminal shows them, by the conversion that Rich makes when they are written."""
    found = variables(name)
    found |= screen_colours(found, depth=depth)
    names = {*GROUNDS, *TINTED, *TEXTS, *LINES, "screen-selection-background", "screen-selection-foreground"}
    return {name: depth.shown(Color.parse(found[name])) for name in names}


@pytest.mark.parametrize("name", OF_RGB)
def test_every_text_can_be_read_on_every_ground(name: str) -> None:
    for depth in DEPTHS:
        colours = shown(name, depth)
        low = {
            (text, ground): round(ratio, 2)
            for text in TEXTS
            for ground in (*GROUNDS, *TINTED)
            if (ratio := contrast(colours[text], colours[ground])) < TEXT
        }
        assert not low, depth


@pytest.mark.parametrize("name", OF_RGB)
def test_lines_and_marks_that_carry_meaning_stand_out(name: str) -> None:
    for depth in DEPTHS:
        colours = shown(name, depth)
        low = [line for line in LINES if contrast(colours[line], colours["background"]) < LINE]
        assert not low, depth


@pytest.mark.parametrize("name", OF_RGB)
def test_no_two_meanings_have_one_colour(name: str) -> None:
    for depth in DEPTHS:
        colours = shown(name, depth)
        alike = [pair for pair in combinations(MEANINGS, 2) if colours[pair[0]] == colours[pair[1]]]
        assert not alike, depth
        assert not [word for word in CODE if colours[word] == colours["error"]], depth
    many = shown(name, Depth.MANY)
    says = {many[meaning] for meaning in MEANINGS[:4]} | {many["foreground"], many["text-muted"]}
    assert not says & {many[word] for word in CODE if word != "code-comment"}


@pytest.mark.parametrize("name", OF_RGB)
def test_headings_and_code_do_not_look_like_errors(name: str) -> None:
    for depth in (Depth.ALL, Depth.MANY):
        colours = shown(name, depth)
        alike = {
            other: round(by)
            for other in ("heading", "accent", "code", "success", *CODE)
            if (by := difference(colours["error"], colours[other])) < 15
        }
        assert not alike, depth


@pytest.mark.parametrize("name", OF_RGB)
def test_the_row_that_is_chosen_and_text_that_is_selected_are_seen_to_be(name: str) -> None:
    for depth in DEPTHS:
        colours = shown(name, depth)
        ground, text = colours["screen-selection-background"], colours["screen-selection-foreground"]
        assert contrast(text, ground) >= TEXT, depth
        assert contrast(ground, colours["background"]) >= 1.4, depth
        if depth is Depth.FEW:
            # No two grounds are near enough, and the row is drawn in reverse.
            style = screen_colours(variables(name), depth=depth)["block-cursor-text-style"]
            assert "reverse" in style
        else:
            # The grounds of 256 colours are grey: no hue helps to see them.
            least = 1.2 if depth is Depth.MANY else 1.08
            for chosen in ("block-cursor-background", "cursor-ground", "row-ground", "lit-ground"):
                assert contrast(colours[chosen], colours["background"]) >= least, (depth, chosen)
                assert depth is Depth.ALL or contrast(colours[chosen], colours["surface"]) >= least, (depth, chosen)


@pytest.mark.parametrize("name", OF_THE_TERMINAL)
def test_a_theme_of_the_terminals_own_colours_stays_one(name: str) -> None:
    for depth in (*DEPTHS, Depth.NONE):
        found = variables(name)
        found |= screen_colours(found, depth=depth)
        for variable in (*TEXTS, *LINES[:-2], *TINTED, "rule"):
            assert found[variable].startswith("ansi_"), variable
        assert len({found[meaning] for meaning in MEANINGS}) == len(MEANINGS)
        assert "red" not in found["warning"]


def test_our_own_themes_keep_the_colours_that_they_are_written_with() -> None:
    for theme in (DARK, LIGHT):
        found = shown(theme.name, Depth.ALL)
        for variable in ("primary", "secondary", "accent", "success", "warning", "error", "foreground"):
            # Textual rounds some of them down.
            assert difference(found[variable], Color.parse(getattr(theme, variable))) < 1, (theme.name, variable)
        assert {kind: found[f"code-{kind}"].hex.lower() for kind in OF_THEME} == OWN[theme.dark]


def test_without_colours_nothing_is_coloured() -> None:
    found = variables(COLOURLESS.name)
    found |= screen_colours(found, depth=Depth.NONE)
    for text in TEXTS:
        colour = Color.parse(found[text])
        assert colour.r == colour.g == colour.b, text


def test_of_our_own_themes_the_ground_of_selected_text_takes_a_part_of_the_ember() -> None:
    for theme in (DARK, LIGHT):
        colours = screen_colours(variables(theme.name), depth=Depth.ALL)
        assert colours["screen-selection-foreground"].lower() == theme.foreground
        assert colours["screen-selection-background"].lower() not in (theme.background, theme.primary)


@pytest.mark.parametrize("name", OF_THE_TERMINAL)
def test_a_theme_that_has_colours_for_selected_text_keeps_them(name: str) -> None:
    found = variables(name)
    assert not screen_colours(found, depth=Depth.ALL).keys() & {
        "screen-selection-background",
        "input-selection-background",
    }
    assert found["screen-selection-background"].startswith("ansi_")
