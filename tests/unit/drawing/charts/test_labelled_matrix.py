"""A matrix with labels at its edges, as it is drawn."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.step_plot import StepPlotStyles, draw_plot
from tui_torch.protocol.events import LabelledMatrix, Plotted
from tui_torch.protocol.orders import Plot, PlotMatrix

PLOT = Plot((), matrix=PlotMatrix("c", "names"))
CONFUSION = LabelledMatrix(((30.0, 2.0), (0.0, 41.0)), ("cat", "dog"), ("cat", "dog"), True)
HEAT = ("#000000", "#0000ff")


def drawn(matrix: LabelledMatrix, width: int = 40, height: int = 8, **options) -> list[str]:
    return [line.plain.rstrip() for line in draw_plot(Plotted((), matrix=matrix), PLOT, width, height, **options)]


NUMBERS = (0.0, 0.5, -1.0, 12345.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf)


@given(
    st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 40), st.integers(1, 60), st.integers(1, 20), st.booleans()
)
def test_any_matrix_fills_exactly_the_cells_it_is_given(seed, rows, columns, width, height, is_heated):
    draw = random.Random(seed)
    cells = tuple(tuple(draw.choices(NUMBERS, k=columns)) for _ in range(rows))
    labels = tuple(draw.choice(("", "cat", "das längste Wort", "犬")) for _ in range(rows))
    matrix = LabelledMatrix(cells, labels, tuple(map(str, range(columns))), seed % 2 == 0)
    styles = StepPlotStyles(heat=HEAT if is_heated else None)
    lines = draw_plot(Plotted((), matrix=matrix), PLOT, width, height, styles=styles)
    assert len(lines) == height and all(line.cell_len == width for line in lines)


def test_each_cell_has_its_number_below_the_label_of_its_column():
    assert drawn(CONFUSION)[:3] == ["    cat dog", "cat  30   2", "dog   0  41"]


def test_numbers_between_0_and_1_have_two_decimals():
    attention = LabelledMatrix(((1.0, 0.0), (0.25, 0.75)), ("the", "cat"), ("the", "cat"), False)
    assert drawn(attention)[:3] == ["    the cat", "the   1 .00", "cat .25 .75"]


def test_the_larger_a_cell_the_warmer_its_ground():
    lines = draw_plot(Plotted((), matrix=CONFUSION), PLOT, 40, 8, styles=StepPlotStyles(heat=HEAT))
    blues = [int(str(span.style.bgcolor.name)[5:], 16) for line in lines for span in line.spans if span.style.bgcolor]
    assert len(blues) == 4 and sorted(blues) == [blues[2], blues[1], blues[0], blues[3]] and blues[3] == 255


def test_cells_without_room_for_their_numbers_are_shades():
    size = 20
    matrix = LabelledMatrix(
        tuple(tuple(100.0 * (row == column) for column in range(size)) for row in range(size)),
        tuple("abcdefghijklmnopqrst"),
        tuple("abcdefghijklmnopqrst"),
        True,
    )
    lines = drawn(matrix, 42, 22)
    assert lines[1] == "a @@" and lines[2].startswith("b   @@") and "100" not in "".join(lines)


def test_rows_without_room_are_counted():
    matrix = LabelledMatrix(((1.0,),) * 9, tuple("abcdefghi"), ("n",), True)
    assert drawn(matrix, 40, 6)[-1] == "and 5 more rows" and drawn(matrix, 40, 6)[4].startswith("d")
