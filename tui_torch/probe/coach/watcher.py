"""Listens to a run: closely to the first few `backward()` and `step()` of each place in the code, and from then on now
and then to a few in a row."""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tui_torch.probe.coach.loss_graph import LossGraph
from tui_torch.probe.coach.rule import Facts, Look, Optimizer, Rule, Site, Step, Stepper
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.torch_internals import is_counted_by_scheduler
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import name_of, names_in_scope
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.values.elements import Base

CLOSELY = 12
"""Of each place that calls `backward()`, and of each optimizer, so many calls in a row are looked at closely."""
AT_MOST = 40
"""So many in a row, while the optimizer has hardly stepped: gradients are being accumulated."""
AGAIN = 4
"""Later, so many in a row: one more than it takes to see that gradients are not zeroed."""
INTERVAL = 0.25
"""Seconds from one such series of looks to the next, at least."""
SHARE = 0.001
"""They may take this part of the run's time."""
PATIENCE = 200
"""After so many `backward()` without a step of an optimizer, its next ones are not waited for."""
PLACES = 64
TRACKED = 3

_MOST_FAILURES = 8

_numel = Base.numel


@dataclass(slots=True)
class _Again:
    """What has been looked at since it was time to look again."""

    looks: int = 0
    steps: int = 0

    def is_enough(self, *, with_steps: bool) -> bool:
        return self.looks >= (AGAIN if self.steps >= AGAIN - 1 or not with_steps else AT_MOST)


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
            if len(self.met) < _MOST_FAILURES:
                self.met.append(error)


class Watcher:
    """Follows the code of one file between `begin()` and `end()`, and tells the rules what is worth a look.

    Once all that goes on has been looked at, it rests: nothing of it is called in the learner's loop, until something
    new comes up or it is time to look again. What went on meanwhile, the recorder has counted. Nothing that goes wrong
    here reaches the loop.
    """

    def __init__(self, filename: str, failures: Failures, clock: Callable[[], float] = time.perf_counter) -> None:
        self._filename = filename
        self._rules: Sequence[Rule] = ()
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
        self._optimizer_steps = 0
        self._again: _Again | None = None
        self._has_heard = True
        self._sites: dict[tuple[int, int], Site] = {}
        self._steppers: dict[int, Stepper] = {}
        self._quiet: dict[tuple[int, int], int] = {}
        self._look: Look | None = None

    def listen_to(self, recorder: TrainingRecorder) -> None:
        """Say who is to tell of every `backward()`."""
        self._recorder = recorder
        recorder.something_new.append(self._something_is_new)

    def begin(self, rules: Sequence[Rule], source: str, namespace: dict[str, Any]) -> None:
        """Listen to a run, which the recorder has begun to record."""
        self.stop()
        self._reset()
        self._rules = rules
        self.facts = Facts(Source(source), namespace)
        self._following = True
        self._allowance.begin()
        self._wake()
        # PyTorch's own code enters them too, in every step.
        for cls in (torch.no_grad, torch.inference_mode):
            if cls.__name__ in source:
                self._uninstall.append(self._listen_to_entering(cls))

    def stop(self) -> None:
        """Leave PyTorch as it was. A second call changes nothing."""
        self._following = False
        self._rest()
        while self._uninstall:
            self._uninstall.pop()()

    def end(self) -> Facts:
        """The run is over: what is known."""
        self.stop()
        self._look = None
        self._note_counts()
        return self.facts

    def forget(self) -> None:
        """Keep nothing of the run alive."""
        self._reset()
        self._rules = ()
        self.facts = Facts(Source(""), {})

    def _note_counts(self) -> None:
        self.facts.sites = list(self._sites.values())
        self.facts.steppers = list(self._steppers.values())
        self.facts.backwards = self._count
        self.facts.unseen = self._count - self._looks

    def so_far(self) -> Facts:
        """What is known in the middle of the run."""
        self._catch_up()
        self._note_counts()
        return self.facts

    # Listening and resting

    def look_again(self) -> None:
        """Look at the next few of everything, if it is time to."""
        if self._following and self._unhook is None and self._allowance.permits():
            self._again = _Again()
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
        self._unhook = register_optimizer_step_pre_hook(self._about_to_step).remove

    def _rest(self) -> None:
        if self._recorder is None or self._unhook is None:
            return
        self._again = None
        self._recorder.before_backward.remove(self._before_backward)
        self._recorder.after_backward.remove(self._after_backward)
        self._unhook()
        self._unhook = None

    def _rest_if_all_is_seen(self) -> None:
        if self._again is not None:
            if self._again.is_enough(with_steps=bool(self._steppers)):
                self._rest()
        elif self._ordinary >= CLOSELY and not any(
            stepper.steps < CLOSELY and self._count - stepper.last < PATIENCE for stepper in self._steppers.values()
        ):
            self._rest()

    def _catch_up(self) -> None:
        """Count what was not heard: what went on when last heard of, has gone on in the same proportions."""
        if self._recorder is None:
            return
        sites = [site for site in self._sites.values() if site.lately]
        steppers = [stepper for stepper in self._steppers.values() if stepper.lately]
        missed = self._recorder.backwards - self._count
        if missed > 0:
            self._count += missed
            heard = sum(site.lately for site in sites)
            for site in sites:
                site.count += missed * site.lately // heard
                site.last = self._count
        missed = self._recorder.optimizer_steps - self._optimizer_steps
        if missed > 0:
            self._optimizer_steps += missed
            heard = sum(stepper.lately for stepper in steppers)
            for stepper in steppers:
                stepper.steps += missed * stepper.lately // heard

    def _hear(self) -> None:
        """Something was heard: what went on before it rested, need not go on."""
        if not self._has_heard:
            self._has_heard = True
            for one in (*self._sites.values(), *self._steppers.values()):
                one.lately = 0

    # backward()

    def _before_backward(self, loss: torch.Tensor) -> None:
        """A `backward()` is about to run, called by the learner's code or not. Raises nothing but KeyboardInterrupt."""
        if _numel(loss) != 1:
            return
        self._hear()
        self._count += 1
        frame = self._learners(sys._getframe(1))
        if frame is None:
            self._ordinary += 1
            return
        site = self._sites.get((id(frame.f_code), frame.f_lasti))
        if site is None:
            if len(self._sites) == PLACES:
                self._ordinary += 1
                return
            site = self._new_site(frame)
        site.count += 1
        site.lately += 1
        site.last = self._count
        accumulates = site.count <= AT_MOST and self._optimizer_steps < 3
        if self._again is None and site.count > CLOSELY and not accumulates:
            self._ordinary += 1
            return
        with self.failures.kept(), self._charged():
            self._look = self._look_closely(loss, site, frame)

    def _after_backward(self, loss: torch.Tensor) -> None:
        """The same `backward()` has run. Raises nothing but KeyboardInterrupt."""
        look, self._look = self._look, None
        if look is not None and look.loss is loss:
            with self._charged():
                self._tell(lambda rule: rule.looked(look))
        self._rest_if_all_is_seen()

    def _charged(self) -> AbstractContextManager[None]:
        """The first looks are free."""
        return nullcontext() if self._again is None else self._allowance.spending()

    def _look_closely(self, loss: torch.Tensor, site: Site, frame: FrameType) -> Look:
        self._looks += 1
        self._ordinary = 0
        if self._again is not None:
            self._again.looks += 1
        with unobserved():
            graph = LossGraph(loss)
        # Of the leaves nearest the loss, so that all of a small model is there.
        tracked = [leaf for leaf in graph.leaves if not Base.is_meta.__get__(leaf)][:TRACKED]
        look = Look(
            loss,
            site,
            self._count,
            self._count - self._looks,
            frame,
            names_in_scope(frame),
            graph,
            tracked,
            self.facts.source,
        )
        self._tell(lambda rule: rule.look(look))
        # The graph would keep alive what the backward() is there to free.
        look.graph = LossGraph.__new__(LossGraph)
        look.graph.operations, look.graph.leaves = [], graph.leaves
        return look

    def _new_site(self, frame: FrameType) -> Site:
        line = frame.f_lineno or 1
        site = Site(line, self._expression(line), first=self._count, keeps=frame.f_code)
        self._sites[id(frame.f_code), frame.f_lasti] = site
        return site

    def _expression(self, line: int) -> str:
        """What `backward()` is called on in a line."""
        for call in self.facts.source.calls("backward"):
            if call.lineno <= line <= (call.end_lineno or line) and isinstance(call.func, ast.Attribute):
                return ast.unparse(call.func.value)
        return "loss"

    # step()

    def _about_to_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._following:
            return
        self._hear()
        self._optimizer_steps += 1
        if self._again is not None:
            self._again.steps += 1
        stepper = self._steppers.get(id(optimizer))
        if stepper is None or stepper.of() is not optimizer:
            if len(self._steppers) == PLACES:
                return
            with self.failures.kept():
                stepper = self._new_stepper(optimizer, args, kwargs)
        if stepper is None:
            return
        stepper.steps += 1
        stepper.lately += 1
        stepper.last = self._count
        if self._again is None and stepper.steps > CLOSELY:
            return
        with self.failures.kept(), self._charged():
            frame = self._learners(sys._getframe(1))
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            stepper.held = stepper.held | {id(parameter) for parameter in parameters}
            is_fed = any(parameter.grad is not None for parameter in parameters)
            stepper.looks += 1
            stepper.fed += is_fed
            stepper.rate = float(optimizer.param_groups[0]["lr"])
            names = names_in_scope(frame) if frame is not None else self.facts.names
            step = Step(optimizer, stepper, names, is_fed)
            self._tell(lambda rule: rule.step(step))

    def _new_stepper(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Stepper:
        frame = self._learners(sys._getframe(2))
        names = names_in_scope(frame) if frame is not None else self.facts.names
        held = frozenset(id(parameter) for group in optimizer.param_groups for parameter in group["params"])
        stepper = Stepper(
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
        )
        self._steppers[id(optimizer)] = stepper
        return stepper

    # no_grad()

    def _listen_to_entering(self, cls: Any) -> Uninstall:
        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def __enter__(guard: Any) -> Any:  # noqa: N807
                if self._following:
                    self._entered(sys._getframe(1))
                return original(guard)

            return __enter__

        return wrap_method(cls, "__enter__", wrapper_of)

    def _entered(self, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_filename != self._filename and code.co_name != "decorate_context":
            return
        place = (id(code), frame.f_lasti)
        met = self._quiet.get(place, 0)
        if met >= CLOSELY or len(self._quiet) >= 10 * PLACES:
            return
        with self.failures.kept():
            if code.co_filename == self._filename:
                self._quiet[place] = met + 1
                names = names_in_scope(frame)
            else:
                # A decorated function: it is called in a moment, with these.
                function = frame.f_locals["func"]
                if function.__code__.co_filename != self._filename:
                    return
                self._quiet[id(function.__code__), 0] = met = self._quiet.get((id(function.__code__), 0), 0) + 1
                if met > CLOSELY:
                    return
                given = dict(zip(function.__code__.co_varnames, frame.f_locals["args"], strict=False))
                names = {**function.__globals__, **given, **frame.f_locals["kwargs"]}
            self._tell(lambda rule: rule.quiet(frame, names))

    # All of them

    def _tell(self, what: Callable[[Rule], None]) -> None:
        with unobserved():
            for rule in self._rules:
                with self.failures.kept():
                    what(rule)

    def _learners(self, frame: FrameType | None) -> FrameType | None:
        """The innermost frame of the learner's own code."""
        filename = self._filename
        while frame is not None and frame.f_code.co_filename != filename:
            frame = frame.f_back
        return frame
