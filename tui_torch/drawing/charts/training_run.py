"""All that a chart needs of one run: its series by name, its epochs, where it stands. Bounded, however long it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tui_torch.drawing.charts.curve import Curve, Point
from tui_torch.protocol.events import SeriesKind

if TYPE_CHECKING:
    from tui_torch.protocol.events import TrainingProgress

EPOCHS = 512
"""How many epoch starts a run keeps: several for each column of the widest chart."""

SERIES = 16
"""How many series a run keeps; those that come up later are left out."""

KEPT_SERIES = 3
"""How many series of each kind an earlier run keeps."""

KEPT_SPANS = 512
"""How many spans of each of them."""

Shown = SeriesKind
"""What a chart shows: `loss` stands for the losses and what was logged beside them."""

VIEWS: tuple[Shown, ...] = ("loss", "gradient norm", "learning rate")
"""What a chart can show, in the order in which a key goes through them."""


class EpochStart(NamedTuple):
    """The step at which an epoch began; the first epoch is 1."""

    epoch: int
    step: int


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a run."""

    name: str
    kind: SeriesKind
    curve: Curve


class TrainingRun:
    """The numbers of one run, as its progress events told them."""

    def __init__(self) -> None:
        self._series: dict[tuple[SeriesKind, str], Series] = {}
        self._epoch_stride = 1
        self._epoch_starts: list[EpochStart] = []
        self.steps = 0
        """Calls of backward() on a scalar; more than there are points when the source thinned them."""
        self.epoch: int | None = None
        """Epochs begun; None when the loop uses no DataLoader."""
        self.learning_rate: float | None = None
        self.optimizer_steps = 0
        self.steps_per_second: float | None = None

    @property
    def series(self) -> tuple[Series, ...]:
        """Every series, in the order in which they came up; at most SERIES."""
        return tuple(self._series.values())

    @property
    def epoch_starts(self) -> tuple[EpochStart, ...]:
        """Where epochs began, oldest first: every epoch, or every 10th, 100th, … and the first when there are many."""
        return tuple(self._epoch_starts)

    def of(self, shown: Shown) -> tuple[Series, ...]:
        """The series that a chart of this kind shows; the losses first, then what was logged."""
        kinds = ("loss", "logged") if shown == "loss" else (shown,)
        return tuple(series for kind in kinds for series in self._series.values() if series.kind == kind)

    @property
    def has_loop(self) -> bool:
        """A single backward() is an example, not a loop: it has a value, and no curve."""
        return any(series.curve.count > 1 for series in self.of("loss"))

    @property
    def loss(self) -> Series | None:
        """The first loss of the run; what was first logged when it has none; None when there is neither."""
        return next(iter(self.of("loss")), None)

    @property
    def last(self) -> Point | None:
        """The last value of that loss."""
        return self.loss.curve.last if self.loss is not None else None

    @property
    def last_step(self) -> int:
        """The step of the last point of any series; 0 when there is none."""
        return max((series.curve.last_step for series in self._series.values()), default=0)

    def extend(self, progress: TrainingProgress) -> None:
        """Take in what the recorder saw since the last call."""
        self.steps = max(self.steps, progress.step)
        self.epoch = progress.epoch if progress.epoch is not None else self.epoch
        self.optimizer_steps = progress.optimizer_steps
        if progress.learning_rate is not None:
            self.learning_rate = progress.learning_rate
        if progress.steps_per_second is not None:
            self.steps_per_second = progress.steps_per_second
        for told in progress.series:
            key = told.kind, told.name
            if key not in self._series:
                if len(self._series) == SERIES:
                    continue
                self._series[key] = Series(told.name, told.kind, Curve())
            self._series[key].curve.extend(told.points)
        if progress.epoch is not None:
            self._mark(progress.epoch, progress.epoch_starts)

    def kept(self) -> TrainingRun:
        """This run in less room, to be shown behind a later one."""
        kept = TrainingRun()
        for shown in VIEWS:
            for series in self.of(shown)[:KEPT_SERIES]:
                kept._series[series.kind, series.name] = Series(
                    series.name, series.kind, series.curve.thinned(KEPT_SPANS)
                )
        kept.steps, kept.epoch, kept.learning_rate = self.steps, self.epoch, self.learning_rate
        return kept

    def _mark(self, epoch: int, starts: tuple[int, ...]) -> None:
        for number, step in enumerate(starts, start=epoch - len(starts) + 1):
            later = not self._epoch_starts or number > self._epoch_starts[-1].epoch
            if later and (number == 1 or number % self._epoch_stride == 0):
                self._epoch_starts.append(EpochStart(number, step))
        while len(self._epoch_starts) > EPOCHS:
            self._epoch_stride *= 10
            self._epoch_starts = [
                start for start in self._epoch_starts if start.epoch == 1 or start.epoch % self._epoch_stride == 0
            ]
