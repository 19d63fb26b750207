"""What a plain terminal shows of a run while it goes on: what is finished, and below it what is being written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import pyte
import pytest
from rich.console import Console

from tests.pictures import BLACK, WHITE, png
from tests.ui import charted
from tui_torch.console import run_view
from tui_torch.console.run_view import RunView
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import Cleared, Displayed, Event, Figure, Output
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, Plotted


class Screen:
    """A terminal of 40 columns and 30 rows, and a view of a run in it."""

    def __init__(self, code: str = "", *, plot: Plot | None = None, height: int = 30) -> None:
        self._written = io.StringIO()
        console = Console(file=self._written, force_terminal=True, color_system=None, width=40, height=height)
        self.view = RunView(cast("KernelSession", None), console, code, SavedFigures(), ascii_only=False, plot=plot)
        self._screen = pyte.Screen(40, height)
        self._stream = pyte.Stream(self._screen)

    def after(self, *events: Event) -> list[str]:
        """The rows that are shown after some events."""
        for event in events:
            self.view.show_event(event)
        return self.rows()

    def at_the_end(self) -> list[str]:
        """The rows that are left once the run is over."""
        self.view.end()
        return self.rows()

    def rows(self) -> list[str]:
        self._stream.feed(self._written.getvalue().replace("\n", "\r\n"))
        self._written.seek(0)
        self._written.truncate()
        rows = [row.rstrip() for row in self._screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows


@pytest.fixture(autouse=True)
def _each_event_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_view, "FRAME", 0.0)


def bar(text: str) -> Output:
    return Output(text, "stderr")


def test_a_bar_is_drawn_below_what_is_printed_while_it_grows() -> None:
    screen = Screen()
    assert screen.after(bar("\r1/3")) == ["1/3"]
    assert screen.after(Output("loss 1\n")) == ["loss 1", "1/3"]
    assert screen.after(bar("\r2/3")) == ["loss 1", "2/3"]
    assert screen.after(bar("\r3/3\n"), Output("done\n")) == ["loss 1", "3/3", "done"]
    assert screen.at_the_end() == ["loss 1", "3/3", "done"]


def test_bars_below_each_other_are_drawn_and_taken_away() -> None:
    screen = Screen()
    assert screen.after(bar("\router 1"), bar("\n\rinner 1\x1b[A")) == ["outer 1", "inner 1"]
    assert screen.after(bar("\n\r       \x1b[A\router 2\n")) == ["outer 2"]
    assert screen.at_the_end() == ["outer 2"]


def test_frames_are_drawn_in_each_others_place() -> None:
    screen = Screen("clear_output(wait=True)")
    for number in range(3):
        assert screen.after(Cleared(), Output(f"frame {number}\n")) == [f"frame {number}"]
    assert screen.at_the_end() == ["frame 2"]


def test_what_is_displayed_again_is_drawn_in_its_place() -> None:
    screen = Screen()
    assert screen.after(Displayed("0 %", display_id="a"), Output("between\n")) == ["0 %", "between"]
    assert screen.after(Displayed("50 %", display_id="a", is_update=True)) == ["50 %", "between"]
    assert screen.at_the_end() == ["50 %", "between"]


def test_frames_of_code_that_does_not_say_so_are_replaced_from_the_second_on() -> None:
    screen = Screen("animate()")
    assert screen.after(Output("frame 0\n")) == ["frame 0"]
    for number in (1, 2):
        assert screen.after(Cleared(), Output(f"frame {number}\n")) == ["frame 0", f"frame {number}"]
    assert screen.at_the_end() == ["frame 0", "frame 2"]


def test_a_figure_without_colours_is_dots_in_its_place() -> None:
    picture = png(8, 8, lambda x, y: BLACK if x == y else WHITE)
    screen = Screen()
    screen.after(Output("before\n"), Figure(picture, "<Figure>"), Output("after\n"))
    assert screen.at_the_end() == ["before", "⠛⣤⠀⠀⠀⠀⠀⠀", "⠀⠀⠛⣤⠀⠀⠀⠀", "⠀⠀⠀⠀⠛⣤⠀⠀", "⠀⠀⠀⠀⠀⠀⠛⣤", "after"]


def test_a_figure_that_is_updated_is_printed_once_as_it_was_last() -> None:
    screen = Screen()
    dark, light = (png(8, 8, lambda x, y, c=c: BLACK if x == c else WHITE) for c in (0, 7))
    screen.after(Figure(dark, "", "a"), Output("after\n"), Figure(light, "", "a", is_update=True))
    assert screen.at_the_end() == [*["⠀⠀⠀⠀⠀⠀⠀⣿"] * 4, "after"]


def in_a_file(*events: Event, code: str = "") -> list[str]:
    written = io.StringIO()
    console = Console(file=written, width=400)
    view = RunView(cast("KernelSession", None), console, code, SavedFigures(), ascii_only=False)
    for event in events:
        view.show_event(event)
    view.end()
    return written.getvalue().splitlines()


def test_where_there_is_no_terminal_a_figure_is_a_file_and_said_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = png(8, 8), png(9, 8)
    said = in_a_file(Figure(first, ""), Figure(second, ""))
    (folder,) = tmp_path.iterdir()
    assert said == [f"figure 8 x 8, saved at {folder}/1.png", f"figure 9 x 8, saved at {folder}/2.png"]
    assert [(folder / f"{number}.png").read_bytes() for number in (1, 2)] == [first, second]


def test_a_figure_that_is_drawn_again_takes_the_file_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    last = png(3, 3)
    said = in_a_file(
        *(event for size in (1, 2) for event in (Figure(png(size, size), ""), Cleared())),
        Figure(png(1, 2), "", "a"),
        Figure(last, "", "a", is_update=True),
        code="clear_output(wait=True)",
    )
    (folder,) = tmp_path.iterdir()
    assert said == [f"figure 3 x 3, saved at {folder}/1.png"]
    assert [file.read_bytes() for file in folder.iterdir()] == [last]


def test_the_file_of_a_figure_whose_line_is_printed_already_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = in_a_file(Figure(png(1, 1), ""), Cleared(), Figure(png(2, 2), ""))
    (folder,) = tmp_path.iterdir()
    assert said == [f"figure 1 x 1, saved at {folder}/1.png", f"figure 2 x 2, saved at {folder}/2.png"]


def test_a_figure_that_cannot_be_drawn_is_a_sentence() -> None:
    assert in_a_file(Figure(b"none", "<Figure>")) == ["A figure cannot be drawn: it is no PNG, JPEG or GIF. <Figure>"]


def test_documentation_is_read_without_its_markup() -> None:
    screen = Screen()
    text = "add(x) -> Tensor\n\nAdds :attr:`x` to ``1``, as :math:`x_i + 1`.\n\nArgs:\n    x (int): it"
    screen.after(Documentation("add", text))
    shown = ["add(x) -> Tensor", "", "Adds x to 1, as xᵢ + 1.", "", "Args:", "    x (int): it"]
    assert screen.at_the_end() == shown


def test_what_a_step_plots_is_drawn_above_its_loss_while_it_moves_and_once_it_is_over() -> None:
    plot = Plot((PlotSeries("x", "y", by="c"),), names=("left", "right"))
    screen = Screen(plot=plot, height=24)
    plotted = Plotted((Fitted(((0.0, 0.0), (1.0, 1.0)), classes=(0, 1)),))
    during = screen.after(charted.progress(charted.loss(0.03)), plotted)
    assert len(during) <= 24 and "● left  ▲ right" in during[0] and " last " in during[-1]
    assert sum("●" in row or "▲" in row for row in during[1:]) == 2
    after = screen.at_the_end()
    assert sum(" last " in row for row in after) == 1


def test_why_a_plot_cannot_be_drawn_is_said() -> None:
    screen = Screen(plot=Plot((PlotSeries("x", "y"),)))
    screen.after(Plotted((Fitted((), problem="`x` cannot be drawn."),)))
    assert screen.at_the_end() == ["`x` cannot be drawn."]
