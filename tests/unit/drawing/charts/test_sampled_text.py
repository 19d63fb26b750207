"""The text of a step, below the curve."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.sampled_text import draw_text, text_at, text_rows
from tui_torch.protocol.plots.sampled_texts import SampledText

TEXTS = (SampledText(10, "aaa"), SampledText(20, "the cat\nsat", "sample"))


def drawn(step: int | None, width: int = 30, height: int = 4) -> list[str]:
    return [line.plain.rstrip() for line in draw_text(TEXTS, step, width, height, ascii_only=False)]


def test_at_a_step_stands_the_text_of_then_and_without_one_the_last() -> None:
    assert [text_at(TEXTS, step) for step in (5, 10, 19, 20, None)] == [None, TEXTS[0], TEXTS[0], TEXTS[1], TEXTS[1]]


def test_it_says_of_which_step_it_is() -> None:
    assert drawn(None) == ["sample at step 20 (2 of 2)", "the cat", "sat", ""]
    assert drawn(12) == ["step 10 (1 of 2)", "aaa", "", ""]
    assert drawn(3)[0] == "no text yet at this step"


def test_lines_without_room_are_left_out_with_a_mark() -> None:
    assert drawn(None, height=2) == ["sample at step 20 (2 of 2)", "…"]


@given(st.text(max_size=200), st.integers(1, 40), st.integers(0, 12))
def test_any_text_fills_exactly_its_lines(text: str, width: int, height: int) -> None:
    lines = draw_text((SampledText(1, text),), None, width, height, ascii_only=False)
    assert len(lines) == height and all(line.cell_len == width for line in lines)


@given(st.integers(0, 60), st.integers(0, 30))
def test_the_chart_keeps_most_of_its_rows(lines: int, height: int) -> None:
    rows = text_rows((SampledText(1, "a\n" * lines),), height)
    assert 0 <= rows <= max(height - 6, 0) and text_rows((), height) == 0
