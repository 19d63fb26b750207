"""The screen of a kernel that others use: their cell, its notes, the values that it left, the chart of its losses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui_torch.kernel.joining.connection_files import CannotJoinError
from tui_torch.kernel.joining.following import follow_kernel
from tui_torch.kernel.joining.joined_kernel import JoinedKernel, torch_in_a_word
from tui_torch.protocol.attachment import CellBegan, CellEnded, Joined, Missed, Peeked, Told, TorchImported
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.events import Failed, Inspected, Inspection, Summary, TrainingProgress, Watched
from tui_torch.protocol.notes import Note
from tui_torch.protocol.orders import Request, Watch
from tui_torch.protocol.views import AutogradGraphView
from tui_torch.ui.attaching.cell import NO_NAMES_YET, CellPane
from tui_torch.ui.attaching.heading import AttachHeading
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.zoom import FocusedPanes
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.keys.declared import ATTACH
from tui_torch.ui.screens.present_size import PresentSize
from tui_torch.ui.watching.notes import NotesPane

WIDTHS = [(0, "-narrow"), (100, "-wide")]
"""The class that the screen has from each width on, in columns."""

CLOCK = 0.5
"""Seconds between two looks at how long a cell has been running."""
PEEK, PEEK_EVERY = 1.5, 4
"""Seconds after which a cell that does not train is asked for its names, and the number of CLOCKs until again."""


class AttachScreen(PresentSize, FocusedPanes, Screen[None]):
    """Shows what the probe tells, and asks it for what is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = ATTACH.bindings()
    HORIZONTAL_BREAKPOINTS = WIDTHS

    class KernelHelpRequested(Message):
        """The help is asked for."""

    class KernelLeft(Message):
        """The screen is to close, and the kernel to be left."""

    class ProbeRefused(Message):
        """The probe cannot be loaded."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self, kernel: JoinedKernel, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.joined = kernel
        self._ascii_only = ascii_only
        self._ticks = 0
        self._began = 0.0
        """When the cell that runs began."""
        self._state = "the probe is being loaded"
        """What is said of the kernel where no cell is known to run."""
        self._is_training = False
        """Whether the cell that runs has trained."""
        self._is_fresh = True
        """Whether the next inspection is the first after a cell."""
        self._left: tuple[Summary, ...] = ()
        """The values that the last cell left."""
        self._notes: list[str] = []
        self._failed: Failed | None = None
        self.heading = AttachHeading(ascii_only=ascii_only)
        self.cell = CellPane(ascii_only=ascii_only)
        self.notes = NotesPane(ascii_only=ascii_only)
        self.inspector = TensorInspector(ascii_only=ascii_only)
        self.chart = LossChart(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.heading
        with Horizontal(id="body"):
            with Vertical(id="theirs"):
                yield self.cell
                yield self.notes
            with Vertical(id="seen"):
                yield self.inspector
                yield self.chart
        yield KeyBar()

    def on_mount(self) -> None:
        self._name_kernel("")
        self.inspector.clear(NO_NAMES_YET)
        self._tell_state()
        self.set_interval(CLOCK, self._tick)
        self.inspector.focus()
        self._follow()

    @work(exclusive=True, group="kernel")
    async def _follow(self) -> None:
        try:
            await follow_kernel(self.joined, self)
        except CannotJoinError as error:
            self.post_message(self.ProbeRefused(str(error)))

    # What happens there

    def waits(self, number: int | None) -> None:
        """The probe is loaded when the cell that runs is over, whose number may be known."""
        cell = "a cell" if number is None else f"In [{number}]"
        self._say(f"{cell} runs: the probe is loaded when it is over")

    def lost(self) -> None:
        """The probe is gone, as the kernel is if it has ended, which may come back."""
        self._say("the kernel does not answer any more")

    def comes_back(self, *, is_same: bool) -> None:
        """It was started again, or it is the same, and the probe was lost."""
        self._say("the probe is loaded again" if is_same else "the kernel was restarted")

    def ended(self) -> None:
        """It does not come back."""
        self._say("no kernel is there any more")
        self.heading.style_of_state = "$text-error"

    def show(self, word: Told | Inspected) -> None:
        """Show what the probe tells."""
        match word:
            case Joined():
                self._name_kernel(torch_in_a_word(word))
                self._say("idle")
            case TorchImported(version, problem):
                self._name_kernel(f"PyTorch {version}")
                if problem is not None:
                    self.notify(problem, severity="warning", markup=False)
            case Missed():
                self.notify("Some of what was told is missing: it was not read for too long.", markup=False)
            case CellBegan():
                self._begin_cell(word)
            case TrainingProgress():
                if not self._is_training:
                    self._is_training = True
                    self.chart.begin(self.cell.plain)
                self.chart.extend(word)
            case Watched(summaries):
                self.inspector.show_live(summaries)
            case Note():
                self._notes.append(word.says)
                self.notes.show(self._notes, self._failed)
            case Failed():
                self._failed = word
                self.notes.show(self._notes, word)
            case Inspected(inspection):
                self._left = inspection.variables
                (self.inspector.show if self._is_fresh else self.inspector.show_more)(inspection)
                self._is_fresh = False
            case Peeked(variables):
                if self.joined.cell is not None:
                    self._show_peeked(variables)
            case CellEnded(number, outcome, seconds):
                if self._is_training:
                    self.chart.finish(outcome)
                took = f"{seconds:.1f} s" if seconds >= 0.1 else f"{1000 * seconds:.1f} ms"
                self._say(f"idle, In [{number}] {outcome} after {took}")
            case _:
                pass

    def _begin_cell(self, cell: CellBegan) -> None:
        self._began = time.monotonic()
        self._is_training, self._is_fresh = False, True
        self._notes, self._failed = [], None
        self.notes.show([], None)
        self.cell.show(cell)
        self._tell_state()

    def _show_peeked(self, variables: tuple[Summary, ...]) -> None:
        """Show what the names are by now; what one was when the last cell ended is not known to be otherwise."""
        before = {summary.name: summary for summary in self._left}
        known = {one.name: (one.type, one.shape, one.dtype) for one in self._left}
        merged = (
            replace(before[one.name], change="same")
            if known.get(one.name) == (one.type, one.shape, one.dtype)
            else replace(one, change="new")
            for one in variables
        )
        self.inspector.show(Inspection((), tuple(merged)))

    def _name_kernel(self, torch: str) -> None:
        separator = " - " if self._ascii_only else " · "
        facts = self.joined.facts
        parts = [self.joined.file.path.name, f"Python {facts.version}" if facts is not None else "", torch]
        self.heading.kernel = separator.join(part for part in parts if part)

    def _say(self, state: str) -> None:
        self._state = state
        self._tell_state()

    def _tick(self) -> None:
        self._tell_state()
        self._ticks += 1
        ran = time.monotonic() - self._began
        if self.joined.cell is not None and not self._is_training and ran > PEEK and self._ticks % PEEK_EVERY == 0:
            self.joined.peek()

    def _tell_state(self) -> None:
        cell = self.joined.cell
        if cell is not None:
            self.heading.state = f"In [{cell.number}] runs {time.monotonic() - self._began:.1f} s"
            self.heading.style_of_state = "$text-primary"
        else:
            self.heading.state = self._state
            self.heading.style_of_state = "$text-muted"

    # Looking at values

    @on(TensorInspector.Selected)
    def _watch(self, message: TensorInspector.Selected) -> None:
        self.joined.ask(Watch((message.summary.name,)))

    @on(TensorInspector.ViewRequested)
    def _look(self, message: TensorInspector.ViewRequested) -> None:
        request = message.request
        self.run_worker(partial(self._look_at, request), group=f"look at {request.side}", exclusive=True)

    async def _look_at(self, request: Request) -> None:
        if (cell := self.joined.cell) is not None and (detail := self.inspector.in_full) is not None:
            detail.say_when(request, f"In [{cell.number}] runs: it is read when that is over, or a loop trains.")
        self.inspector.show_view(await self.joined.look(request), request)

    @on(TensorInspector.PlotWanted)
    def _plot(self, message: TensorInspector.PlotWanted) -> None:
        from tui_torch.ui.screens.plot import open_plot

        open_plot(self.inspector, message.summary, ascii_only=self._ascii_only)

    @work(exclusive=True, group="graph")
    async def action_graph(self) -> None:
        """Show how the value that is selected was computed."""
        summary = self.inspector.selected
        if self.joined.cell is not None or summary is None:
            said = "Nothing is there to look at yet." if summary is None else "A cell runs: look when it is over."
            self.notify(said, timeout=2, markup=False)
            return
        from tui_torch.ui.screens.graph import GraphScreen, box_rows

        look = partial(self._graph, summary.name)
        graph = await look((), box_rows(self.app.size.height))
        if graph is not None and self.is_current:
            self.app.push_screen(GraphScreen(graph, look, ascii_only=self._ascii_only))

    async def _graph(self, name: str, place: tuple[int, ...], rows: int) -> Graph | None:
        view = await self.joined.look(Request("graph", name, place, height=rows))
        return view.graph if isinstance(view, AutogradGraphView) else None

    # Keys

    def action_leave(self) -> None:
        self.post_message(self.KernelLeft())

    def action_help(self) -> None:
        self.post_message(self.KernelHelpRequested())

    def action_tensors(self) -> None:
        self.zoom.end()
        self.inspector.focus()

    def action_chart(self) -> None:
        self.zoom.end()
        self.chart.focus()

    @property
    def panes(self) -> dict[Widget, Callable[[], str]]:
        """Panes that take the focus, with what is copied of each."""
        return {
            self.cell: lambda: self.cell.plain,
            self.notes: lambda: self.notes.plain,
            self.inspector: self._selected_value,
            self.chart: lambda: self.chart.plain,
        }

    def _selected_value(self) -> str:
        detail = self.inspector.in_full
        return "" if detail is None else detail.page.plain
