"""Text can be read on its ground: a contrast of 4.5 at least, and 3 for lines that carry meaning (WCAG 2.1)."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from tests.ui.conftest import Build, shows, started
from tui_torch.tutor.config import Config
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.themes import DARK, LIGHT

TEXTS = (
    *("foreground", "primary", "secondary", "accent", "success", "warning", "error", "footer-key-foreground"),
    *("foreground-muted", "foreground-disabled", "text-muted", "text-disabled"),
    *("text-primary", "text-secondary", "text-accent", "text-success", "text-warning", "text-error"),
)
"""The variables that text is coloured with."""


def luminance(colour: Color) -> float:
    """Relative luminance, from 0 to 1 (WCAG 2.1)."""
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def on(ground: Color, value: str) -> Color:
    """A variable's colour as it is drawn on a ground."""
    if value.startswith("auto"):
        _, _, share = value.partition(" ")
        return ground + ground.get_contrast_text(float(share.rstrip("%") or 100) / 100)
    return ground + Color.parse(value)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["background", "panel"])
def test_each_colour_of_text_can_be_read_on_each_ground(theme: Theme, ground: str) -> None:
    variables = theme.to_color_system().generate()
    under = Color.parse(variables[ground])
    low = {name: ratio for name in TEXTS if (ratio := contrast(on(under, variables[name]), under)) < 4.5}
    assert not low


def colours(style: Style) -> tuple[Color, Color]:
    assert style.color is not None and style.bgcolor is not None
    return Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize("theme", ["ember-dark", "ember-light"])
@pytest.mark.parametrize("recording", ["the-loop", "an-error", "a-square-starter", "dy-dx"])
async def test_every_word_on_the_screen_can_be_read(build: Build, recording: str, theme: str) -> None:
    app = build(recording, config=Config(theme=theme))
    async with started(app, (120, 40)) as pilot:
        await pilot.press("2" if recording == "dy-dx" else "f5")
        await shows(pilot, "ready ·")
        low: dict[str, float] = {}
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                if style is None or not any(map(str.isalnum, segment.text.replace("›", "x"))):
                    continue
                # What a terminal draws dim is up to it.
                if style.dim or style.color is None or style.bgcolor is None:
                    continue
                if (ratio := contrast(*colours(style))) < 4.5:
                    low[segment.text] = round(ratio, 2)
        assert not low


@pytest.mark.parametrize("theme", ["ember-dark", "ember-light"])
async def test_lines_of_a_chart_that_carry_meaning_stand_out(build: Build, theme: str) -> None:
    app = build("the-loop", config=Config(theme=theme))
    async with started(app, (120, 40)):
        chart = app.lesson_screen.query_one(LossChart)
        for part in ("axis", "earlier", "raw", "validation", "mark", "cursor", *(f"curve-{n}" for n in range(6))):
            assert contrast(*colours(chart.get_component_rich_style(f"loss-chart--{part}"))) >= 3, part
