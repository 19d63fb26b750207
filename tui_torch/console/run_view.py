"""What a run prints and displays, in a plain terminal as it comes, and the chart of its loss below."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from tui_torch.console.plain import say
from tui_torch.console.plain_console import WrittenOut
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.course.proof.play import END_OF_INPUT
from tui_torch.drawing.canvas.canvas import Dots
from tui_torch.drawing.charts.captions import caption
from tui_torch.drawing.charts.loss_plot import PlotSettings, draw_runs
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.sampled_text import draw_text
from tui_torch.drawing.charts.step_plot import StepPlotStyles, draw_plot
from tui_torch.drawing.charts.value_axis import asks_for_log
from tui_torch.drawing.docstrings.lines import as_text
from tui_torch.drawing.text.transcript import Pieces, Transcript
from tui_torch.kernel.session import KernelSession
from tui_torch.line_mode import read_in_lines
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Figure,
    InputRequested,
    LateOutput,
    Output,
    PutBack,
    TrainingProgress,
)
from tui_torch.protocol.orders import Plot
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.protocol.plots.sampled_texts import TextsSampled

CHART_HEIGHT = 12
PLOT_HEIGHT = 20
"""Maximum height of what a step plots, in lines."""
TEXTS_PRINTED = 4
"""Maximum number of texts below the chart."""
WIDTH = 100
"""Maximum width of the chart and of figures, in columns."""
TINTS = ("#5f4a00", "#00485f", "#5f005f", "#005f1f", "#5f0000", "#00005f")
"""The grounds of classes, each below the mark of its class."""
HEAT = ("#1c1c1c", "#005f87")
FRAME = 0.05
"""Shortest time in seconds between two drawings of what is being written."""

_REPLACES = re.compile(r"\bclear_output\b")
"""What code says that takes away what it has printed."""


class RunView:
    """What a run reports, as it comes: its lines above and, while it trains, the chart of its loss below them.

    A terminal's lines cannot be taken back. So those of code that replaces what it shows are printed at its end, and a
    progress bar once it is complete; until then they are drawn below the rest, where a terminal can redraw them.

    Args:
        kernel: What is answered when the code asks for a line.
        code: What runs.
        figures: Keeps in files what cannot be drawn.
        plot: What the step plots; None for nothing.
    """

    def __init__(
        self,
        kernel: KernelSession,
        console: Console,
        code: str,
        figures: SavedFigures,
        *,
        ascii_only: bool,
        plot: Plot | None = None,
    ) -> None:
        self._kernel = kernel
        self._figures = figures
        figures.begin()
        self._console = console
        self._ascii_only = ascii_only
        self._transcript = Transcript(ascii_only)
        self._is_held = bool(_REPLACES.search(code))
        """Whether nothing is printed before the end."""
        self._runs = RunHistory()
        self._plot = plot
        self._plotted: Plotted | None = None
        self._live_plot: RenderableType | None = None
        """The plot as it was drawn last while the code runs, as high as there is room."""
        self._live: Live | None = None
        self._drawn_chart: RenderableType | None = None
        self._next_frame = 0.0
        self._is_log = False

    def show_event(self, event: Event) -> None:
        """Print or draw what an event of the run says, and answer what the code asks."""
        match event:
            case PutBack() | LateOutput():
                self._transcript.add_line((event.sentence, ""))
            case Output(text, stream):
                self._transcript.write(text, source=stream)
            case Documentation(_, text):
                self._transcript.write(f"{as_text(text, self._console.width, ascii_only=self._ascii_only)}\n")
            case Displayed(text):
                self._show(event, [((line, ""),) for line in text.split("\n")])
            case Figure():
                self._show(event, self._figure_lines(event))
            case Cleared():
                self._transcript.clear()
                if self._is_held:  # else the path of the last one is printed
                    self._figures.clear()
                self._is_held = True
            case InputRequested():
                self._finish()
                self._kernel.answer(self._ask(event))
            case TrainingProgress():
                self._runs.current.extend(event)
            case Plotted():
                self._plotted = event
            case TextsSampled(texts):
                self._runs.current.texts = texts
            case _:
                return
        self._draw([] if self._is_held else self._transcript.take_lines())

    def end(self) -> None:
        """Print what is left, and the final charts."""
        self._finish()
        if self._plot is not None and self._plotted is not None:
            self._console.print(self._drawn_plot(self._plot, self._plotted))
        if self._runs.current.has_loop:
            self._console.print(self._chart())
            self._print_texts()
        elif self._runs.current.why_no_loss:
            self._console.print(Text(self._runs.current.why_no_loss, "dim"))

    def _print_texts(self) -> None:
        """Print what the run has written now and then: the first, the last, and two between."""
        texts = self._runs.current.texts
        places = sorted({round(part * (len(texts) - 1) / (TEXTS_PRINTED - 1)) for part in range(TEXTS_PRINTED)})
        for place in places if texts else ():
            height = texts[place].text.count("\n") + 3
            for line in draw_text(
                texts[place : place + 1], None, self._console.width, height, ascii_only=self._ascii_only
            ):
                if line.plain.strip():
                    self._console.print(line, soft_wrap=True, highlight=False)

    def _figure_lines(self, figure: Figure) -> Sequence[Pieces | Text]:
        """A figure in half blocks where there is a terminal to see them in, and else the path of its file."""
        from tui_torch.drawing.figures.blocks import cells_of, dots, half_blocks
        from tui_torch.drawing.figures.picture import UnreadablePictureError, read_picture

        console = self._console
        try:
            picture = read_picture(figure.image)
        except UnreadablePictureError as error:
            return [((f"{error} {figure.text}".rstrip(), ""),)]
        if self._ascii_only or not console.is_terminal:
            path = self._figures.save(figure)
            size = f"figure {picture.width} x {picture.height}"
            return [((size if path is None else f"{size}, saved at {path}", ""),)]
        cells = cells_of(picture, min(console.width, WIDTH), max(1, console.height - 3))
        has_colours = console.color_system is not None and not console.no_color
        rows = (half_blocks if has_colours else dots)(picture, *cells)
        return [Text.assemble(*((segment.text, segment.style or "") for segment in row), end="") for row in rows]

    def _show(self, event: Displayed | Figure, lines: Sequence[Pieces | Text]) -> None:
        if event.display_id is not None:
            self._is_held = True
            if event.is_update and self._transcript.replace_block(event.display_id, lines):
                return
        self._transcript.add_block(lines, event.display_id)

    def _ask(self, asked: InputRequested) -> str:
        if not (self._console.is_terminal and sys.stdin.isatty()):
            return line_of_input(asked.prompt)
        try:
            return self._console.input(Text(asked.prompt), password=asked.password)
        except EOFError:
            return END_OF_INPUT

    def _finish(self) -> None:
        """Print everything that was written, and draw nothing more below it for now."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._print(self._transcript.take_lines(to_the_end=True))

    def _print(self, lines: list[Text]) -> None:
        for line in lines:
            self._console.print(line, end="\n", soft_wrap=True, highlight=False)

    def _draw(self, finished: list[Text]) -> None:
        """Print finished lines, and below them, if a terminal can redraw it, what is being written, and the chart."""
        if not self._console.is_terminal:
            self._print(finished)
            return
        is_due = (now := time.monotonic()) >= self._next_frame
        if is_due:
            self._next_frame = now + FRAME
            if self._runs.current.has_loop:  # only a loop is worth a chart
                self._drawn_chart = self._chart()
        parts: list[RenderableType] = []
        shown = len(self._transcript)
        room = self._console.height - 3 - (CHART_HEIGHT if self._drawn_chart is not None else 0)
        plot_height = min(PLOT_HEIGHT, max(room - 1, 1))
        if is_due and self._plot is not None and self._plotted is not None:
            self._live_plot = self._drawn_plot(self._plot, self._plotted, plot_height)
        charts = [chart for chart in (self._live_plot, self._drawn_chart) if chart is not None]
        room = max(1, room - (plot_height if self._live_plot is not None else 0))
        if shown:
            lines = [self._transcript.line(index) for index in range(max(0, shown - room), shown)]
            parts.append(Text("\n", no_wrap=True, overflow="ellipsis").join(lines))
        parts += charts
        if self._live is None and parts and is_due:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False)
            self._live.start()
        if self._live is not None and (is_due or finished):
            # Rich shows it beside what is printed, and not through the console's hook.
            self._live.update(WrittenOut(Group(*parts), ascii_only=self._ascii_only), refresh=True)
        self._print(finished)

    def _drawn_plot(self, plot: Plot, plotted: Plotted, height: int = PLOT_HEIGHT) -> RenderableType:
        if plotted.problem is not None:
            return Text(plotted.problem, "dim")
        console = self._console
        has_colours = not self._ascii_only and console.is_terminal and not console.no_color
        is_tinted = has_colours and console.color_system in ("256", "truecolor")
        styles = StepPlotStyles(tints=TINTS if is_tinted else (), heat=HEAT if is_tinted else None)
        dots: Dots = "ascii" if self._ascii_only else "braille"
        lines = draw_plot(plotted, plot, min(console.width, WIDTH), height, dots=dots, styles=styles)
        return Text("\n", no_wrap=True).join(lines)

    def _chart(self) -> RenderableType:
        self._is_log |= asks_for_log(self._runs.current.of("loss"))
        return draw_chart(self._runs, self._console.width, ascii_only=self._ascii_only, log=self._is_log)


def draw_chart(runs: RunHistory, columns: int, *, ascii_only: bool, log: bool | None = None) -> RenderableType:
    """The chart of the current run's loss, in at most WIDTH columns, with a caption below.

    `log` is whether the axis is logarithmic; None where the values are to tell.
    """
    width = min(columns, WIDTH)
    is_log = asks_for_log(runs.current.of("loss")) if log is None else log
    settings = PlotSettings(log=is_log, dots="ascii" if ascii_only else "braille")
    note = "log scale" if is_log else ""
    return Group(
        # One text whose lines end here: drawn lines have no line breaks of their own.
        Text("\n", no_wrap=True).join(draw_runs(runs, width, CHART_HEIGHT, settings=settings)),
        Text(caption(runs, width, note=note, ascii_only=ascii_only), "dim"),
    )


def line_of_input(prompt: str) -> str:
    """The next line of standard input, without its end; END_OF_INPUT after the last. The prompt goes to stderr."""
    say(prompt, err=True)
    read_in_lines()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else END_OF_INPUT
