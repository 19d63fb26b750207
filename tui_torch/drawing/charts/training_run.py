"""The numbers of one run as a chart keeps them: curves, epochs and totals, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui_torch.drawing.charts.curve import Curve, CurvePoint
from tui_torch.protocol.events import SeriesKind

if TYPE_CHECKING:
    from tui_torch.protocol.events import TrainingProgress
    from tui_torch.protocol.plots.sampled_texts import SampledText

MAX_EPOCH_STARTS = 512
"""Maximum number of epoch starts kept per run: several for each column of the widest chart."""

MAX_CURVES = 16
"""Maximum number of curves kept per run; later series are left out."""

EARLIER_RUN_CURVES = 3
"""Maximum number of curves of each kind that an earlier run keeps."""

EARLIER_RUN_SPANS = 512
"""Maximum number of spans per curve of an earlier run."""

CHART_KINDS: tuple[SeriesKind, ...] = ("loss", "gradient norm", "learning rate")
"""What a chart can show, in the order in which a key goes through them. `loss` includes the losses of validation, and
what was logged."""


DRAWN_KINDS: tuple[SeriesKind, ...] = (*CHART_KINDS, "validation", "logged")
"""What a chart keeps of a run."""


class EpochStart(NamedTuple):
    """The step at which an epoch began; the first epoch is 1."""

    epoch: int
    step: int


class TrainingRun:
    """The curves, epochs and totals of one run, from its progress events."""

    def __init__(self) -> None:
        self._curves: dict[tuple[SeriesKind, str], Curve] = {}
        self._epoch_stride = 1
        self._epoch_starts: list[EpochStart] = []
        self.steps = 0
        """Calls of backward() on a scalar; the curves may hold fewer points, since the recorder thins them."""
        self.epoch: int | None = None
        """The number of epochs begun; None if the loop uses no DataLoader."""
        self.learning_rate: float | None = None
        self.optimizer_steps = 0
        self.steps_per_second: float | None = None
        self.texts: tuple[SampledText, ...] = ()
        """What the run wrote now and then, oldest first."""
        self.why_no_loss = ""
        """Why the run's loop has no loss to draw; empty if it has one, or there is no loop."""

    @classmethod
    def of_whole(cls, progress: TrainingProgress | None) -> TrainingRun:
        """A run that all is known of by one event; without any, one that has not begun."""
        run = cls()
        if progress is not None:
            run.extend(progress)
        return run

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Every curve, in the order in which the series first appeared; at most MAX_CURVES."""
        return tuple(self._curves.values())

    @property
    def epoch_starts(self) -> tuple[EpochStart, ...]:
        """The starts of the epochs, oldest first: of all, or of the first and every 10th (100th, 1000th, and so on)."""
        return tuple(self._epoch_starts)

    def of(self, shown: SeriesKind) -> tuple[Curve, ...]:
        """The curves of a chart that shows `shown`; for `loss`, the losses, validation, and what was logged."""
        kinds: tuple[SeriesKind, ...] = ("loss", "validation", "logged") if shown == "loss" else (shown,)
        return tuple(curve for kind in kinds for curve in self._curves.values() if curve.kind == kind)

    @property
    def has_loop(self) -> bool:
        """Whether a curve has several points: a single backward() is an example, and not a loop."""
        return any(curve.count > 1 for curve in self.of("loss"))

    @property
    def loss(self) -> Curve | None:
        """The first loss; without a loss, what was logged first; None without either."""
        return next(iter(self.of("loss")), None)

    @property
    def last(self) -> CurvePoint | None:
        """The last value of that loss."""
        return self.loss.last if self.loss is not None else None

    @property
    def losses_in_turn(self) -> int:
        """The number of losses that take turns to go backward, as those of a GAN do: so many steps are one iteration.

        1 where there is one loss, and where several come in other ways.
        """
        losses = [curve for curve in self.of("loss") if curve.kind == "loss" and curve.count > 1]
        count = len(losses)
        if count < 2 or max(one.count for one in losses) > min(one.count for one in losses) + 1:
            return 1
        for steps in ([one.first_step for one in losses], [one.last_step for one in losses]):
            if len({step % count for step in steps}) < count or max(steps) - min(steps) >= count:
                return 1
        return count

    def iteration(self, step: int) -> int:
        """The iteration that a step belongs to, from 1: the step itself, unless losses take turns."""
        return -(-step // self.losses_in_turn)

    @property
    def last_step(self) -> int:
        """The largest step of all curves; 0 without a curve."""
        return max((curve.last_step for curve in self._curves.values()), default=0)

    def extend(self, progress: TrainingProgress) -> None:
        """Add what the recorder saw since the last event."""
        self.steps = max(self.steps, progress.step)
        self.epoch = progress.epoch if progress.epoch is not None else self.epoch
        self.optimizer_steps = progress.optimizer_steps
        self.why_no_loss = progress.why_no_loss
        if progress.learning_rate is not None:
            self.learning_rate = progress.learning_rate
        if progress.steps_per_second is not None:
            self.steps_per_second = progress.steps_per_second
        for series in progress.series:
            if series.kind not in DRAWN_KINDS:
                continue
            key = series.kind, series.name
            if key not in self._curves:
                if len(self._curves) == MAX_CURVES:
                    continue
                self._curves[key] = Curve(series.name, series.kind)
            self._curves[key].extend(series.points)
        if progress.epoch is not None:
            self._add_epoch_starts(progress.epoch, progress.epoch_starts)

    def thinned(self) -> TrainingRun:
        """The curves of this run in less memory, to be drawn as an earlier run; without its epochs and totals."""
        kept = TrainingRun()
        for shown in CHART_KINDS:
            for curve in self.of(shown)[:EARLIER_RUN_CURVES]:
                kept._curves[curve.kind, curve.name] = curve.thinned(EARLIER_RUN_SPANS)
        return kept

    def _add_epoch_starts(self, epoch: int, starts: tuple[int, ...]) -> None:
        for number, step in enumerate(starts, start=epoch - len(starts) + 1):
            later = not self._epoch_starts or number > self._epoch_starts[-1].epoch
            if later and (number == 1 or number % self._epoch_stride == 0):
                self._epoch_starts.append(EpochStart(number, step))
        while len(self._epoch_starts) > MAX_EPOCH_STARTS:
            self._epoch_stride *= 10
            self._epoch_starts = [
                start for start in self._epoch_starts if start.epoch == 1 or start.epoch % self._epoch_stride == 0
            ]
