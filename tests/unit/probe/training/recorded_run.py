"""A run that is recorded without a kernel, for the tests of what its series are."""

from __future__ import annotations

from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import TrainingProgress


class Run:
    """A run that is recorded. Time passes only when `now` is set."""

    def __init__(self, *, by_layer: bool = False) -> None:
        self.now = 0.0
        self.events: list[TrainingProgress] = []
        self.recorder = TrainingRecorder(self.events.append, lambda: self.now, by_layer=by_layer)
        self.recorder.install()
        self.recorder.begin()

    def series(self) -> dict[str, list[tuple[int, float]]]:
        """All that was published, the run being over."""
        self.recorder.end()
        found: dict[str, list[tuple[int, float]]] = {}
        for event in self.events:
            for series in event.series:
                found.setdefault(series.name, []).extend(series.points)
        return found
