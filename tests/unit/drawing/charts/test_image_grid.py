"""Images beside each other, as they are drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.step_plot import StepPlotStyles, draw_plot
from tui_torch.protocol.orders import Plot
from tui_torch.protocol.plots.plotted import ImageGrid, Plotted

IN_COLOUR = StepPlotStyles(heat=("#000000", "#ffffff"))
PIXELS = bytes([0, 255, 255, 0])


def images(count: int, read: int, **said) -> ImageGrid:
    return ImageGrid(count, tuple(range(read)), 2, 2, 1, PIXELS * read, 0.0, 1.0, **said)


def drawn(grid: ImageGrid, width: int, height: int, names=(), styles=None, dots="braille"):
    return draw_plot(
        Plotted((), images=grid), Plot((), names=names, images="x"), width, height, styles=styles, dots=dots
    )


@given(
    st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.integers(0, 9), st.integers(1, 70),
    st.integers(1, 30), st.booleans(),
)  # fmt: skip
def test_any_images_fill_exactly_the_cells_they_are_given(channels, rows, columns, read, width, height, in_colour):
    channels = channels if channels != 2 else 1
    pixels = bytes(range(256)) * (rows * columns * channels * read // 256 + 1)
    grid = ImageGrid(read + 3, tuple(range(read)), rows, columns, channels, pixels, 0.0, 1.0, tuple(range(read)))
    lines = drawn(grid, width, height, names=("cat", "犬"), styles=IN_COLOUR if in_colour else None)
    assert len(lines) == height and all(line.cell_len == width for line in lines)


def test_a_wrong_prediction_stands_behind_a_cross_and_an_arrow():
    grid = images(2, 2, labels=(0, 1), predictions=(0, 2), wrong=1)
    text = [line.plain.rstrip() for line in drawn(grid, 60, 4, ("cat", "dog", "ox"), IN_COLOUR)]
    assert text[-2].split() == ["cat", "✗", "dog→ox"] and text[-1] == "1 of 2 wrong (✗ label→prediction)"
    plain = [line.plain.rstrip() for line in drawn(grid, 60, 4, ("cat", "dog", "ox"), dots="ascii")]
    assert plain[-2].split() == ["cat", "x", "dog>ox"] and "".join(plain).isascii()


def test_two_pixels_share_a_cell_in_colour_and_a_pixel_is_two_characters_without():
    one = images(1, 1)
    upper, *_ = drawn(one, 2, 2, styles=IN_COLOUR)
    assert upper.plain == "▀▀"
    assert [str(span.style) for span in upper.spans] == [
        "#000000 on #ffffff",
        "#ffffff on #000000",
    ]
    assert [line.plain for line in drawn(one, 4, 3)][:2] == ["  @@", "@@  "]


def test_how_many_more_there_are_is_said():
    assert drawn(images(1000, 60), 20, 5, styles=IN_COLOUR)[-1].plain.rstrip() == "and 986 more"
    assert drawn(images(3, 3), 60, 20, styles=IN_COLOUR)[-1].plain.strip() == ""
    assert drawn(images(0, 0), 20, 5)[-1].plain.rstrip() == "no image"
