"""Follows one run after another with every rule, and says each thing once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tui_torch.probe.coach.rule import CoachRule
from tui_torch.probe.coach.rules.broadcast_loss import BroadcastLoss
from tui_torch.probe.coach.rules.cut_graph import CutGraph
from tui_torch.probe.coach.rules.divergence import Divergence
from tui_torch.probe.coach.rules.double_softmax import DoubleSoftmax
from tui_torch.probe.coach.rules.flat_loss import FlatLoss
from tui_torch.probe.coach.rules.growing_graph import GrowingGraph
from tui_torch.probe.coach.rules.missing_zero_grad import MissingZeroGrad
from tui_torch.probe.coach.rules.optimizer_parameters import OptimizerParameters
from tui_torch.probe.coach.rules.step_without_gradient import StepWithoutGradient
from tui_torch.probe.coach.rules.target_dtype import TargetDtype
from tui_torch.probe.coach.rules.train_eval_mode import TrainEvalMode
from tui_torch.probe.coach.watcher import Failures, Watcher
from tui_torch.probe.isolation.undisturbed import random_state_kept, unobserved
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import Note, TrainingProgress

MOST = 4
"""Notes of one run."""

RULES: tuple[type[CoachRule], ...] = (
    StepWithoutGradient,
    CutGraph,
    OptimizerParameters,
    MissingZeroGrad,
    Divergence,
    BroadcastLoss,
    DoubleSoftmax,
    TargetDtype,
    TrainEvalMode,
    GrowingGraph,
    FlatLoss,
)
"""In the order in which they are heard."""

HIDES = {
    "holds-none-of-it": {"flat", "exploding", "never-stepped"},
    "cut-off": {"holds-none-of-it", "not-held", "flat", "zeroed-before-step", "step-before-backward"},
    "zeroed-before-step": {"flat", "holds-none-of-it"},
    "step-before-backward": {"flat"},
    "loss-not-finite": {"exploding"},
    "never-zeroed": {"exploding"},
    "one-class": {"flat", "cut-off", "float-targets"},
    "softmax-before-cross-entropy": {"flat"},
}
"""What a rule has explained already when it has something to say."""


class Coach:
    """Watches the runs of code that is compiled under one file name. `say` is given each note, of a loss that is no
    longer a number at once, of everything else at the end. Nothing that goes wrong here reaches the run."""

    def __init__(
        self, filename: str, say: Callable[[Note], None], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._say = say
        self.failures = Failures()
        self._watcher = Watcher(filename, self.failures, clock)
        self._rules: list[CoachRule] = []
        self._said: set[tuple[str, int | None]] = set()
        self._heard: set[str] = set()

    def listen_to(self, recorder: TrainingRecorder) -> None:
        """Say who tells of `backward()`. What it publishes is for `trained()`."""
        self._watcher.listen_to(recorder)

    def begin(self, source: str, namespace: dict[str, Any]) -> None:
        """A run of `source` begins, which the recorder has begun to record."""
        self._said, self._heard = set(), set()
        self._rules = [rule() for rule in RULES]
        self._watcher.begin(self._rules, source, namespace)

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        self._watcher.stop()
        self._rules = []

    def trained(self, progress: TrainingProgress) -> None:
        """What the recorder tells of the run."""
        if not self._rules:
            return
        with self.failures.kept():
            facts = self._watcher.facts_so_far(progress)
            for rule in self._rules:
                for note in rule.urgent_notes(facts):
                    self._tell(note)
            self._watcher.look_again()

    def end(self) -> None:
        """The run is over: say what there is to say."""
        if not self._rules:
            return
        facts = self._watcher.end()
        with random_state_kept(), unobserved():
            for rule in self._rules:
                with self.failures.kept():
                    for note in rule.notes(facts):
                        self._tell(note)
        self._rules = []
        self._watcher.forget()

    def _tell(self, note: Note) -> None:
        hidden = any(note.rule in HIDES.get(heard, ()) for heard in self._heard)
        if hidden or (note.rule, note.line) in self._said or len(self._said) == MOST:
            return
        self._said.add((note.rule, note.line))
        self._heard.add(note.rule)
        self._say(note)
