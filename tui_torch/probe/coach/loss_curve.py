"""The losses of a run, as the recorder tells them: few enough to keep, and none of the spikes lost."""

from __future__ import annotations

import math
from operator import itemgetter

from tui_torch.probe.training.series import thin
from tui_torch.protocol.events import TrainingProgress

MOST = 4000
FIRST = 400
FEW = 64
"""So many points of an event are enough, after the first ones."""

Point = tuple[int, float]


class LossCurve:
    """(step, loss) points by series, in the order of the steps."""

    def __init__(self) -> None:
        self.series: dict[str, list[Point]] = {}
        self.norms: list[Point] = []
        """The gradient's norm, where the recorder tells it."""
        self.rate: float | None = None
        self.broken: tuple[str, int, float] | None = None
        """The first loss that was not finite: its series, step and value."""

    def extend(self, progress: TrainingProgress) -> None:
        if progress.learning_rate is not None:
            self.rate = progress.learning_rate
        for told in progress.series:
            if told.kind == "gradient norm":
                self.norms = [*self.norms, *told.points][-FIRST:]
            if told.kind != "loss":
                continue
            points = self.series.setdefault(told.name, [])
            points.extend(told.points if len(points) < FIRST else thin(told.points, FEW))
            # A sum takes less time than to ask each, and is finite only if all are.
            if self.broken is None and not math.isfinite(sum(map(itemgetter(1), told.points))):
                broken = next((point for point in told.points if not math.isfinite(point[1])), None)
                self.broken = None if broken is None else (told.name, *broken)
            if len(points) > MOST:
                points[FIRST:] = thin(points[FIRST:], MOST // 2)

    def between(self, expression: str, first: int, last: int, *, alone: bool) -> list[Point]:
        """The points of one place that calls `backward()`. `alone`: no other does between these steps."""
        found = self.series.get(expression)
        if found is None and alone and len(self.series) == 1:
            found = next(iter(self.series.values()))
        if found is None or (not alone and len(self.series) == 1):
            return []
        return [point for point in found if first <= point[0] <= last]
