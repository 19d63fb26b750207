"""The coach: follows one run after another with every rule, and gives each note once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tui_torch.probe.coach.rule import CoachRule
from tui_torch.probe.coach.rules.axes.attention_axis import AttentionAxis
from tui_torch.probe.coach.rules.axes.batch_as_time import BatchAsTime
from tui_torch.probe.coach.rules.axes.viewed_axes import ViewedAxes
from tui_torch.probe.coach.rules.axes.viewed_scores import ViewedScores
from tui_torch.probe.coach.rules.broadcast_loss import BroadcastLoss
from tui_torch.probe.coach.rules.broadcast_metric import BroadcastMetric
from tui_torch.probe.coach.rules.constant_derivative import ConstantDerivative
from tui_torch.probe.coach.rules.cut_graph import CutGraph
from tui_torch.probe.coach.rules.divergence import Divergence
from tui_torch.probe.coach.rules.double_softmax import DoubleSoftmax
from tui_torch.probe.coach.rules.growing_graph import GrowingGraph
from tui_torch.probe.coach.rules.layers.dropout_in_eval import DropoutInEval
from tui_torch.probe.coach.rules.layers.equal_units import EqualUnits
from tui_torch.probe.coach.rules.layers.freezes_nothing import FreezesNothing
from tui_torch.probe.coach.rules.layers.padding_mask import PaddingMask
from tui_torch.probe.coach.rules.layers.remade import Remade
from tui_torch.probe.coach.rules.layers.uncollected_statistics import UncollectedStatistics
from tui_torch.probe.coach.rules.layers.untrained_part import UntrainedPart
from tui_torch.probe.coach.rules.loss_inputs.divergence_sign import DivergenceSign
from tui_torch.probe.coach.rules.loss_inputs.flat_scores import FlatScores
from tui_torch.probe.coach.rules.loss_inputs.log_probabilities import LogProbabilities
from tui_torch.probe.coach.rules.loss_inputs.loss_ranges import LossRanges
from tui_torch.probe.coach.rules.loss_inputs.shuffled_apart import ShuffledApart
from tui_torch.probe.coach.rules.loss_inputs.sorted_batches import SortedBatches
from tui_torch.probe.coach.rules.loss_inputs.two_permutations import TwoPermutations
from tui_torch.probe.coach.rules.missing_zero_grad import MissingZeroGrad
from tui_torch.probe.coach.rules.optimizer_parameters import OptimizerParameters
from tui_torch.probe.coach.rules.overfitting import Overfitting
from tui_torch.probe.coach.rules.sampling.loader_reach import LoaderReach
from tui_torch.probe.coach.rules.sampling.seeded_again import SeededAgain
from tui_torch.probe.coach.rules.sampling.wrapped_around import WrappedAround
from tui_torch.probe.coach.rules.standing_still.dead_gradients import DeadGradients
from tui_torch.probe.coach.rules.standing_still.flat_loss import FlatLoss
from tui_torch.probe.coach.rules.standing_still.zero_gradients import ZeroGradients
from tui_torch.probe.coach.rules.step_without_gradient import StepWithoutGradient
from tui_torch.probe.coach.rules.stepping.closures import Closures
from tui_torch.probe.coach.rules.stepping.gradient_clipping import GradientClipping
from tui_torch.probe.coach.rules.stepping.large_steps import LargeSteps
from tui_torch.probe.coach.rules.stepping.loss_scaling import LossScaling
from tui_torch.probe.coach.rules.stepping.lost_accumulation import LostAccumulation
from tui_torch.probe.coach.rules.stepping.lost_update import LostUpdate
from tui_torch.probe.coach.rules.stepping.low_precision import LowPrecision
from tui_torch.probe.coach.rules.stepping.scheduler_steps import SchedulerSteps
from tui_torch.probe.coach.rules.stepping.tiny_rates import TinyRates
from tui_torch.probe.coach.rules.target_dtype import TargetDtype
from tui_torch.probe.coach.rules.train_eval_mode import TrainEvalMode
from tui_torch.probe.coach.rules.uncopied_state import UncopiedState
from tui_torch.probe.coach.rules.unreached.never_reached import NeverReached
from tui_torch.probe.coach.watcher import Failures, Watcher
from tui_torch.probe.isolation.undisturbed import random_state_kept, unobserved
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import TrainingProgress
from tui_torch.protocol.notes import Note

MOST = 4
"""Maximum number of notes of one run."""

RULES: tuple[type[CoachRule], ...] = (
    NeverReached,
    LostUpdate,
    StepWithoutGradient,
    CutGraph,
    Remade,
    UntrainedPart,
    OptimizerParameters,
    FreezesNothing,
    MissingZeroGrad,
    LostAccumulation,
    Closures,
    Divergence,
    BroadcastLoss,
    BroadcastMetric,
    ConstantDerivative,
    DoubleSoftmax,
    LogProbabilities,
    LossRanges,
    FlatScores,
    DivergenceSign,
    TargetDtype,
    TrainEvalMode,
    DropoutInEval,
    UncollectedStatistics,
    PaddingMask,
    GrowingGraph,
    UncopiedState,
    SchedulerSteps,
    TinyRates,
    GradientClipping,
    LossScaling,
    LowPrecision,
    LargeSteps,
    SortedBatches,
    TwoPermutations,
    ShuffledApart,
    LoaderReach,
    SeededAgain,
    WrappedAround,
    ViewedAxes,
    ViewedScores,
    BatchAsTime,
    AttentionAxis,
    EqualUnits,
    DeadGradients,
    ZeroGradients,
    FlatLoss,
    Overfitting,
)
"""All rules, in the order in which their notes are given."""

HIDES = {
    "holds-none-of-it": {"flat", "exploding", "never-stepped"},
    "cut-off": {"cut-off", "holds-none-of-it", "not-held", "flat", "zeroed-before-step", "step-before-backward"},
    "update-lost": {"flat", "never-stepped", "never-zeroed"},
    "zeroed-before-step": {"flat", "holds-none-of-it"},
    "step-before-backward": {"flat"},
    "loss-not-finite": {"exploding", "rate-above-weights"},
    "never-zeroed": {"exploding"},
    "one-class": {"flat", "cut-off", "float-targets"},
    "softmax-before-cross-entropy": {"flat"},
    "classes-regressed": {"integer-targets"},
    "untrained-part": {"cut-off"},
    "layer-remade": {"not-held", "holds-none-of-it", "flat"},
    "model-remade": {"not-held", "flat"},
    "exploding": {"rate-above-weights"},
    "equal-units": {"flat", "dead-gradients", "zero-gradients"},
    "rate-is-zero": {"flat"},
    "rate-for-a-factor": {"flat"},
    "scheduler-each-batch": {"flat"},
    "loss-not-scaled": {"flat", "zero-gradients"},
    "clipped-after-step": {"clipped-while-scaled"},
    "steps-past-scaler": {"exploding", "loss-not-finite"},
    "dead-gradients": {"flat", "exploding", "zero-gradients"},
    "zero-gradients": {"flat"},
    "updates-rounded-away": {"flat"},
    "closure-computes-nothing": {"flat"},
    "rate-above-weights": {"dead-gradients"},
    "unreachable-targets": {"dead-gradients"},
    "two-permutations": {"flat", "overfitting"},
    "viewed-axes": {"flat"},
    "viewed-scores": {"flat"},
    "flat-scores": {"flat"},
    "kl-sign": {"exploding", "rate-above-weights", "overfitting"},
    "seeded-again": {"overfitting"},
    "always-the-first-batch": {"overfitting"},
    "weights-for-classes": {"overfitting", "flat"},
    "wraps-around": {"flat"},
    "batch-as-time": {"flat"},
    "softmax-over-queries": {"flat"},
}
"""By the rule of a note that is given: the rules whose notes it explains, which are not given any more."""


class Coach:
    """Watches the runs of code that is compiled under one file name. Nothing that goes wrong here reaches the run."""

    def __init__(
        self, filename: str, say: Callable[[Note], None], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Watch nothing yet.

        Args:
            filename: The name that the learner's code is compiled under.
            say: Is called with each note: at once if the loss is no longer a number, or else when the run is over.
            clock: Gives the time, in seconds.
        """
        self._say = say
        self.failures = Failures()
        self._watcher = Watcher(filename, self.failures, clock)
        self._rules: list[CoachRule] = []
        self._given: set[tuple[str, int | None]] = set()
        self._rules_given: set[str] = set()

    def listen_to(self, recorder: TrainingRecorder) -> None:
        """Give the recorder of the runs. What it publishes has to be passed to `trained()`."""
        self._watcher.listen_to(recorder)

    def begin(self, source: str, namespace: dict[str, Any], filename: str | None = None) -> None:
        """Watch a run of `source`, which the recorder has begun to record.

        `filename` is the name that it is compiled under, if that is another than usual.
        """
        self._given, self._rules_given = set(), set()
        self._rules = [rule() for rule in RULES]
        self._watcher.begin(self._rules, source, namespace, filename)

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        self._watcher.stop()
        self._rules = []

    def trained(self, progress: TrainingProgress) -> None:
        """The recorder has published an event of the run."""
        if not self._rules:
            return
        with self.failures.kept():
            facts = self._watcher.facts_so_far(progress)
            for rule in self._rules:
                for note in rule.urgent_notes(facts):
                    self._give(note)
            self._watcher.look_again()

    def end(self) -> None:
        """Give the notes of the run, which is over."""
        if not self._rules:
            return
        facts = self._watcher.end()
        with random_state_kept(), unobserved():
            for rule in self._rules:
                with self.failures.kept():
                    for note in rule.notes(facts):
                        self._give(note)
        self._rules = []
        self._watcher.forget()

    def _give(self, note: Note) -> None:
        hidden = any(note.rule in HIDES.get(rule, ()) for rule in self._rules_given)
        if hidden or (note.rule, note.line) in self._given or len(self._given) == MOST:
            return
        self._given.add((note.rule, note.line))
        self._rules_given.add(note.rule)
        self._say(note)
