"""Listens to a run: closely to the first few `backward()` and `step()` of each place, later to a few now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

import torch

from tui_torch.probe.coach.heard.gradient_switches import GradientSwitches
from tui_torch.probe.coach.heard.own_states import OwnStates
from tui_torch.probe.coach.heard.setup_calls import SetupCalls
from tui_torch.probe.coach.loss_graph import LossGraph
from tui_torch.probe.coach.rule import (
    BackwardSnapshot,
    CoachRule,
    Facts,
    Optimizer,
    OptimizerRecord,
    SiteRecord,
    Step,
)
from tui_torch.probe.coach.schedulers import SchedulerBook
from tui_torch.probe.coach.trials.rate_trial import RateTrial
from tui_torch.probe.isolation.optimizer_hooks import after_optimizer_step, before_optimizer_step
from tui_torch.probe.isolation.patching import Uninstall
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.torch_internals import is_counted_by_scheduler, is_scalers_step
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import name_of, names_in_scope
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training.series import StepValue
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.events import TrainingProgress

CLOSELY = 12
"""The number of calls in a row that are looked at closely, of each call site of `backward()` and of each optimizer."""
ACCUMULATING = 40
"""The same number while the optimizer has hardly stepped: gradients are being accumulated."""
AGAIN = 4
"""The same number later on: one more than it takes to see that gradients are not zeroed."""
INTERVAL = 0.25
"""Minimum time, in seconds, from one such series of looks to the next."""
SHARE = 0.001
"""The part of the run's time that they may take."""
MOST_WITHOUT_STEP = 200
"""The number of `backward()` calls without a step of an optimizer after which its next ones are not waited for."""
PLACES = 64
"""Maximum number of call sites, and of optimizers, that are told apart."""
TRACKED = 3
"""The number of leaves that are followed from step to step."""
_MOST_FAILURES = 8

_numel = Base.numel


@dataclass(slots=True)
class _SecondLook:
    """What has been looked at since it was time to look again."""

    looks: int = 0
    """`backward()` calls."""
    steps: int = 0
    """Steps of optimizers."""
    is_free: bool = False
    """Whether its time is not charged: it is one of a few."""

    def is_enough(self, *, with_steps: bool) -> bool:
        """Return whether the watcher may rest; `with_steps` if there are optimizers."""
        return self.looks >= (AGAIN if self.steps >= AGAIN - 1 or not with_steps else ACCUMULATING)


class Failures:
    """Exceptions raised inside the coach: kept for its tests, and never seen by the run."""

    def __init__(self) -> None:
        self.met: list[Exception] = []
        """The first exceptions, at most _MOST_FAILURES."""

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Suppress an exception and keep it."""
        try:
            yield
        except Exception as error:  # a rule that fails gives no note, and the learner's loop goes on
            self.keep(error)

    def keep(self, error: Exception) -> None:
        """Keep an exception that was suppressed."""
        if len(self.met) < _MOST_FAILURES:
            self.met.append(error)


class Watcher:
    """Follows the code of one file between `begin()` and `end()`, and calls the rules with what is worth a look.

    Once all that goes on has been looked at, it rests: nothing of it is called in the learner's loop, until something
    new comes up or it is time to look again. The recorder counts what goes on meanwhile. Nothing that goes wrong here
    reaches the loop.
    """

    def __init__(self, filename: str, failures: Failures, clock: Callable[[], float] = time.perf_counter) -> None:
        self._usual_filename = self._filename = filename
        self._rules: Sequence[CoachRule] = ()
        self.failures = failures
        self._recorder: TrainingRecorder | None = None
        self._unhook: Uninstall | None = None
        self._uninstall: list[Uninstall] = []
        self._following = False
        self._allowance = TimeBudget(SHARE, INTERVAL, clock)
        self.facts = Facts(Source(""), {})
        self._reset()

    def _reset(self) -> None:
        self._count = 0
        self._looks = 0
        self._ordinary = 0
        """`backward()` calls in a row that were not worth a look."""
        self._optimizer_steps = 0
        self._second_look: _SecondLook | None = None
        self._has_heard = True
        self._sites: dict[tuple[CallSite, int, int], SiteRecord] = {}
        """By call site, and by the id of the learner's code and the instruction in it that it is called from."""
        self._optimizers: dict[int, OptimizerRecord] = {}
        """By the optimizer's id."""
        self._open_steps: dict[int, Step] = {}
        """Steps that are looked at and not over, by the optimizer's id."""
        self._latest: SiteRecord | None = None
        """Where the last `backward()` was called."""
        self._snapshot: BackwardSnapshot | None = None
        self._switches = GradientSwitches(
            self._filename,
            self._learners,
            self.failures.kept,
            self._tell,
            self._look_at_the_next,
            lambda: None if self._unhook is None else self._count,
        )
        self._schedulers = SchedulerBook(self._learners)
        self._setup = SetupCalls(self._filename, self._learners, self.failures.kept, self._tell, self._backwards)
        self._states = OwnStates(self._filename, self.failures.kept, self._tell, self._steps)

    def listen_to(self, recorder: TrainingRecorder) -> None:
        """Give the recorder that publishes the run and makes the call sites."""
        self._recorder = recorder
        recorder.something_new.append(self._something_is_new)
        recorder.losses_taken.append(self._losses_taken)

    def begin(
        self, rules: Sequence[CoachRule], source: str, namespace: dict[str, Any], filename: str | None = None
    ) -> None:
        """Listen to a run, which the recorder has begun to record. `filename` is as for `Coach.begin()`."""
        self.stop()
        self._filename = filename or self._usual_filename
        self._reset()
        self._rules = rules
        self.facts = Facts(Source(source), namespace)
        self._following = True
        self._allowance.begin()
        self._wake()
        self._uninstall += self._schedulers.listen()
        for heard_by in (self._switches, self._setup, self._states):
            self._uninstall += heard_by.listen(source)
        if self._recorder is not None:
            heard, told = self._recorder.gradients_taken, self._setup.gradient_taken
            heard.append(told)
            self._uninstall.append(lambda: heard.remove(told))

    def stop(self) -> None:
        """Leave PyTorch as it was. A second call changes nothing."""
        self._following = False
        self._rest()
        while self._uninstall:
            self._uninstall.pop()()

    def end(self) -> Facts:
        """Return what is known of the run, which is over."""
        self.stop()
        self._snapshot = None
        self._note_counts()
        return self.facts

    def forget(self) -> None:
        """Keep nothing of the run alive."""
        self._reset()
        self._rules = ()
        self.facts = Facts(Source(""), {})

    def _note_counts(self) -> None:
        self.facts.sites = list(self._sites.values())
        self.facts.optimizers = list(self._optimizers.values())
        self.facts.schedulers = tuple(self._schedulers.records)
        self.facts.backwards = self._count
        self.facts.unseen = self._count - self._looks

    def facts_so_far(self, progress: TrainingProgress) -> Facts:
        """Return what is known in the middle of the run, at an event of the recorder."""
        self._catch_up()
        self._note_counts()
        self.facts.curves.add_progress(progress)
        return self.facts

    def _losses_taken(self, by_site: Mapping[CallSite, Sequence[StepValue]]) -> None:
        # The end of the run is published before the run is over for us.
        if self._rules:
            with self.failures.kept():
                self.facts.curves.add_losses(by_site)

    # Listening and resting

    def look_again(self) -> None:
        """Look at the next few calls and steps, if it is time to."""
        if self._following and self._unhook is None and self._allowance.permits():
            self._second_look = _SecondLook()
            self._wake()

    def _look_at_the_next(self) -> None:
        """Look at the next few calls and steps, whether or not it is time to: a model may train in another mode now."""
        if self._following and self._unhook is None:
            self._second_look = _SecondLook(is_free=True)
            self._wake()

    def _something_is_new(self) -> None:
        if self._following and len(self._sites) < PLACES:
            self._ordinary = 0
            self._wake()

    def _wake(self) -> None:
        if self._recorder is None or self._unhook is not None:
            return
        self._catch_up()
        self._has_heard = False
        self._recorder.before_backward.append(self._before_backward)
        self._recorder.after_backward.append(self._after_backward)
        hooks = (
            before_optimizer_step(self._about_to_step),
            after_optimizer_step(self._has_stepped),
        )

        def unhook() -> None:
            for remove in hooks:
                remove()

        self._unhook = unhook

    def _rest(self) -> None:
        if self._recorder is None or self._unhook is None:
            return
        self._second_look = None
        self._recorder.before_backward.remove(self._before_backward)
        self._recorder.after_backward.remove(self._after_backward)
        self._unhook()
        self._unhook = None
        self._open_steps.clear()

    def _rest_if_all_is_seen(self) -> None:
        if self._second_look is not None:
            if self._second_look.is_enough(with_steps=bool(self._optimizers)):
                self._rest()
        elif self._ordinary >= CLOSELY and not any(
            record.steps < CLOSELY and self._count - record.last < MOST_WITHOUT_STEP
            for record in self._optimizers.values()
        ):
            self._rest()

    def _catch_up(self) -> None:
        """Count what was not heard: what went on when last heard of, has gone on in the same proportions."""
        if self._recorder is None:
            return
        missed = self._recorder.backwards - self._count
        if missed > 0:
            self._count += missed
            sites = [record for record in self._sites.values() if record.heard]
            heard = sum(record.heard for record in sites)
            for record in sites:
                record.count += missed * record.heard // heard
                record.last = self._count
        missed = self._recorder.optimizer_steps - self._optimizer_steps
        if missed > 0:
            self._optimizer_steps += missed
            optimizers = [record for record in self._optimizers.values() if record.heard]
            heard = sum(record.heard for record in optimizers)
            for record in optimizers:
                record.steps += missed * record.heard // heard

    def _backwards(self) -> int:
        return self._count if self._recorder is None else self._recorder.backwards

    def _steps(self) -> int:
        return self._optimizer_steps if self._recorder is None else self._recorder.optimizer_steps

    def _hear(self) -> None:
        """Something is heard: what went on before the watcher rested, need not go on."""
        if not self._has_heard:
            self._has_heard = True
            for record in (*self._sites.values(), *self._optimizers.values()):
                record.heard = 0

    # backward()

    def _before_backward(self, loss: torch.Tensor, site: CallSite | None) -> None:
        """A `backward()` is about to run, called by the learner's code or not. Raises nothing but KeyboardInterrupt."""
        if _numel(loss) != 1:
            return
        self._hear()
        self._count += 1
        frame = self._learners(sys._getframe(1))
        record = self._latest = None if site is None or frame is None else self._record_of(site, frame)
        if record is None or frame is None:
            self._ordinary += 1
            return
        record.count += 1
        record.heard += 1
        record.last = self._count
        accumulates = record.count <= ACCUMULATING and self._optimizer_steps < 3
        if self._second_look is None and record.count > record.closely_until and not accumulates:
            self._ordinary += 1
            return
        with self.failures.kept(), self._charged():
            self._snapshot = self._look_closely(loss, record, frame)

    def _record_of(self, site: CallSite, frame: FrameType) -> SiteRecord | None:
        """The record of a call site, called by way of a frame of the learner's code; None if there are too many."""
        code = frame.f_code
        key = (site, id(code), frame.f_lasti)
        record = self._sites.get(key)
        if record is None and len(self._sites) < PLACES:
            line = site.line if code is site.code else frame.f_lineno or code.co_firstlineno
            record = self._sites[key] = SiteRecord(site, line, code, first=self._count, closely_until=CLOSELY)
        return record

    def _after_backward(self, loss: torch.Tensor) -> None:
        """The same `backward()` has run. Raises nothing but KeyboardInterrupt."""
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None and snapshot.loss is loss:
            with self._charged():
                self._call_rules(lambda rule: rule.after_backward(snapshot))
        self._rest_if_all_is_seen()

    def _charged(self) -> AbstractContextManager[None]:
        """The first looks are free."""
        look = self._second_look
        return nullcontext() if look is None or look.is_free else self._allowance.spending()

    def _look_closely(self, loss: torch.Tensor, record: SiteRecord, frame: FrameType) -> BackwardSnapshot:
        self._looks += 1
        self._ordinary = 0
        if self._second_look is not None:
            self._second_look.looks += 1
        with unobserved():
            graph = LossGraph(loss)
        record.leaves = frozenset(map(id, graph.leaves))
        # Of the leaves nearest the loss, so that all of a small model is there.
        tracked = [leaf for leaf in graph.leaves if not Base.is_meta.__get__(leaf)][:TRACKED]
        names, unseen = names_in_scope(frame), self._count - self._looks
        if record.count == 1:
            with self.failures.kept():
                record.trial = RateTrial.of(self.facts.source, record.line, record.site, names, graph.leaves)
        scale = None if self._recorder is None else self._recorder.scale_of(loss)
        snapshot = BackwardSnapshot(loss, record, self._count, unseen, names, graph, tracked, self.facts.source, scale)
        self._call_rules(lambda rule: rule.before_backward(snapshot))
        # The graph would keep alive what the backward() is there to free.
        snapshot.graph = graph.only_leaves()
        return snapshot

    # step()

    def _about_to_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._following:
            return
        self._hear()
        self._optimizer_steps += 1
        if self._second_look is not None:
            self._second_look.steps += 1
        record = self._optimizers.get(id(optimizer))
        if record is None or record.of() is not optimizer:
            if len(self._optimizers) == PLACES:
                return
            with self.failures.kept():
                record = self._new_optimizer(optimizer, args, kwargs)
                # A call site that served another optimizer may fill other leaves for this one.
                if self._latest is not None:
                    self._latest.closely_until = max(self._latest.closely_until, self._latest.count + AGAIN)
        if record is None:
            return
        record.steps += 1
        record.heard += 1
        record.last = self._count
        if self._latest is not None and record not in self._latest.next_optimizers:
            self._latest.next_optimizers.append(record)
        if self._second_look is None and record.steps > CLOSELY:
            return
        with self.failures.kept(), self._charged():
            frame = self._learners(sys._getframe(1))
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            record.held = record.held | {id(parameter) for parameter in parameters}
            has_gradient = any(parameter.grad is not None for parameter in parameters)
            record.looks += 1
            record.steps_with_gradient += has_gradient
            record.rate = float(optimizer.param_groups[0]["lr"])
            names = names_in_scope(frame) if frame is not None else self.facts.names
            step = Step(
                optimizer,
                record,
                names,
                has_gradient,
                self._count,
                any(is_scalers_step(outer) for outer in _outwards(sys._getframe(1), frame)),
                tuple(self._schedulers.records),
            )
            self._call_rules(lambda rule: rule.before_step(step))
            if len(self._open_steps) < PLACES:
                self._open_steps[id(optimizer)] = step

    def _has_stepped(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        step = self._open_steps.pop(id(optimizer), None)
        if self._following and step is not None and step.optimizer is optimizer:
            with self._charged():
                self._call_rules(lambda rule: rule.after_step(step, self._count))

    def _new_optimizer(self, optimizer: Optimizer, args: Any, kwargs: Any) -> OptimizerRecord:
        frame = self._learners(sys._getframe(2))
        names = names_in_scope(frame) if frame is not None else self.facts.names
        held = frozenset(id(parameter) for group in optimizer.param_groups for parameter in group["params"])
        record = OptimizerRecord(
            ref(optimizer),
            type(optimizer).__name__,
            name_of(optimizer, names) or "the optimizer",
            frame.f_lineno if frame is not None else None,
            held,
            len(held),
            is_patched=is_counted_by_scheduler(optimizer),
            # The optimizer itself comes first.
            by_closure=any(callable(argument) for argument in (*args[1:], *kwargs.values())),
            backwards_before=self._count,
            settings={name: value for name, value in optimizer.param_groups[0].items() if name != "params"},
        )
        self._optimizers[id(optimizer)] = record
        return record

    # The rules and the learner's code

    def _call_rules(self, what: Callable[[CoachRule], None]) -> None:
        with unobserved():
            for rule in self._rules:
                try:  # `kept()` would take longer than most rules
                    what(rule)
                except Exception as error:
                    self.failures.keep(error)

    def _tell(self, what: Callable[[CoachRule], None]) -> None:
        """Call the rules with what is heard between the steps."""
        if self._following:
            self._call_rules(what)

    def _learners(self, frame: FrameType | None) -> FrameType | None:
        """The innermost frame of the learner's own code."""
        filename = self._filename
        while frame is not None and frame.f_code.co_filename != filename:
            frame = frame.f_back
        return frame


def _outwards(frame: FrameType | None, end: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that called it, up to one that is left out."""
    while frame is not None and frame is not end:
        yield frame
        frame = frame.f_back
