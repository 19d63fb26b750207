"""A matrix with labels at its edges, as it is drawn."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.matrices.confusion_matrix import draw_confusion
from tui_torch.drawing.charts.step_plot import StepPlotStyles, draw_plot
from tui_torch.protocol.orders import Plot, PlotMatrix
from tui_torch.protocol.plots.plotted import LabelledMatrix, Plotted

PLOT = Plot((), matrix=PlotMatrix("c", "names"))
CONFUSION = LabelledMatrix(((30.0, 2.0), (0.0, 41.0)), ("cat", "dog"), ("cat", "dog"), True)
HEAT = ("#000000", "#0000ff")


def drawn(matrix: LabelledMatrix, width: int = 40, height: int = 8, **options) -> list[str]:
    return [line.plain.rstrip() for line in draw_plot(Plotted((), matrices=(matrix,)), PLOT, width, height, **options)]


NUMBERS = (0.0, 0.5, -1.0, 12345.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf)


@given(
    st.integers(0, 2**32),
    st.integers(1, 12),
    st.integers(1, 40),
    st.integers(1, 5),
    st.integers(1, 60),
    st.integers(1, 20),
    st.booleans(),
)
def test_any_matrices_fill_exactly_the_cells_they_are_given(seed, rows, columns, count, width, height, is_heated):
    draw = random.Random(seed)
    every = [tuple(tuple(draw.choices(NUMBERS, k=columns)) for _ in range(rows)) for _ in range(count)]
    labels = tuple(draw.choice(("", "cat", "das längste Wort", "犬")) for _ in range(rows))
    across = tuple(map(str, range(columns)))
    titles = ["" if count == 1 else f"head {place}" for place in range(count)]
    matrices = tuple(
        LabelledMatrix(cells, labels, across, seed % 2 == 0, title) for cells, title in zip(every, titles, strict=True)
    )
    styles = StepPlotStyles(heat=HEAT if is_heated else None)
    lines = draw_plot(Plotted((), matrices=matrices), PLOT, width, height, styles=styles)
    assert len(lines) == height and all(line.cell_len == width for line in lines)


def test_each_cell_has_its_number_below_the_label_of_its_column():
    assert drawn(CONFUSION)[:3] == ["    cat dog", "cat  30   2", "dog   0  41"]


def test_numbers_between_0_and_1_have_two_decimals():
    attention = LabelledMatrix(((1.0, 0.0), (0.25, 0.75)), ("the", "cat"), ("the", "cat"), False)
    assert drawn(attention)[:3] == ["    the cat", "the   1 .00", "cat .25 .75"]


def test_the_larger_a_cell_the_warmer_its_ground():
    lines = draw_plot(Plotted((), matrices=(CONFUSION,)), PLOT, 40, 8, styles=StepPlotStyles(heat=HEAT))
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


def heads(count: int, words: tuple[str, ...]) -> Plotted:
    size = len(words)
    cells = [
        tuple(tuple(float((row + head) % size == column) for column in range(size)) for row in range(size))
        for head in range(count)
    ]
    every = [LabelledMatrix(one, words, words, False, f"head {head}") for head, one in enumerate(cells)]
    return Plotted((), matrices=tuple(every))


def test_heads_stand_beside_each_other_with_their_titles_and_the_words_at_both_edges():
    lines = [line.plain.rstrip() for line in draw_plot(heads(2, ("the", "cat", "sat")), PLOT, 44, 8)]
    assert lines[:5] == [
        "    head 0            head 1",
        "    the cat sat       the cat sat",
        "the   1 .00 .00   the .00   1 .00",
        "cat .00   1 .00   cat .00 .00   1",
        "sat .00 .00   1   sat   1 .00 .00",
    ]


def test_where_cells_are_narrow_words_are_written_downwards():
    lines = [line.plain.rstrip() for line in draw_plot(heads(4, ("the", "cat", "sat")), PLOT, 22, 14)]
    assert lines[:7] == [
        "    head 0      head 1",
        "    t c s       t c s",
        "    h a a       h a a",
        "    e t t       e t t",
        "the @@      the   @@",
        "cat   @@    cat     @@",
        "sat     @@  sat @@",
    ]


def test_heads_without_room_are_counted():
    lines = [line.plain.rstrip() for line in draw_plot(heads(6, ("the", "cat", "sat")), PLOT, 22, 10)]
    assert lines[-1] == "and 4 more" and sum("head" in line for line in lines) == 1


@given(st.integers(1, 40), st.integers(1, 40), st.integers(12, 60), st.integers(4, 20), st.randoms())
def test_the_chosen_cell_is_in_sight_whatever_has_no_room(rows, columns, width, height, draw):
    cells = tuple(tuple(float(draw.randrange(10)) for _ in range(columns)) for _ in range(rows))
    cell = draw.randrange(rows), draw.randrange(columns)
    matrix = LabelledMatrix(cells, tuple(map(str, range(rows))), tuple(map(str, range(columns))), True)
    styles = StepPlotStyles().by_part()
    lines = draw_confusion(matrix, width, height, styles, None, ascii_only=False, cell=cell, below="here")
    assert len(lines) == height and all(line.cell_len == width for line in lines)
    assert any(span.style == styles["cursor"] or "reverse" in str(span.style) for line in lines for span in line.spans)
