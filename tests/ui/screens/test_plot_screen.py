"""`P` among the tensors: the selected value drawn over the whole screen, given what a probe would say."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.pilot import Pilot

from tui_torch.protocol.events import Inspection, PagesRead, Summary
from tui_torch.protocol.orders import Plot, PlotMatrix, PlotSeries, Request
from tui_torch.protocol.plots.plotted import Fitted, LabelledMatrix, Plotted
from tui_torch.protocol.views import PlotView, ValuesView, View
from tui_torch.protocol.wire import encode_tagged
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.screens.plot import PlotScreen, open_plot

HEADS = Summary("heads", "tensor", "Tensor", (5, 2, 2), "float32", "cpu", numel=20)
LIST = Summary("words", "container", "list", numel=2)


def answer(request: Request, value: float = 1.0) -> View:
    """What a probe might say; the cells of a matrix hold the index of its batch."""
    if request.side != "plot":
        return ValuesView(request, (5, 2, 2), (0,), 0, 0, (), None)
    if request.expression == "words":
        return PlotView(request, note="words cannot be drawn: a str among its items is no number.")
    if request.kind == "curve":
        plot, plotted = Plot((PlotSeries("index", "heads", line=True),)), Plotted((Fitted(((0, 0), (9, value))),))
        return PlotView(request, "curve", ("matrix", "curve"), plot, plotted, said="10 numbers")
    at = request.index[0] if request.index else 0
    matrix = LabelledMatrix(((7.0, at), (value, 3.0)), ("0", "1"), ("0", "1"), True, f"[{at}]")
    plot = Plot((), matrix=PlotMatrix("heads"))
    return PlotView(
        request, "matrix", ("matrix", "curve"), plot, Plotted((), matrices=(matrix,)), index=(at,), counts=(5,)
    )


class Pane(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.inspector = TensorInspector()
        self.wanted: list[Request] = []
        self.answering = True

    def compose(self) -> ComposeResult:
        yield self.inspector

    def on_tensor_inspector_view_requested(self, message: TensorInspector.ViewRequested) -> None:
        self.wanted.append(message.request)
        if self.answering:
            self.inspector.show_view(answer(message.request))
        else:
            self.inspector.say_when(message.request, "It is read when the run is over.")

    def on_tensor_inspector_plot_wanted(self, message: TensorInspector.PlotWanted) -> None:
        open_plot(self.inspector, message.summary)

    @property
    def seen(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def press(pilot: Pilot[None], keys: str) -> str:
    for key in keys.split():
        await pilot.press(key)
        await pilot.pause()
    app = pilot.app
    assert isinstance(app, Pane)
    return app.seen


async def test_a_value_is_drawn_over_the_whole_screen_as_the_kinds_that_fit_and_slice_by_slice() -> None:
    app = Pane()
    async with app.run_test(size=(80, 24)) as pilot:
        app.inspector.show(Inspection((), (HEADS, LIST)))
        app.inspector.focus()
        await pilot.pause()
        seen = await press(pilot, "P")
        assert isinstance(app.screen, PlotScreen)
        assert "heads · float32 [5, 2, 2]" in seen and "‹matrix› · curve" in seen and "[‹0›, :, :]" in seen
        assert app.wanted[-1].side == "plot" and app.inspector.pages_in_sight == (app.wanted[-1],)
        seen = await press(pilot, "right_square_bracket down up left_square_bracket left_square_bracket")
        assert "[‹4›, :, :]" in seen and "0 7 4" in seen
        seen = await press(pilot, "right")
        assert "matrix · ‹curve›" in seen and "10 numbers" in seen and "index" in seen and "Slice" not in seen
        assert "‹matrix› · curve" in await press(pilot, "left")
        await press(pilot, "escape")
        assert app.screen is not None and not isinstance(app.screen, PlotScreen)
        assert all(request.side != "plot" for request in app.inspector.pages_in_sight)
        seen = await press(pilot, "down P")
        assert "words cannot be drawn: a str among its items is no number." in seen


async def test_while_a_loop_runs_the_plot_follows_what_is_read_and_is_read_again_at_its_end() -> None:
    app = Pane()
    async with app.run_test(size=(80, 24)) as pilot:
        app.inspector.show(Inspection((), (HEADS,)))
        app.inspector.focus()
        await pilot.pause()
        app.answering = False
        assert "It is read when the run is over." in await press(pilot, "P")
        request = app.wanted[-1]
        for value in (5.0, 6.0):
            app.inspector.show_pages(PagesRead((encode_tagged(answer(request, value)),)))
            await pilot.pause()
            assert f"1 {value:.0f} 3" in app.seen and "when the run is over" not in app.seen
        app.inspector.show_pages(PagesRead((encode_tagged(answer(Request("plot", "other"), 9.0)),)))
        app.answering = True
        app.inspector.show(Inspection((), (HEADS,)))
        await pilot.pause()
        assert app.wanted.count(request) == 2 and "1 1 3" in await press(pilot, "x")
