"""What a terminal with few colours shows of the others, and how two colours are compared."""

from __future__ import annotations

from itertools import pairwise

import pytest
from textual.color import BLACK, WHITE, Color

from tui_torch.ui.colours import heat
from tui_torch.ui.colours.contrast import contrast, difference, least_contrast, legible, luminance
from tui_torch.ui.colours.depth import Depth


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)
    assert contrast(Color.parse("#777777"), Color.parse("#777777")) == 1


def test_a_difference_is_a_distance_in_cielab() -> None:
    assert difference(BLACK, WHITE) == pytest.approx(100, abs=0.1)
    assert difference(WHITE, WHITE) == 0


def test_a_colour_that_is_legible_is_left_alone_and_another_keeps_its_hue() -> None:
    blue = Color.parse("#0178d4")
    assert legible(blue, (WHITE,), 4.5) == blue
    lighter = legible(blue, (BLACK, Color.parse("#202020")), 4.5)
    assert least_contrast(lighter, (BLACK, Color.parse("#202020"))) >= 4.5
    assert luminance(lighter) > luminance(blue)
    assert lighter.b > lighter.g > lighter.r


def test_no_ground_is_without_a_legible_colour() -> None:
    for grey in range(256):
        ground = Color(grey, grey, grey)
        assert contrast(legible(ground, (ground,), 4.5), ground) >= 4.5


def test_what_is_shown_is_what_rich_writes() -> None:
    # The ember of headings became a red of errors.
    assert Depth.MANY.shown(Color.parse("#f0703c")) == Color.parse("#ff5f5f")
    assert Depth.FEW.shown(Color.parse("#f0703c")) == Color.parse("#ff5555")
    assert Depth.ALL.shown(Color.parse("#f0703c")) == Color.parse("#f0703c")


def test_each_of_a_terminals_own_colours_can_be_written() -> None:
    for depth, count in ((Depth.MANY, 233), (Depth.FEW, 16)):
        assert len(depth.own()) >= count
        assert [depth.shown(depth.written_as(colour)) for colour in depth.own()] == list(depth.own())
    # Rich makes another grey of this one.
    light = Color.parse("#e4e4e4")
    assert light in Depth.MANY.own() and Depth.MANY.shown(light) != light
    assert not Depth.ALL.own() and not Depth.NONE.own()


def test_the_nearest_colour_fits_and_is_not_taken() -> None:
    wanted = Color.parse("#fe8701")
    first = Depth.MANY.nearest(wanted)
    assert first is not None and first == Color.parse("#ff8700")
    second = Depth.MANY.nearest(wanted, lambda colour: colour.b == 0, taken=(first,))
    assert second is not None and second != first and second.b == 0
    assert Depth.MANY.nearest(wanted, lambda _: False) is None


@pytest.mark.parametrize("system", ["truecolor", "256", "standard", "windows", None])
def test_the_number_of_colours_is_what_rich_says_of_the_terminal(system: str | None) -> None:
    expected = {"truecolor": Depth.ALL, "256": Depth.MANY, None: Depth.NONE}.get(system, Depth.FEW)
    assert Depth.named(system) is expected


@pytest.mark.parametrize(("depth", "steps"), [(Depth.ALL, 200), (Depth.MANY, 8)])
def test_a_heatmap_goes_from_dark_to_light_and_a_diverging_one_to_the_ground(depth: Depth, steps: int) -> None:
    variables = {"heat-below": "#5fafff", "heat-zero": "#121212", "heat-above": "#ffaf5f"}
    levels = heat.colours(heat.stops(variables, diverging=False), depth)
    assert len(levels) == heat.LEVELS
    lights = [luminance(depth.shown(level)) for level in levels]
    assert all(after >= before - 0.001 for before, after in pairwise(lights))
    assert len(set(levels)) >= steps
    around = [depth.shown(level) for level in heat.colours(heat.stops(variables, diverging=True), depth)]
    assert [around[0], around[127], around[-1]] == [Color.parse(value) for value in variables.values()]
    assert len(set(around)) >= steps
    assert all(one.b > one.r for one in around[:64]) and all(one.r > one.b for one in around[-64:])
