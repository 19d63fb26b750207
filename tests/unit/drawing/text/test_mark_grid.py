"""A grid has a place for each mark, in its column, within its width, and none for two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text.cells import as_many_as_fit
from tui_torch.drawing.text.mark_grid import mark_grid

TITLES = ("easy", "medium", "hard")
COUNTS = st.lists(st.tuples(*[st.integers(0, 40)] * 3).filter(any), min_size=1, max_size=9)


@given(COUNTS, st.integers(60, 140))
def test_every_mark_has_a_place_of_its_own_in_its_row_and_column(
    counts: list[tuple[int, int, int]], width: int
) -> None:
    grid = mark_grid(["A topic"] * len(counts), TITLES, counts, width)
    assert len(set(grid.places)) == len(grid.places) == sum(map(sum, counts))
    assert grid.end <= width and all(start < grid.end for _, start in grid.places)
    expected = [
        (row, column) for row, cells in enumerate(counts) for column, count in enumerate(cells) for _ in range(count)
    ]
    tops, starts = (*grid.tops, grid.lines), (*grid.starts, grid.end)
    for (row, column), (line, start) in zip(expected, grid.places, strict=True):
        assert tops[row] <= line < tops[row + 1]
        assert starts[column] <= start < starts[column + 1]


def test_marks_stand_apart_where_there_is_room_and_side_by_side_before_a_row_is_broken() -> None:
    counts = [(20, 2, 1)]
    starts = {width: [start for _, start in mark_grid(["A"], TITLES, counts, width).places][:2] for width in (80, 60)}
    assert starts == {80: [4, 6], 60: [4, 6]}
    assert [start for _, start in mark_grid(["A"], TITLES, counts, 50).places][:2] == [4, 5]
    assert [mark_grid(["A"], TITLES, counts, width).lines for width in (80, 50, 30)] == [1, 1, 2]


def test_no_word_of_a_row_is_cut() -> None:
    words = ("llm", "attention", "masks")
    assert [as_many_as_fit(words, width) for width in (2, 3, 13, 14, 21)] == [
        "",
        "llm",
        "llm",
        "llm, attention",
        "llm, attention, masks",
    ]
