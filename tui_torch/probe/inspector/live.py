"""Describing some values while a loop runs, and what a step plots: rarely, briefly, leaving no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from tui_torch.probe.inspector.live_pages import read_pages
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.inspector.plot_points import PlotPoints
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.source.names_in_scope import FRAMES, names_in_scope
from tui_torch.probe.training.sampled_texts import SampledTexts
from tui_torch.protocol.events import PagesRead, Watched
from tui_torch.protocol.orders import Plot, Request
from tui_torch.protocol.plots.plotted import Plotted

INTERVAL = 0.19
"""Minimum seconds between two looks: one for each event of a fast loop, which has four or five a second."""
SHARE = 0.003
"""The part of the run's time that watching may take, and that plotting may take."""
PAGE_SHARE = 0.005
"""The part that reading the pages in sight may take."""
FIELD_SHARE = 0.03
"""The part that plotting may take where a model is called on a grid: what the step is there to show."""


class LiveView:
    """Publishes the pinned and the watched values of a running loop, the pages in sight, and the step's plot.

    The recorder calls `in_the_loop()` at its events, with the frame that the loop is in.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        inspector: Inspector,
        publish: Callable[[Watched | Plotted | PagesRead], None],
        output_of: OutputOf = lambda module: None,
        texts: SampledTexts | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.watched: tuple[str, ...] = ()
        """The expressions that the learner looks at. Another thread may set it at any time."""
        self.pages: tuple[Request, ...] = ()
        """The pages that are in sight. Another thread may set it at any time."""
        self._namespace = namespace
        self._inspector = inspector
        self._publish = publish
        self._output_of = output_of
        self._texts = texts
        self._watching = TimeBudget(SHARE, INTERVAL, clock)
        self._clock = clock
        self._reading = TimeBudget(PAGE_SHARE, INTERVAL, clock)
        self._drawing = TimeBudget(SHARE, INTERVAL, clock)
        self._pins: tuple[str, ...] = ()
        self._plot: PlotPoints | None = None
        self._plotted: Plotted | None = None
        self._live = False

    def prepare(self, pins: tuple[str, ...], plot: Plot | None) -> None:
        """Set what the next run pins and plots."""
        self._pins = pins
        self._plot = None if plot is None else PlotPoints(plot)
        if self._texts is not None:
            self._texts.begin(None if plot is None else plot.text)
        has_field = plot is not None and plot.field is not None
        self._drawing = TimeBudget(FIELD_SHARE if has_field else SHARE, INTERVAL, self._clock)

    def begin(self, *, live: bool) -> None:
        """Begin a run. Unless it is `live`, only its plot is published, when it ends."""
        self._live = live
        self._plotted = None
        self._watching.begin()
        self._drawing.begin()
        self._reading.begin()

    def in_the_loop(self, frame: FrameType) -> None:
        """Publish what a frame of the loop shows, if it is time."""
        watches = self._live and (self._pins or self.watched) and self._watching.permits()
        draws = self._live and self._plot is not None and self._drawing.permits()
        reads = self._live and self.pages and self._reading.permits()
        if not watches and not draws and not reads:
            return
        seen = names_in_scope(frame, self._namespace, FRAMES)
        if watches:
            with self._watching.spending():
                expressions = tuple(dict.fromkeys((*self._pins, *self.watched)))
                summaries = self._inspector.inspect_expressions(seen, expressions)
                if summaries:
                    self._publish(Watched(summaries))
        if draws:
            with self._drawing.spending():
                self._draw(seen, over=False)
        if reads:
            with self._reading.spending():
                if (pages := read_pages(self.pages, seen, self._output_of)) is not None:
                    self._publish(pages)

    def end(self, *, failed: bool) -> None:
        """End a run and publish its plot; a name that is not bound is a problem unless the run `failed`."""
        if self._plot is not None:
            self._draw(dict(self._namespace), over=not failed)

    def _draw(self, seen: dict[str, Any], *, over: bool) -> None:
        assert self._plot is not None
        if self._texts is not None:
            self._texts.read(seen)
        plotted = self._plot.read(seen, complete=over)
        before = self._plotted
        if plotted is None or plotted == before:
            return
        if before is not None and plotted.problem is not None and plotted.problem == before.problem and not over:
            return
        self._plotted = plotted
        self._publish(plotted)
