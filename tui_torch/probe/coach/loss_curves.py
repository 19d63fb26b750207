"""The losses of a run, as the recorder publishes them: few enough to keep, and no spike lost."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter

from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.training.series import SERIES, StepValue, thin
from tui_torch.protocol.events import TrainingProgress

MOST = 4000
"""Maximum number of points of a curve."""
FIRST = 400
"""The number of first points of a curve that are all kept."""
FEW = 64
"""The number of points that are enough of one event, after the first ones."""


class LossCurves:
    """The curve of each call site of `backward()`: of the first SERIES of them."""

    def __init__(self) -> None:
        self.losses: dict[CallSite, list[StepValue]] = {}
        """(step, loss) points of each call site."""
        self.norms: list[StepValue] = []
        """(step, norm of the gradient) points, the latest ones."""
        self.validation: dict[str, list[StepValue]] = {}
        """(step, loss) points of the passes over other data, by the name that the code has for it."""
        self.rate: float | None = None
        """The learning rate of the optimizer that stepped last."""
        self.rates: dict[str, list[StepValue]] = {}
        """(step, learning rate) points of each optimizer, by the name of its series: every change, if they are few."""
        self.epoch_starts: list[int] = []
        """The first steps at which a pass over a DataLoader began."""
        self.broken: tuple[CallSite, int, float] | None = None
        """The first loss that was not finite: its call site, step and value."""
        self._epochs: list[int] = []
        """The steps at which epochs began: of the first MOST."""

    def add_losses(self, by_site: Mapping[CallSite, Sequence[StepValue]]) -> None:
        """Add the losses of one event."""
        broken: list[tuple[int, CallSite, float]] = []
        for site, new in by_site.items():
            # A sum takes less time than to ask each, and is finite only if all are.
            if self.broken is None and not math.isfinite(sum(map(itemgetter(1), new))):
                broken += [(step, site, loss) for step, loss in new if not math.isfinite(loss)][:1]
            points = self.losses.get(site)
            if points is None:
                if len(self.losses) >= SERIES:
                    continue
                points = self.losses[site] = []
            points.extend(new if len(points) < FIRST else thin(new, FEW))
            if len(points) > MOST:
                points[FIRST:] = thin(points[FIRST:], MOST // 2)
        if broken:
            step, site, loss = min(broken, key=itemgetter(0))
            self.broken = site, step, loss

    def add_progress(self, progress: TrainingProgress) -> None:
        """Add what the event says of the learning rate, the gradient's norm, validation and epochs."""
        if progress.learning_rate is not None:
            self.rate = progress.learning_rate
        self.epoch_starts += progress.epoch_starts[: FIRST - len(self.epoch_starts)]
        for series in progress.series:
            if series.kind == "learning rate":
                points = self.rates.setdefault(series.name, [])
                points.extend(series.points)
                if len(points) > MOST:
                    points[FIRST:] = thin(points[FIRST:], MOST // 2)
            if series.kind == "gradient norm":
                self.norms = [*self.norms, *series.points][-FIRST:]
            elif series.kind == "validation":
                points = self.validation.setdefault(series.name, [])
                points.extend(series.points[: MOST - len(points)])
        if progress.epoch is not None and progress.epoch - len(progress.epoch_starts) == len(self._epochs) < MOST:
            self._epochs += progress.epoch_starts

    def epoch_of(self, step: int) -> int | None:
        """Return the epoch that a step belongs to, counted from 1; None if it is not known."""
        return bisect_right(self._epochs, step) or None
