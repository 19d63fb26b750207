"""A confusion matrix whose cells are chosen by keys, and the images that one of them counts."""

from __future__ import annotations

from textual import on

from tests.ui.charts.test_fit_chart import Harness
from tui_torch.protocol.orders import Plot, PlotMatrix, Request
from tui_torch.protocol.plots.plotted import ImageGrid, LabelledMatrix, Plotted
from tui_torch.protocol.views import ConfusionCellView
from tui_torch.ui.charts.fit_chart import FitChart

PLOT = Plot((), matrix=PlotMatrix("table", "names"), images="x", labels="y", predictions="p")
NAMES = ("cat", "dog", "ox")
PLOTTED = Plotted(
    (), matrices=(LabelledMatrix(((9.0, 1.0, 0.0), (2.0, 8.0, 4.0), (0.0, 3.0, 7.0)), NAMES, NAMES, True),)
)
IMAGES = ImageGrid(4, (3, 17, 20, 21), 2, 2, 1, bytes(16), 0.0, 1.0, (1,) * 4, (2,) * 4, 4)


class App(Harness):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []

    @on(FitChart.CellOpened)
    def keep(self, message: FitChart.CellOpened) -> None:
        self.asked.append(message.request)


async def test_arrows_choose_a_cell_enter_shows_its_images_and_escape_the_matrix():
    app = App()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(PLOT)
        app.chart.show(PLOTTED)
        await pilot.pause()
        assert "rows: what it is; columns: what was predicted" in app.shown() and "[" not in app.shown()
        app.chart.focus()
        await pilot.pause()
        assert "[  4]" in app.shown() and "dog predicted as ox: 4; enter shows them" in app.shown()
        await pilot.press("down", "down", "left", "right", "left", "left", "left")
        assert "[  0]" in app.shown() and "ox predicted as cat: 0" in app.shown()
        await pilot.press("up", "right", "right", "enter")
        (request,) = app.asked
        assert (request.side, request.row, request.column, request.images) == ("cell", 1, 2, PLOT.classified_images)
        assert "dog predicted as ox: read when no code runs" in app.shown()
        app.chart.answer(request, ConfusionCellView(request, IMAGES))
        await pilot.pause()
        assert "dog predicted as ox: 4 images" in app.shown() and "#17" in app.shown()
        app.chart.show(PLOTTED)  # the next run, after which the cell has others
        await pilot.pause()
        assert app.asked[1:] == [request] and app.asked[1] is not request
        app.chart.answer(app.asked[1], ConfusionCellView(request, None, "`x` has 4 for the 5 images."))
        await pilot.pause()
        assert "`x` has 4 for the 5 images." in app.shown() and "#17" not in app.shown()
        await pilot.press("escape")
        assert "[  4]" in app.shown()


async def test_a_plot_without_cells_to_open_takes_no_focus_and_what_is_no_confusion_matrix_is_said():
    app = App()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.begin(Plot((), matrix=PlotMatrix("table")))
        assert not app.chart.focusable
        app.chart.begin(PLOT)
        app.chart.show(
            Plotted((), matrices=PLOTTED.matrices, cell_problem="Row dog, column ox says 4, and 3 have that.")
        )
        await pilot.pause()
        assert app.chart.focusable and "Row dog, column ox says 4, and 3 have that." in app.shown()
