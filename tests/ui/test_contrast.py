"""The screen in our themes and others, as terminals show it: each word can be read, and no colour speaks alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.style import Style
from textual.color import Color

from tests.ui.conftest import Build, editor_of, shows, started
from tui_torch.tutor.config import Config
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.colours.contrast import LINE, TEXT, contrast
from tui_torch.ui.colours.depth import Depth

TERMINALS = {
    Depth.ALL: ("xterm-256color", "truecolor"),
    Depth.MANY: ("xterm-256color", None),
    Depth.FEW: ("linux", None),
}
"""What a terminal of each depth says of itself: TERM and COLORTERM. Over SSH the second is not passed on."""

WORN = [
    ("the-loop", "ember-dark", Depth.ALL),
    ("an-error", "ember-light", Depth.ALL),
    ("a-square-starter", "ember-dark", Depth.MANY),
    ("dy-dx", "ember-light", Depth.MANY),
    ("an-error", "nord", Depth.MANY),
    ("a-note", "solarized-light", Depth.ALL),
    ("dy-dx", "ember-dark", Depth.FEW),
]
"""A recording, the theme and the terminal in which it is looked at."""

SIGNS = {
    "error": r"[✗×■]|\berror|Error|NaN|Inf",
    "warning": r"[!~◌■×]|\b(due|beyond|warning|careful)\b",
    "success": r"[✓●]|\bright\b|\[out\]",
}
"""What stands in a line beside what has the colour of a meaning."""


def in_a(depth: Depth, monkeypatch: pytest.MonkeyPatch) -> None:
    term, colorterm = TERMINALS[depth]
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM")
    if colorterm:
        monkeypatch.setenv("COLORTERM", colorterm)


def drawn(app: TutorApp) -> Iterator[tuple[str, str, Style]]:
    """Every piece of text on the screen, with its line and its style, after all that is done to lines."""
    for strip in app.screen._compositor.render_strips():
        (filters,) = app.get_line_filters()
        for segment in filters.apply(list(strip), app.screen.background_colors[1]):
            if segment.style is not None:
                yield segment.text, strip.text, segment.style


def colours(style: Style, depth: Depth) -> tuple[Color, Color]:
    """The colours of text and ground that the terminal shows."""
    assert style.color is not None and style.bgcolor is not None
    pair = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
    text, ground = reversed(pair) if style.reverse else pair
    return depth.shown(text), depth.shown(ground)


@pytest.mark.parametrize(
    ("recording", "theme", "depth"),
    [pytest.param(*one, marks=pytest.mark.slow if number in (0, 3, 4) else ()) for number, one in enumerate(WORN)],
)
async def test_every_word_on_the_screen_can_be_read_and_no_colour_says_alone_what_it_says(
    build: Build, monkeypatch: pytest.MonkeyPatch, recording: str, theme: str, depth: Depth
) -> None:
    in_a(depth, monkeypatch)
    app = build(recording, config=Config(theme=theme))
    async with started(app, (120, 40)) as pilot:
        assert Depth.of(app) is depth and app.theme == theme
        await pilot.press("2" if recording == "dy-dx" else "f5")
        await shows(pilot, "ready ·")
        meant = {depth.shown(Color.parse(app.theme_variables[name])): name for name in SIGNS}
        low: dict[str, float] = {}
        alone: list[tuple[str, str]] = []
        for text, line, style in drawn(app):
            if not any(map(str.isalnum, text.replace("›", "x"))):
                continue
            foreground, ground = colours(style, depth)
            if (ratio := contrast(foreground, ground)) < TEXT:
                low[text] = round(ratio, 2)
            meaning = meant.get(foreground)
            if meaning is not None and not re.search(SIGNS[meaning], line):
                alone.append((meaning, text))
        assert not low
        assert not alone


@pytest.mark.parametrize(("theme", "depth"), [("ember-dark", Depth.ALL), ("ember-light", Depth.MANY)])
async def test_lines_of_a_chart_that_carry_meaning_stand_out(
    build: Build, monkeypatch: pytest.MonkeyPatch, theme: str, depth: Depth
) -> None:
    in_a(depth, monkeypatch)
    app = build("the-loop", config=Config(theme=theme))
    async with started(app, (120, 40)):
        chart = app.lesson_screen.query_one(LossChart)
        for part in (
            *("axis", "epoch", "earlier", "raw", "validation", "mark", "cursor"),
            *(f"curve-{number}" for number in range(6)),
        ):
            style = chart.get_component_rich_style(f"loss-chart--{part}")
            assert contrast(*colours(style, depth)) >= LINE, part


async def test_selected_code_is_legible_on_its_ground(build: Build) -> None:
    app = build(config=Config(theme="textual-light"))
    async with started(app, (120, 40)) as pilot:
        editor = editor_of(app)
        await pilot.press("e", "ctrl+home", "shift+down", "shift+down")
        assert not editor.selection.is_empty
        ground = Color.parse(app.theme_variables["screen-selection-background"])
        selected = [colours(style, Depth.ALL) for _, _, style in drawn(app) if style.bgcolor == ground.rich_color]
        assert selected
        assert min(contrast(*pair) for pair in selected) >= TEXT
