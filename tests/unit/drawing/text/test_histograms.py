from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text import histograms


def test_a_distribution_is_drawn_with_its_peak_full_and_empty_bins_blank() -> None:
    assert histograms.sparkline((1, 2, 5, 8, 0, 4)) == "▁▂▄▇ ▄"
    assert histograms.sparkline((1, 2, 5, 8, 0, 4), ascii=True) == ".:*@ ="


def test_a_bin_with_one_element_in_a_million_is_seen() -> None:
    assert histograms.sparkline((1, 1_000_000)) == "▁▇"


def test_a_distribution_with_less_room_puts_neighbouring_bins_together() -> None:
    assert histograms.sparkline((1, 1, 0, 0, 2, 2), bars=3) == "▄ ▇"


def test_a_distribution_of_nothing_is_empty() -> None:
    assert histograms.sparkline(()) == ""


def test_a_chart_stands_on_its_range() -> None:
    assert histograms.bar_chart((4, 0, 2), "-1", "1", width=9, height=2) == ["██      ", "██    ██", "-1 ─── 1"]


@given(st.lists(st.integers(0, 10**6), min_size=10, max_size=10).filter(any), st.integers(24, 100), st.booleans())
def test_a_chart_fits_and_shows_every_bin_that_is_not_empty(counts: list[int], width: int, ascii: bool) -> None:
    *bars, axis = histograms.bar_chart(counts, "-4.49", "4.73", width, ascii=ascii)
    assert {len(line) for line in bars} == {len(axis)}
    assert len(axis) <= width
    thick = (len(axis) + 1) // 10 - 1 if len(axis) % 10 == 9 else len(axis) // 10
    every = (len(axis) - thick) // 9
    assert [bars[-1][bin * every] != " " for bin in range(10)] == [count > 0 for count in counts]


def test_bars_without_room_are_not_drawn() -> None:
    assert histograms.bar_chart((1,) * 10, "0", "1", width=9) == []
    assert histograms.bar_chart((1,) * 10, "0", "1", width=10)
