"""The pane that draws what a step's `plot:` names."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.geometry import Region

from tui_torch.protocol.orders import Plot, PlotMatrix, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, LabelledMatrix, PlotField, Plotted
from tui_torch.ui.charts.fit_chart import INVITATION, FitChart
from tui_torch.ui.colours.themed_app import ThemedApp

NAMES = Plot((PlotSeries("x[:, 0]", "y[:, 0]", "model(x)[:, 0]"),))
POINTS = tuple((1 + number / 2, 3.0 + number) for number in range(15))


def fitted(slope: float) -> Plotted:
    return Plotted((Fitted(POINTS, tuple((x, slope * x) for x, _ in POINTS)),))


class Harness(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.chart = FitChart(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.chart

    def shown(self) -> str:
        return "\n".join(strip.text for strip in self.chart.render_lines(Region(0, 0, *self.chart.outer_size)))


async def test_without_a_plot_the_pane_is_not_there():
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        assert not app.chart.display
        app.chart.begin(NAMES)
        await pilot.pause()
        assert app.chart.display


async def test_before_the_run_it_says_what_will_be_here():
    app = Harness()
    async with app.run_test(size=(70, 14)) as pilot:
        app.chart.begin(NAMES)
        await pilot.pause()
        assert INVITATION in app.shown() and " Fit " in app.shown()


async def test_it_draws_the_points_the_line_and_their_names():
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(NAMES)
        app.chart.show(fitted(2.0))
        await pilot.pause()
        assert app.shown().count("●") == len(POINTS) + 1
        assert "● y[:, 0]" in app.shown() and "model(x)[:, 0]" in app.shown() and "x[:, 0]│" in app.shown()


async def test_each_event_draws_it_anew():
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(NAMES)
        app.chart.show(fitted(2.0))
        await pilot.pause()
        before = app.shown()
        app.chart.show(fitted(1.0))
        assert app.shown() != before


async def test_a_problem_is_said_instead():
    app = Harness()
    async with app.run_test(size=(70, 14)) as pilot:
        app.chart.begin(NAMES)
        app.chart.show(Plotted((Fitted((), problem="`x[:, 0]` has 15 values, and `y[:, 0]` has 14."),)))
        await pilot.pause()
        assert "`x[:, 0]` has 15 values, and `y[:, 0]` has 14." in app.shown() and "●" not in app.shown()


async def test_points_alone_are_called_points():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.chart.begin(Plot((PlotSeries("x", "y"),)))
        assert app.chart.border_title == "Points"


async def test_the_ascii_pane_is_ascii():
    app = Harness(ascii_only=True)
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(NAMES)
        app.chart.show(fitted(2.0))
        await pilot.pause()
        assert app.shown().isascii() and app.shown().count("o") >= len(POINTS)


async def test_the_next_step_begins_without_a_picture():
    app = Harness()
    async with app.run_test(size=(70, 14)) as pilot:
        app.chart.begin(NAMES)
        app.chart.show(fitted(2.0))
        app.chart.begin(NAMES)
        await pilot.pause()
        assert INVITATION in app.shown()


async def test_below_a_small_matrix_there_are_no_blank_rows():
    app = Harness()
    async with app.run_test(size=(60, 30)) as pilot:
        app.chart.begin(Plot((), matrix=PlotMatrix("table")))
        app.chart.show(
            Plotted((), matrices=(LabelledMatrix(((0.0,) * 9,) * 9, (*"abcdefghi",), (*"abcdefghi",), True),))
        )
        await pilot.pause()
        assert app.chart.outer_size.height == 12 and "i" in app.shown().splitlines()[-2]
        app.chart.begin(NAMES)
        await pilot.pause()
        assert app.chart.outer_size.height == 30


async def test_the_classes_of_a_field_have_the_ground_of_their_colours():
    app = Harness()
    plot = Plot((PlotSeries("x", "y", by="c"),), "f")
    field = PlotField(2, 1, (0.0, 10.0), (0.0, 20.0), bytes([0, 1]), (0, 1))
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(plot)
        app.chart.show(Plotted((Fitted(POINTS, classes=tuple(int(x > 5) for x, _ in POINTS)),), field))
        await pilot.pause()
        assert app.chart.border_title == "Plot"
        grounds = {segment.style.bgcolor for segment in app.chart.render_lines(Region(0, 5, 60, 1))[0] if segment.style}
        assert len(grounds) == 3 and "●" in app.shown() and "▲" in app.shown()
